"""Whose checkout was it? Told by a pixel on the thank-you page, before or after the order arrives.

The second way from a visitor to an order, for orders that never had a cart to carry the visitor
(buy it now, accelerated checkouts). A checkout's token is known to its shopper and the shop alone,
so nobody can claim an order by guessing; the first who tells of it is believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from store import tables
from store.engine import CHUNK
from store.upsert import insert
from store.writes.identities import link_visitors
from store.writes.units import touch_orders

# An order arrives within minutes, or with the next sync of a shop that was away for days.
KEPT_FOR = timedelta(days=30)


def tell(
    connection: Connection, shop_id: int, checkout: bytes, visitor: bytes, now: datetime
) -> None:
    """A visitor completed a checkout; both are keyed hashes."""
    row = {"shop_id": shop_id, "checkout": checkout, "visitor": visitor, "told_at": now}
    connection.execute(insert(connection, tables.Checkout).on_conflict_do_nothing(), [row])
    o = tables.Order
    found = connection.execute(
        select(o.id, o.external_id).where(o.shop_id == shop_id, o.checkout == checkout)
    ).all()
    touch_orders(connection, shop_id, [order.external_id for order in found])
    keys = [order.id for order in found]
    recognise(connection, shop_id, keys)
    link_visitors(connection, keys)
    touch_orders(connection, shop_id, [order.external_id for order in found])


def recognise(connection: Connection, shop_id: int, order_keys: Sequence[int]) -> None:
    """Orders that name no visitor themselves get the one who told of their checkout."""
    o, c = tables.Order, tables.Checkout
    who = select(c.visitor).where(c.shop_id == shop_id, c.checkout == o.checkout).scalar_subquery()
    for start in range(0, len(order_keys), CHUNK):
        connection.execute(
            update(o)
            .where(
                o.id.in_(order_keys[start : start + CHUNK]),
                o.visitor.is_(None),
                o.checkout.is_not(None),
                ~o.erased,
            )
            .values(visitor=who)
        )


def forget(connection: Connection, before: datetime) -> None:
    """Forget checkouts told of before an instant; their orders keep the visitor."""
    connection.execute(delete(tables.Checkout).where(tables.Checkout.told_at < before))
