"""What does a shelf answer to this visitor, now? The arm, the recommendations and the token.

The question is checked (`query.py`) and the shop is known; HTTP is `api.py`'s. A shelf is
`reads.shelf.shelf_inputs` + `choose.choose`, the same two that `flask recommend` uses.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from itertools import chain
from typing import NamedTuple

import orjson

from experiments import assign, token
from recommenders import choose
from store.keys import digest
from store.reads import shelf as reads
from store.records import Arm, Entry, Experiment, Placement, Reason, Recommendation
from widget import customer as signed
from widget.query import ShelfQuery

# A signed customer's newest purchases: enough for the lists that `choose` blends.
MOST_BOUGHT = 50


@dataclass(frozen=True, slots=True)
class Answer:
    placement: Placement
    eligible: bool
    arm: Arm | None
    experiment: int | None
    token: str | None  # None: nothing was ever trained, so there is nothing to attribute
    model: int | None
    items: Sequence[Recommendation]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in the shop's own ids, its customer known by the store's key."""

    placement: Placement
    product: str | None = None
    recent: tuple[str, ...] = ()
    cart: tuple[str, ...] = ()
    category: str | None = None  # None: the main one of the product
    limit: int = 8
    buyer: reads.Buyer | None = None
    novel: bool = False

    def ask(self, known: Mapping[str, reads.Known]) -> choose.Ask:
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
            limit=self.limit,
            novel=self.novel,
            owned=frozenset(bought) if self.novel else frozenset(),
            category_name=page.category_name if page and not self.category else "",
        )


class Plan(NamedTuple):
    """Which model's lists make a shelf, of which of its strategies, and how long it may be."""

    model: int
    strategies: tuple[str, ...]
    limit: int


# So many candidates more than a shelf shows are looked at first: of those that are listed few are
# sold out or near-duplicates. Where that is not enough, all are looked at, in as many statements
# again.
SPARE = 6


def answer(
    connection: reads.Reader, config: reads.ShopConfig, query: ShelfQuery, now: datetime
) -> Answer:
    visitor = digest(config.keys.pepper, "visitor", query.visitor) if query.visitor else None
    live = config.live.get(query.placement)
    if live is None:
        return Answer(query.placement, False, None, None, None, None, ())
    served = Plan(*live, query.limit)
    experiment = config.running.get(query.placement)
    arm: Arm | None = None
    if experiment is not None and visitor is not None and query.visitor:
        arm = reads.stored_arm(connection, config.shop.id, experiment.id, visitor)
        arm = arm or assign.arm(experiment.salt, query.visitor, experiment.share)
    shown = _control(config, experiment, served) if experiment and arm == "control" else served
    asked = Asked(
        query.placement, query.product, query.recent, query.cart, query.category, query.limit,
        buyer=_buyer(connection, config, query, now),
    )  # fmt: skip
    plans = [served]
    if shown is not served:  # of what treatment would see only matters that it is something
        plans = [served._replace(limit=1), *([shown] if shown else ())]
    shelves = recommend(connection, config.shop.id, asked, plans)
    model = shown.model if shown else served.model
    facts = token.TokenFacts(
        shop=config.shop.id,
        placement=query.placement,
        issued_at=now,
        experiment=experiment.id if experiment and arm else None,
        arm=arm,
        model=model,
        nonce=secrets.token_bytes(token.NONCE_BYTES) if query.personal else None,
        visitor=visitor[: token.VISITOR_BYTES] if visitor else None,
    )
    return Answer(
        placement=query.placement,
        eligible=bool(shelves[0]),  # the same question in both arms: was there something to show?
        arm=arm,
        experiment=facts.experiment,
        token=token.mint(config.keys.token[0], facts),
        model=model,
        items=shelves[-1] if shown else (),
    )


