"""Which products does a question in the shop's own ids get, by one plan or several?

A shelf is `reads.shelf_inputs` + `choose.choose`; the widget's answers and `flask recommend` come
by here. Experiments, tokens and JSON are `answer.py`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from itertools import chain
from typing import NamedTuple

import structlog

from recommenders import choose
from store.reads import shelf as reads
from store.reads.literal import Reader
from store.reads.shop_config import ShopConfig
from store.reads.shopper import Buyer
from store.records import NO_EFFECTS, Effects, Placement, Recommendation
from widget.metrics import count_unreadable

log = structlog.get_logger()

# A signed customer's newest purchases: enough for the lists that `choose` blends.
MOST_BOUGHT = 50


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

    def ask(
        self,
        known: Mapping[str, reads.Known],
        effects: Effects = NO_EFFECTS,
        unwanted: frozenset[int] = frozenset(),
    ) -> choose.Ask:
        """The question in the store's keys; unknown ids fall away."""
        page = known.get(self.product) if self.product else None
        bought = self.buyer.bought if self.buyer else ()
        return choose.Ask(
            placement=self.placement,
            product=page.key if page else None,
            customer=self.buyer.customer if self.buyer else None,
            recent=tuple(known[i].key for i in self.recent if i in known and i != self.product),
            cart=tuple(known[i].key for i in self.cart if i in known),
            bought=bought[:MOST_BOUGHT],
            category=self.category or (page.category if page else None),
            limit=1,
            novel=self.novel,
            owned=frozenset(bought) if self.novel else frozenset(),
            category_name=page.category_name if page and not self.category else "",
            effects=effects,
            unwanted=unwanted,
        )


class Plan(NamedTuple):
    """Which model's lists make a shelf, of which of its strategies, and how it is to be."""

    model: int
    strategies: tuple[str, ...]
    limit: int
    visible: int | None = None  # how many of them the page shows; None: all
    variety: int = 0  # as the merchant wants it (`records.VARIETIES`)
    trying: choose.Trying | None = None

    def of(self, ask: choose.Ask) -> choose.Ask:
        """The question as this plan answers it."""
        visible = self.visible or self.limit
        return replace(
            ask,
            limit=self.limit,
            visible=visible,
            most_alike=choose.most_alike(visible, self.variety),
            trying=self.trying,
        )


# So many candidates more than a shelf shows are looked at first: of those that are listed few are
# sold out or near-duplicates. Where that is not enough, all are looked at, in as many statements
# again.
SPARE = 6


def recommend(
    connection: Reader, config: ShopConfig, asked: Asked, plans: Sequence[Plan]
) -> list[list[Recommendation]]:
    """The shelf of each plan, for one question: two statements where they share a model."""
    model = plans[0].model
    served = [plan for plan in plans if plan.model == model]
    every = tuple(s for plan in served for s in plan.strategies)
    trying = any(plan.trying for plan in plans)
    deepest = choose.deepest(max(plan.limit for plan in plans))

    def rank(strategies: tuple[str, ...], few: bool) -> list[_Ranked]:
        named = _named(asked, strategies, trying)
        found = reads.named_lists(connection, config.shop.id, model, named)
        ask = asked.ask(found.known, config.rules.on(asked.placement), found.unwanted)
        lists = found.lists
        if named.others and not all(product in found.known for product in named.anchors):
            # Behind an id that nobody knows (any more) stand others, whose lists were not read.
            wide = replace(ask, trying=next((p.trying for p in plans if p.trying), None))
            lists = reads.lists(connection, model, choose.slots(wide, strategies))
        ranked = []
        for plan in plans:
            its, own = plan.of(ask), lists
            if plan.model != model:
                own = reads.lists(connection, plan.model, choose.slots(its, plan.strategies))
            ranked.append(_ranked(plan, its, own, plan.limit + SPARE if few else deepest))
        return ranked

    def choose_from(ranked: Sequence[_Ranked]) -> list[list[Recommendation]]:
        cards = reads.cards(connection, _card_keys(ranked), picky)
        return [choose.choose(one.ask, one.candidates, cards, one.newcomers) for one in ranked]

    # Variety and what is tried are looked for among all that may be shown.
    picky = trying or any(plan.variety for plan in plans)
    if not picky:
        leading = every
        if len(served) == len(plans):
            leading = _leading(asked.placement, tuple(p.strategies for p in plans), asked.novel)
        ranked = rank(leading, few=True)
        if leading != every and not all(one.cut for one in ranked):
            ranked = rank(every, few=True)
        shelves = choose_from(ranked)
        if not any(
            len(shelf) < one.ask.limit and one.cut
            for shelf, one in zip(shelves, ranked, strict=True)
        ):
            return shelves
    return choose_from(rank(every, few=False))


@cache
def _leading(
    placement: Placement, every: tuple[tuple[str, ...], ...], novel: bool
) -> tuple[str, ...]:
    """Whose lists mostly fill the shelves of several plans."""
    leading = (choose.leading(placement, strategies, novel) for strategies in every)
    return tuple(chain.from_iterable(leading))


class _Ranked(NamedTuple):
    ask: choose.Ask
    candidates: Sequence[choose.Candidate]
    newcomers: Sequence[choose.Candidate]
    cut: bool  # whether there may be more of them


def _ranked(plan: Plan, ask: choose.Ask, lists: reads.Packed, most: int) -> _Ranked:
    candidates = choose.rank(ask, plan.strategies, lists, most)
    new = choose.newcomers(ask, lists)
    if lists.unreadable:
        log.error("lists cannot be read", model=plan.model, lists=sorted(lists.unreadable))
        count_unreadable(len(lists.unreadable))
        lists.unreadable.clear()
    return _Ranked(ask, candidates, new, len(candidates) == most)


def _card_keys(ranked: Sequence[_Ranked]) -> list[int]:
    every = chain.from_iterable(chain(one.candidates, one.newcomers) for one in ranked)
    return choose.card_keys(ranked[0].ask, every)


def _named(asked: Asked, strategies: tuple[str, ...], trying: bool) -> reads.Named:
    """What to read for a question before anything is known of its products."""
    wanted = choose.wanted(asked.placement, strategies, asked.novel, trying)
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
