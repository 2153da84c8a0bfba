"""Which visitors turned out to be which customers: said by orders that name both."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from store import tables
from store.engine import CHUNK
from store.upsert import insert


def link_visitors(connection: Connection, order_keys: Sequence[int]) -> None:
    """A visitor who bought as a customer is that customer, from the order's instant on."""
    o = tables.Order
    for start in range(0, len(order_keys), CHUNK):
        links = select(o.shop_id, o.visitor, o.customer_id, o.placed_at).where(
            o.id.in_(order_keys[start : start + CHUNK]),
            o.visitor.is_not(None),
            o.customer_id.is_not(None),
            ~o.erased,
        )
        statement = insert(connection, tables.Identity).from_select(
            ["shop_id", "visitor", "customer_id", "seen_at"], links
        )
        connection.execute(statement.on_conflict_do_nothing())
