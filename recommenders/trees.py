"""What do small decision trees make of what the voices say, where no sum of them does?

A sum cannot say "popular, and in this customer's taste"; many small trees can. They are
taught to tell what was bought among a question's candidates; whether they are believed at all is
`learn.py`'s to decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from recommenders.bins import Bins
from recommenders.voices import Table

if TYPE_CHECKING:
    from recommenders.learn import Lesson


@dataclass(frozen=True)
class Grown:
    """Trees as they were taught, and the steps in which they hear."""

    bins: Bins
    trees: Any

    def odds(self, told: NDArray[np.float32]) -> NDArray[np.float64]:
        """The log odds of each row."""
        with threadpool_limits(1):
            return np.asarray(self.trees.decision_function(self.bins.coded(told)))


@dataclass(frozen=True)
class Forest:
    """score = sum over the trees of the log odds that the candidate is bought

    Friedman, Annals of Statistics 29(5), 2001, in scikit-learn's histogram form (as in LightGBM;
    that library itself wants a system library which a plain machine has not).
    Cost: some 2 seconds to teach, 4 microseconds a candidate to ask.
    """

    trees: int = 80
    leaves: int = 8  # about three questions deep: voices combined by twos and threes
    rate: float = 0.1
    ridge: float = 10.0
    least: int = 100  # candidates in a leaf: what fewer have in common is chance
    bins: int = 63
    share: float = 0.7  # of the voices that each split may look at
    # Of each window, at most; they are what is scarce, and cost time in proportion.
    questions: int = 800
    # Of the candidates nobody bought, so many are shown, each counting for those left out: there
    # are hundreds for every right one, and most are much alike.
    wrong: float = 1 / 8
    seed: int = 20_240_501

    def taught(self, lessons: Sequence[Lesson]) -> Grown | None:
        """The trees after these lessons; None where no question had a right candidate."""
        parts = [self._part(lesson, i) for i, lesson in enumerate(lessons)]
        said, right, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
        if not right.any():
            return None
        trees = HistGradientBoostingClassifier(
            learning_rate=self.rate,
            max_iter=self.trees,
            max_leaf_nodes=self.leaves,
            min_samples_leaf=self.least,
            l2_regularization=self.ridge,
            max_bins=self.bins,
            max_features=self.share,
            early_stopping=False,
            random_state=self.seed,
        )
        bins = Bins.of(said, weight, self.bins)
        with threadpool_limits(1):  # one thread: the same bytes on every machine's core count
            return Grown(bins, trees.fit(bins.coded(said), right, sample_weight=weight))

    def _part(
        self, lesson: Lesson, number: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int8], NDArray[np.float64]]:
        """What was said of a window's candidates, which were right, and how much each counts."""
        random = np.random.default_rng((self.seed, number))
        rows = np.flatnonzero(lesson.right.any(axis=1))
        if len(rows) > self.questions:
            rows = np.sort(random.choice(rows, self.questions, replace=False))
        right = lesson.right[rows]
        shown = right | (random.random(right.shape) < self.wrong)
        shown &= lesson.table.product[rows] >= 0
        told = _told(lesson.table, rows)[shown]
        answer = right[shown].astype(np.int8)
        return told, answer, np.where(answer > 0, 1.0, 1 / self.wrong)


def _told(table: Table, rows: NDArray[np.intp] | slice) -> NDArray[np.float32]:
    """Rows x candidates x all that is told of each."""
    told = np.concatenate([table.said[:, rows], table.facts[:, rows]])
    return np.asarray(told.transpose(1, 2, 0), dtype=np.float32)


def opinion(trees: Grown, table: Table) -> NDArray[np.float32]:
    """Every candidate's chance of being bought, the likeliest of each row 1, the least likely 0."""
    there = table.product >= 0
    chance = np.zeros(table.product.shape, dtype=np.float32)
    if not there.any():
        return chance
    odds = trees.odds(_told(table, slice(None))[there])
    chance[there] = 1 / (1 + np.exp(-odds))
    low = np.where(there, chance, np.inf).min(axis=1, keepdims=True)
    high = np.where(there, chance, 0).max(axis=1, keepdims=True)
    return np.where(there, (chance - low) / np.maximum(high - low, 1e-9), 0).astype(np.float32)
