"""What do small decision trees make of what the voices say, where no sum of them does?

A sum cannot say "popular, and in this customer's taste"; many small trees can. They are
taught to tell what was bought among a question's candidates; whether they are believed at all is
`learn.py`'s to decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import xgboost
from numpy.typing import NDArray

from recommenders.voices import Table

if TYPE_CHECKING:
    from recommenders.learn import Lesson

# Row and place of some of a table's candidates.
Cells = tuple[NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True)
class Forest:
    """score = sum over the trees of the log odds that the candidate is bought

    Friedman, Computational Statistics & Data Analysis 38(4), 2002 (each tree sees a random half of
    the examples), as XGBoost grows them: Chen and Guestrin, KDD 2016.
    Cost: 2 to 7 seconds to teach, 2 microseconds a candidate to ask.
    """

    trees: int = 160
    leaves: int = 8  # about three questions deep: voices combined by twos and threes
    # Many soft steps, each from half of the examples, go by what most of them have in common.
    rate: float = 0.05
    heard: float = 0.5
    share: float = 0.5  # of what is told, that each split may look at
    ridge: float = 10.0
    least: float = 5.0  # what a leaf must weigh: what fewer have in common is chance
    bins: int = 64
    # Of each window, at most; they are what is scarce, and cost time in proportion.
    questions: int = 3_000
    # Of the candidates nobody bought, so many are shown, each counting for those left out: there
    # are hundreds for every right one, and most are much alike.
    wrong: float = 1 / 4
    seed: int = 20_240_501

    def brief(self) -> Forest:
        """A quarter of the work, hardly worse: enough to tell whether trees are worth hearing."""
        return replace(
            self, trees=self.trees // 2, rate=2 * self.rate, questions=min(self.questions, 800)
        )

    def taught(self, lessons: Sequence[Lesson]) -> xgboost.Booster | None:
        """The trees after these lessons; None where no question had a right candidate."""
        examples = self._examples(lessons)
        if not examples.get_label().any():
            return None
        settled = {
            "objective": "binary:logistic",
            "tree_method": "hist",
            "grow_policy": "lossguide",
            "max_depth": 0,
            "max_leaves": self.leaves,
            "max_bin": self.bins,
            "eta": self.rate,
            "subsample": self.heard,
            "colsample_bynode": self.share,
            "reg_lambda": self.ridge,
            "min_child_weight": self.least,
            "seed": self.seed,
            "nthread": 1,  # one thread: the same bytes on every machine's core count
        }
        return xgboost.train(settled, examples, self.trees)

    def _examples(self, lessons: Sequence[Lesson]) -> xgboost.QuantileDMatrix:
        """What was said of the candidates shown, which were right, how much each counts."""
        cells = [self._shown(lesson, i) for i, lesson in enumerate(lessons)]
        right = [lesson.right[cell] for lesson, cell in zip(lessons, cells, strict=True)]
        label = np.concatenate(right).astype(np.float32)
        weight = np.where(label > 0, 1, 1 / self.wrong).astype(np.float32)
        told = _told([lesson.table for lesson in lessons], cells)
        return xgboost.QuantileDMatrix(told, label, weight=weight, max_bin=self.bins, nthread=1)

    def _shown(self, lesson: Lesson, number: int) -> Cells:
        """Which candidates of a window are shown."""
        random = np.random.default_rng((self.seed, number))
        rows = np.flatnonzero(lesson.right.any(axis=1))
        if len(rows) > self.questions:
            rows = np.sort(random.choice(rows, self.questions, replace=False))
        right = lesson.right[rows]
        shown = right | (random.random(right.shape) < self.wrong)
        shown &= lesson.table.product[rows] >= 0
        row, at = np.nonzero(shown)
        return rows[row], at


def _told(tables: Sequence[Table], cells: Sequence[Cells]) -> NDArray[np.float32]:
    """All that is told of these candidates: candidates x voices and circumstances."""
    columns = len(tables[0].said) + len(tables[0].facts)
    told = np.empty((sum(len(row) for row, _ in cells), columns), dtype=np.float32)
    end = 0
    for table, cell in zip(tables, cells, strict=True):
        start, end = end, end + len(cell[0])
        for i, of in enumerate((*table.said, *table.facts)):
            told[start:end, i] = of[cell]
    return told


def opinion(trees: xgboost.Booster, table: Table) -> NDArray[np.float32]:
    """Every candidate's chance of being bought, the likeliest of each row 1, the least likely 0."""
    there = table.product >= 0
    chance = np.zeros(table.product.shape, dtype=np.float32)
    row, at = np.nonzero(there)
    if not len(row):
        return chance
    chance[row, at] = trees.inplace_predict(_told([table], [(row, at)]))
    low = np.where(there, chance, np.inf).min(axis=1, keepdims=True)
    high = np.where(there, chance, 0).max(axis=1, keepdims=True)
    return np.where(there, (chance - low) / np.maximum(high - low, 1e-9), 0).astype(np.float32)
