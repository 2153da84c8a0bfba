"""How does the packed data become a shop, once, at the first start?

All instants move by the same whole number of weeks, so that the last order lies within the seven
days before the first start and weekdays and seasons of a week stay as they were. The number is
saved; later starts change nothing. The file is built under another name and renamed when it is
complete, so a start that is killed in the middle is simply repeated.
"""

from __future__ import annotations

import csv
import fcntl
import lzma
import os
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from demo import catalogue
from demo.database import FILE, connect

HERE = Path(__file__).parent
DATA = HERE / "data"
WEEK_S = 7 * 86400
FIRST_PRODUCT_ID = 1001  # the product at place 0 of products.csv
DEFAULT_HOME = "http://127.0.0.1:8100"


@dataclass(frozen=True, slots=True)
class PackedOrder:
    id: int
    customer_id: int  # 0: a guest
    placed_s: int
    lines: range  # places in the columns


def ensure(folder: Path, *, max_orders: int | None = None, now: datetime | None = None) -> Path:
    """The path of the shop's file in `folder`, built first if it is not there.

    `max_orders` keeps only the last so many orders (for tests); every product stays.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / FILE
    with (folder / ".building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two programs started at once build it once
        if not target.exists():
            unfinished = folder / f"{FILE}.unfinished"
            unfinished.unlink(missing_ok=True)
            os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            _build(unfinished, max_orders, now or datetime.now(UTC))
            os.replace(unfinished, target)
    return target


def _build(path: Path, max_orders: int | None, now: datetime) -> None:
    orders = _packed_orders()
    weeks = weeks_to_move(orders[-1].placed_s, now)
    kept = orders[-max_orders:] if max_orders else orders
    columns = _packed_lines()

    db = sqlite3.connect(path, isolation_level=None)
    try:
        # Nothing can be lost: until the rename nobody looks at this file.
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN")
        for statement in (HERE / "schema.sql").read_text(encoding="utf-8").split(";\n"):
            db.execute(statement)
        _write_products(db, orders, kept, columns, weeks * WEEK_S)
        _write_orders(db, kept, columns, weeks * WEEK_S)
        db.executemany(
            "INSERT INTO facts VALUES (?, ?)",
            [
                ("shift_weeks", str(weeks)),
                ("home_url", DEFAULT_HOME),
                ("cookie_secret", secrets.token_hex(32)),
                ("order_key_secret", secrets.token_hex(32)),
            ],
        )
        db.executemany(
            "INSERT INTO counters VALUES (?, ?)",
            [
                ("posts", max(order.id for order in orders) + 1),
                ("lines", len(columns[0]) + 1),
                ("meta", 1),
            ],
        )
        for statement in (HERE / "indices.sql").read_text(encoding="utf-8").split(";\n"):
            db.execute(statement)
        db.execute("COMMIT")
        db.execute("ANALYZE")
    finally:
        db.close()
    connect(path).close()  # turns WAL on
    with path.open("rb") as file:
        os.fsync(file.fileno())


def weeks_to_move(last_s: int, now: datetime) -> int:
    """As many whole weeks as bring the last order close to now, but never past it."""
    return int(now.timestamp() - last_s) // WEEK_S


def _packed_orders() -> list[PackedOrder]:
    orders, start = [], 0
    for order in _rows("orders.csv.xz"):
        stop = start + int(order["lines"])
        orders.append(
            PackedOrder(
                int(order["order"]),
                int(order["customer"] or 0),
                int(order["minute"]) * 60,
                range(start, stop),
            )
        )
        start = stop
    return orders


def _packed_lines() -> tuple[list[int], list[int], list[int]]:
    """Place of the product, quantity and unit price in thousandths, for every line."""
    with lzma.open(DATA / "lines.csv.xz", "rt", encoding="utf-8") as file:
        product, quantity, price = ([int(value) for value in row.split(",")] for row in file)
    return product, quantity, price


def _rows(name: str) -> Iterator[dict[str, str]]:
    with lzma.open(DATA / name, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _write_products(
    db: sqlite3.Connection,
    orders: list[PackedOrder],
    kept: list[PackedOrder],
    columns: tuple[list[int], list[int], list[int]],
    shift_s: int,
) -> None:
    products = list(_rows("products.csv.xz"))
    place_of, quantity_of, _ = columns
    first_sold_s: dict[int, int] = {}
    for order in reversed(orders):
        first_sold_s.update(
            dict.fromkeys(place_of[order.lines.start : order.lines.stop], order.placed_s)
        )
    units, times = [0] * len(products), [0] * len(products)
    for order in kept:
        for line in order.lines:
            units[place_of[line]] += quantity_of[line]
            times[place_of[line]] += 1  # a product stands once in an order

    slugs: dict[str, int] = {}
    rows = []
    for place, product in enumerate(products):
        name = catalogue.readable(product["title"])
        slug = catalogue.slug(name)
        slugs[slug] = slugs.get(slug, 0) + 1
        if slugs[slug] > 1:
            slug = f"{slug}-{slugs[slug]}"
        # The data does not say when a product came into the shop: the day before its first sale.
        created_s = first_sold_s[place] + shift_s - 86400
        rows.append(
            (
                FIRST_PRODUCT_ID + place,
                product["code"],
                name,
                name,
                slug,
                catalogue.category_of(product["title"]),
                product["price"],
                product["price"],
                created_s,
                created_s,
                units[place],
                times[place],
            )
        )
    db.executemany(
        "INSERT INTO products (id, sku, name, first_name, slug, category_id, price, regular_price,"
        " created_s, modified_s, total_sales, times_ordered)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def _write_orders(
    db: sqlite3.Connection,
    kept: list[PackedOrder],
    columns: tuple[list[int], list[int], list[int]],
    shift_s: int,
) -> None:
    place_of, quantity_of, price_of = columns
    order_rows, line_rows = [], []
    for order in kept:
        total_minor = 0
        for line in order.lines:
            # Half a penny goes up, as in the shop: 7 at 3.155 are 22.09.
            line_minor = (quantity_of[line] * price_of[line] + 5) // 10
            total_minor += line_minor
            line_rows.append(
                (
                    order.id,
                    line + 1,
                    FIRST_PRODUCT_ID + place_of[line],
                    quantity_of[line],
                    price_of[line],
                    line_minor,
                )
            )
        placed_s = order.placed_s + shift_s
        order_rows.append(
            (
                order.id,
                order.customer_id,
                email_of(order.customer_id, order.id),
                orjson.dumps(address_of(order.customer_id, order.id)).decode(),
                *[placed_s] * 4,  # the data is invoices: paid and completed when they were written
                total_minor,
            )
        )
    db.executemany(
        "INSERT INTO orders (id, status, customer_id, email, address, created_s, modified_s,"
        " paid_s, completed_s, total_minor) VALUES (?, 'completed', ?, ?, ?, ?, ?, ?, ?, ?)",
        order_rows,
    )
    db.executemany(
        "INSERT INTO order_lines (order_id, id, product_id, quantity, price_milli, total_minor)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        line_rows,
    )


def email_of(customer_id: int, order_id: int) -> str:
    """The data names nobody: addresses are of the domains kept for examples."""
    if customer_id:
        return f"customer-{customer_id}@example.org"
    return f"guest-{order_id}@example.net"


def address_of(customer_id: int, order_id: int) -> dict[str, str]:
    who = ("Customer", str(customer_id)) if customer_id else ("Guest", str(order_id))
    return {"first_name": who[0], "last_name": who[1], "country": "GB"}
