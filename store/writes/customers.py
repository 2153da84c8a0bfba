"""Who bought? Orders name an account, an e-mail, or neither; two that share one name one customer.

Only keyed hashes are kept of either.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from store.engine import CHUNK, literal, literal_in, literal_rows
from store.keys import digest, email_digest
from store.records import Order

_KNOWN = "SELECT digest, customer_id FROM customer_digests WHERE shop_id = ? AND digest IN (...)"
_LEARN = """
INSERT INTO customer_digests (shop_id, digest, customer_id, account) VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""


def recognise(
    connection: Connection, shop_id: int, pepper: bytes, orders: Sequence[Order]
) -> dict[str, int]:
    """Order id -> customer key. An account and an e-mail seen together are one customer."""
    marks = {order.id: own for order in orders if (own := _marks(pepper, order))}
    accounts = {marks[order.id][0] for order in orders if order.customer_id}
    wanted = sorted({mark for own in marks.values() for mark in own})
    known: dict[bytes, int] = {
        bytes(mark): customer
        for mark, customer in literal_in(connection, _KNOWN, (shop_id,), wanted)
    }
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
    keys = _new(connection, shop_id, newcomers)

    def key(customer: int) -> int:
        return customer if customer > 0 else keys[-customer - 1]

    literal(
        connection,
        _LEARN,
        [(shop_id, mark, key(customer), mark in accounts) for mark, customer in fresh.items()],
    )
    return {order_id: key(customer) for order_id, customer in found.items()}


def _new(connection: Connection, shop_id: int, count: int) -> list[int]:
    """So many new customers, in one go: the keys that the database gave them."""
    keys: list[int] = []
    while len(keys) < count:
        some = min(count - len(keys), CHUNK)
        rows = ", ".join(["(?)"] * some)
        sql = f"INSERT INTO customers (shop_id) VALUES {rows} RETURNING id"  # noqa: S608 - marks
        keys += [key for (key,) in literal_rows(connection, sql, (shop_id,) * some)]
    return keys


def _marks(pepper: bytes, order: Order) -> list[bytes]:
    """The account first."""
    own = []
    if order.customer_id:
        own.append(digest(pepper, "customer", order.customer_id))
    if order.email and order.email.strip():
        own.append(email_digest(pepper, order.email))
    return own
