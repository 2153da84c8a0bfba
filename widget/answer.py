"""What does a shelf answer to this visitor, now? The arm, the recommendations and the token.

The question is checked (`query.py`) and the shop is known; HTTP is `api.py`'s. Which
products a question gets is `choosing.py`'s, for this and for `flask recommend`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import orjson

from experiments import assign, token
from recommenders import choose
from store.keys import digest
from store.reads import shopper
from store.reads.literal import Reader
from store.reads.shop_config import ShopConfig
from store.records import (
    Arm,
    Experiment,
    Layout,
    Placement,
    Reason,
    Recommendation,
    ShelfLook,
)
from widget import customer as signed
from widget import trials
from widget.asked import MOST_BOUGHT, Asked, Plan
from widget.choosing import recommend
from widget.query import DEFAULT_LIMIT, MOST_LIMIT, ShelfQuery

AS_THE_PAGE_SAYS = ShelfLook()


class Answer(NamedTuple):
    placement: Placement
    eligible: bool
    arm: Arm | None
    experiment: int | None
    token: str | None  # None: nothing was ever trained, so there is nothing to attribute
    model: int | None
    limit: int  # how many the page shows; the others are spare
    items: Sequence[Recommendation]


def answer(connection: Reader, config: ShopConfig, query: ShelfQuery, now: datetime) -> Answer:
    visitor = digest(config.keys.pepper, "visitor", query.visitor) if query.visitor else None
    live = config.live.get(query.placement)
    look = config.looks.get(query.placement, AS_THE_PAGE_SAYS)
    limit = query.limit or look.count or DEFAULT_LIMIT
    if live is None or not look.shown:
        return Answer(query.placement, False, None, None, None, None, limit, ())
    served = Plan(
        *live,
        min(limit + query.spare, MOST_LIMIT),
        limit,
        look.variety,
        trials.drawn(config, query, now),
    )
    asked = _asked(connection, config, query, visitor, now)
    stored: Mapping[int, Arm] = {}
    while True:
        experiment, arm = _dealt(config, query, stored)
        shown = _control(config, experiment, served) if experiment and arm == "control" else served
        plans = [served]
        if shown is not served:  # of what treatment would see only matters that it is something
            unseen = served._replace(limit=1, trying=None, seen=False)
            plans = [unseen, shown] if shown else [unseen]
        shelves, stored, page = recommend(connection, config, asked, plans)
        # The arm that the hash deals is nearly everybody's. It comes first, so that the stored one
        # is read with the lists; whoever has another is answered once more.
        if not stored or _dealt(config, query, stored) == (experiment, arm):
            break
    items = shelves[-1] if shown else []
    model = shown.model if shown else served.model
    key = config.keys.token[0]
    if query.personal:
        tried = next((it for it in items if it.chance), None) if served.trying else None
        facts = token.TokenFacts(
            shop=config.shop.id,
            placement=query.placement,
            issued_at=now,
            experiment=experiment.id if experiment else None,
            arm=arm,
            model=model,
            nonce=secrets.token_bytes(token.NONCE_BYTES),
            visitor=visitor[: token.VISITOR_BYTES] if visitor else None,
            tried=tried.product if tried else None,
            chance=trials.in_buckets(tried.chance) if tried else None,
            led_by=shelves[0][0].strategy if experiment and shelves[0] else None,
            page=page if visitor else None,
        )
        text = token.mint(key, facts)
    else:
        text = _everybodys(key, config.shop.id, query.placement, model, int(now.timestamp()))
    return Answer(
        placement=query.placement,
        eligible=bool(shelves[0]),  # the same question in both arms: was there something to show?
        arm=arm,
        experiment=experiment.id if experiment else None,
        token=text,
        model=model,
        limit=limit,
        items=items,
    )


@lru_cache(maxsize=64)
def _everybodys(key: bytes, shop: int, placement: Placement, model: int, issued_s: int) -> str:
    """The token of an answer that is the same for everyone: one for all those of a second."""
    issued_at = datetime.fromtimestamp(issued_s, UTC)
    return token.mint(key, token.TokenFacts(shop, placement, issued_at, model=model))


def _dealt(
    config: ShopConfig, query: ShelfQuery, stored: Mapping[int, Arm]
) -> tuple[Experiment | None, Arm | None]:
    """The test this visitor is in on this shelf, and the arm. A shop's holdout is asked first: who
    is held out sees no shelf and is in no other test.
    """
    holdout, test = config.holdout, config.running.get(query.placement)
    if not query.visitor or not (holdout or test):
        return None, None
    if holdout is not None:
        arm = stored.get(holdout.id)
        share = assign.BUCKETS - holdout.share
        if arm is None and assign.held_out(holdout.salt, query.visitor, share):
            arm = "control"
        if arm == "control" or test is None:
            return holdout, arm or "treatment"
    if test is None:
        return None, None
    return test, stored.get(test.id) or assign.arm(test.salt, query.visitor, test.share)


def _control(config: ShopConfig, experiment: Experiment, served: Plan) -> Plan | None:
    """What the other arm sees: nothing, one strategy's shelf, another model's, or the same."""
    match experiment.against:
        case "itself":
            return served
        case "none":
            return None
        case "bestsellers":
            return served._replace(strategies=("bestseller",), trying=None)
        case version if version.isdecimal():
            rival = config.rivals.get(experiment.id)
            return None if rival is None else served._replace(model=rival)
        case strategy:
            return served._replace(strategies=(strategy,), trying=None)


def _asked(
    connection: Reader,
    config: ShopConfig,
    query: ShelfQuery,
    visitor: bytes | None,
    now: datetime,
) -> Asked:
    buyer = None
    tests = (config.holdout, config.running.get(query.placement))
    if query.customer:
        customer = signed.read(config.keys.customer, query.customer, now)
        if customer is not None:
            buyer = shopper.buyer(connection, config, customer, now, MOST_BOUGHT)
    return Asked(
        query.placement,
        query.product,
        query.recent,
        query.cart,
        query.category,
        buyer,
        visitor=visitor,
        tests=tuple(test.id for test in tests if test) if visitor else (),
    )


def to_json(
    answer: Answer,
    title: str,
    locale: str,
    *,
    prices: bool,
    digits: int = 2,
    layout: Layout | None = None,
    exact: bool = False,
) -> bytes:
    """The answer's body. Cards come ready from the store; only reasons are added to them."""
    items = [
        (item.body if prices else _without_prices(item.body))
        + _why(item.strategy, item.reason, locale, exact, digits)
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
            "layout": layout,
            "limit": answer.limit,
        }
    )
    return head[:-1] + f',"items":[{",".join(items)}]}}'.encode()


@lru_cache(maxsize=4_096)
def _why(strategy: str, reason: Reason, locale: str, exact: bool, digits: int) -> str:
    """The end of an item; most of a shop's are the same few."""
    more: dict[str, object] = {"strategy": strategy, "reason": choose.say(reason, locale, exact)}
    if digits != 2:  # what is meant where nothing is said
        more["digits"] = digits
    return f",{orjson.dumps(more)[1:].decode()}"


def _without_prices(body: str) -> str:
    """For a page in another currency than the shop's: a wrong price is worse than none."""
    item = orjson.loads(body + "}")
    item |= {"price_minor": None, "compare_at_minor": None, "currency": None}
    item.pop("from", None)
    return orjson.dumps(item).decode()[:-1]
