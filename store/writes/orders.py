"""What changes when a shop tells of orders and refunds, and how their buyers are recognised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, delete, select, update

from store import tables
from store.keys import digest, email_digest
from store.records import Order, Refund
from store.upsert import insert, new_keys, newest
from store.writes import checkouts
from store.writes.catalogue import CHUNK, ensure_products
from store.writes.identities import link_visitors
from store.writes.units import touch_orders


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
    told = list(latest.values())
    touch_orders(connection, shop_id, list(latest))  # whose they were
    erased = _erased(connection, shop_id, list(latest))
    customers = _recognise(connection, shop_id, pepper, [o for o in told if o.id not in erased])
    _upsert(connection, shop_id, pepper, told, customers)
    keys = _order_keys(connection, shop_id, list(latest))
    won = [(keys[order.id][0], order) for order in told if keys[order.id][1] == order.updated_at]
    checkouts.recognise(connection, shop_id, [key for key, order in won if order.checkout])
    _replace_lines(connection, shop_id, won, erased)
    link_visitors(connection, [key for key, order in won if order.visitor or order.checkout])
    touch_orders(connection, shop_id, [order.id for _, order in won])  # whose they are
    return len(won)


def save_refunds(connection: Connection, shop_id: int, refunds: Sequence[Refund]) -> int:
    """Save refunds by their own id: twice is once; returns how many were new or newer."""
    latest = newest(refunds)
    if not latest:
        return 0
    rows = [
        {
            "shop_id": shop_id,
            "external_id": refund.id,
            "order_external_id": refund.order_id,
            "refunded_at": refund.refunded_at,
            "updated_at": refund.updated_at,
            "total_minor": refund.total_minor,
            "tax_minor": refund.tax_minor,
            "shipping_minor": refund.shipping_minor,
        }
        for refund in latest.values()
    ]
    _insert_newer(connection, tables.Refund, rows)
    r = tables.Refund
    keys: dict[str, tuple[int, datetime]] = {}
    ids = list(latest)
    for start in range(0, len(ids), CHUNK):
        found = connection.execute(
            select(r.external_id, r.id, r.updated_at).where(
                r.shop_id == shop_id, r.external_id.in_(ids[start : start + CHUNK])
            )
        )
        keys |= {external: (key, at) for external, key, at in found}
    won = [(keys[f.id][0], f) for f in latest.values() if keys[f.id][1] == f.updated_at]
    if won:
        t = tables.RefundLine
        connection.execute(
            delete(t).where(t.refund_id == bindparam("gone")), [{"gone": key} for key, _ in won]
        )
    lines = [
        {
            "refund_id": key,
            "position": position,
            "line_external_id": line.line_id,
            "quantity": line.quantity,
            "amount_minor": line.amount_minor,
            "tax_minor": line.tax_minor,
        }
        for key, refund in won
        for position, line in enumerate(refund.lines)
    ]
    if lines:
        connection.execute(insert(connection, tables.RefundLine), lines)
    touch_orders(connection, shop_id, [refund.order_id for _, refund in won])
    return len(won)


def withdraw_refunds(connection: Connection, shop_id: int, external_ids: Sequence[str]) -> None:
    """Refunds that the shop deleted: they never happened."""
    r = tables.Refund
    for start in range(0, len(external_ids), CHUNK):
        these = (r.shop_id == shop_id) & r.external_id.in_(external_ids[start : start + CHUNK])
        of = connection.scalars(select(r.order_external_id).where(these)).all()
        touch_orders(connection, shop_id, of)
        connection.execute(delete(r).where(these))


def cancel_orders(
    connection: Connection, shop_id: int, external_ids: Sequence[str], word: str
) -> None:
    """Orders that the shop deleted or trashed count as nothing; their rows stay."""
    o = tables.Order
    touch_orders(connection, shop_id, external_ids)
    for start in range(0, len(external_ids), CHUNK):
        connection.execute(
            update(o)
            .where(o.shop_id == shop_id, o.external_id.in_(external_ids[start : start + CHUNK]))
            .values(status="cancelled", platform_status=word)
        )


def _erased(connection: Connection, shop_id: int, external_ids: Sequence[str]) -> set[str]:
    """Which of these orders lost their person to an erasure: nothing may bring them back."""
    o = tables.Order
    found: set[str] = set()
    for start in range(0, len(external_ids), CHUNK):
        found |= set(
            connection.scalars(
                select(o.external_id).where(
                    o.shop_id == shop_id,
                    o.external_id.in_(external_ids[start : start + CHUNK]),
                    o.erased,
                )
            )
        )
    return found


def _recognise(
    connection: Connection, shop_id: int, pepper: bytes, orders: Sequence[Order]
) -> dict[str, int]:
    """Order id -> customer key. An account and an e-mail seen together are one customer."""
    marks: dict[str, list[bytes]] = {}
    accounts: set[bytes] = set()
    for order in orders:
        own = []
        if order.customer_id:
            own.append(digest(pepper, "customer", order.customer_id))
            accounts.add(own[0])
        if order.email and order.email.strip():
            own.append(email_digest(pepper, order.email))
        if own:
            marks[order.id] = own
    d = tables.CustomerDigest
    wanted = sorted({mark for own in marks.values() for mark in own})
    known: dict[bytes, int] = {}
    for start in range(0, len(wanted), CHUNK):
        rows = connection.execute(
            select(d.digest, d.customer_id).where(
                d.shop_id == shop_id, d.digest.in_(wanted[start : start + CHUNK])
            )
        )
        known |= {bytes(mark): customer for mark, customer in rows}
    fresh: dict[bytes, int] = {}
    found: dict[str, int] = {}
    newcomers = 0
    for order_id, own in marks.items():
        customer = next((known[mark] for mark in own if mark in known), None)
        if customer is None:
            newcomers += 1
            customer = -newcomers  # until the database has given them all keys at once
        for mark in own:
            if mark not in known:
                known[mark] = fresh[mark] = customer
        found[order_id] = customer
    keys = new_keys(connection, tables.Customer, newcomers, shop_id=shop_id)

    def key(customer: int) -> int:
        return customer if customer > 0 else keys[-customer - 1]

    if fresh:
        connection.execute(
            insert(connection, d).on_conflict_do_nothing(),
            [
                {
                    "shop_id": shop_id,
                    "digest": mark,
                    "customer_id": key(customer),
                    "account": mark in accounts,
                }
                for mark, customer in fresh.items()
            ],
        )
    return {order_id: key(customer) for order_id, customer in found.items()}


def _upsert(
    connection: Connection,
    shop_id: int,
    pepper: bytes,
    orders: Sequence[Order],
    customers: dict[str, int],
) -> None:
    rows = [
        {
            "shop_id": shop_id,
            "external_id": order.id,
            "number": order.number or order.id,
            "customer_id": customers.get(order.id),
            "visitor": digest(pepper, "visitor", order.visitor) if order.visitor else None,
            "checkout": digest(pepper, "checkout", order.checkout) if order.checkout else None,
            "erased": False,
            "placed_at": order.placed_at,
            "updated_at": order.updated_at,
            "status": order.status,
            "platform_status": order.platform_status,
            "source": order.source,
            "kept_out": order.gift,
            "currency": order.currency,
            "total_minor": order.total_minor,
            "discount_minor": order.discount_minor,
            "tax_minor": order.tax_minor,
            "shipping_minor": order.shipping_minor,
            "fees_minor": order.fees_minor,
        }
        for order in orders
    ]
    o = tables.Order
    _insert_newer(
        connection,
        o,
        rows,
        lambda told: {
            "erased": o.erased,
            "kept_out": o.kept_out,  # a person may have said otherwise since
            "customer_id": case((o.erased, o.customer_id), else_=told.customer_id),
            "visitor": case(
                (o.erased, o.visitor),
                # The one who told of the checkout; what was told is forgotten in time.
                (told.visitor.is_(None) & (told.checkout == o.checkout), o.visitor),
                else_=told.visitor,
            ),
            "checkout": case((o.erased, o.checkout), else_=told.checkout),
        },
    )


def _insert_newer(
    connection: Connection,
    into: Any,
    rows: list[dict[str, Any]],
    special: Callable[[Any], dict[str, Any]] | None = None,
) -> None:
    """Insert by (shop, the shop's id); a newer or equal copy replaces the row that is there."""
    statement = insert(connection, into)
    told = statement.excluded
    changed = {name: told[name] for name in rows[0] if name not in ("shop_id", "external_id")}
    if special:
        changed |= special(told)
    statement = statement.on_conflict_do_update(
        index_elements=("shop_id", "external_id"),
        set_=changed,
        where=told.updated_at >= into.updated_at,
    )
    connection.execute(statement, rows)


def _order_keys(
    connection: Connection, shop_id: int, external_ids: Sequence[str]
) -> dict[str, tuple[int, datetime]]:
    o = tables.Order
    found: dict[str, tuple[int, datetime]] = {}
    for start in range(0, len(external_ids), CHUNK):
        rows = connection.execute(
            select(o.external_id, o.id, o.updated_at).where(
                o.shop_id == shop_id, o.external_id.in_(external_ids[start : start + CHUNK])
            )
        )
        found |= {external: (key, at) for external, key, at in rows}
    return found


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
    t = tables.OrderLine
    connection.execute(
        delete(t).where(t.order_id == bindparam("gone")), [{"gone": key} for key, _ in won]
    )
    lines = [
        {
            "order_id": key,
            "external_id": line.id,
            "product_id": None if line.product_id is None else products[line.product_id],
            "variant_id": line.variant_id,
            "title": line.title,
            "quantity": line.quantity,
            "gross_minor": line.gross_minor,
            "discount_minor": line.discount_minor,
            "tax_minor": line.tax_minor,
            # A token holds its visitor's hash: an erased order gets none back.
            "token": None if order.id in erased else line.token,
        }
        for key, order in won
        for line in {line.id: line for line in order.lines}.values()
    ]
    if lines:
        connection.execute(insert(connection, t), lines)
