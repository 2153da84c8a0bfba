"""Which voices should be believed, and how much, in this shop?

Weights are never negative and are learned on several past windows, a step at a time; a step stays
only if it gains. Where the blend does not beat the best single voice on windows it has not seen,
the single voice is taken. (Blends tuned on one window lost up to two thirds of their quality in
shops whose season turned; that is what these rules are against.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommenders.voices import Table

K = 10
# How far one step may turn a voice up, relative to the loudest; small ones to finish with.
STEPS = (0.03, 0.1, 0.3, 1.0)
# A step has to bring two parts in a thousand: less is noise on a thousand questions.
WORTHWHILE = 1.002
MOST_STEPS = 12


@dataclass(frozen=True)
class Lesson:
    """One past window: what the voices said of each question's candidates, and which were right.

    `right` has the shape of `table.product`; `answers` is how many were right in all, found among
    the candidates or not.
    """

    table: Table
    right: NDArray[np.bool_]
    answers: NDArray[np.int64]

    def ndcg(self, scores: NDArray[np.float32]) -> float:
        """Mean NDCG@10 of ranking the candidates by `scores`; of equals the earlier product."""
        if not len(self.answers):
            return 0.0
        rows = np.arange(len(scores))[:, None]
        loss = np.where(self.table.product >= 0, -scores, np.inf)
        width = min(K, scores.shape[1])
        front = np.argpartition(loss, width - 1, axis=1)[:, :width] if width else rows[:, :0]
        order = np.argsort(loss[rows, front], axis=1, kind="stable")
        hits = self.right[rows, front[rows, order]]
        discount = 1 / np.log2(np.arange(2, K + 2))
        ideal = np.cumsum(discount)[np.minimum(self.answers, K) - 1]
        return float((hits @ discount[:width] / ideal).mean())


def learn(lessons: Sequence[Lesson], voices: int) -> NDArray[np.float32]:
    """One weight per voice: the blend, or the best single voice where blends do not carry over."""
    if len(lessons) < 2:
        raise ValueError("one window cannot tell a habit from an accident: give two or more")
    blend, single = 0.0, 0.0
    for i, unseen in enumerate(lessons):
        others = [lesson for j, lesson in enumerate(lessons) if j != i]
        blend += unseen.ndcg(mix(unseen.table, _stepwise(others, voices)))
        single += unseen.ndcg(mix(unseen.table, _one(_best_single(others, voices), voices)))
    if blend >= single:
        return _stepwise(lessons, voices)
    return _one(_best_single(lessons, voices), voices)


def mix(table: Table, weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """The blended score of every candidate."""
    return np.asarray(np.tensordot(weights, table.said, axes=1), dtype=np.float32)


def _one(voice: int, voices: int) -> NDArray[np.float32]:
    weights = np.zeros(voices, dtype=np.float32)
    weights[voice] = 1
    return weights


def _best_single(lessons: Sequence[Lesson], voices: int) -> int:
    return int(np.argmax([_mean(lessons, _one(v, voices)) for v in range(voices)]))


def _mean(lessons: Sequence[Lesson], weights: NDArray[np.float32]) -> float:
    return float(np.mean([lesson.ndcg(mix(lesson.table, weights)) for lesson in lessons]))


def _stepwise(lessons: Sequence[Lesson], voices: int) -> NDArray[np.float32]:
    """Start from the best single voice; turn up, one step at a time, what helps most.

    A step must gain on the mean of the windows, and on more than half of them.
    """
    weights = _one(_best_single(lessons, voices), voices)
    scores = [mix(lesson.table, weights) for lesson in lessons]
    values = np.array([lesson.ndcg(s) for lesson, s in zip(lessons, scores, strict=True)])
    for _ in range(MOST_STEPS):
        best: tuple[float, int, float, NDArray[np.float64]] | None = None
        for voice in range(voices):
            for step in STEPS:
                tried = np.array(
                    [
                        lesson.ndcg(score + np.float32(step) * lesson.table.said[voice])
                        for lesson, score in zip(lessons, scores, strict=True)
                    ]
                )
                gains = 2 * int((tried > values).sum()) > len(lessons)
                if gains and (best is None or tried.mean() > best[0]):
                    best = (float(tried.mean()), voice, step, tried)
        if best is None or best[0] < values.mean() * WORTHWHILE:
            break
        _, voice, step, values = best
        weights[voice] += np.float32(step)
        scores = [
            score + np.float32(step) * lesson.table.said[voice]
            for lesson, score in zip(lessons, scores, strict=True)
        ]
    return weights
