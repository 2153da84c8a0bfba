"""Other kinds of shops, imitated from the orders of one: each a function of orders, seed fixed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from recommenders.baskets import DAY_S, distinct, order_instants
from store.records import Interactions

SEED = 20_240_501
Kept = NDArray[np.bool_]
# The shop's catalogue says which products it no longer sells, as a synced one does; untold, they
# seem to be on sale and only the orders to come know better.
TURNED_OVER = "half of the catalogue turned over"


def lines(interactions: Interactions, kept: Kept) -> Interactions:
    """Only some of the lines, orders numbered anew."""
    _, order = np.unique(interactions.order[kept], return_inverse=True)
    return replace(
        interactions,
        order=order.astype(np.int64),
        product=interactions.product[kept],
        customer=interactions.customer[kept],
        quantity=interactions.quantity[kept],
        at_s=interactions.at_s[kept],
        orders=int(order.max()) + 1,
    )


def small(interactions: Interactions) -> Interactions:
    """A shop with 500 orders before the cut: 625 in all, those of randomly drawn buyers."""
    random = np.random.default_rng(SEED)
    buyer = np.where(
        interactions.customer >= 0,
        interactions.customer,
        len(interactions.customer_keys) + interactions.order,
    )
    buyers = random.permutation(distinct(buyer.astype(np.int64)))
    first = np.unique(interactions.order, return_index=True)[1]
    orders_of = np.bincount(buyer[first])
    drawn = buyers[: int(np.searchsorted(np.cumsum(orders_of[buyers]), 625)) + 1]
    return lines(interactions, np.isin(buyer, drawn))


def one_or_two_lines(interactions: Interactions) -> Interactions:
    """At most two products an order, and nine orders of ten from somebody who never returns."""
    random = np.random.default_rng(SEED)
    by_chance = np.lexsort((random.random(len(interactions.order)), interactions.order))
    starts = np.flatnonzero(np.diff(interactions.order[by_chance], prepend=-1))
    place = np.arange(len(by_chance)) - np.repeat(starts, np.diff(starts, append=len(by_chance)))
    kept = np.zeros(len(by_chance), dtype=np.bool_)
    most = random.integers(1, 3, interactions.orders)
    kept[by_chance] = place < most[interactions.order[by_chance]]
    return guests(lines(interactions, kept), 0.9)


def guests(interactions: Interactions, share: float = 0.95) -> Interactions:
    """So many orders are guests', whoever placed them."""
    random = np.random.default_rng(SEED)
    guest = random.random(interactions.orders) < share
    customer = np.where(guest[interactions.order], -1, interactions.customer)
    return replace(interactions, customer=customer.astype(np.int32))


def turned_over(interactions: Interactions, known: float = 0.8) -> Interactions:
    """Half of the catalogue is gone at the cut, and half is only two months old."""
    cut_s = int(order_instants(interactions)[int(known * interactions.orders)])
    gone = leaving(int(interactions.product.max()) + 1)[interactions.product]
    before = interactions.at_s < cut_s - 56 * DAY_S
    return lines(interactions, np.where(gone, interactions.at_s < cut_s, ~before))


def leaving(products: int) -> Kept:
    """The products that `turned_over` takes out of the shop."""
    return np.random.default_rng(SEED).random(products) < 0.5


def to_december(interactions: Interactions) -> int:
    """The cut between November and the December that the orders end in."""
    last = datetime.fromtimestamp(int(interactions.at_s[-1]), UTC)
    year = last.year if last.month == 12 else last.year - 1
    return int(datetime(year, 12, 1, tzinfo=UTC).timestamp())


SLICES: dict[str, Callable[[Interactions], Interactions]] = {
    "500 orders": small,
    "one or two lines an order, few return": one_or_two_lines,
    "95 % guests": guests,
    TURNED_OVER: turned_over,
    f"{TURNED_OVER}, untold": turned_over,
}
