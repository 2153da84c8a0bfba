"""Which products keep this product company, when every simple opinion is heard?

The ensemble for a product's page. Its voices are other recommenders' scores; which to believe is
learned from the shop's own last windows (`study.py`, `learn.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommenders.bought_together import BoughtTogether, add_evidence, sheets
from recommenders.choose import Ask
from recommenders.circumstances import OF_ORDERS, of_products
from recommenders.clicks import OF_CLICKS, company_of_clicks
from recommenders.expected import Expected
from recommenders.kinds import band, kind, leaders
from recommenders.known import Known
from recommenders.learn import Lesson, Mind, learn
from recommenders.questions import Question, Split, also_bought
from recommenders.ranked import Sheet, best
from recommenders.study import Minds, Study, study
from recommenders.visits import BOUGHT_AFTER, OF_PRODUCTS, company_of_views, viewed_together
from recommenders.voices import NOMINATED, Choir, Rows, Table, Voice, table
from store.records import LIST_WIDTH, SHARED_VISITS, Catalogue, Lists, Strategy, slot

# Each is the co-purchase formula at another of its extremes: all that was ever bought together,
# what is lately, popularity damped, each order with one vote (a random walk over baskets).
_TOGETHER = {
    "together": BoughtTogether(damping=0, half_life_days=365, width=NOMINATED),
    "lately": BoughtTogether(damping=0, half_life_days=60, width=NOMINATED),
    "damped": BoughtTogether(damping=0.3, half_life_days=365, width=NOMINATED),
    "walk": BoughtTogether(damping=0.3, size_discount=1, half_life_days=365, width=NOMINATED),
}
_POPULAR = {"popular 7": 7.0, "popular 30": 30.0, "popular 120": 120.0}
NAMES = (
    *_TOGETHER,
    "expected",
    "similar",
    "bridged",
    "popular of kind",
    "popular at price",
    *_POPULAR,
)
# Used as they are where a shop has too little history to learn from: what was bought with it, drawn
# towards what sells; of near equals what is alike.
PRIOR = {"expected": 1.0, "similar": 0.2}
# For a product that was never bought with another: what looks alike, what that is bought with, and
# what sells, each as loud. Titles may be telling or mere codes; nobody knows yet.
PRIOR_NEW = {"similar": 1.0, "bridged": 1.0, "popular 30": 1.0}
TASKS = {"blend": PRIOR, "blend:new": PRIOR_NEW}
_HARDLY_ANY = 0.01  # the P(b | a) of a product that was never bought with another


@dataclass(frozen=True)
class Blend:
    """score(a -> b) = sum over the voices of weight * said(a, b), each voice's loudest word 1

    Voices: four settings of co-purchase; the same drawn to what sells (`expected.py`); attribute
    likeness; `bridged`, the company of what looks alike; popularity of the last week, month and
    third of a year, and of the last month among its own kind and in its price band; where they are
    known, what is looked at in the same visit and what is bought after looking (`visits.py`), and
    what is clicked and put into the cart on the product's page (`clicks.py`). Whom to believe is
    learned (see `learn.py` for how and against what), apart for products that were never bought
    with another: known ones are asked about as if nobody knew their orders. EASE on baskets was
    tried as a voice: it added nothing to these and cost more than all of them.
    Evidence: as for `bought_together` where the two were ever bought together; else `strength` is
    0 and `support` holds the SHARED_* bits of `similar`, and SHARED_VISITS; 0 where they share
    nothing we know of.
    Cost: the voices once for each of three windows and once for today.
    """

    strategy: Strategy = "blend"
    most_questions: int = 3_000  # per window: as many as trees hear
    # The lists of so many products take five minutes of CPU; of more, those that sell most get a
    # blend, the others are answered by plain co-purchase and likeness.
    most_products: int = 150_000
    new_questions: int = 500  # of these, asked again as if their product were new
    seed: int = 20_240_501
    width: int = LIST_WIDTH
    chunk_rows: int = 512

    def fit(self, known: Known) -> Lists:
        """One list for each product that any voice has something to say about."""
        return self.answer(known, study([self], known).teach(self))

    def answer(self, known: Known, minds: Minds, asks: Sequence[Ask] | None = None) -> Lists:
        """The same with what was learned before, for all products or those that are asked about."""
        slots = [slot(self.strategy, int(k)) for k in known.catalogue.keys]
        sheet = Sheet(known.products, self.width)
        if not known.products or not len(known.interactions.product):
            return sheet.lists(self.strategy, slots)
        choir = self._choir(known)
        wanted = np.arange(known.products)
        if asks is not None:
            named = (key for ask in asks for key in (ask.product, *ask.recent, *ask.cart))
            keys = {key for key in named if key is not None}
            wanted = np.flatnonzero(np.isin(known.catalogue.keys, list(keys)))
        spoken_for = _selling_most(known, _spoken_for(choir, wanted), self.most_products)
        for start in range(0, len(spoken_for), self.chunk_rows):
            rows = spoken_for[start : start + self.chunk_rows]
            new = np.diff(_together(known)["together"][rows].indptr) == 0
            for task, speaking, some in (
                ("blend", choir, rows[~new]),
                ("blend:new", _without_company(choir), rows[new]),
            ):
                if len(some):
                    fill(sheet, some, table(speaking, some), minds[task])
        _calibrate(sheet, _together(known)["together"])
        add_evidence(sheet, known)
        _add_likeness(sheet, known.looks.nearest)
        _add_visits(sheet, known)
        return sheet.lists(self.strategy, slots)

    def questions(self, split: Split, catalogue: Catalogue) -> Mapping[str, Sequence[Question]]:
        """One product of an order is given, the rest of it is right; known or as if it were new."""
        asked = also_bought(split, catalogue, self.most_questions, self.seed)
        return {"blend": asked, "blend:new": asked[:: -(-len(asked) // self.new_questions) or 1]}

    def lesson(self, known: Known, task: str, asked: Sequence[Question]) -> Lesson:
        """What the voices said, at that instant, of these questions' products."""
        index: dict[int | None, int] = {k: i for i, k in enumerate(known.catalogue.keys.tolist())}
        rows = np.array([index[q.ask.product] for q in asked], dtype=np.intp)
        choir = self._choir(known)
        if task == "blend:new":
            choir = _without_company(choir)
        return lesson(table(choir, rows), known.catalogue, asked)

    def taught(self, study: Study) -> Minds:
        """Whom to believe."""
        clicks, views = OF_CLICKS if study.clicks else (), OF_PRODUCTS if study.page_views else ()
        names = (*clicks, *views, *NAMES)
        return {
            task: learn(study.lessons.get(task, ()), names, prior, study.minds.get(task))
            for task, prior in TASKS.items()
        }

    def _choir(self, known: Known) -> Choir:
        own = sparse.eye_array(known.products, format="csr", dtype=np.float32)
        together, alike = _together(known), likeness(known)
        said = {**company_of_clicks(known), **company_of_views(known), **together}
        voices: dict[str, Voice] = {name: reading(matrix) for name, matrix in said.items()}
        voices["expected"] = Expected().voice(known)
        voices["similar"] = reading(alike)
        # Each product's company speaks for those that look like it, the closest the loudest.
        bridge = together["damped"].copy()
        voices["bridged"] = lambda rows: (alike.power(4)[rows] @ bridge).tocsr()
        for name, group in (("of kind", kind(known)), ("at price", band(known))):
            voices[f"popular {name}"] = _selling(known, group)
        return Choir(
            products=known.products,
            voices=voices,
            everywhere={name: known.popularity(days) for name, days in _POPULAR.items()},
            barred=lambda rows: own[rows],  # a product keeps no company with itself
            listable=known.catalogue.recommendable,
            circumstances=of_products(known, together["together"]),
        )


