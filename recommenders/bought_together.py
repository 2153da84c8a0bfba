"""Which products are bought in the same order more than their popularity explains?

Answers for a product; what to do for several at once (a cart, a session) is `chains.py`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommenders.baskets import thinned
from recommenders.company import Score, company
from recommenders.evidence import common_orders
from recommenders.known import Known
from recommenders.packed import Packed, packed, summed
from recommenders.ranked import Sheet
from store.records import LIST_WIDTH, Lists, Strategy, slot


@dataclass(frozen=True)
class BoughtTogether:
    """score(a -> b) = n(a, b) / (n(a) + prior) / share(b) ** damping

    n(a, b) sums the weights of the orders with both, n(a) of those with a, share(b) is n(b) over
    the weight of all orders. An order weighs 0.5 ** (age / half-life), divided, where pairs are
    counted, by size ** size_discount: a basket of eighty says less about any of its pairs than a
    basket of two.
    Source: the damped conditional probability of Deshpande & Karypis, ACM TOIS 22(1), 2004 (their
    alpha is our damping); the discount by basket size is the random walk of Christoffel et al.,
    RecSys 2015.
    Evidence, recomputable from the orders: `support` is the number of distinct orders with both,
    0 while fewer than 3 distinct buyers stand behind it; `strength` is the lift, how many times
    more orders hold both than if the two were bought independently.
    Cost: time is the sum of squared basket sizes (hence `max_basket`), about that of multiplying
    the sparse matrix by itself; memory that of the lists. Fails for products without orders: they
    get no list.
    """

    strategy: Strategy = "bought_together"
    # 0 is plain P(b | a), which recommends the bestseller to everyone; 1 is lift, which
    # recommends flukes. Studies of baskets put the best value between 0.2 and 0.5.
    damping: float = 0.2
    # Habits of last year still tell complements, fashions do not: half a year keeps both.
    half_life_days: float = 180.0
    # 0 counts a wholesale order's pairs like any other's, 1 gives each line of an order one vote
    # to share out; between the two, large baskets are heard but do not drown the others.
    size_discount: float = 0.5
    # Added to n(a): with one order, P(b | a) = 1 would outweigh every well-known product when
    # lists are blended. Within one list it changes nothing.
    prior: float = 3.0
    # The pairs of one order grow with its square: 100 lines are 10,000 pairs. Larger orders
    # (wholesale, mistakes) are thinned to this many lines, picked by a fixed hash.
    max_basket: int = 100
    width: int = LIST_WIDTH

    def __post_init__(self) -> None:
        if not 0 <= self.damping <= 1:
            raise ValueError(f"damping must be between 0 and 1, not {self.damping}")
        if self.half_life_days <= 0:
            raise ValueError(f"half_life_days must be above 0, not {self.half_life_days}")
        if self.size_discount < 0 or self.prior < 0:
            raise ValueError("size_discount and prior must not be negative")
        if self.max_basket < 2 or self.width < 1:
            raise ValueError("max_basket must be 2 or more, width 1 or more")

    def fit(self, known: Known) -> Lists:
        """One list for every product that shares an order with another."""
        (sheet,) = sheets(known, [self])
        add_evidence(sheet, known)
        names = [slot(self.strategy, int(k)) for k in known.catalogue.keys]
        return sheet.lists(self.strategy, names)


def sheets(known: Known, settings: Sequence[BoughtTogether]) -> list[Sheet]:
    """The ranked rows of several settings at once, one per product, still without evidence.

    Settings share the counting, so they must share `max_basket` and `width`.
    """
    width, most = settings[0].width, settings[0].max_basket
    if any((s.width, s.max_basket) != (width, most) for s in settings):
        raise ValueError("settings that are counted together need one width and one max_basket")
    thin = known.once(("thin", most), lambda: thinned(known.baskets, most))
    return company(thin, *_weighed(known, thin, settings), width)


def _weighed(
    known: Known, thin: sparse.csr_array, settings: Sequence[BoughtTogether]
) -> tuple[Packed, list[Score]]:
    """The orders with each different way to weigh them, and each setting's score by one of them."""
    size = np.maximum(np.diff(known.baskets.indptr), 1)
    ways = list(dict.fromkeys((s.half_life_days, s.size_discount) for s in settings))
    faded = {half_life: known.decayed(half_life) for half_life, _ in ways}
    weights = np.stack([faded[half_life] / size**power for half_life, power in ways])
    scores = []
    for s in settings:
        way = ways.index((s.half_life_days, s.size_discount))
        listable = damped(known.baskets, faded[s.half_life_days], s.damping)
        norm = summed(thin, weights[way]) + s.prior
        scores.append(Score(way, listable * known.catalogue.recommendable, norm))
    return packed(thin, weights), scores


def damped(whole: sparse.csr_array, weight: NDArray[np.float64], damping: float) -> NDArray[Any]:
    """share(b) ** -damping for each product, 0 for those without orders."""
    share = summed(whole, weight) / max(float(weight.sum()), 1e-12)
    return np.where(share > 0, np.maximum(share, 1e-12) ** -damping, 0.0)


def add_evidence(sheet: Sheet, known: Known) -> None:
    """Count, from all orders unthinned and undecayed, what stands behind each listed pair."""
    orders = known.baskets.shape[0]
    held_by = np.bincount(known.baskets.indices, minlength=known.products)
    row, place = np.nonzero(sheet.product >= 0)
    a, b = row.astype(np.int64), sheet.product[row, place].astype(np.int64)
    count, many = common_orders(known.baskets, known.buyers, a, b)
    sheet.support[row, place] = np.where(many, count, 0)
    sheet.strength[row, place] = count * float(orders) / np.maximum(held_by[a] * held_by[b], 1)
