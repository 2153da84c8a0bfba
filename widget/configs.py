"""What a shop's answers share, read from the store at most once a second per process."""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock

from sqlalchemy import Engine

from store.engine import reading
from store.keys import Ring
from store.reads.shop_config import ShopConfig, shop_config

# A published or rolled-back model, a started or stopped experiment is seen within a second: after
# so long, and the moment that reading takes.
FRESH_FOR_S = 0.8
# Shops (and mistyped keys) remembered: more than that and the oldest goes.
MOST = 1_000


class Configs:
    def __init__(self, engine: Engine, ring: Ring) -> None:
        self._engine = engine
        self._ring = ring
        self._known: OrderedDict[str, tuple[float, ShopConfig | None]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> ShopConfig | None:
        """The configuration of the shop with this public key; None: there is none."""
        now = time.monotonic()
        known = self._known.get(key)
        if known is not None and known[0] > now:
            return known[1]
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                if known[0] > now:  # another thread has begun to read it
                    return known[1]
                # One thread reads it anew; the others go on with what was, for those milliseconds.
                self._known[key] = (now + FRESH_FOR_S, known[1])
        with reading(self._engine) as connection:
            config = shop_config(connection, self._ring, key, known[1] if known else None)
        with self._lock:
            self._known[key] = (now + FRESH_FOR_S, config)
            self._known.move_to_end(key)
            while len(self._known) > MOST:
                self._known.popitem(last=False)
        return config
