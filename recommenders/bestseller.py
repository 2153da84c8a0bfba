"""What sells most just now, in the whole shop and in each category?

The simple answer that every other strategy has to beat (`measure.py`), and the end of every
fallback chain.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommenders.baskets import DAY_S, FLOOR_BUYERS, distinct
from recommenders.known import Known
from recommenders.pace import half_life
from recommenders.ranked import Sheet, best
from store.records import LIST_WIDTH, Lists, Strategy, slot

WINDOW_DAYS = 28  # what "this month" means in a reason: whole weeks, so that weekdays weigh equally


@dataclass(frozen=True)
class Bestseller:
    """score(b) = sum over the orders with b of 0.5 ** (age / half-life)

    Orders, not pieces: one wholesale order of 500 is one order. Evidence: `support` is the number
    of distinct orders with b in the last 28 days, 0 while fewer than 3 distinct buyers placed
    them; `strength` is the score. Cost: a few passes over the lines. Fails for products without
    orders, which are not listed; a shop without orders has no bestsellers.
    """

    strategy: Strategy = "bestseller"
    # None: what foretold this shop's own past best (`pace.py`). On real orders windows of 7 to 30
    # days beat all-time popularity by 30 to 100 %; a shop with few orders needs longer ones.
    half_life_days: float | None = None
    width: int = LIST_WIDTH

    def __post_init__(self) -> None:
        if self.half_life_days is not None and self.half_life_days <= 0:
            raise ValueError(f"half_life_days must be above 0, not {self.half_life_days}")
        if self.width < 1:
            raise ValueError(f"width must be 1 or more, not {self.width}")

    def fit(self, known: Known) -> Lists:
        """One list for the shop (slot `bestseller:`) and one for each category with sales."""
        catalogue = known.catalogue
        score = known.popularity(self.half_life_days or half_life(known))
        support = _recent_orders(known)
        by_category = members(catalogue.categories)
        sheet = Sheet(1 + len(by_category), self.width)
        everything = np.arange(len(catalogue), dtype=np.int32)
        for row, products in enumerate([everything, *by_category.values()]):
            sold = products[(score[products] > 0) & catalogue.recommendable[products]]
            top = sold[best(score[sold], sold, self.width)]
            sheet.fill(row, top, score[top], support[top], score[top])
        names = [slot(self.strategy), *(slot(self.strategy, c) for c in by_category)]
        return sheet.lists(self.strategy, names)


def _recent_orders(known: Known) -> NDArray[np.int32]:
    """Distinct orders with each product in the last 28 days; 0 under 3 distinct buyers."""
    interactions, products = known.interactions, known.products
    recent = interactions.at_s > known.now_s - WINDOW_DAYS * DAY_S
    order, product = interactions.order[recent], interactions.product[recent].astype(np.int64)
    orders = distinct(order * products + product) % max(products, 1)
    buyer = known.buyers[order]
    buyers = distinct(buyer * products + product) % max(products, 1)
    many = np.bincount(buyers, minlength=products) >= FLOOR_BUYERS
    return np.where(many, np.bincount(orders, minlength=products), 0).astype(np.int32)


def members(categories: Iterable[tuple[str, ...]]) -> dict[str, NDArray[np.int32]]:
    """Category id -> the products in it, ids in alphabetical order."""
    found: dict[str, list[int]] = {}
    for product, ids in enumerate(categories):
        for category in set(ids):
            found.setdefault(category, []).append(product)
    return {c: np.asarray(found[c], dtype=np.int32) for c in sorted(found)}
