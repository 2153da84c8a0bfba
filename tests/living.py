"""Real processes for tests: the demo shop on a port of its own, and a store beside it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from connectors.woocommerce.client import WooCommerce
from demo import build
from store.engine import reading, writing
from store.opening import Store
from store.reads import shops
from store.reads.shops import Shop
from store.records import ShopFacts
from store.writes.shops import add_shop
from tests.shops import NOW, SECRET


@dataclass(frozen=True)
class DemoShop:
    url: str
    folder: Path
    key: str
    secret: str

    def client(self) -> WooCommerce:
        return WooCommerce(self.url, self.key, self.secret, allow_private=True)


@contextmanager
def demo_shop(folder: Path, max_orders: int | None = None) -> Iterator[DemoShop]:
    """The demo shop as a process on a free port, with so many of its orders."""
    build.ensure(folder, max_orders=max_orders)
    command = [sys.executable, "-m", "demo", "serve", "--folder", str(folder), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        ready = process.stdout.readline()
        found = re.search(r"http://[^/]+", ready)
        assert found, ready
        keys = subprocess.run(
            [sys.executable, "-m", "demo", "keys", "--folder", str(folder)],
            capture_output=True,
            text=True,
            check=True,
        )
        said = json.loads(keys.stdout)
        yield DemoShop(found[0], folder, said["consumer_key"], said["consumer_secret"])
    finally:
        process.terminate()
        process.wait(timeout=20)
        if process.stdout is not None:
            process.stdout.close()


def connect(store: Store, demo: DemoShop, name: str = "Demo") -> Shop:
    """Connect the demo shop to a store, as `flask shop add` does."""
    with writing(store.engine) as connection:
        shop_id, _ = add_shop(
            connection,
            store.ring,
            "woocommerce",
            ShopFacts(name, demo.url, "GBP", "Europe/London"),
            {"key": demo.key, "secret": demo.secret, "allow_private": "yes"},
            NOW,
        )
    with reading(store.engine) as connection:
        return shops.by_id(connection, shop_id)


def environment(store: Store) -> dict[str, str]:
    """What a child process needs to open the same store."""
    return {
        **os.environ,
        "DATABASE_URL": store.engine.url.render_as_string(hide_password=False),
        "SECRET_KEYS": SECRET,
        "STOREFRONT_RATE": "off",
        "FLASK_APP": "wsgi",
    }
