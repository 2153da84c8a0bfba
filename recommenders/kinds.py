"""Of what kind and in which price band is a product, and what sells most of each?

The views that voices (`blend.py`, `for_you.py`), clocks and circumstances share.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommenders.known import Known
from recommenders.ranked import Sheet, best


def kind(known: Known) -> NDArray[np.int64]:
    """A number for each product's type, or else its main category; those without share one."""

    def make() -> NDArray[np.int64]:
        goods = known.catalogue
        named = [t or next(iter(c), "") for t, c in zip(goods.types, goods.categories, strict=True)]
        found = np.unique(np.array(named, dtype=object).astype(str), return_inverse=True)[1]
        return np.asarray(found, dtype=np.int64)

    return known.once("kind", make)


def band(known: Known) -> NDArray[np.int64]:
    """A number for each product's price band: the price up to doubled; 0 where there is none."""
    price = known.catalogue.price_minor
    return np.where(price > 0, np.log2(np.maximum(price, 1)).astype(np.int64) + 1, 0)


def members(group: NDArray[np.int64]) -> sparse.csr_array:
    """Products by groups, 1 where the product is one of the group's."""
    count = int(group.max(initial=0)) + 1
    cells = (np.ones(len(group), dtype=np.float32), (np.arange(len(group)), group))
    return sparse.coo_array(cells, shape=(len(group), count)).tocsr()


def leaders(
    known: Known, group: NDArray[np.int64], half_life_days: float, width: int
) -> sparse.csr_array:
    """Groups by products: the decayed orders of each group's best-selling products."""
    sold = known.popularity(half_life_days)
    count = int(group.max(initial=0)) + 1
    sheet = Sheet(count, width)
    by_group = np.argsort(group, kind="stable").astype(np.int32)
    edges = np.searchsorted(group[by_group], np.arange(count + 1))
    for row in range(count):
        its = by_group[edges[row] : edges[row + 1]]
        its = its[(sold[its] > 0) & known.catalogue.recommendable[its]]
        top = its[best(sold[its], its, width)]
        sheet.fill(row, top, sold[top])
    return sheet.matrix(known.products)
