"""What does this customer buy again and again, and how likely is it next time?

The strongest single opinion about a known customer: the customer's own habit. New products are
`personal.py`'s and `for_you.py`'s to find.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommenders.baskets import DAY_S
from recommenders.known import Known
from recommenders.pace import half_life
from recommenders.ranked import Sheet, best
from store.records import LIST_WIDTH, Interactions, Lists, Strategy, slot


@dataclass(frozen=True)
class Repurchase:
    """score(u, b) = habit(u, b) * rebuy(b) ** trust * demand(b) ** season
    habit(u, b) = sum over u's orders with b of 0.5 ** (age / half-life)

    rebuy(b) is the share of b's buyers who bought it again, drawn towards the shop's own share by
    `prior` imaginary buyers: a kettle bought yesterday is not due, milk is. demand(b) is its
    share of the best seller's recent sales: of two habits the one in season comes first.
    Evidence: `support` is the number of this customer's orders with b, `strength` is rebuy(b).
    Cost: one pass over the order lines. Fails for customers without orders: they get no list.
    """

    strategy: Strategy = "repurchase"
    # Habits change with the seasons: after four months an order speaks half as loudly.
    half_life_days: float = 120.0
    # 0 ignores the product's nature, 1 multiplies by it; half way is right where most products
    # are bought again by few, and wrong by little elsewhere.
    trust: float = 0.5
    # The power of present demand. A root, because a product that sells sixteen times as much is not
    # sixteen times, but perhaps twice, as likely to be what an old customer returns for.
    season: float = 0.25
    prior: float = 5.0  # about the number of buyers from which a share begins to mean something
    # Longer than for other lists: who comes once a year (gifts, gardens) comes back for the same.
    active_days: int = 400
    width: int = LIST_WIDTH

    def __post_init__(self) -> None:
        if self.half_life_days <= 0 or self.prior <= 0:
            raise ValueError("half_life_days and prior must be above 0")
        if self.trust < 0 or self.season < 0 or self.width < 1 or self.active_days < 1:
            raise ValueError(
                "trust and season must not be negative, width and active_days 1 or more"
            )

    def fit(self, known: Known) -> Lists:
        """One list for each customer seen lately."""
        interactions, catalogue, now_s = known.interactions, known.catalogue, known.now_s
        due = self.due(known)
        times = known.habits()
        rebuy = rebuy_rate(times, self.prior).astype(np.float32)
        names = [slot(self.strategy, int(k)) for k in interactions.customer_keys]
        sheet = Sheet(len(names), self.width)
        for customer in active(interactions, now_s, self.active_days):
            own = slice(due.indptr[customer], due.indptr[customer + 1])
            products, scores = due.indices[own].astype(np.int32), due.data[own]
            count = times.data[own].astype(np.int32)
            shown = catalogue.recommendable[products]
            products, scores, count = products[shown], scores[shown], count[shown]
            top = best(scores, products, self.width)
            picked = products[top]
            sheet.fill(int(customer), picked, scores[top], count[top], rebuy[picked])
        return sheet.lists(self.strategy, names)

    def due(self, known: Known) -> sparse.csr_array:
        """The scores, customers by products: the cells of `habits`, in the same order."""
        habit = known.habits(self.half_life_days).copy()
        weight = rebuy_rate(known.habits(), self.prior) ** self.trust
        weight = weight * demand(known) ** self.season
        habit.data = (habit.data * weight[habit.indices]).astype(np.float32)
        return habit


def rebuy_rate(times: sparse.csr_array, prior: float) -> NDArray[np.float64]:
    """The smoothed share of each product's buyers who bought it again, from undecayed habits."""
    products = times.shape[1]
    buyers = np.bincount(times.indices, minlength=products)
    again = np.bincount(times.indices[times.data > 1], minlength=products)
    overall = (again.sum() + 1) / (buyers.sum() + 2)
    return np.asarray((again + prior * overall) / (buyers + prior), dtype=np.float64)


def demand(known: Known) -> NDArray[np.float32]:
    """How much each product is wanted now: its recent sales as a share of the best seller's.

    A thousandth is added, so that habits in what nobody else buys keep their order.
    """
    sales = known.popularity(half_life(known))
    highest = max(float(sales.max(initial=0)), 1e-12)
    return np.asarray(sales / highest + 0.001, dtype=np.float32)


def active(interactions: Interactions, now_s: int, days: int) -> NDArray[np.intp]:
    """The customers with an order in the last `days` days."""
    recent = (interactions.at_s >= now_s - days * DAY_S) & (interactions.customer >= 0)
    return np.unique(interactions.customer[recent]).astype(np.intp)


def newest(interactions: Interactions, who: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """Of these customers at most so many: those whose last order is the newest."""
    if len(who) <= most:
        return who
    last_s = np.zeros(len(interactions.customer_keys), dtype=np.int64)
    lines = interactions.customer >= 0
    last_s[interactions.customer[lines]] = interactions.at_s[lines]  # the lines are in order
    return np.sort(who[np.lexsort((who, -last_s[who]))[:most]])
