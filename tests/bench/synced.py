"""One sync, or one bare loop that fetches the same answers again, and what it cost.

`python -m tests.bench.synced ours|bare PLATFORM URL KEY SECRET FOLDER`, each in a process of its
own. The first notes what it asked for, the second asks for it again, with the same proof of who
asks, and does nothing with what comes.
"""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qsl, urlencode, urlsplit


class _Memory(threading.Thread):
    """The most memory that was this process's own. SQLite and the file of a bulk operation are
    mapped besides, which is the system's cache and given back when somebody needs it."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most_kib = 0
        self.start()

    def run(self) -> None:
        while True:
            status = Path("/proc/self/status").read_text(encoding="ascii")
            own = next(line for line in status.splitlines() if line.startswith("RssAnon"))
            self.most_kib = max(self.most_kib, int(own.split()[1]))
            time.sleep(0.2)


class _Clocks:
    def __init__(self) -> None:
        self._memory = _Memory()
        self._wall_s, self._cpu_s = time.monotonic(), time.process_time()

    def tell(self, **more: int) -> None:
        facts = {
            "wall_s": time.monotonic() - self._wall_s,
            "cpu_s": time.process_time() - self._cpu_s,
            "mib": self._memory.most_kib / 1024,
            "mapped_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        sys.stdout.write(json.dumps(facts | more))


def ours(platform: str, url: str, key: str, secret: str, folder: Path) -> None:
    from datetime import UTC, datetime

    from cryptography.fernet import Fernet

    from connectors import http
    from connectors.shopify.client import Shopify
    from connectors.shopify.walk import Pace
    from connectors.woocommerce.client import WooCommerce
    from scheduler import sync as syncing
    from store import engine as engines
    from store import schema
    from store.engine import reading, writing
    from store.keys import Ring
    from store.opening import Store
    from store.reads import shops
    from store.records import ShopFacts
    from store.settings import Settings
    from store.writes.shops import add_shop
    from tests.bench.fake_shops import TOKEN

    engine = engines.open(f"sqlite:///{folder / 'store.sqlite'}")
    schema.upgrade(engine)
    own = Fernet.generate_key().decode()
    given = Settings(_env_file=None, secret_keys=own)  # type: ignore[call-arg]
    store = Store(engine, Ring([own]), given)
    kind: Any = platform
    with writing(engine) as connection:
        facts = ShopFacts("Big", "https://big.example", "GBP", "UTC")
        now = datetime.now(UTC)
        shop_id = add_shop(connection, store.ring, kind, facts, {"url": url}, now)[0]
        shop = shops.by_id(connection, shop_id)
    session = http.Session(allow_private=True)
    # A fake bulk operation is done at once: no need to sleep before it is asked again.
    pace = Pace(ask_s=0.001)
    clients: dict[str, Any] = {
        "shopify": lambda *_: Shopify(url, lambda refused: TOKEN, session=session, pace=pace),
        "woocommerce": lambda *_: WooCommerce(
            url, key, secret, allow_private=True, session=session
        ),
    }
    syncing.CONNECTORS[platform] = clients[platform]
    with (folder / "asked").open("w", encoding="utf-8") as log:
        _note(session, log)
        clocks = _Clocks()
        syncing.sync(store, shop, lambda *_: None)
        with reading(engine) as connection:
            orders = shops.counts(connection, shop_id).orders
        clocks.tell(orders=orders)


def _note(session: Any, log: IO[str]) -> None:
    def note(response: Any, **_: Any) -> None:
        asked = response.request
        body = asked.body.decode() if asked.body else None
        log.write(json.dumps([asked.method, asked.url, body]) + "\n")

    session._requests.hooks["response"].append(note)


def bare(platform: str, url: str, key: str, secret: str, folder: Path) -> None:
    """The same answers, but for those that only find a page's place, and nothing done with them."""
    import requests

    from connectors.woocommerce.access import OAuth1
    from tests.bench.fake_shops import TOKEN

    session = requests.Session()
    session.trust_env = False
    sign = OAuth1(key, secret, url, url)
    clocks = _Clocks()
    size, count = 0, 0
    with (folder / "asked").open(encoding="utf-8") as log:
        for line in log:
            method, address, body = json.loads(line)
            headers = {"Content-Type": "application/json"} if body else {}
            if platform == "shopify":
                headers["X-Shopify-Access-Token"] = TOKEN
            else:
                parts = urlsplit(address)
                asked = {k: v for k, v in parse_qsl(parts.query) if not k.startswith("oauth_")}
                if asked.get("per_page") == "1":
                    continue
                path = f"{url}{parts.path}"
                signed, _ = sign("GET", path, asked) if asked else ({}, {})
                address = f"{path}?{urlencode(signed)}"
            with session.request(
                method, address, data=body, headers=headers, stream=True, timeout=60
            ) as response:
                for part in response.iter_content(2**16):
                    size += len(part)
            count += 1
    clocks.tell(bytes=size, requests=count)


if __name__ == "__main__":
    {"ours": ours, "bare": bare}[sys.argv[1]](*sys.argv[2:6], Path(sys.argv[6]))
