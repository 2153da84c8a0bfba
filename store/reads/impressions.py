"""What a trainer learns from clicks: which products the shelves of a page put in front of whom, and
what was clicked or put into the cart there, as arrays.

Only what was told with full consent has a visitor and is read; an erased visitor has none. What
clicks teach, and what a place on the shelf earns by itself, is `recommenders.clicks`' to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Connection, func, select, type_coerce

from store import tables
from store.reads.outcomes import robots
from store.reads.viewing import SECOND, numbers, sensitive
from store.records import NEVER_S, Impressions

# The newest so many shelves in sight, and the clicks and carts on them: 200,000 shelves of six
# products are as much to hold as the newest million page views.
MOST_SHELVES = 200_000
_CHUNK = 50_000  # rows fetched at a time: bounds the Python objects alive at once


def impressions(
    connection: Connection, shop_id: int, products: NDArray[np.int64], until_s: int
) -> Impressions | None:
    """The shelves in sight on pages of these products (ascending keys) up to an instant, and what
    came of them until then; None where there are none.

    Left out are sensitive products, and robots by the rule that tests leave them out by.
    """
    shelves = _shelves(connection, shop_id, until_s)
    if shelves is None:
        return None
    lengths = np.array([len(items) // 4 for items in shelves.items], dtype=np.int64)
    shelf = np.repeat(np.arange(len(lengths)), lengths)
    product = np.frombuffer(b"".join(shelves.items), dtype="<u4").astype(np.int64)
    place = np.arange(len(shelf)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    acts = _acts(connection, shop_id, int(shelves.at_s.min()), until_s)
    acts = acts.on(shelves.nonce)

    # Where a product was clicked that was not in sight when the shelf was told of (a carousel
    # scrolls), it stood in a place behind those.
    width = len(products)
    cell = shelf * width + np.minimum(np.searchsorted(products, product), width - 1)
    acted = acts.shelf * width + np.minimum(np.searchsorted(products, acts.product), width - 1)
    behind = np.unique(np.setdiff1d(acted, cell))
    shelf = np.append(shelf, behind // width)
    product = np.append(product, products[behind % width])
    place = np.append(place, lengths[behind // width])
    cell = np.append(cell, behind)
    clicked_s = _first(cell, acted[~acts.carted], acts.at_s[~acts.carted])
    carted_s = _first(cell, acted[acts.carted], acts.at_s[acts.carted])

    visitor, page = shelves.visitor[shelf], shelves.page[shelf]
    shunned = sensitive(connection, shop_id)
    strangers = numbers(sorted(robots(connection, shop_id, None)))
    kept = np.isin(product, products) & np.isin(page, products) & (product != page)
    kept &= ~np.isin(product, shunned) & ~np.isin(page, shunned) & ~np.isin(visitor, strangers)
    kept = np.flatnonzero(kept)
    if not len(kept):
        return None
    # The same events give the same arrays, in whatever order the database tells them.
    kept = kept[np.lexsort((place[kept], shelves.nonce[shelf[kept]], shelves.at_s[shelf[kept]]))]
    _, dense = np.unique(visitor[kept], return_inverse=True)
    return Impressions(
        visitor=dense.astype(np.int64),
        page=np.searchsorted(products, page[kept]).astype(np.int32),
        product=np.searchsorted(products, product[kept]).astype(np.int32),
        place=place[kept].astype(np.int32),
        shown_s=shelves.at_s[shelf[kept]],
        clicked_s=clicked_s[kept],
        carted_s=carted_s[kept],
    )


class _Shelves(NamedTuple):
    """Shelves that were in sight, each once, by the number of their answer."""

    nonce: NDArray[np.int64]  # ascending
    visitor: NDArray[np.int64]
    page: NDArray[np.int64]
    at_s: NDArray[np.int64]
    items: Sequence[bytes]


class _Acts(NamedTuple):
    """Clicks and carts."""

    shelf: NDArray[np.int64]  # the answer's number; after `on`, which shelf
    product: NDArray[np.int64]
    at_s: NDArray[np.int64]
    carted: NDArray[np.bool_]

    def on(self, nonces: NDArray[np.int64]) -> _Acts:
        """Those on these shelves, by their place among them."""
        place = np.minimum(np.searchsorted(nonces, self.shelf), len(nonces) - 1)
        there = nonces[place] == self.shelf
        return _Acts(place[there], *(column[there] for column in self[1:]))


def _shelves(connection: Connection, shop_id: int, until_s: int) -> _Shelves | None:
    e = tables.Event
    received = type_coerce(e.received_at, BigInteger)
    statement = (
        select(e.nonce, e.visitor, e.page_id, received, e.items)
        .where(
            e.shop_id == shop_id,
            e.type == "view",
            e.visitor.is_not(None),
            e.nonce.is_not(None),
            e.page_id.is_not(None),
            e.items.is_not(None),
            received < (until_s + 1) * SECOND,
        )
        .order_by(e.received_at.desc(), e.id)
        .limit(MOST_SHELVES)
    )
    result = connection.execution_options(yield_per=_CHUNK).execute(statement)
    columns = [tuple(zip(*rows, strict=True)) for rows in result.partitions(_CHUNK)]
    if not columns:
        return None
    nonce, visitor, page, at_micros, items = (
        list(chain.from_iterable(column)) for column in zip(*columns, strict=True)
    )
    answers, first = np.unique(numbers(nonce), return_index=True)
    return _Shelves(
        nonce=answers,
        visitor=numbers(visitor)[first],
        page=np.array(page, dtype=np.int64)[first],
        at_s=np.array(at_micros, dtype=np.int64)[first] // SECOND,
        items=[bytes(items[at]) for at in first],
    )


def _acts(connection: Connection, shop_id: int, since_s: int, until_s: int) -> _Acts:
    e = tables.Event
    received = type_coerce(e.received_at, BigInteger)
    rows: list[Any] = list(
        connection.execute(
            select(e.nonce, e.product_id, func.min(received), e.type)
            .where(
                e.shop_id == shop_id,
                e.type.in_(("click", "cart")),
                e.visitor.is_not(None),
                e.nonce.is_not(None),
                e.page_id.is_not(None),
                e.product_id.is_not(None),
                received >= since_s * SECOND,
                received < (until_s + 1) * SECOND,
            )
            .group_by(e.nonce, e.product_id, e.type)
        )
    )
    nonce, product, at_micros, kind = zip(*rows, strict=True) if rows else ((), (), (), ())
    return _Acts(
        numbers(nonce),
        np.array(product, dtype=np.int64),
        np.array(at_micros, dtype=np.int64) // SECOND,
        np.array([it == "cart" for it in kind], dtype=np.bool_),
    )


def _first(
    cells: NDArray[np.int64], acted: NDArray[np.int64], at_s: NDArray[np.int64]
) -> NDArray[np.int64]:
    """When each cell was first acted on; never is the end of time."""
    by_cell = np.argsort(cells)
    found = np.full(len(cells), NEVER_S, dtype=np.int64)
    np.minimum.at(found, by_cell[np.searchsorted(cells, acted, sorter=by_cell)], at_s)
    return found
