"""What does a shelf answer to this visitor, now? The arm, the recommendations and the token.

The question is checked (`query.py`) and the shop is known; HTTP is `api.py`'s. A shelf is
`reads.shelf.shelf_inputs` + `choose.choose`, the same two that `flask recommend` uses.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import orjson
from sqlalchemy import Connection

from experiments import assign, token
from recommenders import choose
from store.keys import digest
from store.reads import shelf as reads
from store.records import Arm, Experiment, Layout, Placement, Recommendation, ShelfLook
from widget import customer as signed
from widget.query import DEFAULT_LIMIT, ShelfQuery

# A signed customer's newest purchases: enough for the lists that `choose` blends.
MOST_BOUGHT = 50
AS_THE_PAGE_SAYS = ShelfLook()


@dataclass(frozen=True, slots=True)
class Answer:
    placement: Placement
    eligible: bool
    arm: Arm | None
    experiment: int | None
    token: str | None  # None: nothing was ever trained, so there is nothing to attribute
    model: int | None
    items: Sequence[Recommendation]


def answer(
    connection: Connection, config: reads.ShopConfig, query: ShelfQuery, now: datetime
) -> Answer:
    visitor = digest(config.keys.pepper, "visitor", query.visitor) if query.visitor else None
    live = config.live.get(query.placement)
    look = config.looks.get(query.placement, AS_THE_PAGE_SAYS)
    if live is None or not look.shown:
        return Answer(query.placement, False, None, None, None, None, ())
    model, strategies = live
    ask = _ask(connection, config, query, look.count or DEFAULT_LIMIT, now)
    offered = items = recommend(connection, model, strategies, ask)
    experiment, arm = _dealt(connection, config, query, visitor)
    if experiment is not None and arm == "control" and experiment.against != "itself":
        items = _control(connection, config, experiment, model, ask)
        model = config.rivals.get(experiment.id, model)
    facts = token.TokenFacts(
        shop=config.shop.id,
        placement=query.placement,
        issued_at=now,
        experiment=experiment.id if experiment else None,
        arm=arm,
        model=model,
        nonce=secrets.token_bytes(token.NONCE_BYTES) if query.personal else None,
        visitor=visitor[: token.VISITOR_BYTES] if visitor else None,
    )
    return Answer(
        placement=query.placement,
        eligible=bool(offered),  # the same question in both arms: was there something to show?
        arm=arm,
        experiment=facts.experiment,
        token=token.mint(config.keys.token[0], facts),
        model=model,
        items=items,
    )


def _dealt(
    connection: Connection,
    config: reads.ShopConfig,
    query: ShelfQuery,
    visitor: bytes | None,
) -> tuple[Experiment | None, Arm | None]:
    """The test this visitor is in on this shelf, and the arm. A shop's holdout is asked first: who
    is held out sees no shelf and is in no other test.
    """
    if visitor is None or not query.visitor:
        return None, None
    holdout, test = config.holdout, config.running.get(query.placement)
    if holdout is not None:
        arm = reads.stored_arm(connection, config.shop.id, holdout.id, visitor)
        share = assign.BUCKETS - holdout.share
        if arm is None and assign.held_out(holdout.salt, query.visitor, share):
            arm = "control"
        if arm == "control" or test is None:
            return holdout, arm or "treatment"
    if test is None:
        return None, None
    arm = reads.stored_arm(connection, config.shop.id, test.id, visitor)
    return test, arm or assign.arm(test.salt, query.visitor, test.share)


def recommend(
    connection: Connection, model: int, strategies: Sequence[str], ask: choose.Ask
) -> list[Recommendation]:
    """The shelf for a question in the store's own keys."""
    candidates, cards = reads.shelf_inputs(
        connection,
        model,
        choose.slots(ask, strategies),
        partial(choose.rank, ask, strategies),
        partial(choose.card_keys, ask),
    )
    return choose.choose(ask, candidates, cards)


def _control(
    connection: Connection,
    config: reads.ShopConfig,
    experiment: Experiment,
    model: int,
    ask: choose.Ask,
) -> list[Recommendation]:
    """What the other arm sees: nothing, one strategy's shelf, or another model's."""
    if experiment.against == "none":
        return []
    if experiment.against == "bestsellers":
        return recommend(connection, model, ("bestseller",), ask)
    if not experiment.against.isdecimal():
        return recommend(connection, model, (experiment.against,), ask)
    strategies = config.live[experiment.placement][1]
    rival = config.rivals.get(experiment.id)
    return [] if rival is None else recommend(connection, rival, strategies, ask)


def _ask(
    connection: Connection,
    config: reads.ShopConfig,
    query: ShelfQuery,
    usual_limit: int,
    now: datetime,
) -> choose.Ask:
    """The question with the store's keys in place of the shop's ids; unknown ids fall away."""
    named = dict.fromkeys(
        (*((query.product,) if query.product else ()), *query.recent, *query.cart)
    )
    known = reads.known_products(connection, config.shop.id, tuple(named))
    page = known.get(query.product) if query.product else None
    buyer = None
    if query.customer:
        customer_id = signed.read(config.keys.customer, query.customer, now)
        if customer_id is not None:
            buyer = reads.buyer(connection, config, customer_id, now, MOST_BOUGHT)
    return choose.Ask(
        placement=query.placement,
        product=page.key if page else None,
        customer=buyer.customer if buyer else None,
        recent=tuple(known[i].key for i in query.recent if i in known and i != query.product),
        cart=tuple(known[i].key for i in query.cart if i in known),
        bought=buyer.bought if buyer else (),
        category=query.category or (page.category if page else None),
        limit=query.limit or usual_limit,
        category_name=page.category_name if page and not query.category else "",
        effects=config.rules.on(query.placement),
    )


def to_json(
    answer: Answer,
    title: str,
    locale: str,
    *,
    prices: bool,
    layout: Layout | None = None,
    exact: bool = False,
) -> bytes:
    """The answer's body. Cards come ready from the store; only reasons are added to them."""
    items = []
    for item in answer.items:
        body = item.body if prices else _without_prices(item.body)
        more = {"strategy": item.strategy, "reason": choose.say(item.reason, locale, exact)}
        items.append(body.encode() + b"," + orjson.dumps(more)[1:])
    head = orjson.dumps(
        {
            "placement": answer.placement,
            "title": title,
            "eligible": answer.eligible,
            "arm": answer.arm,
            "experiment": answer.experiment,
            "token": answer.token,
            "model": answer.model,
            "layout": layout,
        }
    )
    return head[:-1] + b',"items":[' + b",".join(items) + b"]}"


def _without_prices(body: str) -> str:
    """For a page in another currency than the shop's: a wrong price is worse than none."""
    item = orjson.loads(body + "}")
    item |= {"price_minor": None, "compare_at_minor": None, "currency": None}
    item.pop("from", None)
    return orjson.dumps(item).decode()[:-1]
