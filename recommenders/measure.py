"""How good would each shelf have been in this shop's most recent weeks?

The whole chain as it would be served (`choose.py`, the same functions) answers the questions of
`questions.py`, beside each strategy alone, the bestseller list, and a peer that is hard to beat.
Whether that is good enough to go live is `gate.py`'s to decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from recommenders.bestseller import Bestseller
from recommenders.chains import REPEATS, chain
from recommenders.choose import Ask, card_keys, choose, rank
from recommenders.groups import groups
from recommenders.questions import Question, Window, as_of, questions
from recommenders.registry import RECOMMENDERS, Recommender
from recommenders.repurchase import Repurchase
from store.records import Card, Catalogue, Entry, Interactions, Lists, Measure, Placement

K = 10
GAIN = "ndcg@10 - bestsellers"  # the metric that the gate reads
SHELF, BESTSELLERS = "shelf", "bestsellers"
# A peer that is no strategy of ours: how often the customer bought each product, nothing else
# (the tiny power of demand only orders equal counts). Most models cannot beat it.
OWN_FREQUENCY = Repurchase(half_life_days=1e6, trust=0, season=1e-6, active_days=100_000)


@dataclass(frozen=True)
class Trial:
    """One placement's backtest. `gain` is the shelf's NDCG@10 minus that of bestsellers."""

    placement: Placement
    measures: tuple[Measure, ...]
    gain: Measure
    queries: int
    cut_s: int

    def value(self, strategy: str, metric: str = "ndcg@10") -> float:
        """One figure: `trial.value("shelf", "coverage@10")`."""
        found = (m.value for m in self.measures if (m.strategy, m.metric) == (strategy, metric))
        return next(found)


@dataclass(frozen=True)
class Protocol:
    """How a backtest is run; every number here is the same for all shops."""

    window: Window = field(default_factory=Window)
    most_questions: int = 3_000  # per placement; more narrow the interval little and cost time
    resamples: int = 1_000  # of the bootstrap: its 2.5 % ends are then good to about 4 %
    seed: int = 20_240_501


def backtest(
    interactions: Interactions,
    catalogue: Catalogue,
    now_s: int,
    recommenders: Sequence[Recommender] = RECOMMENDERS,
    protocol: Protocol | None = None,
) -> list[Trial]:
    """Fit on what was known before the cut, then ask what shoppers asked since."""
    protocol = protocol or Protocol()
    split = protocol.window.split(interactions, now_s)
    then = as_of(catalogue, split)
    book = ListBook(then, [r.fit(split.train, then, split.cut_s) for r in recommenders])
    fallback = Bestseller().fit(split.train, then, split.cut_s)
    habit = OWN_FREQUENCY.fit(split.train, then, split.cut_s)
    peers = ListBook(then, [habit, fallback])
    asked = questions(split, catalogue, protocol.most_questions, protocol.seed)
    cards = cards_of(then)
    return [
        _trial(placement, asked[placement], book, peers, cards, split.cut_s, protocol)
        for placement in asked
        if asked[placement]
    ]


class ListBook(Mapping[str, Sequence[Entry]]):
    """Fitted lists by name, as the store would hand them to `rank`; each unpacked when asked."""

    def __init__(self, catalogue: Catalogue, fitted: Sequence[Lists]) -> None:
        self.keys_of = catalogue.keys
        self.strategies = frozenset(lists.strategy for lists in fitted)
        self.place = {name: (lists, i) for lists in fitted for i, name in enumerate(lists.slots)}
        self.read: dict[str, list[Entry]] = {}

    def __getitem__(self, name: str) -> list[Entry]:
        if name not in self.read:
            lists, row = self.place[name]
            n = int((lists.product[row] >= 0).sum())
            columns = (
                self.keys_of[lists.product[row, :n]],
                lists.score[row, :n],
                lists.support[row, :n],
                lists.strength[row, :n],
            )
            self.read[name] = [Entry(*e) for e in zip(*(c.tolist() for c in columns), strict=True)]
        return self.read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.place)

    def __len__(self) -> int:
        return len(self.place)


def cards_of(catalogue: Catalogue) -> dict[int, Card]:
    """Cards without looks: what `choose` needs to know of each product."""
    keys = catalogue.keys.tolist()
    rows = zip(keys, catalogue.recommendable.tolist(), groups(catalogue).tolist(), strict=True)
    return {key: Card(key, str(key), sellable, group, "{") for key, sellable, group in rows}


Answer = Callable[[Ask], Sequence[int]]  # the products shown, best first


def answerer(book: ListBook, cards: Mapping[int, Card], strategies: frozenset[str]) -> Answer:
    """The shelf with these strategies live, as a function of what it is asked."""

    def answer(ask: Ask) -> Sequence[int]:
        candidates = rank(ask, strategies, book)
        read = {key: cards[key] for key in card_keys(ask, candidates)}
        return [r.product for r in choose(ask, candidates, read)]

    return answer


def _trial(
    placement: Placement,
    asked: Sequence[Question],
    book: ListBook,
    peers: ListBook,
    cards: Mapping[int, Card],
    cut_s: int,
    protocol: Protocol,
) -> Trial:
    parts = {part.strategy for step in chain(placement) for part in step} - REPEATS
    bestsellers = answerer(peers, cards, frozenset({"bestseller"}))
    contenders: dict[str, Answer] = {
        SHELF: answerer(book, cards, book.strategies),
        BESTSELLERS: lambda ask: bestsellers(replace(ask, placement="bestsellers", category=None)),
    }
    for strategy in sorted((parts & book.strategies) - {"bestseller"}):
        alone = answerer(book, cards, frozenset({strategy}))
        if any(alone(question.ask) for question in asked[:50]):  # silent without a session
            contenders[strategy] = alone

    if placement == "you_might_like":
        contenders["own frequency"] = answerer(peers, cards, peers.strategies)

    sellable = sum(card.sellable for card in cards.values())
    scores = {name: score(answer, asked) for name, answer in contenders.items()}
    weights = _resamples(len(asked), protocol)
    measures = [
        _measured(placement, name, metric, values, weights)
        for name, scored in scores.items()
        for metric, values in scored.per_question.items()
    ]
    for name, scored in scores.items():
        covered = len(scored.shown) / max(sellable, 1)
        measures.append(Measure(placement, name, f"coverage@{K}", covered, queries=len(asked)))
    ndcg = f"ndcg@{K}"
    difference = scores[SHELF].per_question[ndcg] - scores[BESTSELLERS].per_question[ndcg]
    gain = _measured(placement, SHELF, GAIN, difference, weights)
    return Trial(placement, tuple(measures), gain, len(asked), cut_s)


@dataclass(frozen=True)
class Scores:
    """One contender's figures, question by question, and every product it showed."""

    per_question: Mapping[str, NDArray[np.float64]]
    shown: frozenset[int]


