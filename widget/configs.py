"""What a shop's answers share, read from the store at most once a second per process."""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from sqlalchemy import Engine

from store.engine import reading
from store.keys import Ring
from store.reads.shop_config import ShopConfig, shop_config

# A published or rolled-back model, a started or stopped experiment is seen within a second: after
# so long it is read anew, ...
FRESH_FOR_S = 0.8
# ... and so much longer the other threads of a worker go on with what was while one of them reads.
# After a quiet hour nobody may: what is known then is an hour old.
WHILE_READ_S = 0.2
# Shops (and mistyped keys) remembered: more than that and the oldest goes.
MOST = 1_000


class _Known(NamedTuple):
    read_anew_at: float  # on the monotonic clock, as the next
    unfit_at: float
    config: ShopConfig | None


class Configs:
    def __init__(self, engine: Engine, ring: Ring) -> None:
        self._engine = engine
        self._ring = ring
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> ShopConfig | None:
        """The configuration of the shop with this public key; None: there is none.

        Never one that a commit of more than `FRESH_FOR_S + WHILE_READ_S` seconds ago made old.
        """
        now = time.monotonic()
        known = self._known.get(key)
        if known is not None and known.read_anew_at > now < known.unfit_at:
            return known.config
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                if known.read_anew_at > now < known.unfit_at:  # another thread has begun to read it
                    return known.config
                self._known[key] = known._replace(read_anew_at=now + FRESH_FOR_S)
        with reading(self._engine) as connection:
            config = shop_config(connection, self._ring, key, known.config if known else None)
        with self._lock:
            self._known[key] = _Known(now + FRESH_FOR_S, now + FRESH_FOR_S + WHILE_READ_S, config)
            self._known.move_to_end(key)
            while len(self._known) > MOST:
                self._known.popitem(last=False)
        return config
