"""How good would each shelf have been in this shop's most recent weeks?

The whole chain as it would be served (`answers.py`) answers the questions of `questions.py`, beside
each strategy alone, the bestseller list, the model that is live, and a peer that is hard to beat;
`scoring.py` says how well. Whether that is good enough to go live is `gate.py`'s to decide; whom
else it serves well is `fairness.py`'s to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from recommenders.answers import Answer, ListBook, answerer, cards_of
from recommenders.audit import leaks
from recommenders.bestseller import Bestseller
from recommenders.chains import REPEATS, chain
from recommenders.fairness import Audience, spread
from recommenders.known import Known
from recommenders.questions import Question, Split, Window, as_of, questions
from recommenders.registry import RECOMMENDERS, Recommender
from recommenders.repurchase import Repurchase
from recommenders.scoring import NDCG, K, Scores, measured, resamples, score
from recommenders.study import Ensemble, Study, study
from store.records import Card, Entry, Measure, Placement

SHELF, BESTSELLERS, LIVE, OWN = "shelf", "bestsellers", "live model", "own frequency"
GAIN = f"{NDCG} - {BESTSELLERS}"  # the metric that the gate reads
OWN_GAIN = f"{NDCG} - {OWN}"  # ... and, where a customer is asked about, this one
# A peer that is no strategy of ours: how often the customer bought each product, nothing else
# (the tiny power of demand only orders equal counts). Most models cannot beat it.
OWN_FREQUENCY = Repurchase(half_life_days=1e6, trust=0, season=1e-6, active_days=100_000)


@dataclass(frozen=True)
class Trial:
    """One placement's backtest. `gain` is the shelf's NDCG@10 minus that of bestsellers, `gains`
    also those over the other peers there are."""

    placement: Placement
    measures: tuple[Measure, ...]
    gain: Measure
    queries: int
    cut_s: int
    gains: tuple[Measure, ...] = ()
    leaks: frozenset[str] = frozenset()  # strategies that know the weeks they are judged by

    def value(self, strategy: str, metric: str = NDCG) -> float:
        """One figure: `trial.value("shelf", "coverage@10")`."""
        found = (m.value for m in self.measures if (m.strategy, m.metric) == (strategy, metric))
        return next(found)

    def over(self, peer: str) -> Measure | None:
        """The shelf's gain over a peer, where that peer was there."""
        name = f"{NDCG} - {peer}"
        return next((m for m in (self.gain, *self.gains) if m.metric == name), None)


@dataclass(frozen=True)
class Protocol:
    """How a backtest is run; every number here is the same for all shops."""

    window: Window = field(default_factory=Window)
    most_questions: int = 2_000  # per placement; more narrow the interval little and cost time
    alone_questions: int = 800  # by which each strategy alone is measured: it decides nothing
    resamples: int = 1_000  # of the bootstrap: its 2.5 % ends are then good to about 4 %
    seed: int = 20_240_501


@dataclass(frozen=True)
class Backtest:
    """What was measured, and the lessons of it all: the next model learns from them, too."""

    trials: list[Trial]
    study: Study
    cut_s: int


# Placement -> the lists that are live there, and which strategies of them are served.
Live = Mapping[Placement, tuple[Mapping[str, Sequence[Entry]], frozenset[str]]]
# What is live, by the instant whose later orders are asked about: only what cannot know them.
LiveAt = Callable[[int], Live]


def backtest(
    known: Known,
    recommenders: Sequence[Recommender] = RECOMMENDERS,
    protocol: Protocol | None = None,
    live: LiveAt | None = None,
) -> Backtest:
    """Fit on what was known before the cut, then ask what shoppers asked since."""
    protocol = protocol or Protocol()
    split = protocol.window.split(known.interactions, known.now_s)
    then = known.at(split.cut_s, as_of(known.catalogue, split))
    asked = questions(split, then.catalogue, protocol.most_questions, protocol.seed)
    asks = [question.ask for found in asked.values() for question in found]
    ensembles = [r for r in recommenders if isinstance(r, Ensemble)]
    past = study(ensembles, then)
    fitted = [
        r.answer(then, past.teach(r), asks) if isinstance(r, Ensemble) else r.fit(then)
        for r in recommenders
    ]
    book = ListBook(then.catalogue, fitted)
    peers = ListBook(then.catalogue, [OWN_FREQUENCY.fit(then), Bestseller().fit(then)])
    leaked = leaks(fitted, then)
    stage = _Stage(then, split, book, peers, cards_of(then.catalogue), protocol, leaked)
    lived = live(split.cut_s) if live else {}
    trials = [stage.trial(placement, found, lived) for placement, found in asked.items() if found]
    past.add(ensembles, then, split)
    then.forget()
    return Backtest(trials, past, split.cut_s)


