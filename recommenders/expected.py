"""What should we expect to be bought with a product of which little is known?

The honest answer of a shop too small to learn from: what was bought with it, drawn towards what
sells by some imaginary orders. Whether anything better is known is `blend.py`'s to learn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recommenders.baskets import thinned
from recommenders.known import Known
from recommenders.pace import half_life
from recommenders.voices import NOMINATED, Rows, Voice


@dataclass(frozen=True)
class Expected:
    """P(b | a) = (n(a, b) + prior * share(b)) / (n(a) + prior)

    n counts orders, share(b) is b's share of the shop's recent orders, by the pace of the shop
    (`pace.py`). A product in no order is expected to go with the bestsellers, one in two orders
    almost, one in a hundred with what it was bought with. It is the mean of a Dirichlet
    distribution whose centre is the shop (Zhai & Lafferty, TOIS 22(2), 2004, smooth texts so).
    Cost: multiplying the asked rows of the sparse matrix by all of it.
    """

    # So many orders of its own before a product is heard as loudly as the shop. From 3 to 30 all
    # do about as well as the better of company and popularity, in shops of 60 to 2,000 orders.
    prior: float = 10.0
    max_basket: int = 100  # as in `bought_together.py`: pairs of larger orders cost their square
    leading: int = NOMINATED  # bestsellers that speak where there is no company

    def __post_init__(self) -> None:
        if self.prior <= 0:
            raise ValueError(f"prior must be above 0, not {self.prior}")
        if self.max_basket < 2 or self.leading < 1:
            raise ValueError("max_basket must be 2 or more, leading 1 or more")

    def voice(self, known: Known) -> Voice:
        """The numerator: within a row nothing else matters."""
        thin = known.once(
            ("thin", self.max_basket), lambda: thinned(known.baskets, self.max_basket)
        )
        orders = thin.astype(np.float32).tocsr()
        holding = orders.T.tocsr()
        pace = half_life(known)
        weight = max(float(known.decayed(pace).sum()), 1e-12)
        imaginary = (self.prior / weight * known.popularity(pace)).astype(np.float32)
        listable = np.where(known.catalogue.recommendable, imaginary, 0)
        leaders = np.argsort(-listable, kind="stable")[: self.leading]
        leaders = np.sort(leaders[listable[leaders] > 0])

        def voice(rows: Rows) -> sparse.csr_array:
            company = (holding[rows] @ orders).tocsr()
            company.data += imaginary[company.indices]
            ends = np.arange(len(rows) + 1) * len(leaders)
            alone = (np.tile(imaginary[leaders], len(rows)), np.tile(leaders, len(rows)), ends)
            return company.maximum(sparse.csr_array(alone, shape=company.shape)).tocsr()

        return voice