def score(answer: Answer, asked: Sequence[Question]) -> Scores:
    """NDCG, hit rate and recall at 10 of each question.

    NDCG@10 = sum over hits of 1 / log2(rank + 1), over that of a perfect list of the same length.
    """
    discount = 1 / np.log2(np.arange(2, K + 2))
    ideal = np.cumsum(discount)
    hits = np.zeros((len(asked), K))
    right = np.array([len(q.right) for q in asked], dtype=np.int64)
    shown: set[int] = set()
    for i, question in enumerate(asked):
        products = answer(question.ask)[:K]
        shown.update(products)
        for place, product in enumerate(products):
            hits[i, place] = product in question.right
    return Scores(
        {
            f"ndcg@{K}": hits @ discount / ideal[np.minimum(right, K) - 1],
            f"hr@{K}": hits.max(axis=1, initial=0),
            f"recall@{K}": hits.sum(axis=1) / right,
        },
        frozenset(shown),
    )


def _resamples(questions_: int, protocol: Protocol) -> NDArray[np.float32]:
    """How often each question is drawn in each resample, as shares: one row per resample.

    The same draws serve every contender, which is what makes differences paired.
    """
    random = np.random.default_rng(protocol.seed)
    even = np.full(questions_, 1 / questions_)
    return (random.multinomial(questions_, even, protocol.resamples) / questions_).astype(
        np.float32
    )


def _measured(
    placement: Placement,
    name: str,
    metric: str,
    values: NDArray[np.float64],
    weights: NDArray[np.float32],
) -> Measure:
    low, high = np.quantile(weights @ values, (0.025, 0.975))
    return Measure(
        placement, name, metric, float(values.mean()), float(low), float(high), len(values)
    )
