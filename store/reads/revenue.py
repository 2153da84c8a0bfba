"""What is an order worth to a test? The one answer, for outcomes, caps and plans alike.

Orders that a shopper placed and paid; the lines' gross less discounts, without tax and shipping,
less what refunds gave back of that. Refunded to nothing is still an order, worth nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select

from store import tables
from store.records import NetOrder

# Values in one IN (...): SQLite takes 32,766, PostgreSQL's planner likes fewer.
CHUNK = 500


def net_orders(
    connection: Connection, shop_id: int, since: datetime, until: datetime | None = None
) -> list[NetOrder]:
    """The orders placed from `since` on, and before `until` where it is given."""
    o = tables.Order
    chosen = _counts(shop_id, since)
    if until is not None:
        chosen = and_(chosen, o.placed_at < until)
    return list(_net(connection, chosen))


def net_orders_of(
    connection: Connection,
    shop_id: int,
    since: datetime,
    visitors: Collection[bytes],
    customers: Collection[int],
) -> list[NetOrder]:
    """The orders since then that carry one of these visitors or are of one of these customers."""
    o = tables.Order
    found: dict[int, NetOrder] = {}
    for column, wanted in ((o.visitor, visitors), (o.customer_id, customers)):
        for part in chunks(wanted):
            for it in _net(connection, and_(_counts(shop_id, since), column.in_(part))):
                found[it.order] = it
    return list(found.values())


def chunks(values: Iterable[Any]) -> Iterable[Sequence[Any]]:
    """The values in parts that one IN (...) takes, in an order that does not depend on chance."""
    every = sorted(values)
    return (every[start : start + CHUNK] for start in range(0, len(every), CHUNK))


def _counts(shop_id: int, since: datetime) -> ColumnElement[bool]:
    o = tables.Order
    return and_(
        o.shop_id == shop_id, o.status == "paid", o.source == "shopper", o.placed_at >= since
    )


def _net(connection: Connection, chosen: ColumnElement[bool]) -> Iterable[NetOrder]:
    o, line, r = tables.Order, tables.OrderLine, tables.Refund
    gained = (
        select(func.sum(line.gross_minor - line.discount_minor))
        .where(line.order_id == o.id)
        .scalar_subquery()
    )
    returned = (
        select(func.sum(r.total_minor - r.tax_minor - r.shipping_minor))
        .where(r.shop_id == o.shop_id, r.order_external_id == o.external_id)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(o.id, o.customer_id, o.visitor, o.placed_at, gained, returned).where(chosen)
    )
    for order, customer, visitor, at, plus, minus in rows:
        yield NetOrder(
            order,
            customer,
            None if visitor is None else bytes(visitor),
            at,
            int(plus or 0) - int(minus or 0),
        )
