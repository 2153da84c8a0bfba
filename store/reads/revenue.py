"""What is an order worth to a test? The one answer, for outcomes, caps and plans alike.

Orders that a shopper placed and paid; the lines' gross less discounts, without tax and shipping,
less what refunds gave back of that. Refunded to nothing is still an order, worth nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, select

from store import tables


class NetOrder(NamedTuple):
    order: int
    customer: int | None
    visitor: bytes | None
    placed_at: datetime
    net_minor: int


def net_orders(
    connection: Connection, shop_id: int, since: datetime, until: datetime | None = None
) -> list[NetOrder]:
    """The orders placed from `since` on, and before `until` where it is given."""
    o, line, r = tables.Order, tables.OrderLine, tables.Refund
    chosen = and_(
        o.shop_id == shop_id, o.status == "paid", o.source == "shopper", o.placed_at >= since
    )
    if until is not None:
        chosen = and_(chosen, o.placed_at < until)
    net = (
        select(line.order_id, func.sum(line.gross_minor - line.discount_minor).label("net"))
        .join(o, o.id == line.order_id)
        .where(chosen)
        .group_by(line.order_id)
        .subquery()
    )
    back = (
        select(
            r.order_external_id,
            func.sum(r.total_minor - r.tax_minor - r.shipping_minor).label("back"),
        )
        .where(r.shop_id == shop_id)
        .group_by(r.order_external_id)
        .subquery()
    )
    rows = connection.execute(
        select(o.id, o.customer_id, o.visitor, o.placed_at, net.c.net, back.c.back)
        .outerjoin(net, net.c.order_id == o.id)
        .outerjoin(back, back.c.order_external_id == o.external_id)
        .where(chosen)
    )
    return [
        NetOrder(
            order,
            customer,
            None if visitor is None else bytes(visitor),
            at,
            int(gained or 0) - int(returned or 0),
        )
        for order, customer, visitor, at, gained, returned in rows
    ]
