"""What will this customer buy next, old or new, when every simple opinion is heard?

The ensemble for a known customer. Two lists each: whatever comes next, and, for a shelf that must
surprise, only what they never bought. Which voices to believe is learned from the shop's own last
windows (`study.py`, `learn.py`), separately for the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommenders.baskets import DAY_S, affordable, thinned
from recommenders.blend import fill, lesson, likeness, reading
from recommenders.bought_together import BoughtTogether, sheets
from recommenders.choose import Ask
from recommenders.circumstances import first_bought, found_lately, of_customers
from recommenders.clock import Clock
from recommenders.company import Score, company
from recommenders.ease import ease
from recommenders.kinds import kind, leaders, members
from recommenders.known import Known
from recommenders.learn import Lesson, learn
from recommenders.packed import packed
from recommenders.personal import Personal
from recommenders.questions import Question, Split, you_might_like
from recommenders.ranked import Sheet
from recommenders.repurchase import Repurchase, active, demand, newest, rebuy_rate
from recommenders.study import Minds, Study, study
from recommenders.visits import OF_CUSTOMERS, wishes_of_views
from recommenders.voices import NOMINATED, Choir, Rows, Voice, table
from store.records import LIST_WIDTH, Catalogue, Lists, Strategy, slot

_POPULAR = {"popular 7": 7.0, "popular 14": 14.0, "popular 30": 30.0, "popular 120": 120.0}
_FOUND = {"found 7": 7.0, "found 30": 30.0}
_OWN = {"own 30": 30.0, "own 120": 120.0, "own ever": 3_650.0}
_TASTE = {"taste": 90.0, "taste lately": 30.0}  # half-lives of the histories that EASE reads
NAMES = (
    *_OWN,
    "own rebuy",
    "own wanted",
    "own due",
    "own rate",
    "own clock",
    *_TASTE,
    "company",
    "kin",
    "alike",
    "kinds",
    "personal",
    *_POPULAR,
    *_FOUND,
)
# Used as they are where a shop has too little history to learn from.
PRIOR = {"own due": 1.0, "own 120": 0.3, "taste": 0.2, "popular 14": 0.2}
PRIOR_NEW = {"taste": 1.0, "company": 0.3, "alike": 0.1, "popular 14": 0.4}
TASKS = {"for_you": PRIOR, "for_you:new": PRIOR_NEW}
# Pairs of products within customers' histories that a random walk counts: 3 s of CPU at most.
WALKS = 100_000_000
SMOOTHING = 5.0  # imaginary buyers of each product in its rebuy rate


@dataclass(frozen=True)
class ForYou:
    """score(u -> b) = sum over the voices of weight * said(u, b), each voice's loudest word 1

    Voices: the customer's own decayed orders at three half-lives, alone, times the product's rebuy
    rate, times the shop's present demand for it, and times both (`repurchase.py`); `own rate`, how
    often they buy it; `own clock`, whether it is due (`clock.py`); `taste`, EASE on histories at
    two half-lives; `company`, co-purchase of the decayed history; `kin`, a random walk over
    customers; `alike`, attribute likeness to the history; where page views are known, the
    customer's own and where they lead (`visits.py`); `kinds`, what sells of the kinds in it;
    `personal`, Surprise's SVD; popularity of one, two, four and seventeen weeks; what many bought
    for the first time in the last week and month (`circumstances.py`). Whom to believe is
    learned, by small trees also from the circumstances (`circumstances.py`).
    Evidence: `support` is the number of the customer's orders with b, `strength` the score.
    Cost: the voices once for each of three windows and once for today; EASE the most (`ease.py`).
    """

    strategy: Strategy = "for_you"
    most_questions: int = 2_000  # per window: the lessons of a shop with more take too long
    history_half_life_days: float = 90.0  # of the histories that company, alike and kinds read
    ridge: float = 200.0  # customers a product needs before its tastes are heard
    active_days: int = 400  # as for `repurchase`: who comes once a year comes back
    min_products: int = 3  # below, the blend of the last purchases' lists answers
    # The lists of so many customers take a quarter of an hour of CPU; of more, those who were here
    # last get theirs, the others are answered from their last purchases.
    most_customers: int = 100_000
    seed: int = 20_240_501
    width: int = LIST_WIDTH
    chunk_rows: int = 256

    def fit(self, known: Known) -> Lists:
        """Two lists for each active customer: slots `for_you:17` and `for_you:new:17`."""
        return self.answer(known, study([self], known).teach(self))

    def answer(self, known: Known, minds: Minds, asks: Sequence[Ask] | None = None) -> Lists:
        """The same with what was learned before, for all customers or those who ask."""
        keys = known.interactions.customer_keys.tolist()
        slots = [slot(self.strategy, key) for key in keys]
        slots += [slot(self.strategy, f"new:{key}") for key in keys]
        sheet = Sheet(len(slots), self.width)
        times = known.habits()
        who = active(known.interactions, known.now_s, self.active_days)
        who = who[np.diff(times.indptr)[who] >= self.min_products]
        who = newest(known.interactions, who, self.most_customers)
        if asks is not None:
            asking = [ask.customer for ask in asks if ask.customer is not None]
            who = who[np.isin(known.interactions.customer_keys[who], asking)]
        if not len(who) or not known.catalogue.recommendable.any():
            return sheet.lists(self.strategy, slots)
        choir = self._choir(known)
        for start in range(0, len(who), self.chunk_rows):
            rows = who[start : start + self.chunk_rows]
            fill(sheet, rows, table(choir, rows), minds["for_you"])
            novel = table(_without_owned(choir, times), rows)
            fill(sheet, rows, novel, minds["for_you:new"], names=rows + len(keys))
        _add_evidence(sheet, times)
        return sheet.lists(self.strategy, slots)

    def questions(self, split: Split, catalogue: Catalogue) -> Mapping[str, Sequence[Question]]:
        """A known customer is given; what they then bought, or bought for the first time."""
        return {
            task: you_might_like(split, catalogue, self.most_questions, self.seed, novel=new)
            for task, new in zip(TASKS, (False, True), strict=True)
        }

    def lesson(self, known: Known, task: str, asked: Sequence[Question]) -> Lesson:
        """What the voices said, at that instant, of these questions' customers."""
        index = {k: i for i, k in enumerate(known.interactions.customer_keys.tolist())}
        rows = np.array([index[q.ask.customer or 0] for q in asked], dtype=np.intp)
        choir = self._choir(known)
        if task == "for_you:new":
            choir = _without_owned(choir, known.habits())
        return lesson(table(choir, rows), known.catalogue, asked)

    def taught(self, study: Study) -> Minds:
        """Whom to believe."""
        names = (*OF_CUSTOMERS, *NAMES) if study.page_views else NAMES
        return {
            task: learn(study.lessons.get(task, ()), names, prior, study.minds.get(task))
            for task, prior in TASKS.items()
        }

    def _choir(self, known: Known) -> Choir:
        return known.once("for_you", lambda: self._voices(known))

    def _voices(self, known: Known) -> Choir:
        products = known.products
        history = known.habits(self.history_half_life_days)
        together = BoughtTogether(damping=0.2, half_life_days=365, width=NOMINATED)
        company_ = known.once("company", lambda: sheets(known, [together])[0].matrix(products))
        own = {name: known.habits(days) for name, days in _OWN.items()}
        rebuy = rebuy_rate(known.habits(), SMOOTHING)
        wanted = demand(known) ** Repurchase().season
        alike = likeness(known).power(4)  # many faint likenesses must not outshout a close one
        voices: dict[str, Voice] = {name: reading(matrix) for name, matrix in own.items()}
        voices["own rebuy"] = reading((own["own 120"] @ sparse.diags_array(rebuy)).tocsr())
        voices["own wanted"] = reading((own["own 120"] @ sparse.diags_array(wanted)).tocsr())
        voices["own due"] = reading(Repurchase().due(known))
        voices["own rate"] = reading(_rates(known))
        voices["own clock"] = reading(Clock().due(known))
        for name, days in _TASTE.items():
            taste = known.habits(days).copy()
            taste.data = np.minimum(taste.data, 1)  # a staple is liked, not thirty times over
            voices[name] = _spread(taste, *ease(taste, self.ridge))
        voices["company"] = lambda rows: (history[rows] @ company_).tocsr()
        kin = _kin(known)
        voices["kin"] = lambda rows: (history[rows] @ kin).tocsr()
        voices["alike"] = lambda rows: (history[rows] @ alike).tocsr()
        of = kind(known)
        wished, leading = (history @ members(of)).tocsr(), leaders(known, of, 30.0, NOMINATED)
        voices["kinds"] = lambda rows: (wished[rows] @ leading).tocsr()
        voices["personal"] = _svd(known)
        voices = {**wishes_of_views(known), **voices}
        return Choir(
            products=products,
            voices=voices,
            everywhere={
                **{name: known.popularity(days) for name, days in _POPULAR.items()},
                **{name: found_lately(known, days) for name, days in _FOUND.items()},
            },
            barred=lambda rows: sparse.csr_array((len(rows), products), dtype=np.float32),
            listable=known.catalogue.recommendable,
            circumstances=of_customers(known),
        )


