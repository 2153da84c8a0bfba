"""How do orders lie in memory, for loops that meet them at random?

A product's orders are spread over all of them: whoever adds up its company waits for memory, not
for arithmetic. So what is asked of an order lies in one place, mostly one line of the processor's
cache: its weights, how many products it holds, and these. And a product's list says where those
places are, in four bytes each. What is added up is `company.py`'s to say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

# Of an order that is not there, since it holds nothing.
NOWHERE = -1
# However old an order, its weight stays above nothing: the loops tell by it that a pair was met.
_FAINTEST = 1e-200


@dataclass(frozen=True)
class Packed:
    """The orders, one after another: the weights of one, its size, its products; then the next."""

    ways: int  # to weigh
    words: NDArray[np.float64]
    # Where each order begins, counted in words of eight bytes: 31 bits of these are 16 GiB.
    place: NDArray[np.int32]

    @property
    def halves(self) -> NDArray[np.int32]:
        """The same memory, as what sizes and products are: order `p`'s size, after `ways` weights,
        is `halves[2 * (p + ways)]`."""
        return self.words.view(np.int32)


def packed(orders: sparse.csr_array, weights: NDArray[np.float64]) -> Packed:
    """Orders by products, and (ways to weigh, orders), as one."""
    size = np.diff(orders.indptr)
    held = size[size > 0]
    words = np.zeros(len(weights) * len(held) + int((held // 2 + 1).sum()), dtype=np.float64)
    found = Packed(len(weights), words, np.full(len(size), NOWHERE, dtype=np.int32))
    _pack(orders.indptr, orders.indices, weights, words, found.halves, found.place)
    return found


def by_product(
    orders: sparse.csr_array, mark: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Where each product's orders begin, and the marks of those orders, in order of time.

    Orders marked NOWHERE are left out. scipy's own `.T.tocsr()` would carry along the ones that
    say "holds it", and eight bytes for each number: three times the memory.
    """
    starts = np.zeros(orders.shape[1] + 1, dtype=np.int64)
    marks = np.empty(orders.nnz, dtype=np.int32)
    _gather(orders.indptr, orders.indices, mark, starts, marks)
    return starts, marks


def summed(orders: sparse.csr_array, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weight of each product's orders together: the matrix product, without eight bytes for
    each of the ones."""
    total = np.zeros(orders.shape[1])
    _sum(orders.indptr, orders.indices, weight, total)
    return total


@numba.njit(cache=True)
def _pack(starts, items, weights, words, halves, place):  # type: ignore[no-untyped-def]
    ways, free = len(weights), 0
    for order in range(len(starts) - 1):
        size = starts[order + 1] - starts[order]
        if size > 0:
            place[order] = free
            for w in range(ways):
                words[free + w] = max(weights[w, order], _FAINTEST)
            at = 2 * (free + ways)
            halves[at] = size
            for i in range(size):
                halves[at + 1 + i] = items[starts[order] + i]
            free += ways + size // 2 + 1


@numba.njit(cache=True)
def _gather(starts, items, mark, ends, marks):  # type: ignore[no-untyped-def]
    products = len(ends) - 1
    for order in range(len(starts) - 1):
        if mark[order] != NOWHERE:
            for i in range(starts[order], starts[order + 1]):
                ends[items[i] + 1] += 1
    for product in range(products):
        ends[product + 1] += ends[product]
    following = ends[:-1].copy()
    for order in range(len(starts) - 1):
        if mark[order] != NOWHERE:
            for i in range(starts[order], starts[order + 1]):
                marks[following[items[i]]] = mark[order]
                following[items[i]] += 1


@numba.njit(cache=True)
def _sum(starts, items, weight, total):  # type: ignore[no-untyped-def]
    for order in range(len(starts) - 1):
        for i in range(starts[order], starts[order + 1]):
            total[items[i]] += weight[order]
