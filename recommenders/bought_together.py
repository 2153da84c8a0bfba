"""Which products are bought in the same order more than their popularity explains?

Answers for a product; what to do for several at once (a cart, a session) is `chains.py`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommenders.baskets import FLOOR_BUYERS, baskets, decay, order_buyers, order_instants
from recommenders.ranked import Sheet, best
from store.records import LIST_WIDTH, Catalogue, Interactions, Lists, Strategy, slot

_LOOKUPS = 4_000_000  # orders looked into at once when counting evidence: about 150 MiB


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
    Cost: time is the sum of squared basket sizes (hence `max_basket`); memory a chunk of rows of
    the product-by-product matrix. Fails for products without orders: they get no list.
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
    chunk_rows: int = 512  # rows of the product matrix held at once: bounds memory

    def __post_init__(self) -> None:
        if not 0 <= self.damping <= 1:
            raise ValueError(f"damping must be between 0 and 1, not {self.damping}")
        if self.half_life_days <= 0:
            raise ValueError(f"half_life_days must be above 0, not {self.half_life_days}")
        if self.size_discount < 0 or self.prior < 0:
            raise ValueError("size_discount and prior must not be negative")
        if self.max_basket < 2 or self.width < 1 or self.chunk_rows < 1:
            raise ValueError("max_basket must be 2 or more, width and chunk_rows 1 or more")

    def fit(self, interactions: Interactions, catalogue: Catalogue, now_s: int) -> Lists:
        """One list for every product that shares an order with another."""
        sheet = self.sheet(interactions, catalogue, now_s)
        whole = baskets(interactions, len(catalogue))
        add_evidence(sheet, whole, order_buyers(interactions))
        return sheet.lists(self.strategy, [slot(self.strategy, int(k)) for k in catalogue.keys])

    def sheet(self, interactions: Interactions, catalogue: Catalogue, now_s: int) -> Sheet:
        """The ranked rows, one per product of the catalogue, still without evidence."""
        whole = baskets(interactions, len(catalogue))
        weight = decay(order_instants(interactions), now_s, self.half_life_days)
        pair_weight = weight / np.maximum(np.diff(whole.indptr), 1) ** self.size_discount
        listable = _damped(whole, weight, self.damping) * catalogue.recommendable
        thin = _thinned(whole, self.max_basket)
        norm = np.asarray(thin.T @ pair_weight) + self.prior
        left = thin.T.tocsr()
        right = (sparse.diags_array(pair_weight) @ thin @ sparse.diags_array(listable)).tocsr()
        right.eliminate_zeros()

        sheet = Sheet(len(catalogue), self.width)
        for start in range(0, left.shape[0], self.chunk_rows):
            block = (left[start : start + self.chunk_rows] @ right).tocsr()
            for i in range(block.shape[0]):
                row = start + i
                found = slice(block.indptr[i], block.indptr[i + 1])
                other = block.indices[found] != row
                products = block.indices[found][other].astype(np.int32)
                scores = (block.data[found][other] / norm[row]).astype(np.float32)
                top = best(scores, products, self.width)
                sheet.fill(row, products[top], scores[top])
        return sheet


def _damped(whole: sparse.csr_array, weight: NDArray[np.float64], damping: float) -> NDArray[Any]:
    """share(b) ** -damping for each product, 0 for those without orders."""
    share = np.asarray(whole.T @ weight) / max(float(weight.sum()), 1e-12)
    return np.where(share > 0, np.maximum(share, 1e-12) ** -damping, 0.0)


def _thinned(whole: sparse.csr_array, most: int) -> sparse.csr_array:
    """The same orders with at most `most` products each, the choice fixed by a hash.

    The hash mixes order and product, so that neither low catalogue numbers nor popular products
    are favoured, and the same data gives the same choice.
    """
    sizes = np.diff(whole.indptr)
    if len(sizes) == 0 or sizes.max() <= most:
        return whole
    order = np.repeat(np.arange(len(sizes), dtype=np.uint64), sizes)
    mixed = (order * np.uint64(0x9E3779B97F4A7C15)) ^ (
        whole.indices.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
    )
    mixed ^= mixed >> np.uint64(29)
    by_hash = np.lexsort((whole.indices, mixed * np.uint64(0xBF58476D1CE4E5B9), order))
    place = np.arange(len(order)) - np.repeat(whole.indptr[:-1], sizes)
    kept = np.sort(by_hash[place < most])
    starts = np.concatenate([[0], np.cumsum(np.minimum(sizes, most))])
    return sparse.csr_array((whole.data[kept], whole.indices[kept], starts), shape=whole.shape)


def add_evidence(sheet: Sheet, whole: sparse.csr_array, buyer: NDArray[np.int64]) -> None:
    """Count, from all orders unthinned and undecayed, what stands behind each listed pair."""
    orders, products = whole.shape
    of = whole.T.tocsr()  # products by orders
    held_by = np.diff(of.indptr).astype(np.int64)
    row, place = np.nonzero(sheet.product >= 0)
    other = sheet.product[row, place].astype(np.int64)
    # Each pair once, walked from its rarer side: fewer orders to look into.
    swap = (held_by[row] > held_by[other]) | ((held_by[row] == held_by[other]) & (row > other))
    rare, common = np.where(swap, other, row), np.where(swap, row, other)
    pairs, back = np.unique(rare * products + common, return_inverse=True)
    rare, common = pairs // max(products, 1), pairs % max(products, 1)

    count = np.zeros(len(pairs), dtype=np.int64)
    many = np.zeros(len(pairs), dtype=np.bool_)
    edges = np.searchsorted(np.cumsum(held_by[rare]), np.arange(0, held_by[rare].sum(), _LOOKUPS))
    edges = np.unique(np.concatenate([edges, [0, len(pairs)]]))
    for start, end in pairwise(edges.tolist()):
        pair = np.repeat(np.arange(start, end), held_by[rare[start:end]])
        first = np.repeat(of.indptr[rare[start:end]], held_by[rare[start:end]])
        nth = np.arange(len(pair)) - np.repeat(
            np.cumsum(held_by[rare[start:end]]) - held_by[rare[start:end]],
            held_by[rare[start:end]],
        )
        order = of.indices[first + nth]
        both = np.asarray(whole[order, common[pair]]).ravel() > 0
        pair, order = pair[both], order[both]
        count[start:end] = np.bincount(pair - start, minlength=end - start)
        who = np.unique(np.stack([pair, buyer[order]]), axis=1)[0]
        many[start:end] = np.bincount(who - start, minlength=end - start) >= FLOOR_BUYERS
    lift = count * float(orders) / np.maximum(held_by[rare] * held_by[common], 1)
    sheet.support[row, place] = np.where(many, count, 0)[back]
    sheet.strength[row, place] = lift[back]
