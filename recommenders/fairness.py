"""Whom does a shelf serve, besides those it serves on average?

Coverage, concentration, room for what is new and for small vendors; and which questions come from
new and from returning customers. Plain counting, beside the quality that `measure.py` tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from recommenders.baskets import DAY_S
from recommenders.known import Known
from recommenders.questions import Question

# A product is new until so long after its first order: a month is what shops call "new in".
NEW_DAYS = 28
# A customer is new with fewer orders than this: two may be chance, three are a habit.
RETURNING_ORDERS = 3
# Small vendors are those that together have at most this share of the order lines.
SMALL_VENDORS = 0.2


def spread(shown: Mapping[int, int], known: Known, k: int) -> dict[str, float]:
    """How widely the places of the shelves are shared out.

    coverage: the share of the sellable products shown to anybody. gini: 0 if all were shown
    equally often, towards 1 if few take all places. new: the share of places for products without
    an order, or with their first in the last 28 days. small vendors: the share of places for the
    vendors with the fewest lines, who together sell a fifth; only where the shop tells vendors.
    """
    times = np.array([shown.get(key, 0) for key in known.catalogue.keys.tolist()])
    sellable = known.catalogue.recommendable
    places = max(int(times.sum()), 1)
    found = {
        f"coverage@{k}": float((times[sellable] > 0).sum() / max(int(sellable.sum()), 1)),
        f"gini@{k}": gini(times[sellable]),
        f"new@{k}": float(times[_new(known)].sum() / places),
    }
    small = _of_small_vendors(known)
    if small.any():
        found[f"small vendors@{k}"] = float(times[small].sum() / places)
    return found


def gini(times: NDArray[np.int64]) -> float:
    """The Gini coefficient of how often each product was shown."""
    if not len(times) or not times.sum():
        return 0.0
    ordered = np.sort(times)
    n = len(ordered)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * ordered.sum()))


class Audience:
    """Which of a window's questions come from which customers."""

    def __init__(self, known: Known) -> None:
        who = known.buyers
        customers = len(known.interactions.customer_keys)
        self.orders = np.bincount(who[who < customers], minlength=customers)
        self.index = {key: i for i, key in enumerate(known.interactions.customer_keys.tolist())}

    def groups(self, asked: Sequence[Question]) -> dict[str, NDArray[np.intp]]:
        """The questions of new and of returning customers; a group without any is left out."""
        before = np.array([self.orders[self.index[q.ask.customer or 0]] for q in asked])
        found = {
            "new customers": np.flatnonzero(before < RETURNING_ORDERS),
            "returning customers": np.flatnonzero(before >= RETURNING_ORDERS),
        }
        return {group: members for group, members in found.items() if len(members)}


def _new(known: Known) -> NDArray[np.bool_]:
    def make() -> NDArray[np.bool_]:
        first = np.full(known.products, np.iinfo(np.int64).max)
        np.minimum.at(first, known.interactions.product, known.interactions.at_s)
        return first > known.now_s - NEW_DAYS * DAY_S

    return known.once("new", make)


def _of_small_vendors(known: Known) -> NDArray[np.bool_]:
    def make() -> NDArray[np.bool_]:
        vendors = np.array(known.catalogue.vendors, dtype=object)
        names, of = np.unique(vendors.astype(str), return_inverse=True)
        lines = np.bincount(of[known.interactions.product], minlength=len(names))
        smallest = np.argsort(lines, kind="stable")
        share = np.cumsum(lines[smallest]) / max(int(lines.sum()), 1)
        small = np.zeros(len(names), dtype=np.bool_)
        small[smallest[share <= SMALL_VENDORS]] = True
        return np.asarray(small[of] & (vendors != ""), dtype=np.bool_)

    return known.once("small vendors", make)
