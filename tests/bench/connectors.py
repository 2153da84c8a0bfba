"""What does a sync of a large shop cost on our side, beside a loop that only downloads?

A made shop (`tests/bench/endless_shop.py`) is synced into a new SQLite file; then the same answers
are fetched by a bare loop of requests that reads nothing. Each in a process of its own, whose
memory and time are measured. Our share is the CPU time of the sync beside the time of the
download: over loopback, and over a line. `python -m tests.bench.connectors [ORDERS]`.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# Shopify's file is indexed in memory, so that size matters; WooCommerce's pages are all alike.
ORDERS = {"shopify": 1_000_000, "woocommerce": 250_000}
# What a download is compared at: as fast as loopback goes, and over a line of 100 Mbit a second.
LINE_BYTES_S = 100e6 / 8


@contextmanager
def endless_shop(orders: int) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.bench.endless_shop", str(orders)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        yield server.stdout.readline().strip()
    finally:
        assert server.stdin
        server.stdin.close()
        server.wait(timeout=20)


def measure(sizes: dict[str, int]) -> None:
    head = ("", "memory", "with cache", "wall s", "CPU s", "ours", "at 100 Mbit/s")
    form = "{:<28} {:>8} {:>10} {:>8} {:>8} {:>6} {:>14}\n"
    sys.stdout.write(form.format(*head))
    for platform, orders in sizes.items():
        with endless_shop(orders) as url, tempfile.TemporaryDirectory() as folder:
            ours = _child("ours", platform, url, str(Path(folder) / "store.sqlite"))
            bare = _child("bare", platform, url, "")
        assert ours["orders"] == orders, ours
        line_s = bare["bytes"] / LINE_BYTES_S
        for name, told in (("sync", ours), ("bare download", bare)):
            shares = ("", "")
            if told is ours:
                own_s = max(0.0, ours["cpu_s"] - bare["cpu_s"])
                loopback = own_s / (own_s + bare["wall_s"])
                shares = (f"{loopback:.0%}", f"{own_s / (own_s + line_s):.0%}")
            sys.stdout.write(
                form.format(
                    f"{platform}, {name}",
                    f"{told['mib']:.0f} MiB",
                    f"{told['mapped_mib']:.0f} MiB",
                    f"{told['wall_s']:.0f}",
                    f"{told['cpu_s']:.0f}",
                    *shares,
                )
            )
        sys.stdout.write(
            f"{orders:,} orders, {bare['bytes'] / 2**20:,.0f} MiB in {bare['requests']:,} answers; "
            f"{1e6 * ours['cpu_s'] / orders:.0f} us of CPU an order\n"
        )


def _child(*what: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.connectors", *what],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return dict(json.loads(done.stdout))


class _Memory(threading.Thread):
    """The most memory that was this process's own. SQLite maps up to 256 MiB of its file besides,
    which is the system's cache and given back when somebody needs it."""

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


def _told(began_s: float, began_cpu_s: float, memory: _Memory, **more: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    facts = {
        "wall_s": time.monotonic() - began_s,
        "cpu_s": time.process_time() - began_cpu_s,
        "mib": memory.most_kib / 1024,
        "mapped_mib": used.ru_maxrss / 1024,
    }
    sys.stdout.write(json.dumps(facts | more))


def ours(platform: str, url: str, path: str) -> None:
    from cryptography.fernet import Fernet

    from connectors.shopify.client import Shopify
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

    engine = engines.open(f"sqlite:///{path}")
    schema.upgrade(engine)
    key = Fernet.generate_key().decode()
    given = Settings(_env_file=None, secret_keys=key)  # type: ignore[call-arg]
    store = Store(engine, Ring([key]), given)
    kind: Any = platform
    with writing(engine) as connection:
        facts = ShopFacts("Big", "https://big.example", "GBP", "UTC")
        now = datetime.now(UTC)
        shop_id = add_shop(connection, store.ring, kind, facts, {"url": url}, now)[0]
        shop = shops.by_id(connection, shop_id)
    clients: dict[str, Any] = {
        "shopify": lambda *_: Shopify(url, lambda refused: "t", allow_private=True),
        "woocommerce": lambda *_: WooCommerce(url, "ck", "cs", allow_private=True),
    }
    syncing.CONNECTORS[platform] = clients[platform]
    memory, began_s, began_cpu_s = _Memory(), time.monotonic(), time.process_time()
    syncing.sync(store, shop, lambda *_: None)
    with reading(engine) as connection:
        orders = shops.counts(connection, shop_id).orders
    _told(began_s, began_cpu_s, memory, orders=orders)


def bare(platform: str, url: str, _: str) -> None:
    """The same answers, and nothing done with them."""
    import requests

    session = requests.Session()
    session.trust_env = False
    memory, began_s, began_cpu_s = _Memory(), time.monotonic(), time.process_time()
    size, count = 0, 0
    if platform == "shopify":
        with session.get(f"{url}/bulk/orders", stream=True, timeout=60) as response:
            for part in response.iter_content(2**16):
                size += len(part)
        count = 1
    else:
        query = {"per_page": "100", "orderby": "id", "order": "asc"}
        address = f"{url}/wp-json/wc/v3/orders"
        first = session.get(address, params={**query, "page": "1"}, timeout=60)
        pages = -(-int(first.headers["X-WP-Total"]) // 100)
        for page in range(1, pages + 1):
            answer = session.get(address, params={**query, "page": str(page)}, timeout=60)
            size += len(answer.content)
            count += 1
    _told(began_s, began_cpu_s, memory, bytes=size, requests=count)


if __name__ == "__main__":
    if sys.argv[1:2] == ["ours"]:
        ours(*sys.argv[2:])
    elif sys.argv[1:2] == ["bare"]:
        bare(*sys.argv[2:])
    else:
        measure(dict.fromkeys(ORDERS, int(sys.argv[1])) if sys.argv[1:] else ORDERS)
