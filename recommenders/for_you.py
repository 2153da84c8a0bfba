"""What will this customer buy next, old or new, when every simple opinion is heard?

The ensemble for a known customer. Two lists each: whatever comes next, and, for a shelf that must
surprise, only what they never bought. Which voices to believe is learned from the shop's own last
windows (`learn.py`), separately for the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommenders.blend import as_matrix, fill, lesson, popularities, reading
from recommenders.bought_together import BoughtTogether
from recommenders.ease import ease
from recommenders.learn import Lesson, learn
from recommenders.personal import Personal
from recommenders.questions import as_of, you_might_like
from recommenders.ranked import Sheet
from recommenders.repurchase import Repurchase, active, demand, habits, rebuy_rate
from recommenders.similar import Similar
from recommenders.voices import NOMINATED, Choir, Rows, Voice, table
from recommenders.windows import windows
from store.records import LIST_WIDTH, Catalogue, Interactions, Lists, Strategy, slot

_POPULAR = {"popular 7": 7.0, "popular 14": 14.0, "popular 30": 30.0}
_OWN = {"own 30": 30.0, "own 120": 120.0, "own ever": 3_650.0}
NAMES = (
    *_OWN,
    "own rebuy",
    "own wanted",
    "own due",
    "taste",
    "company",
    "alike",
    "personal",
    *_POPULAR,
)
# Used as they are where a shop has too little history to learn from.
PRIOR = {"own due": 1.0, "own 120": 0.3, "taste": 0.2, "popular 14": 0.2}
PRIOR_NEW = {"taste": 1.0, "company": 0.3, "alike": 0.1, "popular 14": 0.4}
ENOUGH_QUESTIONS = 100  # in each window; fewer and learning would follow chance
SMOOTHING = 5.0  # imaginary buyers of each product in its rebuy rate


@dataclass(frozen=True)
class ForYou:
    """score(u -> b) = sum over the voices of weight * said(u, b), each voice's loudest word 1

    Voices: the customer's own decayed orders at three half-lives, alone, times the product's rebuy
    rate, times the shop's present demand for it, and times both (`repurchase.py`); `taste`, EASE
    on decayed histories; `company`, co-purchase of the decayed history; `alike`, attribute
    likeness to it; `personal`, Surprise's SVD; popularity of one, two and four weeks. Weights are
    never negative and learned (`learn.py`).
    Evidence: `support` is the number of the customer's orders with b, `strength` the score.
    Cost: the voices once for each of three windows and once for today; EASE the most (`ease.py`).
    """

    strategy: Strategy = "for_you"
    most_questions: int = 800
    history_half_life_days: float = 90.0  # of the histories that taste, company and alike read
    ridge: float = 200.0  # customers a product needs before its tastes are heard
    active_days: int = 180
    min_products: int = 3  # below, the blend of the last purchases' lists answers
    seed: int = 20_240_501
    width: int = LIST_WIDTH
    chunk_rows: int = 256

    def fit(self, interactions: Interactions, catalogue: Catalogue, now_s: int) -> Lists:
        """Two lists for each active customer: slots `for_you:17` and `for_you:new:17`."""
        keys = interactions.customer_keys.tolist()
        slots = [slot(self.strategy, key) for key in keys]
        slots += [slot(self.strategy, f"new:{key}") for key in keys]
        sheet = Sheet(len(slots), self.width)
        times = habits(interactions, len(catalogue), now_s, np.inf)
        who = active(interactions, now_s, self.active_days)
        who = who[np.diff(times.indptr)[who] >= self.min_products]
        if not len(who) or not catalogue.recommendable.any():
            return sheet.lists(self.strategy, slots)
        alike = _alike(catalogue)
        again, new = self.learned(interactions, catalogue, alike, now_s)
        choir = self._choir(interactions, catalogue, alike, now_s)
        for start in range(0, len(who), self.chunk_rows):
            rows = who[start : start + self.chunk_rows]
            fill(sheet, rows, table(choir, rows), again)
            novel = table(_without_owned(choir, times), rows)
            fill(sheet, rows, novel, new, names=rows + len(keys))
        _add_evidence(sheet, times)
        return sheet.lists(self.strategy, slots)

    def learned(
        self, interactions: Interactions, catalogue: Catalogue, alike: sparse.csr_array, now_s: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The weights for whatever comes next, and for what was never bought."""
        index = {k: i for i, k in enumerate(interactions.customer_keys.tolist())}
        past = windows(interactions, now_s)
        asked = {
            novel: [
                you_might_like(split, catalogue, self.most_questions, self.seed, novel)
                for split in past
            ]
            for novel in (False, True)
        }
        learnable = [
            novel
            for novel, found in asked.items()
            if found and min(len(questions) for questions in found) >= ENOUGH_QUESTIONS
        ]
        lessons: dict[bool, list[Lesson]] = {novel: [] for novel in asked}
        for i, split in enumerate(past if learnable else []):
            choir = self._choir(split.train, as_of(catalogue, split), alike, split.cut_s)
            times = habits(split.train, len(catalogue), split.cut_s, np.inf)
            for novel in learnable:
                questions = asked[novel][i]
                rows = np.array([index[q.ask.customer or 0] for q in questions], dtype=np.intp)
                said = table(_without_owned(choir, times) if novel else choir, rows)
                lessons[novel].append(lesson(said, catalogue, questions))
        return _weights(lessons[False], PRIOR), _weights(lessons[True], PRIOR_NEW)

    def _choir(
        self, interactions: Interactions, catalogue: Catalogue, alike: sparse.csr_array, now_s: int
    ) -> Choir:
        products = len(catalogue)
        history = habits(interactions, products, now_s, self.history_half_life_days)
        taste = history.copy()
        taste.data = np.minimum(taste.data, 1)  # a staple is liked, not liked thirty times over
        weights, kept = ease(taste, self.ridge)
        together = BoughtTogether(damping=0.2, half_life_days=365, width=NOMINATED)
        company = together.sheet(interactions, catalogue, now_s).matrix(products)
        own = {name: habits(interactions, products, now_s, days) for name, days in _OWN.items()}
        rebuy = rebuy_rate(habits(interactions, products, now_s, np.inf), SMOOTHING)
        again = (own["own 120"] @ sparse.diags_array(rebuy)).tocsr()
        wanted = demand(interactions, catalogue, now_s) ** Repurchase().season
        personal = Personal(width=NOMINATED, max_ratings=150_000, active_days=3_650)
        voices: dict[str, Voice] = {name: reading(matrix) for name, matrix in own.items()}
        voices["own rebuy"] = reading(again)
        voices["own wanted"] = reading((own["own 120"] @ sparse.diags_array(wanted)).tocsr())
        voices["own due"] = reading(Repurchase().due(interactions, catalogue, now_s))
        voices["taste"] = _spread(taste, weights, kept)
        voices["company"] = lambda rows: (history[rows] @ company).tocsr()
        voices["alike"] = lambda rows: (history[rows] @ alike).tocsr()
        voices["personal"] = reading(
            personal.sheet(interactions, catalogue, now_s).matrix(products)
        )
        return Choir(
            products=products,
            voices=voices,
            everywhere=popularities(interactions, catalogue, now_s, _POPULAR),
            barred=lambda rows: sparse.csr_array((len(rows), products), dtype=np.float32),
            listable=catalogue.recommendable,
        )