def _selling_most(known: Known, rows: Rows, most: int) -> Rows:
    return np.sort(rows[np.lexsort((rows, -known.popularity(120.0)[rows]))[:most]])


def _selling(known: Known, group: NDArray[np.int64]) -> Voice:
    """What sells of a product's own kind, or in its price band."""
    leading = leaders(known, group, 30.0, NOMINATED)
    return lambda rows: leading[group[rows]]


def _without_company(choir: Choir) -> Choir:
    """As of a product without orders: whatever it was bought with, nobody tells.

    Nor what was bought by those who looked at it: they may have bought it, too. Nor what was
    clicked on its page: what stood there came of its orders.
    """
    of_orders = {*_TOGETHER, "expected", BOUGHT_AFTER, *OF_CLICKS}

    def silent(rows: Rows) -> sparse.csr_array:
        return sparse.csr_array((len(rows), choir.products), dtype=np.float32)

    voices = {name: silent if name in of_orders else v for name, v in choir.voices.items()}
    told = {name: c for name, c in choir.circumstances.items() if name not in OF_ORDERS}
    return replace(choir, voices=voices, circumstances=told)


def _together(known: Known) -> dict[str, sparse.csr_array]:
    """The four settings of co-purchase, products by products."""

    def make() -> dict[str, sparse.csr_array]:
        found = zip(_TOGETHER, sheets(known, list(_TOGETHER.values())), strict=True)
        return {name: sheet.matrix(known.products) for name, sheet in found}

    return known.once("together", make)