def _svd(known: Known) -> Voice:
    personal = Personal(width=NOMINATED, max_ratings=80_000, active_days=3_650)

    def voice(rows: Rows) -> sparse.csr_array:
        return known.once("svd", lambda: personal.sheet(known).matrix(known.products))[rows]

    return voice


def _kin(known: Known) -> sparse.csr_array:
    """A random walk from product to customer to product, popularity damped (RP3beta).

    Where all histories hold more than `WALKS` pairs together, the long ones are thinned.
    """
    held = known.habits(3_650.0).copy()
    held.data = np.ones_like(held.data)
    held = thinned(held, affordable(np.diff(held.indptr), WALKS))
    weight = 1 / np.maximum(np.diff(held.indptr), 1)
    buyers = np.bincount(held.indices, minlength=known.products)
    listable = (
        np.where(buyers > 0, np.maximum(buyers, 1) ** -0.4, 0) * known.catalogue.recommendable
    )
    score = Score(0, listable, np.maximum(buyers, 1).astype(np.float64))
    (sheet,) = company(held, packed(held, weight[None, :]), [score], NOMINATED)
    return sheet.matrix(known.products)


def _rates(known: Known) -> sparse.csr_array:
    """Orders with it to be expected in the next month, each product's habits drawn to its own."""
    times = known.habits()
    first = first_bought(known)
    age = np.maximum((known.now_s - first.data) / DAY_S, 1.0)
    again = np.bincount(times.indices, weights=times.data - 1, minlength=known.products)
    exposed = np.bincount(times.indices, weights=age, minlength=known.products)
    usual = (again + 0.01) / (exposed + 1)
    prior = 30.0
    rate = times.copy()
    rate.data = (times.data - 1 + prior * usual[times.indices]) / (age + prior)
    return rate


def _without_owned(choir: Choir, times: sparse.csr_array) -> Choir:
    return replace(choir, barred=reading(times))


def _spread(taste: sparse.csr_array, weights: NDArray[np.float32], kept: Rows) -> Voice:
    """EASE's prediction for a few customers at a time: dense, so never for all at once."""
    heard = taste[:, kept].astype(np.float32).tocsr()

    def voice(rows: Rows) -> NDArray[np.float32]:
        said = np.zeros((len(rows), taste.shape[1]), dtype=np.float32)
        said[:, kept] = heard[rows] @ weights
        return said

    return voice


def _add_evidence(sheet: Sheet, times: sparse.csr_array) -> None:
    """Upper half: how often the customer ordered it. Lower half: never, by construction."""
    row, place = np.nonzero(sheet.product[: times.shape[0]] >= 0)
    count = times[row, sheet.product[row, place]]
    sheet.support[row, place] = np.asarray(count).ravel().astype(np.int32)
    sheet.strength[:] = sheet.score
