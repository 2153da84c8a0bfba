"""How do scores become ranked lists, the same way for every recommender and every run?

Equal scores are ordered by the catalogue, so that the same data and seed give the same bytes.
What the scores mean is the recommenders' own matter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from store.records import LIST_WIDTH, Lists, Strategy


def best(scores: NDArray[np.float32], products: NDArray[np.int32], width: int) -> NDArray[np.intp]:
    """Positions of the `width` highest scores, best first; of equals the earlier product.

    Works on the last axis, so a row or a block of rows. Time: linear, plus sorting `width`.
    """
    width = min(width, scores.shape[-1])
    keys = _sortable(scores, products)
    if width < scores.shape[-1]:
        front = np.argpartition(-keys, width - 1, axis=-1)[..., :width]
        keys = np.take_along_axis(keys, front, axis=-1)
        order = np.argsort(-keys, axis=-1)
        return np.take_along_axis(front, order, axis=-1)
    return np.argsort(-keys, axis=-1)


def _sortable(scores: NDArray[np.float32], products: NDArray[np.int32]) -> NDArray[np.int64]:
    """One integer per score, larger for a higher score and, among equals, an earlier product.

    The bits of a float order like integers once those of negative numbers are flipped; adding
    0.0 first makes -0.0 equal to 0.0.
    """
    bits = (scores.astype(np.float32) + np.float32(0.0)).view(np.int32)
    bits = bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))
    return np.asarray((bits.astype(np.int64) << 32) - products.astype(np.int64), dtype=np.int64)


@numba.njit(cache=True)
def placed(products, scores, found, product, score):  # type: ignore[no-untyped-def]
    """Put a product into a ranked row of which `found` places are taken; how many are then.

    For compiled loops that meet one candidate after another: quick because, the longer they run,
    the fewer get in. Of equal scores the earlier product goes first.
    """
    width = len(products)
    if found == width:
        last = scores[width - 1]
        if score < last or (score == last and product > products[width - 1]):
            return found
    else:
        found += 1
    place = found - 1
    while place > 0 and (
        scores[place - 1] < score or (scores[place - 1] == score and products[place - 1] > product)
    ):
        scores[place] = scores[place - 1]
        products[place] = products[place - 1]
        place -= 1
    scores[place] = score
    products[place] = product
    return found


class Sheet:
    """Lists in the making: fill rows, then `lists()`. Rows never filled are left out."""

    def __init__(self, rows: int, width: int = LIST_WIDTH) -> None:
        self.width = width
        self.product = np.full((rows, width), -1, dtype=np.int32)
        self.score = np.zeros((rows, width), dtype=np.float32)
        self.support = np.zeros((rows, width), dtype=np.int32)
        self.strength = np.zeros((rows, width), dtype=np.float32)

    def fill(
        self,
        row: int,
        product: NDArray[np.int32],
        score: NDArray[np.float32],
        support: NDArray[np.int32] | int = 0,
        strength: NDArray[np.float32] | float = 0.0,
    ) -> None:
        """Write one list, already ranked and no longer than the width."""
        n = len(product)
        self.product[row, :n] = product
        self.score[row, :n] = score
        self.support[row, :n] = support
        self.strength[row, :n] = strength

    def matrix(self, products: int) -> sparse.csr_array:
        """The scores, rows by products."""
        row, place = np.nonzero(self.product >= 0)
        cells = (self.score[row, place], (row, self.product[row, place]))
        return sparse.coo_array(cells, shape=(len(self.product), products)).tocsr()

    def lists(self, strategy: Strategy, slots: Sequence[str]) -> Lists:
        """The filled rows, under their names."""
        if len(slots) != len(self.product):
            raise ValueError(f"{len(self.product)} rows need as many names, not {len(slots)}")
        kept = np.flatnonzero(self.product[:, 0] >= 0) if self.width else np.empty(0, np.intp)
        return Lists(
            strategy=strategy,
            slots=[slots[i] for i in kept.tolist()],
            product=self.product[kept],
            score=self.score[kept],
            support=self.support[kept],
            strength=self.strength[kept],
        )
