"""Which products keep this product company, when every simple opinion is heard?

The ensemble for a product's page. Its voices are other recommenders' scores; which to believe is
learned from the shop's own last windows (`learn.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommenders.baskets import baskets, order_buyers
from recommenders.bestseller import Bestseller
from recommenders.bought_together import BoughtTogether, add_evidence
from recommenders.learn import Lesson, learn, mix
from recommenders.questions import Question, as_of, questions
from recommenders.ranked import Sheet, best
from recommenders.similar import Similar
from recommenders.voices import NOMINATED, Choir, Rows, Table, Voice, table
from recommenders.windows import windows
from store.records import LIST_WIDTH, Catalogue, Interactions, Lists, Strategy, slot

# Each is the co-purchase formula at another of its extremes: all that was ever bought together,
# what is lately, popularity damped, each order with one vote (a random walk over baskets).
_TOGETHER = {
    "together": BoughtTogether(damping=0, half_life_days=365, width=NOMINATED),
    "lately": BoughtTogether(damping=0, half_life_days=60, width=NOMINATED),
    "damped": BoughtTogether(damping=0.3, half_life_days=365, width=NOMINATED),
    "walk": BoughtTogether(damping=0.3, size_discount=1, half_life_days=365, width=NOMINATED),
}
_POPULAR = {"popular 7": 7.0, "popular 30": 30.0}
# Used as they are where a shop has too little history to learn from: company first, what is alike
# where company is unknown, a little of what sells.
PRIOR = {"together": 1.0, "damped": 0.3, "similar": 0.1, "popular 30": 0.05}
_HARDLY_ANY = 0.01  # the P(b | a) of a product that was never bought with another
ENOUGH_QUESTIONS = 100  # in each window; fewer and learning would follow chance


@dataclass(frozen=True)
class Blend:
    """score(a -> b) = sum over the voices of weight * said(a, b), each voice's loudest word 1

    Voices: four settings of co-purchase, attribute likeness, popularity of the last week and
    month. Weights are never negative and learned (see `learn.py` for how and against what).
    Evidence: as for `bought_together` where the two were ever bought together; else `strength` is
    0 and `support` holds the SHARED_* bits of `similar`, 0 where they share nothing we know of.
    Cost: the voices once for each of three windows and once for today.
    """

    strategy: Strategy = "blend"
    most_questions: int = 1_500  # per window: the mean of three windows is then good to 1 %
    seed: int = 20_240_501
    width: int = LIST_WIDTH
    chunk_rows: int = 512

    def fit(self, interactions: Interactions, catalogue: Catalogue, now_s: int) -> Lists:
        """One list for each product that any voice has something to say about."""
        slots = [slot(self.strategy, int(k)) for k in catalogue.keys]
        sheet = Sheet(len(catalogue), self.width)
        if not len(catalogue) or not len(interactions.product):
            return sheet.lists(self.strategy, slots)
        alike = Similar(width=NOMINATED).similar_to(catalogue, np.arange(len(catalogue)))
        weights = self.learned(interactions, catalogue, alike, now_s)
        choir = _choir(interactions, catalogue, alike, now_s)
        spoken_for = _spoken_for(choir, np.arange(len(catalogue)))
        for start in range(0, len(spoken_for), self.chunk_rows):
            rows = spoken_for[start : start + self.chunk_rows]
            fill(sheet, rows, table(choir, rows), weights)
        _calibrate(sheet, choir.voices["together"](np.arange(len(catalogue))))
        add_evidence(sheet, baskets(interactions, len(catalogue)), order_buyers(interactions))
        _add_likeness(sheet, as_matrix(alike, catalogue, "support"))
        return sheet.lists(self.strategy, slots)

    def learned(
        self, interactions: Interactions, catalogue: Catalogue, alike: Lists, now_s: int
    ) -> NDArray[np.float32]:
        """One weight per voice: learned, or the prior where there is too little to learn from."""
        names = [*_TOGETHER, "similar", *_POPULAR]
        past = [
            (split, questions(split, catalogue, self.most_questions, self.seed)["also_bought"])
            for split in windows(interactions, now_s)
        ]
        if not past or min(len(asked) for _, asked in past) < ENOUGH_QUESTIONS:
            return np.array([PRIOR.get(name, 0.0) for name in names], dtype=np.float32)
        index: dict[int | None, int] = {k: i for i, k in enumerate(catalogue.keys.tolist())}
        lessons = []
        for split, asked in past:
            choir = _choir(split.train, as_of(catalogue, split), alike, split.cut_s)
            rows = np.array([index[q.ask.product] for q in asked], dtype=np.intp)
            lessons.append(lesson(table(choir, rows), catalogue, asked))
        return learn(lessons, len(names))


def _matrices(
    interactions: Interactions, catalogue: Catalogue, alike: Lists, now_s: int
) -> dict[str, sparse.csr_array]:
    together = {
        name: recommender.sheet(interactions, catalogue, now_s).matrix(len(catalogue))
        for name, recommender in _TOGETHER.items()
    }
    return {**together, "similar": as_matrix(alike, catalogue, "score")}


def _choir(interactions: Interactions, catalogue: Catalogue, alike: Lists, now_s: int) -> Choir:
    own = sparse.eye_array(len(catalogue), format="csr", dtype=np.float32)
    matrices = _matrices(interactions, catalogue, alike, now_s)
    return Choir(
        products=len(catalogue),
        voices={name: reading(matrix) for name, matrix in matrices.items()},
        everywhere=popularities(interactions, catalogue, now_s, _POPULAR),
        barred=reading(own),  # a product keeps no company with itself
        listable=catalogue.recommendable,
    )


def _spoken_for(choir: Choir, rows: Rows) -> Rows:
    """The rows that any voice speaks about; what merely sells is no answer to any product."""
    said = sum(np.diff(voice(rows).indptr) for voice in choir.voices.values())
    return rows[np.asarray(said) > 0]


def _calibrate(sheet: Sheet, together: sparse.csr_array) -> None:
    """Scale each list so that its best product scores as the row's highest P(b | a).

    Every row's loudest word was 1; where lists of several products are added up (a cart), one
    with much company must speak louder than one with hardly any.
    """
    highest = np.maximum(together.max(axis=1).toarray().ravel(), _HARDLY_ANY)
    best_score = np.maximum(sheet.score[:, :1], 1e-12)
    sheet.score *= (highest[:, None] / best_score).astype(np.float32)


def _add_likeness(sheet: Sheet, shared: sparse.csr_array) -> None:
    """Where two were never bought together, the evidence is what they have in common."""
    row, place = np.nonzero((sheet.product >= 0) & (sheet.strength == 0))
    if len(row):
        bits = shared[row, sheet.product[row, place]]
        sheet.support[row, place] = np.asarray(bits).ravel().astype(np.int32)


# --- shared with `for_you.py` ---------------------------------------------------------------------


def reading(matrix: sparse.csr_array) -> Voice:
    """A voice that reads its words off a finished matrix."""
    return lambda rows: matrix[rows]


def popularities(
    interactions: Interactions, catalogue: Catalogue, now_s: int, half_lives: dict[str, float]
) -> dict[str, NDArray[np.float32]]:
    """Decayed numbers of orders, one array per half-life in days."""
    return {
        name: Bestseller(half_life_days=days).popularity(interactions, catalogue, now_s)
        for name, days in half_lives.items()
    }


def as_matrix(lists: Lists, catalogue: Catalogue, column: str) -> sparse.csr_array:
    """Product lists as a matrix of products by products."""
    index = {f"{lists.strategy}:{key}": i for i, key in enumerate(catalogue.keys.tolist())}
    row, place = np.nonzero(lists.product >= 0)
    of = np.array([index[name] for name in lists.slots], dtype=np.int64)
    cells = (getattr(lists, column)[row, place], (of[row], lists.product[row, place]))
    return sparse.coo_array(cells, shape=(len(catalogue), len(catalogue))).tocsr()


def lesson(said: Table, catalogue: Catalogue, asked: Sequence[Question]) -> Lesson:
    """Mark, among the candidates of each question, those that were then bought."""
    index = {key: i for i, key in enumerate(catalogue.keys.tolist())}
    width = len(catalogue)
    bought = np.unique([i * width + index[key] for i, q in enumerate(asked) for key in q.right])
    cells = np.arange(len(asked))[:, None] * width + said.product
    right = np.isin(cells, bought) & (said.product >= 0)
    return Lesson(said, right, np.array([len(q.right) for q in asked], dtype=np.int64))


def fill(
    sheet: Sheet, rows: Rows, said: Table, weights: NDArray[np.float32], names: Rows | None = None
) -> None:
    """Rank each row's candidates by the blend; only what some believed voice named is listed."""
    scores = np.where(said.product >= 0, mix(said, weights), -np.inf).astype(np.float32)
    top = best(scores, said.product, sheet.width)
    for i, row in enumerate(rows if names is None else names):
        listed = top[i][scores[i, top[i]] > 0]
        sheet.fill(int(row), said.product[i, listed], scores[i, listed])
