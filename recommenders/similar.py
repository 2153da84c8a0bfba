"""Which products look most like this one, by what the shop says of them?

The only question here that needs no orders, so the only answer for a product added a minute ago.
How two products are compared is `looks.py`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommenders.known import Known
from recommenders.looks import Likeness
from recommenders.ranked import Sheet, best
from store.records import LIST_WIDTH, Catalogue, Lists, Strategy, slot


@dataclass(frozen=True)
class Similar:
    """score(a, b) = likeness(a, b) + popularity * log(1 + sold(b)) / log(1 + most sold)

    The likeness of `looks.py`; of two equally similar products the one that sells better goes
    first. Evidence: `support` is a set of SHARED_* bits, `strength` the likeness of the titles, 0
    to 1. Cost: that of `looks.py`, once for a catalogue.
    """

    strategy: Strategy = "similar"
    popularity: float = 0.05  # at most this much is added to the score of what sells best
    width: int = LIST_WIDTH

    def __post_init__(self) -> None:
        if self.popularity < 0 or self.width < 1:
            raise ValueError("popularity must not be negative, width 1 or more")

    def fit(self, known: Known) -> Lists:
        """One list for each product that shares a telling word or attribute with another."""
        catalogue = known.catalogue
        names = [slot(self.strategy, int(k)) for k in catalogue.keys]
        return self._lists(known.looks.nearest, names, known.popularity(90.0), catalogue)

    def similar_to(
        self,
        catalogue: Catalogue,
        indices: NDArray[np.intp],
        likeness: Likeness = Likeness(),  # noqa: B008  # frozen
    ) -> Lists:
        """The lists of some products only: what a product added since the last training needs."""
        names = [slot(self.strategy, int(catalogue.keys[i])) for i in indices]
        silent = np.zeros(len(catalogue), dtype=np.float32)
        return self._lists(likeness.nearest(catalogue, indices), names, silent, catalogue)

    def _lists(
        self,
        near: Sheet,
        names: Sequence[str],
        sold: NDArray[np.float32],
        catalogue: Catalogue,
    ) -> Lists:
        """The nearest, those that sell better a little further up."""
        sheet = Sheet(len(names), self.width)
        boost = np.zeros(len(catalogue), dtype=np.float32)
        if sold.size and sold.max() > 0:
            boost = (self.popularity * np.log1p(sold) / np.log1p(sold.max())).astype(np.float32)
        for row in range(len(names)):
            other = near.product[row]
            shown = np.flatnonzero((other >= 0) & catalogue.recommendable[other])
            other = other[shown]
            score = near.score[row, shown] + boost[other]
            top = best(score, other, self.width)
            kept = shown[top]
            sheet.fill(
                row, other[top], score[top], near.support[row, kept], near.strength[row, kept]
            )
        return sheet.lists(self.strategy, names)