def likeness(known: Known) -> sparse.csr_array:
    """How alike products look, products by products."""
    return known.once("alike", lambda: known.looks.nearest.matrix(known.products))


def _spoken_for(choir: Choir, rows: Rows) -> Rows:
    """The rows that any voice speaks about; what merely sells is no answer to any product."""
    said = np.zeros(len(rows), dtype=np.int64)
    for name in {*_TOGETHER, "similar", *OF_PRODUCTS, *OF_CLICKS} & choir.voices.keys():
        said += np.diff(sparse.csr_array(choir.voices[name](rows)).indptr)
    return rows[said > 0]


def _calibrate(sheet: Sheet, together: sparse.csr_array) -> None:
    """Scale each list so that its best product scores as the row's highest P(b | a).

    Every row's loudest word was 1; where lists of several products are added up (a cart), one
    with much company must speak louder than one with hardly any.
    """
    highest = np.maximum(together.max(axis=1).toarray().ravel(), _HARDLY_ANY)
    best_score = np.maximum(sheet.score[:, :1], 1e-12)
    sheet.score *= (highest[:, None] / best_score).astype(np.float32)


def _add_likeness(sheet: Sheet, near: Sheet) -> None:
    """Where two were never bought together, the evidence is what they have in common."""
    row, place = np.nonzero((sheet.product >= 0) & (sheet.strength == 0))
    if len(row):
        same = near.product[row] == sheet.product[row, place][:, None]
        sheet.support[row, place] = np.where(same, near.support[row], 0).sum(axis=1)


def _add_visits(sheet: Sheet, known: Known) -> None:
    """... and that people look at both in one visit, where they do."""
    if known.page_views is None:
        return
    row, place = np.nonzero((sheet.product >= 0) & (sheet.strength == 0))
    if len(row):
        seen = viewed_together(known)[row, sheet.product[row, place]]
        sheet.support[row, place] |= np.where(np.asarray(seen).ravel() > 0, SHARED_VISITS, 0)


# --- shared with `for_you.py` ---------------------------------------------------------------------


def reading(matrix: sparse.csr_array) -> Voice:
    """A voice that reads its words off a finished matrix."""
    return lambda rows: matrix[rows]


def lesson(said: Table, catalogue: Catalogue, asked: Sequence[Question]) -> Lesson:
    """Mark, among the candidates of each question, those that were then bought."""
    index = {key: i for i, key in enumerate(catalogue.keys.tolist())}
    width = len(catalogue)
    bought = np.unique([i * width + index[key] for i, q in enumerate(asked) for key in q.right])
    cells = np.arange(len(asked))[:, None] * width + said.product
    right = np.isin(cells, bought) & (said.product >= 0)
    return Lesson(said, right, np.array([len(q.right) for q in asked], dtype=np.int64))


def fill(sheet: Sheet, rows: Rows, said: Table, mind: Mind, names: Rows | None = None) -> None:
    """Rank each row's candidates by the blend; only what some believed voice named is listed."""
    scores = np.where(said.product >= 0, mind.scores(said), -np.inf).astype(np.float32)
    top = best(scores, said.product, sheet.width)
    for i, row in enumerate(rows if names is None else names):
        listed = top[i][scores[i, top[i]] > 0]
        sheet.fill(int(row), said.product[i, listed], scores[i, listed])
