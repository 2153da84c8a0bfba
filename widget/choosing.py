"""Which products does a question in the shop's own ids get, by one plan or several?

A shelf is the two reads of `store.reads.shelf` with `choose.rank` between them and `choose.choose`
behind; the widget's answers and `flask recommend` come by here. The question, and what it wants
read, are `asked.py`'s; experiments, tokens and JSON `answer.py`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import structlog

from recommenders import choose
from store.reads import shelf as reads
from store.reads.literal import Reader
from store.reads.shop_config import ShopConfig
from store.records import LIST_WIDTH, Arm, Recommendation
from widget import asked as asking
from widget.asked import Asked, Plan, Wanted
from widget.metrics import count_unreadable

log = structlog.get_logger()

# One candidate more than a shelf shows is looked at first, and another for every six: lists are
# made of what can be sold, so until the next training little of it is gone, and near-duplicates are
# few. Where these are not enough, all are looked at, in as many statements again.
SPARE_OF = 6
# More candidates than all lists of a chain can name.
EVERY = 10_000


class Recommended(NamedTuple):
    shelves: list[list[Recommendation]]  # of each plan
    arms: Mapping[int, Arm]  # experiment -> the visitor's stored arm, of those that were asked for
    page: int | None  # the product of the page, by the store's key


def recommend(
    connection: Reader, config: ShopConfig, asked: Asked, plans: Sequence[Plan]
) -> Recommended:
    """The shelf of each plan, for one question: two statements where they share a model and the
    first lists of its chain fill it."""
    look = _Look(connection, config, asked, plans)
    if not look.picky:
        ranked = look.rank()
        shelves = look.choose(ranked)
        if not any(map(_short, shelves, ranked)):
            return Recommended(shelves, look.arms, look.page)
    ranked = look.rank(choose.deepest(max(plan.limit for plan in plans)))
    shelves = look.choose(ranked)
    if any(one.cut and not shelf for shelf, one in zip(shelves, ranked, strict=True)):
        # Nothing of what stands in front can be sold. What stands behind decides whether there is
        # a shelf at all, for both arms of a test alike, however deep each of them looks.
        shelves = look.choose(look.rank(EVERY))
    return Recommended(shelves, look.arms, look.page)


class _Ranked(NamedTuple):
    plan: Plan
    ask: choose.Ask
    lists: reads.Packed
    candidates: Sequence[choose.Candidate]
    newcomers: Sequence[choose.Candidate]
    cut: bool  # whether there may be more of them


def _short(shelf: Sequence[Recommendation], ranked: _Ranked) -> bool:
    return len(shelf) < ranked.ask.limit and ranked.cut


class _Look:
    """One question's look at the store, by all its plans at once."""

    def __init__(
        self, connection: Reader, config: ShopConfig, asked: Asked, plans: Sequence[Plan]
    ) -> None:
        self.connection, self.config, self.asked, self.plans = connection, config, asked, plans
        self.arms: Mapping[int, Arm] = {}
        self.page: int | None = None
        self.model = plans[0].model
        served = tuple([(it.strategies, it.seen) for it in plans if it.model == self.model])
        # Variety and what is tried are looked for among all that may be shown.
        self.picky = tries = False
        for plan in plans:
            tries = tries or plan.trying is not None
            self.picky = self.picky or tries or plan.variety > 0
        # Whose lists are read: of all strategies, or first of those that mostly fill a shelf.
        self.every = self.first = asking.every(asked.placement, served, asked.novel)
        if len(served) == len(plans):
            by_page = bool(asked.product)
            self.first = asking.first(asked.placement, served, asked.novel, by_page, tries)

    def rank(self, most: int | None = None) -> list[_Ranked]:
        """At most so many candidates of each plan; None: a few more than its shelf shows."""
        named = 1 + len(self.asked.recent) + len(self.asked.cart)
        if self.first != self.every and (most or 0) <= named * LIST_WIDTH:
            ranked = self._rank(self.first, most)
            if all(one.cut for one in ranked):
                return ranked
        return self._rank(self.every, most)

    def _rank(self, wanted: Wanted, most: int | None) -> list[_Ranked]:
        asked, model = self.asked, self.model
        named = asked.named(wanted)
        found = reads.named_lists(self.connection, self.config.shop.id, model, named)
        self.arms = found.arms
        lists = found.lists
        effects = self.config.rules.on(asked.placement)
        asks = [asked.ask(found.known, effects, found.unwanted, plan) for plan in self.plans]
        self.page = asks[0].product
        if named.others and not all(product in found.known for product in named.anchors):
            # Behind an id that nobody knows (any more) stand others, whose lists were not read.
            lists = reads.lists(self.connection, model, choose.slots(asks[0], wanted.strategies))
        ranked = []
        for plan, ask in zip(self.plans, asks, strict=True):
            own = lists
            if plan.model != model:
                slots = choose.slots(ask, plan.strategies)
                own = reads.lists(self.connection, plan.model, slots)
            depth = most or plan.limit + 1 + plan.limit // SPARE_OF
            # What leads a shelf is told from its own lists, not from those of another that come
            # along: where its own are not enough, all are read.
            strategies = plan.strategies
            if wanted is not self.every:
                strategies = choose.leading(asked.placement, strategies, asked.novel)
            candidates = choose.rank(ask, strategies, own, depth, loosely=not plan.seen)
            newcomers: Sequence[choose.Candidate] = ()
            if ask.trying and choose.gives_way(candidates):
                near = reads.lists(self.connection, plan.model, choose.slots(ask, ()))
                newcomers = choose.newcomers(ask, near)
                _tell(plan, near)
            cut = len(candidates) == depth
            ranked.append(_Ranked(plan, ask, own, candidates, newcomers, cut))
        return ranked

    def choose(self, ranked: Sequence[_Ranked]) -> list[list[Recommendation]]:
        for plan, _, lists, *_ in ranked:
            _tell(plan, lists)
        every = chain.from_iterable(chain(one.candidates, one.newcomers) for one in ranked)
        keys = choose.card_keys(ranked[0].ask, every)
        cards = reads.cards(self.connection, keys, self.picky)
        return [choose.choose(one.ask, one.candidates, cards, one.newcomers) for one in ranked]


def _tell(plan: Plan, lists: reads.Packed) -> None:
    """Say once which lists were wanted and cannot be read."""
    if lists.unreadable:
        log.error("lists cannot be read", model=plan.model, lists=sorted(lists.unreadable))
        count_unreadable(len(lists.unreadable))
        lists.unreadable.clear()