@dataclass(frozen=True)
class _Stage:
    """Everything a trial is played on."""

    then: Known
    split: Split
    book: ListBook
    peers: ListBook
    cards: Mapping[int, Card]
    protocol: Protocol
    leaked: frozenset[str]

    def trial(
        self,
        placement: Placement,
        asked: Sequence[Question],
        live: Live,
    ) -> Trial:
        """One placement: who foresaw what."""
        contenders = self._contenders(placement, asked)
        if placement in live:
            lists, strategies = live[placement]
            contenders[LIVE] = answerer(lists, self.cards, strategies)
        scores = {name: score(answer, asked) for name, answer in contenders.items()}
        weights = self._draws(len(asked))
        measures = [
            measured(placement, name, metric, values, weights)
            for name, scored in scores.items()
            for metric, values in scored.per_question.items()
        ]
        audience = Audience(self.then)
        for name, scored in scores.items():
            for metric, value in spread(scored.shown, self.then, K).items():
                measures.append(Measure(placement, name, metric, value, queries=len(asked)))
        if placement == "you_might_like":
            for group, members in audience.groups(asked).items():
                measures += self._of_group(placement, group, members, scores)
        measures += self._alone(placement, asked)
        shelf = scores[SHELF].per_question[NDCG]
        gains = [
            measured(placement, SHELF, f"{NDCG} - {peer}", shelf - of.per_question[NDCG], weights)
            for peer, of in scores.items()
            if peer != SHELF
        ]
        gain = next(g for g in gains if g.metric == GAIN)
        rest = tuple(g for g in gains if g.metric != GAIN)
        used = {part.strategy for step in chain(placement) for part in step}
        return Trial(
            placement,
            tuple(measures),
            gain,
            len(asked),
            self.split.cut_s,
            rest,
            self.leaked & used,
        )

    def _draws(self, questions: int) -> NDArray[np.float32]:
        return resamples(questions, self.protocol.resamples, self.protocol.seed)

    def _contenders(self, placement: Placement, asked: Sequence[Question]) -> dict[str, Answer]:
        bestsellers = answerer(self.peers, self.cards, frozenset({"bestseller"}))
        contenders: dict[str, Answer] = {
            SHELF: answerer(self.book, self.cards, self.book.strategies),
            BESTSELLERS: lambda ask: bestsellers(
                replace(ask, placement="bestsellers", category=None)
            ),
        }
        if placement == "you_might_like":
            contenders[OWN] = answerer(self.peers, self.cards, self.peers.strategies)
        return contenders

    def _alone(self, placement: Placement, asked: Sequence[Question]) -> list[Measure]:
        """Each strategy of the chain without the others, by every n-th question."""
        parts = {part.strategy for step in chain(placement) for part in step} - REPEATS
        step = -(-len(asked) // self.protocol.alone_questions)
        some = asked[::step]
        weights = self._draws(len(some))
        found = []
        for strategy in sorted((parts & self.book.strategies) - {"bestseller"}):
            scored = score(answerer(self.book, self.cards, frozenset({strategy})), some)
            if scored.shown:  # some say nothing without a session
                found += [
                    measured(placement, strategy, metric, values, weights)
                    for metric, values in scored.per_question.items()
                ]
                for metric, value in spread(scored.shown, self.then, K).items():
                    found.append(Measure(placement, strategy, metric, value, queries=len(some)))
        return found

    def _of_group(
        self,
        placement: Placement,
        group: str,
        members: NDArray[np.intp],
        scores: Mapping[str, Scores],
    ) -> list[Measure]:
        """NDCG@10 for some of the questions only."""
        weights = self._draws(len(members))
        return [
            measured(placement, name, f"{NDCG}, {group}", of.per_question[NDCG][members], weights)
            for name, of in scores.items()
        ]
