"""The shops that a sync is measured against, each in a process of its own on loopback.

`endless`: any number of orders from templates, which costs next to nothing to ask. `demo`, `filled`
and `made`: the fakes that the tests use, which look for rows and write them as a shop's software
does, only quicker and without the way there. `python -m tests.bench.fake_shops ORDERS` serves a
made Shopify shop until its standard input ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TOKEN = "token-1"


@dataclass(frozen=True, slots=True)
class Fake:
    url: str
    process: int
    key: str = "ck"
    secret: str = "cs"

    def cpu_s(self) -> float:
        """What its process has cost so far."""
        stat = Path(f"/proc/{self.process}/stat").read_text(encoding="ascii")
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def endless(orders: int) -> Iterator[Fake]:
    with _program("tests.bench.endless_shop", str(orders)) as server:
        yield Fake(_said(server), server.pid)


@contextmanager
def made(orders: int) -> Iterator[Fake]:
    """Shopify, which executes our questions against its schema."""
    with _program("tests.bench.fake_shops", str(orders)) as server:
        yield Fake(_said(server), server.pid)


@contextmanager
def filled(folder: Path, orders: int) -> Iterator[Fake]:
    """WooCommerce: the demo shop with so many made orders in place of its own."""
    from tests.bench.filled_shop import fill

    fill(folder, orders)
    with demo(folder) as fake:
        yield fake


@contextmanager
def demo(folder: Path) -> Iterator[Fake]:
    """WooCommerce, with the demo shop's own real orders."""
    asked = [sys.executable, "-m", "demo", "keys", "--folder", str(folder)]
    told = subprocess.run(asked, stdout=subprocess.PIPE, check=True, text=True)
    keys = json.loads(told.stdout)
    with _program("demo", "serve", "--folder", str(folder), "--port", "0") as server:
        url = _said(server).rpartition(" ")[2].rstrip("/")
        yield Fake(url, server.pid, keys["consumer_key"], keys["consumer_secret"])


@contextmanager
def _program(*what: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", *what]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield server
    finally:
        server.terminate()
        server.wait(timeout=20)


def _said(server: subprocess.Popen[str]) -> str:
    assert server.stdout
    return server.stdout.readline().strip()


def main() -> None:
    from tests.connectors.fake_shop import served
    from tests.connectors.shopify import made as rows
    from tests.connectors.shopify.fake import FakeShopify
    from tests.connectors.shopify.made import Bought

    orders = int(sys.argv[1])
    bought = [tuple(Bought(1 + n * place % 90) for place in range(1, 2 + n % 4)) for n in range(8)]
    shop = FakeShopify(
        [rows.product(n) for n in range(1, 91)],
        [rows.order(n, bought[n % 8]) for n in range(1, orders + 1)],
    )
    with served(shop) as url:
        shop.url = url
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
