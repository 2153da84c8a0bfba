"""Which products share orders, and how strongly? The counting, for every co-purchase score at once.

Plain loops, compiled by numba: a product's row of the product-by-product matrix is added up, ranked
and forgotten before the next one begins, so memory does not grow with the number of pairs. What a
score means is `bought_together.py`'s to say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommenders.packed import Packed, by_product
from recommenders.ranked import Sheet, placed


@dataclass(frozen=True)
class Score:
    """One way to score pairs: `n(a, b) * listable[b] / norm[a]`, n adding up the orders' weights.

    `weight` picks which of the orders' weights; `listable` is 0 for what must not be listed.
    """

    weight: int
    listable: NDArray[np.float64]  # of each product
    norm: NDArray[np.float64]  # of each product


def company(
    given: sparse.csr_array, orders: Packed, scores: list[Score], width: int
) -> list[Sheet]:
    """The best `width` companions of every product, once for each way to score.

    n(a, b) adds up the orders that hold b, and a in `given`, orders by products: the same orders,
    or what was looked at before each. Of equal scores the earlier product goes first. Time: the
    sum of squared order sizes; memory: the lists, the orders once more (`packed.py`: hand them
    over without their weights, which lie there), and one number per product and way to weigh.
    """
    products, size = given.shape[1], (len(scores), given.shape[1], width)
    sheets = [Sheet(products, width) for _ in scores]
    if not products or not scores:
        return sheets
    starts, places = by_product(given, orders.place)
    product, value = np.full(size, -1, dtype=np.int32), np.zeros(size, dtype=np.float32)
    _rank_rows(
        starts,
        places,
        orders.words,
        orders.halves,
        orders.ways,
        np.array([s.weight for s in scores], dtype=np.int64),
        np.stack([s.listable for s in scores], axis=1),
        np.ascontiguousarray(np.stack([s.norm for s in scores])),
        product,
        value,
    )
    for i, sheet in enumerate(sheets):
        sheet.product, sheet.score = product[i], value[i]
    return sheets


@numba.njit(cache=True)
def _rank_rows(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    starts, places, words, halves, ways, way, listable, norm, product, value
):
    products, scores, width = len(starts) - 1, len(way), product.shape[2]
    total = np.zeros((products, ways))  # all 0 between rows: what is not was touched in this one
    touched = np.empty(products + 1, dtype=np.int32)
    found = np.empty(scores, dtype=np.int64)
    least = np.empty(scores)  # below this a sum cannot be among the best
    for a in range(products):
        n = 0
        for at in range(starts[a], starts[a + 1]):
            order = np.int64(places[at])
            weight = words[order]
            size = 2 * (order + ways)
            for i in range(size + 1, size + 1 + halves[size]):
                b = halves[i]
                # Written down each time and kept the first: a branch would be guessed wrong.
                touched[n] = b
                before = total[b, 0]
                n += before == 0.0
                total[b, 0] = before + weight
                for w in range(1, ways):
                    total[b, w] += words[order + w]
        found[:] = 0
        least[:] = 0.0
        for i in range(n):
            b = touched[i]
            for s in range(scores):
                score = total[b, way[s]] * listable[b, s]
                if score > least[s] and b != a:
                    said = np.float32(score / norm[s, a])
                    if said > 0:
                        found[s] = placed(product[s, a], value[s, a], found[s], b, said)
                        if found[s] == width:
                            # A little lower, since what is kept was rounded.
                            least[s] = value[s, a, width - 1] * norm[s, a] * (1 - 1e-6)
        for i in range(n):
            total[touched[i]] = 0.0
