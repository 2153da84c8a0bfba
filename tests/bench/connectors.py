"""What share of a sync is ours: the time it takes beyond a loop that only downloads the same?

Each shop (`fake_shops.py`) is synced into a new SQLite file; then a bare loop fetches the same
answers and drops them (`synced.py`). `python -m tests.bench.connectors [ORDERS [SHOP ...]]`.

* of the time: 1 - bare / sync, by the clock on the wall. Other work on the machine disturbs it.
* of the CPU: the same by CPU time, of the asking process and the shop's together. Stands for the
  time on an idle machine, where nobody waits for anything but work.
* at 100 Mbit/s: our CPU beside the time that those bytes take on such a line, from a shop that
  takes no time at all.

The endless shop answers from templates: no real one could be quicker, and nearly all that is left
of a sync is ours. What a shop's own software adds is what the tests' fakes show: the demo shop,
filled with as many made orders or with its own, and the Shopify that executes our questions.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tests.bench import fake_shops
from tests.bench.fake_shops import Fake

ORDERS = 100_000
MADE_ORDERS = 4_000  # graphql-core takes a millisecond for each row of them
LINE_BYTES_S = 100e6 / 8

WHOLE = ("endless", "the demo shop, filled")  # of which so many orders are asked for

Opened = AbstractContextManager[Fake]
FORM = "{:<36} {:>9} {:>9} {:>9} {:>10} {:>9} {:>8} {:>8} {:>9}\n"
HEADS = (
    ("shop", "orders", "memory", "+ mapped", "orders/s", "us CPU", "ours of", "ours of", "ours at"),
    ("", "", "", "", "", "an order", "time", "CPU", "100 Mb/s"),
)


def measure(orders: int, chosen: Sequence[str] = ()) -> None:
    for heads in HEADS:
        sys.stdout.write(FORM.format(*heads))
    runs: tuple[tuple[str, str, Callable[[Path], Opened]], ...] = (
        ("shopify", "endless", lambda _: fake_shops.endless(orders)),
        ("woocommerce", "endless", lambda _: fake_shops.endless(orders)),
        ("woocommerce", "the demo shop, filled", lambda f: fake_shops.filled(f / "filled", orders)),
        ("shopify", "the tests' fake", lambda _: fake_shops.made(min(orders, MADE_ORDERS))),
        ("woocommerce", "the demo shop", lambda folder: fake_shops.demo(folder / "demo")),
    )
    downloads = []
    for platform, shop, opened in runs:
        if chosen and f"{platform}, {shop}" not in chosen:
            continue
        with tempfile.TemporaryDirectory() as name, opened(Path(name)) as fake:
            ours = _child("ours", platform, fake, name)
            bare = _child("bare", platform, fake, name)
        if shop in WHOLE:
            assert ours["orders"] == orders, ours
        own_s = max(0.0, ours["cpu_s"] - bare["cpu_s"])
        more_s = ours["cpu_s"] + ours["shop_s"] - bare["cpu_s"] - bare["shop_s"]
        shares = (
            1 - bare["wall_s"] / ours["wall_s"],
            more_s / (ours["cpu_s"] + ours["shop_s"]),
            own_s / (own_s + bare["bytes"] / LINE_BYTES_S),
        )
        sys.stdout.write(
            FORM.format(
                f"{platform}, {shop}",
                f"{ours['orders']:,}",
                f"{ours['mib']:.0f} MiB",
                f"{ours['mapped_mib']:.0f} MiB",
                f"{ours['orders'] / ours['wall_s']:,.0f}",
                f"{1e6 * ours['cpu_s'] / ours['orders']:.0f}",
                *(f"{max(0.0, share):.0%}" for share in shares),
            )
        )
        sys.stdout.flush()
        downloads.append(
            f"{platform}, {shop}: {bare['bytes'] / 2**20:,.0f} MiB, {bare['requests']:,} answers; "
            f"sync {ours['wall_s']:.1f} s ({ours['cpu_s']:.1f} s of CPU, the shop "
            f"{ours['shop_s']:.1f}); bare {bare['wall_s']:.1f} s ({bare['cpu_s']:.1f}, the shop "
            f"{bare['shop_s']:.1f})"
        )
    sys.stdout.write("\n" + "\n".join(downloads) + "\n")


def _child(what: str, platform: str, fake: Fake, folder: str) -> dict[str, Any]:
    before_s = fake.cpu_s()
    done = subprocess.run(
        [
            sys.executable, "-m", "tests.bench.synced", what, platform, fake.url, fake.key,
            fake.secret, folder,
        ],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )  # fmt: skip
    return {**json.loads(done.stdout), "shop_s": fake.cpu_s() - before_s}


if __name__ == "__main__":
    measure(int(sys.argv[1]) if sys.argv[1:] else ORDERS, sys.argv[2:])
