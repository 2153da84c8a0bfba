"""What is true of a product now: may it be shown, and is it in stock?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from store import tables
from store.writes.catalogue import CHUNK


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
