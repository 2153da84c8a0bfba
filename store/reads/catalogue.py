"""What is true of a product now, and which products does a person mean?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from store import tables
from store.engine import CHUNK


class Stock(NamedTuple):
    external_id: str
    in_stock: bool
    withheld: str  # "" or why it may never be shown


def stock(connection: Connection, keys: Sequence[int]) -> dict[int, Stock]:
    """By the store's key; a product that is gone is not there."""
    p = tables.Product
    found: dict[int, Stock] = {}
    for start in range(0, len(keys), CHUNK):
        rows = connection.execute(
            select(p.id, p.external_id, p.in_stock, p.withheld).where(
                p.id.in_(keys[start : start + CHUNK])
            )
        )
        found |= {row[0]: Stock(row[1], row[2], row[3]) for row in rows}
    return found


class Named(NamedTuple):
    """A product as people know it."""

    key: int
    external_id: str
    title: str
    vendor: str
    product_type: str


def _named() -> Any:
    p = tables.Product
    return select(p.id, p.external_id, p.title, p.vendor, p.product_type)


def search(connection: Connection, shop_id: int, text: str, limit: int = 20) -> list[Named]:
    """Products whose id is `text`, then those with it in their title."""
    p = tables.Product
    told = (p.shop_id == shop_id) & (p.withheld != "unknown")
    exact = connection.execute(_named().where(told, p.external_id == text)).all()
    like = connection.execute(
        _named()
        .where(told, p.title.icontains(text, autoescape=True), p.external_id != text)
        .order_by(p.title, p.id)
        .limit(limit - len(exact))
    ).all()
    return [Named(*row) for row in (*exact, *like)]


def by_keys(connection: Connection, keys: Sequence[int]) -> list[Named]:
    """In the order of the keys."""
    found: dict[int, Named] = {}
    for start in range(0, len(keys), CHUNK):
        rows = connection.execute(
            _named().where(tables.Product.id.in_(keys[start : start + CHUNK]))
        )
        found |= {row[0]: Named(*row) for row in rows}
    return [found[key] for key in keys if key in found]


def sellable(connection: Connection, shop_id: int, limit: int) -> list[Named]:
    """Some products that can be shown now."""
    p = tables.Product
    rows = connection.execute(
        _named()
        .where(p.shop_id == shop_id, p.withheld == "", p.in_stock)
        .order_by(p.id)
        .limit(limit)
    )
    return [Named(*row) for row in rows]
