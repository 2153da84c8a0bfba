"""Which voices should be believed, and how much, in this shop?

Four ways to answer compete: the best single voice, fixed weights that hold in most shops, a sum of
voices learned step by step, and the sum together with small trees (`trees.py`; never trees alone:
where the weeks to come differ from those learned from, the sum is what holds them). Each is
learned on all past windows but one and judged on that one, for each in turn; a more elaborate way
is taken only where it beats the simpler ones on windows it has not seen. (Blends tuned on one
window lost up to two thirds of their quality in shops whose season turned; that is what these
rules are against.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numba
import numpy as np
from numpy.typing import NDArray
from xgboost import Booster

from recommenders.trees import Forest, opinion
from recommenders.voices import Table

K = 10
_DISCOUNT = 1 / np.log2(np.arange(2, K + 2))
# How far one step may turn a voice up, relative to the loudest; small ones to finish with.
STEPS = (0.05, 0.2, 1.0)
# A step has to bring two parts in a thousand: less is noise on a thousand questions.
WORTHWHILE = 1.002
MOST_STEPS = 10
ENOUGH_QUESTIONS = 100  # in each window; fewer and learning would follow chance
STEP_QUESTIONS = 500  # of each window, by which steps and ways are judged: of three, enough
# A sum is learned so many times, each time from other questions, and the mean of them answers:
# which of two voices that say nearly the same is turned up is chance.
SUMS = 3
TREES = 2.0  # how loud the trees are beside the sum

Way = Literal["single", "prior", "sum", "both"]
# The simplest first: of equals it is taken.
WAYS: tuple[Way, ...] = ("single", "prior", "sum", "both")


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
        return float(self._ndcgs(np.zeros_like(scores), scores[None], (1.0,))[0, 0])

    def ndcgs(self, scores: NDArray[np.float32], steps: Sequence[float]) -> NDArray[np.float64]:
        """The same of `scores + step * voice`, for all voices and steps: voices x steps."""
        return self._ndcgs(scores, self.table.said, steps)

    def _ndcgs(
        self, scores: NDArray[np.float32], said: NDArray[np.float32], steps: Sequence[float]
    ) -> NDArray[np.float64]:
        if not len(self.answers):
            return np.zeros((len(said), len(steps)))
        ideal = np.cumsum(_DISCOUNT)[np.minimum(self.answers, K) - 1]
        turned = np.array(steps, dtype=np.float32)
        gains = _gains(self.table.product, scores, said, turned, self.right)
        return np.asarray((gains / ideal).mean(axis=-1), dtype=np.float64)

    def some(self, most: int) -> Lesson:
        """Every n-th question, so that at most `most` are left."""
        return self.every(-(-len(self.answers) // most))

    def every(self, step: int, first: int = 0) -> Lesson:
        """Every n-th question, from one on."""
        if step <= 1:
            return self
        of, whole = slice(first, None, step), self.table
        table = Table(whole.product[of], whole.said[:, of], whole.facts[:, of])
        return Lesson(table, self.right[of], self.answers[of])


@dataclass(frozen=True)
class Mind:
    """What was learned about one kind of question, and how it did on windows it had not seen."""

    way: Way
    weights: NDArray[np.float32]  # of each voice, the loudest first among equals
    trees: Booster | None = None
    unseen: Mapping[Way, float] = field(default_factory=dict)  # way -> mean NDCG@10
    windows: int = 0  # by how many unseen windows the ways were judged
    # What every way became, for the next window to judge.
    ways: Mapping[Way, Mind] = field(default_factory=dict, repr=False)

    def scores(self, table: Table) -> NDArray[np.float32]:
        """The score of every candidate; of a row's best it is about 1."""
        total = mix(table, self.weights)
        if self.way != "both" or self.trees is None:
            return total
        return together(total, opinion(self.trees, table))


def learn(
    lessons: Sequence[Lesson],
    names: Sequence[str],
    prior: Mapping[str, float],
    before: Mind | None = None,
) -> Mind:
    """Whom to believe; the prior where there is too little to learn from.

    `before` is what was learned when the newest of these windows was still to come: what was
    judged then still counts, and the newest window judges the same ways once more.
    """
    fixed = np.array([prior.get(name, 0.0) for name in names], dtype=np.float32)
    if before is not None and before.ways:
        if len(lessons[-1].answers) < ENOUGH_QUESTIONS:
            return before
        once_more, count = _judged(before.ways, lessons[-1]), before.windows + 1
        unseen = {w: before.unseen[w] + (once_more[w] - before.unseen[w]) / count for w in WAYS}
        chosen = _best(unseen)
        mind = _minds(lessons, fixed, Forest(), chosen)[chosen]
        return replace(mind, unseen=unseen, windows=count)
    if len(lessons) < 2 or min(len(lesson.answers) for lesson in lessons) < ENOUGH_QUESTIONS:
        return Mind("prior", fixed)
    unseen = dict.fromkeys(WAYS, 0.0)
    for i, whole in enumerate(lessons):
        others = [lesson for j, lesson in enumerate(lessons) if j != i]
        ways = _minds(others, fixed, Forest().brief())
        for way, value in _judged(ways, whole).items():
            unseen[way] += value / len(lessons)
    ways = _minds(lessons, fixed, Forest())
    return replace(ways[_best(unseen)], unseen=unseen, windows=len(lessons), ways=ways)


def _judged(ways: Mapping[Way, Mind], lesson: Lesson) -> dict[Way, float]:
    """How each way does on a window that none of them has seen."""
    window = lesson.some(STEP_QUESTIONS)
    return {way: window.ndcg(ways[way].scores(window.table)) for way in WAYS}


