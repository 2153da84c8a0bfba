"""Read a plain order export (docs: the CSV form of `flask import`) into arrays, for benchmarks."""

from __future__ import annotations

import csv
import gzip
from datetime import datetime
from pathlib import Path

import numpy as np

from store.records import Catalogue, Interactions


def read(products_file: Path, orders_file: Path) -> tuple[Interactions, Catalogue]:
    """Keys are the row numbers of the products file, and of customers as they first appear."""
    catalogue, ids = read_products(products_file)
    return _interactions(orders_file, {of: i for i, of in enumerate(ids)}), catalogue


def read_products(products_file: Path) -> tuple[Catalogue, list[str]]:
    """The catalogue, and the shop's own id of each product."""
    with _open(products_file) as file:
        rows = sorted(csv.DictReader(file), key=lambda r: r["product_id"])
    catalogue = Catalogue(
        keys=np.arange(1, len(rows) + 1, dtype=np.int64),
        titles=[r["title"] for r in rows],
        vendors=[r["vendor"] for r in rows],
        types=[r["product_type"] for r in rows],
        tags=[tuple(t for t in r["tags"].split("|") if t) for r in rows],
        categories=[(r["product_type"],) if r["product_type"] else () for r in rows],
        price_minor=np.array([round(float(r["price"] or -0.01) * 100) for r in rows]),
        recommendable=np.array([r["in_stock"] != "false" for r in rows]),
    )
    return catalogue, [row["product_id"] for row in rows]


def _interactions(orders_file: Path, index: dict[str, int]) -> Interactions:
    customers: dict[str, int] = {}
    orders: dict[str, int] = {}
    instants: dict[str, int] = {}
    lines: list[tuple[int, int, int, int, int]] = []
    with _open(orders_file) as file:
        for row in csv.DictReader(file):
            if row["product_id"] not in index:
                continue
            text = row["placed_at"]
            if text not in instants:
                instants[text] = int(datetime.fromisoformat(text).timestamp())
            who = row["customer_id"]
            customer = customers.setdefault(who, len(customers)) if who else -1
            order = orders.setdefault(row["order_id"], len(orders))
            lines.append(
                (instants[text], order, index[row["product_id"]], customer, int(row["quantity"]))
            )
    table = np.array(lines, dtype=np.int64).T
    first_s = np.full(len(orders), np.iinfo(np.int64).max)
    np.minimum.at(first_s, table[1], table[0])  # an order is placed once, at its first line
    rank = np.empty(len(orders), dtype=np.int64)
    rank[np.lexsort((np.arange(len(orders)), first_s))] = np.arange(len(orders))
    order = rank[table[1]]
    by_time = np.argsort(order, kind="stable")
    return Interactions(
        order=order[by_time],
        product=table[2][by_time].astype(np.int32),
        customer=table[3][by_time].astype(np.int32),
        quantity=table[4][by_time].astype(np.int32),
        at_s=first_s[table[1]][by_time],
        orders=len(orders),
        customer_keys=np.arange(1, len(customers) + 1, dtype=np.int64),
    )


def _open(path: Path):  # type: ignore[no-untyped-def]
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")