def _control(config: reads.ShopConfig, experiment: Experiment, served: Plan) -> Plan | None:
    """What the other arm sees: nothing, bestsellers, or another model's shelf."""
    if experiment.against == "none":
        return None
    if experiment.against == "bestsellers":
        return Plan(served.model, ("bestseller",), served.limit)
    rival = config.rivals.get(experiment.id)
    return None if rival is None else Plan(rival, served.strategies, served.limit)


def _buyer(
    connection: reads.Reader, config: reads.ShopConfig, query: ShelfQuery, now: datetime
) -> reads.Buyer | None:
    if not query.customer:
        return None
    customer = signed.read(config.keys.customer, query.customer, now)
    if customer is None:
        return None
    return reads.buyer(connection, config, customer, now, MOST_BOUGHT)


def recommend(
    connection: reads.Reader, shop_id: int, asked: Asked, plans: Sequence[Plan]
) -> list[list[Recommendation]]:
    """The shelf of each plan, for one question: two statements where they share a model."""
    model = plans[0].model
    strategies = tuple(s for plan in plans if plan.model == model for s in plan.strategies)
    named = _named(asked, strategies)

    def rank(
        few: bool, known: Mapping[str, reads.Known], lists: Mapping[str, Sequence[Entry]]
    ) -> list[_Ranked]:
        ask = asked.ask(known)
        if named.others and not all(product in known for product in named.anchors):
            # Behind an id that nobody knows (any more) stand others, whose lists were not read.
            lists = reads.lists(connection, model, choose.slots(ask, strategies))
        ranked = []
        for plan in plans:
            own = lists
            if plan.model != model:
                own = reads.lists(connection, plan.model, choose.slots(ask, plan.strategies))
            its = ask if plan.limit == ask.limit else replace(ask, limit=plan.limit)
            most = plan.limit + SPARE if few else choose.deepest(ask.limit)
            found = choose.rank(its, plan.strategies, own, most)
            ranked.append(_Ranked(its, found, len(found) == most))
        return ranked

    for few in (True, False):
        ranked, cards = reads.shelf_inputs(
            connection, shop_id, model, named, partial(rank, few), _card_keys
        )
        shelves = [choose.choose(one.ask, one.candidates, cards) for one in ranked]
        short = [
            len(shelf) < one.ask.limit and one.cut
            for shelf, one in zip(shelves, ranked, strict=True)
        ]
        if not any(short):
            break
    return shelves


class _Ranked(NamedTuple):
    ask: choose.Ask
    candidates: Sequence[choose.Candidate]
    cut: bool  # whether there may be more of them


def _card_keys(ranked: Sequence[_Ranked]) -> list[int]:
    return choose.card_keys(ranked[0].ask, chain.from_iterable(r.candidates for r in ranked))


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
        slots=tuple(choose.slots(asked.ask({}), strategies)),
    )


def to_json(answer: Answer, title: str, locale: str, *, prices: bool) -> bytes:
    """The answer's body. Cards come ready from the store; only reasons are added to them."""
    items = [
        (item.body if prices else _without_prices(item.body)).encode()
        + _why(item.strategy, item.reason, locale)
        for item in answer.items
    ]
    head = orjson.dumps(
        {
            "placement": answer.placement,
            "title": title,
            "eligible": answer.eligible,
            "arm": answer.arm,
            "experiment": answer.experiment,
            "token": answer.token,
            "model": answer.model,
        }
    )
    return head[:-1] + b',"items":[' + b",".join(items) + b"]}"


@lru_cache(maxsize=4_096)
def _why(strategy: str, reason: Reason, locale: str) -> bytes:
    """The end of an item. There are few different ones: counts come in bands."""
    more = {"strategy": strategy, "reason": choose.say(reason, locale)}
    return b"," + orjson.dumps(more)[1:]


def _without_prices(body: str) -> str:
    """For a page in another currency than the shop's: a wrong price is worse than none."""
    item = orjson.loads(body + "}")
    item |= {"price_minor": None, "compare_at_minor": None, "currency": None}
    item.pop("from", None)
    return orjson.dumps(item).decode()[:-1]
