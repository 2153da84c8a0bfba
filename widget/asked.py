"""What does a page ask, in the shop's own ids, and what must be read to answer it?

`Asked` is the question, `Plan` how one shelf of it is to be, and `Wanted` whose lists are read.
Which products come of it is `choosing.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from recommenders import choose
from store.reads import shelf as reads
from store.reads.shopper import Buyer
from store.records import NO_EFFECTS, Effects, Placement

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

    def named(self, wanted: Wanted) -> reads.Named:
        """What to read before anything is known of the question's products."""
        page = self.product or None
        recent = [it for it in self.recent if it != page] if wanted.viewed else []
        anchors: dict[str, None] = {}
        if wanted.of_recent:
            anchors |= dict.fromkeys(recent[: choose.MOST_ANCHORS])
        if wanted.of_cart:
            anchors |= dict.fromkeys(self.cart[: choose.MOST_ANCHORS])
        of_page, of_anchors = wanted.of_page, wanted.of_anchors
        if page in anchors:  # what is on the page lies in the cart, too
            del anchors[page]
            of_page = tuple(dict.fromkeys((*of_page, *of_anchors)))
        buyer, strategies = self.buyer, wanted.strategies
        return reads.Named(
            page=page,
            anchors=tuple(anchors),
            others=tuple({*recent, *self.cart} - anchors.keys() - {page}),
            of_page=of_page,
            of_anchors=of_anchors,
            of_category=() if self.category else wanted.of_category,
            slots=self.slots(strategies)
            if buyer
            else _shops_own(self.placement, self.category, self.novel, strategies),
            visitor=self.visitor,
            customer=buyer.customer if buyer else None,
            tests=self.tests,
        )

    def slots(self, strategies: tuple[str, ...]) -> tuple[str, ...]:
        """The names of the lists for which no product must be looked up."""
        return tuple(choose.slots(self.ask({}), strategies))


@lru_cache(maxsize=1_024)
def _shops_own(
    placement: Placement, category: str | None, novel: bool, strategies: tuple[str, ...]
) -> tuple[str, ...]:
    """The same for everybody who is no customer that we know."""
    return Asked(placement, category=category, novel=novel).slots(strategies)


class Wanted(NamedTuple):
    """Whose lists are read for a question, by what their names begin with."""

    strategies: tuple[str, ...]
    of_page: tuple[str, ...]
    of_recent: tuple[str, ...]
    of_cart: tuple[str, ...]
    of_anchors: tuple[str, ...]  # the recent and those in the cart are looked up together
    of_category: tuple[str, ...]
    viewed: bool = True  # whether anything is asked of the products that were viewed


# What matters of the plans here: whose strategies they serve, and whether their shelf is seen.
Served = tuple[tuple[tuple[str, ...], bool], ...]


@lru_cache(maxsize=1_024)
def every(placement: Placement, served: Served, novel: bool) -> Wanted:
    """All lists that the shelves may show something of."""
    strategies = tuple(chain.from_iterable(own for own, _ in served))
    return _wanted(strategies, [choose.wanted(placement, strategies, novel)])


@lru_cache(maxsize=1_024)
def first(placement: Placement, served: Served, novel: bool, by_page: bool, tries: bool) -> Wanted:
    """The lists that mostly fill the shelves. Where nobody sees a shelf and only matters what leads
    it, the page's own is mostly enough, and what was viewed before may not matter at all."""
    strategies: list[str] = []
    wanted = []
    viewed = True
    for own, seen in served:
        leading = choose.leading(placement, own, novel)
        strategies += leading
        of = choose.wanted(placement, leading, novel)
        if by_page and not seen and "product" in of:
            of = {"product": of["product"]}
            viewed = tries
        wanted.append(of)
    found = _wanted(tuple(strategies), wanted)
    return found._replace(viewed=viewed or bool(found.of_recent))


def _wanted(
    strategies: tuple[str, ...], wanted: Iterable[Mapping[choose.Source, tuple[str, ...]]]
) -> Wanted:
    of: dict[choose.Source, dict[str, None]] = {}
    for mapping in wanted:
        for source, names in mapping.items():
            of.setdefault(source, {}).update(dict.fromkeys(names))
    page, recent, cart, category = (
        tuple(of.get(source, ())) for source in ("product", "recent", "cart", "category")
    )
    anchors = tuple(dict.fromkeys((*recent, *cart)))
    return Wanted(strategies, page, recent, cart, anchors, category)
