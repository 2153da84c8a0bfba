"""Which products does a question in the shop's own ids get, by one plan or several?

A shelf is the two reads of `store.reads.shelf` with `choose.rank` between them and `choose.choose`
behind; the widget's answers and `flask recommend` come by here. Experiments, tokens and JSON are
`answer.py`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import NamedTuple

import structlog

from recommenders import choose
from store.reads import shelf as reads
from store.reads.literal import Reader
from store.reads.shop_config import ShopConfig
from store.reads.shopper import Buyer
from store.records import LIST_WIDTH, NO_EFFECTS, Arm, Effects, Placement, Recommendation
from widget.metrics import count_unreadable

log = structlog.get_logger()

# A signed customer's newest purchases: enough for the lists that `choose` blends.
MOST_BOUGHT = 50


class Plan(NamedTuple):
    """Which model's lists make a shelf, of which of its strategies, and how it is to be."""

    model: int
    strategies: tuple[str, ...]
    limit: int
    visible: int | None = None  # how many of them the page shows; None: all
    variety: int = 0  # as the merchant wants it (`records.VARIETIES`)
    trying: choose.Trying | None = None
    seen: bool = True  # no: of this shelf only matters whether there is one, and what leads it


ANY = Plan(0, (), 1)


class Asked(NamedTuple):
    """A question in the shop's own ids, its customer known by the store's key."""

    placement: Placement
    product: str | None = None
    recent: tuple[str, ...] = ()
    cart: tuple[str, ...] = ()
    category: str | None = None  # None: the main one of the product
    buyer: Buyer | None = None
    novel: bool = False
    visitor: bytes | None = None  # the keyed digest
    tests: tuple[int, ...] = ()  # the experiments of which the visitor's stored arm is told

    def ask(
        self,
        known: Mapping[str, reads.Known],
        effects: Effects = NO_EFFECTS,
        unwanted: frozenset[int] = frozenset(),
        plan: Plan = ANY,
    ) -> choose.Ask:
        """The question in the store's keys, as a plan answers it; unknown ids fall away."""
        page = known.get(self.product) if self.product else None
        bought = self.buyer.bought if self.buyer else ()
        visible = plan.visible or plan.limit
        return choose.Ask(
            placement=self.placement,
            product=page.key if page else None,
            customer=self.buyer.customer if self.buyer else None,
            recent=tuple(known[i].key for i in self.recent if i in known and i != self.product),
            cart=tuple(known[i].key for i in self.cart if i in known),
            bought=bought[:MOST_BOUGHT],
            category=self.category or (page.category if page else None),
            limit=plan.limit,
            novel=self.novel,
            owned=frozenset(bought) if self.novel else frozenset(),
            category_name=page.category_name if page and not self.category else "",
            effects=effects,
            unwanted=unwanted,
            visible=visible,
            most_alike=choose.most_alike(visible, plan.variety),
            trying=plan.trying,
        )


# So many candidates more than a shelf shows are looked at first. Lists are made of what can be
# sold: until the next training little of it is gone, and near-duplicates are few. Where three are
# not enough, all are looked at, in as many statements again.
SPARE = 3
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
        served = tuple(plan.strategies for plan in plans if plan.model == self.model)
        # Whose lists are read: of all strategies, or first of those that mostly fill a shelf.
        self.every = tuple(chain.from_iterable(served))
        self.leading = self.every
        if len(served) == len(plans):
            self.leading = _leading(asked.placement, served, asked.novel)
        # Variety and what is tried are looked for among all that may be shown.
        self.picky = any(plan.trying or plan.variety for plan in plans)

    def rank(self, most: int | None = None) -> list[_Ranked]:
        """At most so many candidates of each plan; None: a few more than its shelf shows."""
        named = 1 + len(self.asked.recent) + len(self.asked.cart)
        if self.leading != self.every and (most or 0) <= named * LIST_WIDTH:
            ranked = self._rank(self.leading, most)
            if all(one.cut for one in ranked):
                return ranked
        return self._rank(self.every, most)

    def _rank(self, strategies: tuple[str, ...], most: int | None) -> list[_Ranked]:
        asked, model = self.asked, self.model
        named = _named(asked, strategies)
        found = reads.named_lists(self.connection, self.config.shop.id, model, named)
        self.arms = found.arms
        lists = found.lists
        effects = self.config.rules.on(asked.placement)
        asks = [asked.ask(found.known, effects, found.unwanted, plan) for plan in self.plans]
        self.page = asks[0].product
        if named.others and not all(product in found.known for product in named.anchors):
            # Behind an id that nobody knows (any more) stand others, whose lists were not read.
            lists = reads.lists(self.connection, model, choose.slots(asks[0], strategies))
        ranked = []
        for plan, ask in zip(self.plans, asks, strict=True):
            own = lists
            if plan.model != model:
                slots = choose.slots(ask, plan.strategies)
                own = reads.lists(self.connection, plan.model, slots)
            depth = most or plan.limit + SPARE
            candidates = choose.rank(ask, plan.strategies, own, depth, loosely=not plan.seen)
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


@cache
def _leading(
    placement: Placement, every: tuple[tuple[str, ...], ...], novel: bool
) -> tuple[str, ...]:
    """Whose lists mostly fill the shelves of several plans."""
    leading = (choose.leading(placement, strategies, novel) for strategies in every)
    return tuple(chain.from_iterable(leading))


def _named(asked: Asked, strategies: tuple[str, ...]) -> reads.Named:
    """What to read for a question before anything is known of its products."""
    wanted = choose.wanted(asked.placement, strategies, asked.novel)
    page = asked.product or None
    recent = [product for product in asked.recent if product != page]
    anchors: dict[str, None] = {}
    for source, products in (("recent", recent), ("cart", asked.cart)):
        if source in wanted:
            anchors |= dict.fromkeys(products[: choose.MOST_ANCHORS])
    of_anchors = dict.fromkeys((*wanted.get("recent", ()), *wanted.get("cart", ())))
    of_page = dict.fromkeys(wanted.get("product", ()))
    if page in anchors:  # what is on the page lies in the cart, too
        del anchors[page]
        of_page |= of_anchors
    others = dict.fromkeys((*recent, *asked.cart)).keys() - anchors.keys() - {page}
    return reads.Named(
        page=page,
        anchors=tuple(anchors),
        others=tuple(others),
        of_page=tuple(of_page),
        of_anchors=tuple(of_anchors),
        of_category=() if asked.category else wanted.get("category", ()),
        slots=_slots(asked, strategies)
        if asked.buyer
        else _shops_own(asked.placement, asked.category, asked.novel, strategies),
        visitor=asked.visitor,
        customer=asked.buyer.customer if asked.buyer else None,
        tests=asked.tests,
    )


def _slots(asked: Asked, strategies: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the lists for which no product must be looked up."""
    return tuple(choose.slots(asked.ask({}), strategies))


@lru_cache(maxsize=1_024)
def _shops_own(
    placement: Placement, category: str | None, novel: bool, strategies: tuple[str, ...]
) -> tuple[str, ...]:
    """The same for everybody who is no customer that we know."""
    return _slots(Asked(placement, category=category, novel=novel), strategies)
