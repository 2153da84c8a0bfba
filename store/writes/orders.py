"""What changes when a shop tells of orders: their rows, their lines, and whose they are.

Literal SQL, as what a shelf reads is: a first sync brings all of a shop's years through here.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from store.engine import literal, literal_in
from store.keys import digest
from store.records import Order
from store.tables import to_micros
from store.upsert import newest
from store.writes import checkouts
from store.writes.catalogue import ensure_products
from store.writes.customers import recognise
from store.writes.identities import link_visitors
from store.writes.units import touch_orders

# A newer or equal copy replaces the row that is there. An erased order's amounts follow the shop,
# its links to people stay as they are. `kept_out` stays what a person may have said since. A
# visitor who told of the order's checkout stays its visitor: what was told is forgotten in time.
_SAVE = """
INSERT INTO orders (shop_id, external_id, number, customer_id, visitor, checkout, erased, kept_out,
  placed_at, updated_at, status, platform_status, source, currency, total_minor, discount_minor,
  tax_minor, shipping_minor, fees_minor)
VALUES (?, ?, ?, ?, ?, ?, FALSE, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (shop_id, external_id) DO UPDATE SET
  number = excluded.number,
  customer_id = CASE WHEN orders.erased THEN orders.customer_id ELSE excluded.customer_id END,
  visitor = CASE
    WHEN orders.erased OR (excluded.visitor IS NULL AND excluded.checkout = orders.checkout)
    THEN orders.visitor ELSE excluded.visitor END,
  checkout = CASE WHEN orders.erased THEN orders.checkout ELSE excluded.checkout END,
  placed_at = excluded.placed_at, updated_at = excluded.updated_at, status = excluded.status,
  platform_status = excluded.platform_status, source = excluded.source,
  currency = excluded.currency, total_minor = excluded.total_minor,
  discount_minor = excluded.discount_minor, tax_minor = excluded.tax_minor,
  shipping_minor = excluded.shipping_minor, fees_minor = excluded.fees_minor
WHERE excluded.updated_at >= orders.updated_at
"""
_KEYS = """
SELECT external_id, id, updated_at, erased FROM orders WHERE shop_id = ? AND external_id IN (...)
"""
_LINE = """
INSERT INTO order_lines (order_id, external_id, product_id, variant_id, title, quantity,
  gross_minor, discount_minor, tax_minor, token) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_CANCEL = """
UPDATE orders SET status = 'cancelled', platform_status = ?
WHERE shop_id = ? AND external_id IN (...)
"""


def save_orders(
    connection: Connection, shop_id: int, pepper: bytes, orders: Sequence[Order]
) -> int:
    """Save what a shop told; returns how many were new or newer than what we had.

    Saving twice is saving once; an older copy never overwrites a newer one; an erased order's
    amounts follow the shop, its links to people stay empty.
    """
    latest = newest(orders)
    if not latest:
        return 0
    told, ids = list(latest.values()), list(latest)
    touch_orders(connection, shop_id, ids)  # whose they were
    erased = {row[0] for row in literal_in(connection, _KEYS, (shop_id,), ids) if row[3]}
    customers = recognise(connection, shop_id, pepper, [o for o in told if o.id not in erased])
    literal(connection, _SAVE, [_row(shop_id, pepper, o, customers.get(o.id)) for o in told])
    won = [
        (key, latest[external])
        for external, key, at, _ in literal_in(connection, _KEYS, (shop_id,), ids)
        if at == to_micros(latest[external].updated_at)
    ]
    checkouts.recognise(connection, shop_id, [key for key, order in won if order.checkout])
    _replace_lines(connection, shop_id, won, erased)
    link_visitors(connection, [key for key, order in won if order.visitor or order.checkout])
    touch_orders(connection, shop_id, [order.id for _, order in won])  # whose they are
    return len(won)


def cancel_orders(
    connection: Connection, shop_id: int, external_ids: Sequence[str], word: str
) -> None:
    """Orders that the shop deleted or trashed count as nothing; their rows stay."""
    touch_orders(connection, shop_id, external_ids)
    literal_in(connection, _CANCEL, (word, shop_id), external_ids)


def _row(shop_id: int, pepper: bytes, order: Order, customer: int | None) -> tuple[object, ...]:
    """The values of `_SAVE`, in its order."""
    return (
        shop_id, order.id, order.number or order.id, customer,
        digest(pepper, "visitor", order.visitor) if order.visitor else None,
        digest(pepper, "checkout", order.checkout) if order.checkout else None,
        order.gift, to_micros(order.placed_at), to_micros(order.updated_at), order.status,
        order.platform_status, order.source, order.currency, order.total_minor,
        order.discount_minor, order.tax_minor, order.shipping_minor, order.fees_minor,
    )  # fmt: skip


def _replace_lines(
    connection: Connection, shop_id: int, won: Sequence[tuple[int, Order]], erased: set[str]
) -> None:
    if not won:
        return
    named = {
        line.product_id: line.title
        for _, order in won
        for line in order.lines
        if line.product_id is not None
    }
    products = ensure_products(connection, shop_id, named, won[0][1].currency)
    literal_in(
        connection, "DELETE FROM order_lines WHERE order_id IN (...)", (), [key for key, _ in won]
    )
    literal(
        connection,
        _LINE,
        [
            (
                key, line.id, None if line.product_id is None else products[line.product_id],
                line.variant_id, line.title, line.quantity, line.gross_minor, line.discount_minor,
                line.tax_minor,
                # A token holds its visitor's hash: an erased order gets none back.
                None if order.id in erased else line.token,
            )
            for key, order in won
            for line in {line.id: line for line in order.lines}.values()
        ],
    )  # fmt: skip
