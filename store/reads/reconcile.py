"""What do we hold of the orders of some days, as the shop would account for them?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from store import tables
from store.reconciling import Account


def accounts(
    connection: Connection, shop_id: int, since: datetime, until: datetime
) -> list[Account]:
    """The orders placed from `since` on and before `until`."""
    o, line, r = tables.Order, tables.OrderLine, tables.Refund
    chosen = (o.shop_id == shop_id) & (o.placed_at >= since) & (o.placed_at < until)
    lines = (
        select(
            line.order_id,
            func.sum(line.gross_minor).label("gross"),
            func.sum(line.discount_minor).label("discount"),
        )
        .join(o, o.id == line.order_id)
        .where(chosen)
        .group_by(line.order_id)
        .subquery()
    )
    back = (
        select(
            r.order_external_id,
            func.sum(r.total_minor).label("refund"),
            func.sum(r.total_minor - r.tax_minor - r.shipping_minor).label("net"),
        )
        .where(r.shop_id == shop_id)
        .group_by(r.order_external_id)
        .subquery()
    )
    rows = connection.execute(
        select(
            o.external_id, o.number, o.placed_at, o.updated_at, o.currency, o.status,
            lines.c.gross, lines.c.discount, o.tax_minor, o.total_minor, back.c.refund, back.c.net,
        )
        .outerjoin(lines, lines.c.order_id == o.id)
        .outerjoin(back, back.c.order_external_id == o.external_id)
        .where(chosen)
    )  # fmt: skip
    return [
        Account(
            id=row.external_id,
            number=row.number,
            placed_at=row.placed_at,
            updated_at=row.updated_at,
            currency=row.currency,
            status=row.status,
            gross_minor=int(row.gross or 0),
            discount_minor=int(row.discount or 0),
            tax_minor=row.tax_minor,
            total_minor=row.total_minor,
            refund_minor=int(row.refund or 0),
            refund_net_minor=int(row.net or 0),
        )
        for row in rows
    ]


def refunds_of(connection: Connection, shop_id: int, order_ids: Sequence[str]) -> set[str]:
    """The shop's ids of the refunds that we hold of these orders."""
    r = tables.Refund
    return set(
        connection.scalars(
            select(r.external_id).where(r.shop_id == shop_id, r.order_external_id.in_(order_ids))
        )
    )


def newest_orders(connection: Connection, shop_id: int, most: int) -> list[str]:
    """The shop's ids of the newest orders that we hold and believe to be there."""
    o = tables.Order
    return list(
        connection.scalars(
            select(o.external_id)
            .where(o.shop_id == shop_id, o.platform_status != "deleted")
            .order_by(o.placed_at.desc(), o.id.desc())
            .limit(most)
        )
    )
