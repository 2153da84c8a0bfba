"""Whose orders are like this customer's, and what do these neighbours buy just now?

One opinion among others for a known customer (`for_you.py`): it knows what the customer's own past
cannot, and forgets nobody's rare tastes, as a model of few factors would.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommenders.baskets import affordable, thinned
from recommenders.company import Score, company
from recommenders.known import Known

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Neighbours:
    """said(u, b) = sum over the `nearest` v of u of likeness(u, v) * habit(v, b)
    likeness(u, v) = sum over what both bought of rarity(b) / sqrt(size(u) * size(v))

    rarity(b) = log(1 + customers / buyers of b): two who share what everybody buys are not alike;
    size(u) adds up the rarity of all that u bought; habit(v, b) = sum over v's orders with b of
    0.5 ** (age / half-life), so that neighbours speak of these months.
    Source: user-based neighbours on personal frequency with decay, as in TIFU-KNN (Hu et al., SIGIR
    2020) and UP-CF (Faggioli et al., UMAP 2020).
    Cost: the sum over the products of their buyers' square, at most `pairs`: where histories hold
    more, popular products are represented by some of their buyers, drawn by a hash.
    """

    nearest: int = 200  # a few dozen tell chance, thousands the bestsellers
    half_life_days: float = 90.0
    pairs: int = 100_000_000  # some 3 s of CPU

    def __post_init__(self) -> None:
        if self.nearest < 1 or self.pairs < 1 or self.half_life_days <= 0:
            raise ValueError("nearest, pairs and half_life_days must be above 0")

    def said(self, known: Known) -> Callable[[Rows], sparse.csr_array]:
        """For some customers, products by how much their neighbours buy them."""
        near, habit = self.of(known), known.habits(self.half_life_days)
        return lambda rows: (near[rows] @ habit).tocsr()

    def of(self, known: Known) -> sparse.csr_array:
        """Customers by customers: how like each is to the nearest others."""
        held = known.habits().copy()
        held.data = np.ones_like(held.data)
        rarity = self._rarity(held)
        size = np.maximum(np.asarray(held @ rarity), 1e-9)
        buyers = held.T.tocsr()  # products by customers: who shares a product, as who an order
        buyers = thinned(buyers, affordable(np.diff(buyers.indptr), self.pairs))
        (sheet,) = company(buyers, rarity[None, :], [Score(0, size**-0.5, size**0.5)], self.nearest)
        return sheet.matrix(held.shape[0])

    def _rarity(self, held: sparse.csr_array) -> NDArray[np.float64]:
        buyers = np.bincount(held.indices, minlength=held.shape[1])
        return np.asarray(np.log1p(held.shape[0] / np.maximum(buyers, 1)), dtype=np.float64)
