"""The demo shop's file with any number of made orders, for a sync of a very large shop.

They stand a second apart, 2.4 lines each on average, of 300,000 buyers: what `endless_shop.py`
writes from templates, here as rows that the demo shop looks for and writes as it does its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from demo import build
from demo.database import changing, connect
from tests.bench.endless_shop import BEGAN, BUYERS, LINES

PORTION = 50_000
PRICE_MINOR = 1_250


def fill(folder: Path, orders: int) -> None:
    path = build.ensure(folder, max_orders=1)
    db = connect(path)
    try:
        products = [id for (id,) in db.execute("SELECT id FROM products ORDER BY id")]
        with changing(db):
            for table in ("orders", "order_lines", "refunds", "refund_lines"):
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
        for start in range(1, orders + 1, PORTION):
            numbers = range(start, min(start + PORTION, orders + 1))
            with changing(db):
                db.executemany(
                    "INSERT INTO orders (id, status, customer_id, email, address, created_s,"
                    " modified_s, paid_s, completed_s, total_minor)"
                    " VALUES (?, 'completed', ?, ?, '{\"country\":\"GB\"}', ?, ?, ?, ?, ?)",
                    map(_order, numbers),
                )
                db.executemany(
                    "INSERT INTO order_lines (order_id, id, product_id, quantity, price_milli,"
                    " total_minor) VALUES (?, ?, ?, 1, ?, ?)",
                    (line for number in numbers for line in _lines(number, products)),
                )
        db.execute("ANALYZE")
    finally:
        db.close()


def _order(number: int) -> tuple[Any, ...]:
    at = int(BEGAN.timestamp()) + number
    buyer = 1 + number * 7_919 % BUYERS
    total_minor = PRICE_MINOR * LINES[number % len(LINES)]
    return (number, buyer, f"buyer{buyer}@example.com", at, at, at, at, total_minor)


def _lines(number: int, products: list[int]) -> Iterator[tuple[int, int, int, int, int]]:
    for place in range(LINES[number % len(LINES)]):
        product = products[(number * 31 + place * 977) % len(products)]
        yield number, number * 10 + place, product, PRICE_MINOR * 10, PRICE_MINOR