def _without_owned(choir: Choir, times: sparse.csr_array) -> Choir:
    return Choir(choir.products, choir.voices, choir.everywhere, reading(times), choir.listable)


def _spread(taste: sparse.csr_array, weights: NDArray[np.float32], kept: Rows) -> Voice:
    """EASE's prediction for a few customers at a time: dense, so never for all at once."""
    heard = taste[:, kept].astype(np.float32).tocsr()

    def voice(rows: Rows) -> sparse.csr_array:
        liked = np.maximum(heard[rows] @ weights, 0)
        row, column = np.nonzero(liked)
        cells = (liked[row, column], (row, kept[column]))
        return sparse.coo_array(cells, shape=(len(rows), taste.shape[1])).tocsr()

    return voice


def _alike(catalogue: Catalogue) -> sparse.csr_array:
    """Likeness to the fourth power: many faint likenesses must not outshout a close one."""
    alike = Similar(width=NOMINATED).similar_to(catalogue, np.arange(len(catalogue)))
    matrix = as_matrix(alike, catalogue, "score")
    matrix.data = matrix.data**4
    return matrix


def _weights(lessons: list[Lesson], prior: dict[str, float]) -> NDArray[np.float32]:
    if not lessons:
        return np.array([prior.get(name, 0.0) for name in NAMES], dtype=np.float32)
    return learn(lessons, len(NAMES))


def _add_evidence(sheet: Sheet, times: sparse.csr_array) -> None:
    """Upper half: how often the customer ordered it. Lower half: never, by construction."""
    row, place = np.nonzero(sheet.product[: times.shape[0]] >= 0)
    count = times[row, sheet.product[row, place]]
    sheet.support[row, place] = np.asarray(count).ravel().astype(np.int32)
    sheet.strength[:] = sheet.score
