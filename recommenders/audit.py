"""Does a model know more than it may? Its evidence is counted again from the orders before the cut.

A backtest is worth nothing if the future leaked into the lists, and a leak looks like brilliance.
But every list carries its evidence, and evidence from weeks that were hidden gives it away.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recommenders.evidence import common_orders
from recommenders.known import Known
from store.records import Lists

# Of each strategy so many lists are looked at, spread evenly: a leak is not in one list alone.
MOST_LISTS = 500


def leaks(fitted: Sequence[Lists], known: Known) -> frozenset[str]:
    """The strategies that claim more orders than there were before `known.now_s`."""
    return frozenset(lists.strategy for lists in fitted if _claims_too_much(lists, known))


def _claims_too_much(lists: Lists, known: Known) -> bool:
    step = -(-len(lists.slots) // MOST_LISTS) or 1
    rows = range(0, len(lists.slots), step)
    if lists.strategy in ("bought_together", "blend"):
        of = {int(key): i for i, key in enumerate(known.catalogue.keys)}
    elif lists.strategy in ("repurchase", "due", "for_you"):
        of = {int(key): i for i, key in enumerate(known.interactions.customer_keys)}
    else:
        return False  # no count of orders, or (bestsellers) the very list others are held against
    a, b, claimed = [], [], []
    for row in rows:
        index = of.get(int(lists.slots[row].rpartition(":")[2]))
        # What a blend says of products never bought together is no count of orders.
        counted = (lists.product[row] >= 0) & (lists.support[row] > 0)
        if lists.strategy == "blend":
            counted &= lists.strength[row] > 0
        if index is None:
            if counted.any():
                return True  # somebody nobody knew yet
            continue
        a += [index] * int(counted.sum())
        b += lists.product[row][counted].tolist()
        claimed += lists.support[row][counted].tolist()
    if not a:
        return False
    if lists.strategy in ("bought_together", "blend"):
        there, _ = common_orders(known.baskets, known.buyers, np.array(a), np.array(b))
    else:
        there = np.asarray(known.habits()[a, b]).ravel()
    return bool((np.array(claimed) > there).any())