def _best(unseen: Mapping[Way, float]) -> Way:
    return max(WAYS, key=lambda way: unseen[way])


def _minds(
    lessons: Sequence[Lesson],
    fixed: NDArray[np.float32],
    forest: Forest,
    only: Way | None = None,
) -> dict[Way, Mind]:
    """Each way, taught by these lessons; `only` one of them where one is asked for."""
    found: dict[Way, Mind] = {"prior": Mind("prior", fixed)}
    short = [lesson.some(STEP_QUESTIONS) for lesson in lessons]
    single = one(_best_single(short), len(fixed))
    found["single"] = Mind("single", single)
    if only in (None, "sum", "both"):
        found["sum"] = Mind("sum", summed(lessons, len(fixed)))
    trees = forest.taught(lessons) if only in (None, "both") else None
    if trees is not None:
        found["both"] = Mind("both", found["sum"].weights, trees)
    # Where no window had a right candidate there are no trees: then the simpler way answers.
    return {way: found.get(way, found.get("sum", found["single"])) for way in WAYS}


def mix(table: Table, weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """The blended score of every candidate."""
    believed = np.flatnonzero(weights)
    return np.asarray(np.tensordot(weights[believed], table.said[believed], axes=1), np.float32)


def together(total: NDArray[np.float32], likely: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sum, each row's loudest word 1, and the trees' opinion, louder."""
    highest = np.maximum(total.max(axis=1, initial=0), 1e-9)[:, None]
    return np.asarray(total / highest + np.float32(TREES) * likely, dtype=np.float32)


def one(voice: int, voices: int) -> NDArray[np.float32]:
    """The weights that believe a single voice."""
    weights = np.zeros(voices, dtype=np.float32)
    weights[voice] = 1
    return weights


def _best_single(lessons: Sequence[Lesson]) -> int:
    alone = [le.ndcgs(np.zeros(le.right.shape, dtype=np.float32), (1.0,)) for le in lessons]
    return int(np.argmax(np.mean(alone, axis=0)))


def summed(lessons: Sequence[Lesson], voices: int) -> NDArray[np.float32]:
    """The mean of what several thirds of the questions teach, the loudest voice 1; of few, one sum.

    Averaging over samples is Breiman's, Machine Learning 24(2), 1996.
    """
    parts = SUMS if min(len(le.answers) for le in lessons) >= SUMS * ENOUGH_QUESTIONS else 1
    total = np.zeros(voices, dtype=np.float32)
    for part in range(parts):
        heard = [lesson.every(parts, part).some(STEP_QUESTIONS) for lesson in lessons]
        weights = stepwise(heard, one(_best_single(heard), voices))
        total += weights / weights.sum()
    return np.asarray(total / total.max(), dtype=np.float32)


def stepwise(lessons: Sequence[Lesson], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """From these weights on, turn up, one step at a time, what helps most.

    A step must gain on the mean of the windows, and on more than half of them. Never negative.
    """
    weights = weights.copy()
    scores = [mix(lesson.table, weights) for lesson in lessons]
    values = np.array([lesson.ndcg(s) for lesson, s in zip(lessons, scores, strict=True)])
    for _ in range(MOST_STEPS):
        tried = np.stack([le.ndcgs(s, STEPS) for le, s in zip(lessons, scores, strict=True)])
        often = 2 * (tried > values[:, None, None]).sum(axis=0) > len(lessons)
        means = np.where(often, tried.mean(axis=0), 0)
        voice, step = np.unravel_index(np.argmax(means), means.shape)
        if not often.any() or means[voice, step] < values.mean() * WORTHWHILE:
            break
        values = tried[:, voice, step]
        louder = np.float32(STEPS[step])
        weights[voice] += louder
        scores = [
            score + louder * lesson.table.said[voice]
            for lesson, score in zip(lessons, scores, strict=True)
        ]
    return weights


@numba.njit(cache=True)
def _gains(product, scores, said, steps, right):  # type: ignore[no-untyped-def]
    """The discounted hits among the ten best of each row, for each voice turned up by each step.

    voices x steps x rows; the row is ranked by `scores + step * said[voice]`. Nothing is sorted:
    a right candidate's place is how many go before it.
    """
    voices, rows, width = said.shape
    gains = np.zeros((voices, len(steps), rows))
    at = np.empty(width, dtype=np.int64)
    base, more, summed = np.empty((3, width), dtype=np.float32)
    hit = np.zeros(K, dtype=np.bool_)
    for row in range(rows):
        rights = 0
        for i in range(width):
            if right[row, i]:
                at[rights] = i
                rights += 1
        if not rights:
            continue
        count = 0
        while count < width and product[row, count] >= 0:
            base[count] = scores[row, count]
            count += 1
        for voice in range(voices):
            for i in range(count):
                more[i] = said[voice, row, i]
            for s in range(len(steps)):
                for i in range(count):
                    summed[i] = base[i] + steps[s] * more[i]
                for r in range(rights):
                    place = _before(summed[:count], at[r])
                    if place < K:
                        hit[place] = True
                for i in range(K):
                    if hit[i]:
                        gains[voice, s, row] += _DISCOUNT[i]
                hit[:] = False
    return gains


@numba.njit(cache=True)
def _before(scores, at):  # type: ignore[no-untyped-def]
    """How many are ranked before this one: of equals the earlier."""
    score, count = scores[at], np.int32(0)
    for i in range(at):
        count += np.int32(scores[i] >= score)
    for i in range(at + 1, len(scores)):
        count += np.int32(scores[i] > score)
    return count
