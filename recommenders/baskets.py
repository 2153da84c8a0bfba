"""How do order lines become the matrices and weights that the sums run on?

Every recommender starts from the same few views of `Interactions`, made here once: orders by
products, customers by products, who placed an order, how much an old order still counts. Nothing
is scored here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from store.records import NEVER_S, Impressions, Interactions, PageViews

DAY_S = 86_400
Whole = TypeVar("Whole", np.int32, np.int64)

# A count is shown, and a pair counts as evidence, from this many distinct buyers on: below it a
# shopper could be recognised in the figure (docs/recommenders.md, "Small numbers stay private").
FLOOR_BUYERS = 3


def before(interactions: Interactions, instant_s: int) -> Interactions:
    """What was known at `instant_s`: the orders placed earlier than it."""
    end = int(np.searchsorted(interactions.at_s, instant_s, side="left"))
    return since(interactions, 0, end)


def since(interactions: Interactions, start: int, end: int) -> Interactions:
    """The order lines `start` to `end`, with their orders numbered from 0 again."""
    order = interactions.order[start:end]
    first = int(order[0]) if len(order) else 0
    return replace(
        interactions,
        order=order - first,
        product=interactions.product[start:end],
        customer=interactions.customer[start:end],
        quantity=interactions.quantity[start:end],
        at_s=interactions.at_s[start:end],
        orders=int(order[-1]) - first + 1 if len(order) else 0,
    )


def viewed_before(page_views: PageViews, instant_s: int) -> PageViews:
    """What was known at `instant_s` of who looked at what: whose a browser is was known later."""
    kept = page_views.at_s < instant_s
    linked_s = page_views.linked_s[kept]
    customer = page_views.customer[kept]
    return replace(
        page_views,
        visitor=page_views.visitor[kept],
        product=page_views.product[kept],
        at_s=page_views.at_s[kept],
        customer=np.where(linked_s < instant_s, customer, -1),
        linked_s=linked_s,
    )


def shown_before(told: Impressions, instant_s: int) -> Impressions:
    """What was known at `instant_s` of what was shown, and of what had come of it by then."""
    kept = told.shown_s < instant_s
    clicked_s, carted_s = told.clicked_s[kept], told.carted_s[kept]
    return replace(
        told,
        visitor=told.visitor[kept],
        page=told.page[kept],
        product=told.product[kept],
        place=told.place[kept],
        shown_s=told.shown_s[kept],
        clicked_s=np.where(clicked_s < instant_s, clicked_s, NEVER_S),
        carted_s=np.where(carted_s < instant_s, carted_s, NEVER_S),
    )


def baskets(interactions: Interactions, products: int) -> sparse.csr_array:
    """Orders by products, 1 where the order holds the product (however many pieces or lines)."""
    return _incidence(interactions.order, interactions.product, interactions.orders, products)


def order_instants(interactions: Interactions) -> NDArray[np.int64]:
    """When each order was placed, in Unix seconds."""
    at_s = np.zeros(interactions.orders, dtype=np.int64)
    at_s[interactions.order] = interactions.at_s
    return at_s


def order_buyers(interactions: Interactions) -> NDArray[np.int64]:
    """Who placed each order: the customer's index, or for a guest a number nobody else has."""
    customers = len(interactions.customer_keys)
    who = np.full(interactions.orders, -1, dtype=np.int64)
    who[interactions.order] = interactions.customer
    guests = who < 0
    who[guests] = customers + np.flatnonzero(guests)
    return who


def decay(at_s: NDArray[np.int64], now_s: int, half_life_days: float) -> NDArray[np.float64]:
    """How much each instant still counts: 1 now, a half one half-life ago, a quarter two ago."""
    age_days = np.maximum(now_s - at_s, 0) / DAY_S
    return np.asarray(np.exp2(-age_days / half_life_days), dtype=np.float64)


def distinct(values: NDArray[Whole]) -> NDArray[Whole]:
    """The different values, ascending. By sorting: numpy's own `unique` hashes large arrays of
    integers, which costs ten times as much on ours."""
    ordered = np.sort(values)
    first = np.ones(len(ordered), dtype=np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


def habits(
    interactions: Interactions, products: int, now_s: int, half_life_days: float
) -> sparse.csr_array:
    """Customers by products: the decayed number of orders. Guests have no habits we know of."""
    known = interactions.customer >= 0
    product = interactions.product[known].astype(np.int64)
    lines = interactions.order[known] * products + product
    _, once = np.unique(lines, return_index=True)  # a product counts once in an order
    matrix = sparse.coo_array(
        (
            decay(interactions.at_s[known][once], now_s, half_life_days),
            (interactions.customer[known][once].astype(np.int64), product[once]),
        ),
        shape=(len(interactions.customer_keys), products),
    ).tocsr()
    matrix.sum_duplicates()
    return matrix


def thinned(whole: sparse.csr_array, most: int) -> sparse.csr_array:
    """The same orders with at most `most` products each, the choice fixed by a hash.

    The hash mixes order and product, so that neither low catalogue numbers nor popular products
    are favoured, and the same data gives the same choice. (Of customers' histories likewise.)
    """
    sizes = np.diff(whole.indptr)
    if len(sizes) == 0 or sizes.max() <= most:
        return whole
    order = np.repeat(np.arange(len(sizes), dtype=np.uint64), sizes)
    mixed = (order * np.uint64(0x9E3779B97F4A7C15)) ^ (
        whole.indices.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
    )
    mixed ^= mixed >> np.uint64(29)
    by_hash = np.lexsort((whole.indices, mixed * np.uint64(0xBF58476D1CE4E5B9), order))
    place = np.arange(len(order)) - np.repeat(whole.indptr[:-1], sizes)
    kept = np.sort(by_hash[place < most])
    starts = np.concatenate([[0], np.cumsum(np.minimum(sizes, most))])
    return sparse.csr_array((whole.data[kept], whole.indices[kept], starts), shape=whole.shape)


def affordable(sizes: NDArray[np.integer], pairs: int) -> int:
    """The most products an order (or history) may hold so that all hold so many pairs together."""
    ordered = np.sort(sizes).astype(np.float64)
    below = np.concatenate([[0.0], np.cumsum(ordered**2)])
    rest = np.arange(len(ordered), 0, -1)  # how many are at least as large as each
    too_many = np.flatnonzero(below[:-1] + rest * ordered**2 > pairs)
    if not len(too_many):
        return int(ordered[-1]) if len(ordered) else 0
    first = too_many[0]
    return max(1, int(np.sqrt(max(pairs - below[first], 0.0) / rest[first])))


def _incidence(
    row: NDArray[np.int64], column: NDArray[np.int32], rows: int, columns: int
) -> sparse.csr_array:
    pairs = distinct(row * columns + column)
    starts = np.searchsorted(pairs, np.arange(rows + 1, dtype=np.int64) * columns)
    return sparse.csr_array(
        (np.ones(len(pairs), dtype=np.float32), pairs % max(columns, 1), starts),
        shape=(rows, columns),
    )
