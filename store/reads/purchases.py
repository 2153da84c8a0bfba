"""What did a customer buy lately, and what of it counts for their taste? For their own eyes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from store import tables


@dataclass(frozen=True, slots=True)
class Purchase:
    """One order as its buyer knows it."""

    id: str  # the shop's own
    number: str
    placed_at: datetime
    titles: tuple[str, ...]
    kept_out: bool


def purchases(
    connection: Connection, shop_id: int, customer: bytes, limit: int
) -> list[Purchase] | None:
    """The newest first; None: nobody is known by this hash of an account id."""
    d, o, line, p = tables.CustomerDigest, tables.Order, tables.OrderLine, tables.Product
    key = connection.scalar(select(d.customer_id).where(d.shop_id == shop_id, d.digest == customer))
    if key is None:
        return None
    orders = connection.execute(
        select(o.id, o.external_id, o.number, o.placed_at, o.kept_out)
        .where(o.shop_id == shop_id, o.customer_id == key, o.status != "cancelled")
        .order_by(o.placed_at.desc(), o.id.desc())
        .limit(limit)
    ).all()
    titles: dict[int, list[str]] = {}
    for order, told, title in connection.execute(
        select(line.order_id, line.title, p.title)
        .outerjoin(p, p.id == line.product_id)
        .where(line.order_id.in_([order.id for order in orders]))
        .order_by(line.order_id, line.external_id)
    ):
        titles.setdefault(order, []).append(title or told)
    return [
        Purchase(row[1], row[2], row[3], tuple(filter(None, titles.get(row[0], ()))), row[4])
        for row in orders
    ]
