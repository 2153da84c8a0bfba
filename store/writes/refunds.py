"""What changes when a shop tells of refunds. They are joined to their orders by the shop's own ids,
because a refund may arrive before its order does."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from store.engine import literal, literal_in
from store.records import Refund
from store.tables import to_micros
from store.upsert import newest
from store.writes.units import touch_orders

# Literal, as what a shelf reads is: a first sync brings as many of them as a year has orders.
_SAVE = """
INSERT INTO refunds (shop_id, external_id, order_external_id, refunded_at, updated_at, total_minor,
  tax_minor, shipping_minor) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (shop_id, external_id) DO UPDATE SET
  order_external_id = excluded.order_external_id, refunded_at = excluded.refunded_at,
  updated_at = excluded.updated_at, total_minor = excluded.total_minor,
  tax_minor = excluded.tax_minor, shipping_minor = excluded.shipping_minor
WHERE excluded.updated_at >= refunds.updated_at
"""
_KEYS = "SELECT external_id, id, updated_at FROM refunds WHERE shop_id = ? AND external_id IN (...)"
_LINE = """
INSERT INTO refund_lines (refund_id, position, line_external_id, quantity, amount_minor, tax_minor)
VALUES (?, ?, ?, ?, ?, ?)
"""
_ORDERS = "SELECT order_external_id FROM refunds WHERE shop_id = ? AND external_id IN (...)"


def save_refunds(connection: Connection, shop_id: int, refunds: Sequence[Refund]) -> int:
    """Save refunds by their own id: twice is once; returns how many were new or newer."""
    latest = newest(refunds)
    literal(
        connection,
        _SAVE,
        [
            (
                shop_id, refund.id, refund.order_id, to_micros(refund.refunded_at),
                to_micros(refund.updated_at), refund.total_minor, refund.tax_minor,
                refund.shipping_minor,
            )
            for refund in latest.values()
        ],
    )  # fmt: skip
    keys = literal_in(connection, _KEYS, (shop_id,), list(latest))
    won = [
        (key, latest[external])
        for external, key, at in keys
        if at == to_micros(latest[external].updated_at)
    ]
    literal_in(
        connection, "DELETE FROM refund_lines WHERE refund_id IN (...)", (), [key for key, _ in won]
    )
    literal(
        connection,
        _LINE,
        [
            (
                key, position, line.line_id, line.quantity, line.amount_minor, line.tax_minor
            )
            for key, refund in won
            for position, line in enumerate(refund.lines)
        ],
    )  # fmt: skip
    touch_orders(connection, shop_id, [refund.order_id for _, refund in won])
    return len(won)


def withdraw_refunds(connection: Connection, shop_id: int, external_ids: Sequence[str]) -> None:
    """Refunds that the shop deleted: they never happened."""
    of = literal_in(connection, _ORDERS, (shop_id,), external_ids)
    touch_orders(connection, shop_id, [order for (order,) in of])
    literal_in(
        connection,
        "DELETE FROM refunds WHERE shop_id = ? AND external_id IN (...)",
        (shop_id,),
        external_ids,
    )
