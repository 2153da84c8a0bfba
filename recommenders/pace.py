"""How quickly does demand turn in this shop: how long does yesterday's bestseller stay one?

A busy shop of fashions is told best by last week, a quiet one of staples by the whole year. The
half-life that foretold this shop's own past weeks best is taken; what it weighs is `bestseller.py`.
"""

from __future__ import annotations

import numpy as np

from recommenders.baskets import decay
from recommenders.known import Known
from recommenders.windows import windows

# Half-lives in days that compete, and the one that is taken where nothing can be learned: a mean
# weight of 20 days, between the 7 and 30 that did best on real orders.
PACES = (7.0, 14.0, 28.0, 56.0, 112.0, 365.0)
USUAL = 14.0
# Under this many orders in the windows together any pace could win by chance: the usual one stays.
ENOUGH_ORDERS = 60
_DISCOUNT = 1 / np.log2(np.arange(2, 12))


def half_life(known: Known) -> float:
    """The half-life in days whose ten bestsellers were in most orders of the windows that followed.

    Each window's orders are weighed against the ten products that were leading at its start, the
    first place counting most (as in NDCG). Cost: one pass over the lines for each window and pace.
    """
    return known.once("half-life", lambda: _best(known))


def _best(known: Known) -> float:
    value = np.zeros(len(PACES))
    orders = 0
    for split in windows(known.interactions, known.now_s):
        now = Known(split.train, known.catalogue, split.cut_s, known.looks)
        later = Known(split.test, known.catalogue, known.now_s, known.looks)
        bought = np.bincount(later.baskets.indices, minlength=known.products)
        orders += split.test.orders
        for i, pace in enumerate(PACES):
            weight = decay(now.instants, split.cut_s, pace)
            sold = np.asarray(now.baskets.T @ weight)
            leading = np.lexsort((np.arange(len(sold)), -sold))[: len(_DISCOUNT)]
            value[i] += bought[leading] @ _DISCOUNT[: len(leading)] / max(split.test.orders, 1)
    if orders < ENOUGH_ORDERS:
        return USUAL
    return PACES[int(np.argmax(value))]
