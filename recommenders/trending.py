"""What sells more than it used to, just now?

Rising, not big: what always sells is `bestseller.py`'s to tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommenders.baskets import DAY_S, FLOOR_BUYERS, distinct
from recommenders.bestseller import members
from recommenders.known import Known
from recommenders.ranked import Sheet, best
from store.records import LIST_WIDTH, Interactions, Lists, Strategy, slot


@dataclass(frozen=True)
class Trending:
    """score(b) = (now - expected) / sqrt(expected + prior)

    now: distinct orders with b in the last `days`; expected: those of the time before (four times
    as long), scaled by how many orders the whole shop had in each, so that a busy December does
    not make everything rise. The root is the size of chance for counts (Poisson), `prior` keeps
    two orders after none from leading. Only what 3 distinct buyers bought is listed.
    Evidence: `support` is now, `strength` is now over expected (at least one tenth of an order).
    Cost: one pass over the recent order lines. A shop without orders before has no trends.
    """

    strategy: Strategy = "trending"
    days: int = 14  # a week is noise in most shops, a month is over before it shows
    before: int = 4  # times as long: what is usual needs more to be known than what is new
    prior: float = 3.0
    width: int = LIST_WIDTH

    def __post_init__(self) -> None:
        if self.days < 1 or self.before < 1 or self.width < 1 or self.prior <= 0:
            raise ValueError("days, before and width must be 1 or more, prior above 0")

    def fit(self, known: Known) -> Lists:
        """One list for the shop (slot `trending:`) and one for each category that has any."""
        interactions, catalogue, now_s = known.interactions, known.catalogue, known.now_s
        start_s = now_s - self.days * DAY_S
        recent = interactions.at_s > start_s
        earlier = ~recent & (interactions.at_s > start_s - self.before * self.days * DAY_S)
        now = _orders(interactions, recent, len(catalogue))
        usual = _orders(interactions, earlier, len(catalogue))
        busier = _whole(interactions, recent) / max(_whole(interactions, earlier), 1)
        expected = usual * busier
        score = ((now - expected) / np.sqrt(expected + self.prior)).astype(np.float32)
        times = (now / np.maximum(expected, 0.1)).astype(np.float32)
        rising = _enough_buyers(known, recent) & (now > expected)
        rising &= catalogue.recommendable & (_whole(interactions, earlier) > 0)

        categories = members(catalogue.categories)
        sheet = Sheet(1 + len(categories), self.width)
        everything = np.arange(len(catalogue), dtype=np.int32)
        for row, products in enumerate([everything, *categories.values()]):
            up = products[rising[products]]
            top = up[best(score[up], up, self.width)]
            sheet.fill(row, top, score[top], now[top].astype(np.int32), times[top])
        names = [slot(self.strategy), *(slot(self.strategy, c) for c in categories)]
        return sheet.lists(self.strategy, names)


def _orders(
    interactions: Interactions, lines: NDArray[np.bool_], products: int
) -> NDArray[np.int64]:
    """Distinct orders with each product among these lines."""
    pairs = distinct(interactions.order[lines] * products + interactions.product[lines])
    return np.bincount(pairs % max(products, 1), minlength=products)


def _enough_buyers(known: Known, lines: NDArray[np.bool_]) -> NDArray[np.bool_]:
    products = known.products
    buyer = known.buyers[known.interactions.order[lines]]
    pairs = distinct(buyer * products + known.interactions.product[lines])
    return np.bincount(pairs % max(products, 1), minlength=products) >= FLOOR_BUYERS


def _whole(interactions: Interactions, lines: NDArray[np.bool_]) -> int:
    return len(distinct(interactions.order[lines]))
