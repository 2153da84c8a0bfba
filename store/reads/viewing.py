"""What a trainer learns from page views: who opened which product's page when, as arrays.

Only views told with full consent carry a visitor and are read; an erased visitor has none. How
visits are made of them, and what they teach, is `recommenders.visits`' to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Connection, func, select, type_coerce

from store import tables
from store.reads.outcomes import robots
from store.records import PageViews

# The newest so many: a quarter of a minute of CPU to read, and 90 MiB to learn from. What is older
# than a million views ago says little of the next week in a shop with so many.
MOST_VIEWS = 1_000_000
_CHUNK = 50_000  # rows fetched at a time: bounds the Python objects alive at once
SECOND = 1_000_000


def page_views(
    connection: Connection, shop_id: int, products: NDArray[np.int64], until_s: int
) -> PageViews | None:
    """The views of these products (ascending keys) up to an instant; None where there are none.

    Left out are sensitive products, and robots by the rule that tests leave them out by.
    """
    shunned = sensitive(connection, shop_id)
    rows = _rows(connection, shop_id, until_s)
    strangers = robots(connection, shop_id, None) if len(rows[0]) else set()
    visitor, product, at_s = rows
    kept = ~np.isin(visitor, numbers(sorted(strangers)))
    kept &= np.isin(product, products) & ~np.isin(product, shunned)
    visitor, product, at_s = visitor[kept], product[kept], at_s[kept]
    if not len(visitor):
        return None
    order = np.lexsort((product, at_s, visitor))
    visitor, product, at_s = visitor[order], product[order], at_s[order]
    names, dense = np.unique(visitor, return_inverse=True)
    customer, linked_s = _customers(connection, shop_id, names)
    return PageViews(
        visitor=dense.astype(np.int64),
        product=np.searchsorted(products, product).astype(np.int32),
        at_s=at_s,
        customer=customer[dense],
        linked_s=linked_s[dense],
        sensitive=np.isin(products, shunned),
    )


def sensitive(connection: Connection, shop_id: int) -> list[int]:
    """The products that the merchant marks as sensitive, which holds always and everywhere."""
    r, match = tables.Rule, tables.RuleProduct
    statement = (
        select(match.product_id)
        .join(r, r.id == match.rule_id)
        .where(r.shop_id == shop_id, r.kind == "sensitive")
        .distinct()
        .order_by(match.product_id)
    )
    return list(connection.scalars(statement))


def _rows(
    connection: Connection, shop_id: int, until_s: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(visitor, product, instant) of the newest views, in no order."""
    e = tables.Event
    received = type_coerce(e.received_at, BigInteger)
    statement = (
        select(e.visitor, e.product_id, received)
        .where(
            e.shop_id == shop_id,
            e.type == "product_view",
            e.visitor.is_not(None),
            e.product_id.is_not(None),
            received < (until_s + 1) * SECOND,
        )
        .order_by(e.received_at.desc(), e.id)
        .limit(MOST_VIEWS)
    )
    result = connection.execution_options(yield_per=_CHUNK).execute(statement)
    parts = [_columns(rows) for rows in result.partitions(_CHUNK)]
    if not parts:
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, nothing
    visitor, product, at_s = (np.concatenate(column) for column in zip(*parts, strict=True))
    return visitor, product, at_s


def _columns(
    rows: Sequence[Sequence[Any]],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    visitor, product, at_micros = zip(*rows, strict=True)
    return (
        numbers(visitor),
        np.array(product, dtype=np.int64),
        np.array(at_micros, dtype=np.int64) // SECOND,
    )


def numbers(visitors: Sequence[bytes]) -> NDArray[np.int64]:
    """The first 8 bytes of visitors' digests, or of nonces: among millions each its own."""
    return np.frombuffer(b"".join(bytes(visitor[:8]) for visitor in visitors), dtype="<i8").astype(
        np.int64
    )


def _customers(
    connection: Connection, shop_id: int, visitors: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each visitor the customer they turned out to be, and since when; -1 where nobody knows,
    or where a browser serves several."""
    i = tables.Identity
    rows = connection.execute(
        select(i.visitor, func.min(i.customer_id), func.min(type_coerce(i.seen_at, BigInteger)))
        .where(i.shop_id == shop_id)
        .group_by(i.visitor)
        .having(func.count() == 1)
    ).all()
    customer = np.full(len(visitors), -1, dtype=np.int64)
    linked_s = np.zeros(len(visitors), dtype=np.int64)
    if rows:
        who, key, seen = zip(*rows, strict=True)
        number = numbers(who)
        place = np.minimum(np.searchsorted(visitors, number), len(visitors) - 1)
        there = visitors[place] == number
        customer[place[there]] = np.array(key, dtype=np.int64)[there]
        linked_s[place[there]] = np.array(seen, dtype=np.int64)[there] // SECOND
    return customer, linked_s
