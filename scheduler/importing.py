"""Bring a shop's CSV files into the store: what can be read is saved, the rest is named.

Reading is `connectors.files`'; here rows are saved in batches, and rejects go to a file beside
the one they came from. Importing twice is importing once.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection

from connectors import files
from connectors.files import Reject
from store.engine import reading, writing
from store.opening import Store
from store.reads import shops
from store.reads.shops import Shop
from store.records import Order, Product
from store.writes import catalogue, orders

# One transaction: long enough to be quick, short enough that the shop's own sync need not wait.
BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Imported:
    read: int
    saved: int
    rejected: int
    rejects: Path | None
    first: str

    def __str__(self) -> str:
        text = f"{self.read:,} read, {self.saved:,} new or newer"
        if self.rejected:
            text += f", {self.rejected:,} rows rejected ({self.first}); see {self.rejects}"
        return text

    def as_json(self) -> dict[str, Any]:
        return {
            "read": self.read,
            "saved": self.saved,
            "rejected": self.rejected,
            "rejects": str(self.rejects) if self.rejects else None,
        }


Progress = Callable[[str, int, int | None], None]


def import_products(
    store: Store, shop: Shop, path: Path, rejects: Path | None, progress: Progress
) -> Imported:
    def save(connection: Connection, batch: list[Product]) -> int:
        return catalogue.save_products(connection, shop.id, batch)

    rows = files.products(path, shop.currency, shop.timezone)
    return _import(store, "products", rows, path, rejects, save, progress)


def import_orders(
    store: Store,
    shop: Shop,
    path: Path,
    products: Path | None,
    rejects: Path | None,
    progress: Progress,
) -> Imported:
    """`products` is the shop's product file, for orders that name what was bought by SKU only."""
    with reading(store.engine) as connection:
        pepper = shops.keys(connection, store.ring, shop.id, shop.now()).pepper

    def save(connection: Connection, batch: list[Order]) -> int:
        return orders.save_orders(connection, shop.id, pepper, batch)

    rows = files.orders(path, shop.currency, shop.timezone, products=products)
    return _import(store, "orders", rows, path, rejects, save, progress)


Row = TypeVar("Row", Product, Order)


def _import(
    store: Store,
    name: str,
    rows: Iterable[Row | Reject],
    path: Path,
    rejects: Path | None,
    save: Callable[[Connection, list[Row]], int],
    progress: Progress,
) -> Imported:
    beside = rejects or path.with_name(f"{path.name}.rejects.csv")
    read = saved = rejected = 0
    first = ""
    for batch in _batches(rows):
        good = [row for row in batch if not isinstance(row, Reject)]
        refused = [row for row in batch if isinstance(row, Reject)]
        if refused:
            first = first or f"line {refused[0].line}: {refused[0].reason}"
            _write_rejects(beside, refused, None if rejected else files.header(path))
            rejected += len(refused)
        with writing(store.engine) as connection:
            saved += save(connection, good)
        read += len(good)
        progress(name, read, None)
    return Imported(read, saved, rejected, beside if rejected else None, first)


def _write_rejects(path: Path, rejects: list[Reject], header: tuple[str, ...] | None) -> None:
    """Begins the file with `header`, or goes on with it."""
    with path.open("w" if header else "a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if header:
            writer.writerow(("line", "reason", *header))
        writer.writerows((one.line, one.reason, *one.cells) for one in rejects)


def _batches(rows: Iterable[Row | Reject]) -> Iterator[list[Row | Reject]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        yield batch
