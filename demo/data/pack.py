"""How are the real orders packed into this folder? Reads the plain CSV, writes three small files.

`python demo/data/pack.py FOLDER` expects `products.csv.gz` and `orders.csv.gz` in FOLDER (one row
per product, and one per order line, oldest order first) and writes, beside this file:

- `products.csv.xz`: code, title, price; sorted by code, so that a product's place is its number.
- `orders.csv.xz`: order, customer (empty: a guest), minute (of Unix time), lines.
- `lines.csv.xz`: three rows, one per column, with a value per order line: the product's place in
  products.csv, the quantity, and the unit price in thousandths of a pound. A column of its own
  compresses far better than mixed rows, and reads faster.

Unpacking is `demo.build`'s. Packing the same CSV twice gives the same bytes.
"""

from __future__ import annotations

import csv
import gzip
import lzma
import sys
from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import chain
from pathlib import Path

HERE = Path(__file__).parent


def pack(source: Path, target: Path) -> None:
    with gzip.open(source / "products.csv.gz", "rt", encoding="utf-8", newline="") as file:
        products = sorted(
            (row["product_id"], row["title"], row["price"]) for row in csv.DictReader(file)
        )
    place = {code: number for number, (code, _, _) in enumerate(products)}

    # An order is placed at its first line; a few have lines that are a minute later.
    heads: dict[str, tuple[str, int]] = {}
    lines: dict[str, list[tuple[int, int, int]]] = {}
    with gzip.open(source / "orders.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            minute = int(datetime.fromisoformat(row["placed_at"]).timestamp()) // 60
            heads.setdefault(row["order_id"], (row["customer_id"], minute))
            lines.setdefault(row["order_id"], []).append(
                (place[row["product_id"]], int(row["quantity"]), thousandths(row["unit_price"]))
            )
    write(target / "products.csv.xz", [("code", "title", "price"), *products])
    orders = [(number, *head, len(lines[number])) for number, head in heads.items()]
    write(target / "orders.csv.xz", [("order", "customer", "minute", "lines"), *orders])
    write(target / "lines.csv.xz", zip(*chain.from_iterable(lines.values()), strict=True))


def thousandths(price: str) -> int:
    """Merged lines carry an average with binary dust: 3.8049999999999997 is 3.805."""
    return int((Decimal(price) * 1000).quantize(Decimal(1), ROUND_HALF_UP))


def write(path: Path, rows: Iterable[Iterable[object]]) -> None:
    with lzma.open(
        path, "wt", preset=9 | lzma.PRESET_EXTREME, encoding="utf-8", newline=""
    ) as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Say where the plain CSV files are: python demo/data/pack.py FOLDER")
    pack(Path(sys.argv[1]), HERE)
