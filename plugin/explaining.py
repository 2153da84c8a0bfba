"""Why does a shelf show these products and not those? Each candidate with all that speaks for it.

The shelf itself comes from the same functions that serve it (`recommenders.choose`); here is only
told what they saw: the entries of every list, and what dropped a candidate.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, get_args

from sqlalchemy import Connection

from plugin import ruling
from recommenders import choose
from store.errors import Explained
from store.reads import catalogue, rules, shelf, shopper
from store.reads.shop_config import ShopConfig
from store.records import TRIED_SHARE, Card, Entry, Placement, ShelfLook, Strategy
from store.tables import to_micros

STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
MOST_BOUGHT = 50  # as the widget asks


@dataclass(frozen=True, slots=True)
class Voice:
    """One list that names the candidate, at which place, and on what evidence."""

    list: str  # "bought_together:17"
    strategy: str
    live: bool  # whether this strategy is served on the placement
    place: int  # from 1
    score: float
    support: int
    strength: float


@dataclass(frozen=True, slots=True)
class Told:
    """A candidate: its place on the shelf, or why it has none."""

    product: str  # the shop's id
    title: str
    place: int | None
    dropped: str  # "" for what is shown
    strategy: str
    score: float
    reason: str  # the sentence on the shelf; "" for what is not shown
    voices: Sequence[Voice]
    rules: Sequence[str]  # of the merchant's that touch it here


@dataclass(frozen=True, slots=True)
class Explanation:
    placement: Placement
    model: int  # its version's row
    strategies: Sequence[str]
    shown: Sequence[Told]
    dropped: Sequence[Told]


def explain(
    connection: Connection,
    config: ShopConfig,
    placement: Placement,
    product: str | None,
    customer: str | None,
    limit: int = 8,
) -> Explanation:
    if placement not in config.live:
        raise Explained(f"Nothing is live on {placement} yet. Train first: `flask train`.")
    model, strategies = config.live[placement]
    ask = question(connection, config, placement, product, customer, limit)
    trying = replace(ask, trying=_every_visit(config))
    lists = shelf.lists(connection, model, choose.slots(trying, STRATEGIES))
    candidates = choose.rank(ask, strategies, lists)
    voices = _voices(lists, strategies)
    # Also what only strategies that are not live would bring, and what rules keep away: "why is it
    # not there?" is asked.
    others = [key for key in voices if key not in {c.product for c in candidates}]
    pinned = [key for key in ask.effects.pins if key not in voices][: choose.MOST_PINS]
    cards = shelf.cards(connection, [*choose.card_keys(ask, candidates), *others], traits=True)
    named = [*(c.product for c in candidates), *others, *pinned]
    names = catalogue.stock(connection, named)
    ruled = rules.about(connection, config.shop.id, named, placement, config.shop.now())
    items = choose.choose(ask, candidates, cards)
    place_of = {item.product: i for i, item in enumerate(items, start=1)}
    sentences = {item.product: choose.say(item.reason, config.shop.locale) for item in items}
    strategies_of = {item.product: item.strategy for item in items}
    shelf_is = _Shelf(
        groups={cards[i.product].group: i.id for i in items},
        kinds=frozenset(cards[i.product].kind for i in items) if ask.most_alike else frozenset(),
        tried=_tried(trying, candidates, cards, choose.newcomers(trying, lists)),
        full=len(items) >= ask.limit,
    )

    def told(key: int, strategy: str, score: float, dropped: str) -> Told:
        return Told(
            product=names[key].external_id if key in names else "?",
            title=_title(cards.get(key)),
            place=place_of.get(key),
            dropped="" if key in place_of else dropped,
            strategy=strategies_of.get(key, strategy),
            score=score,
            reason=sentences.get(key, ""),
            voices=voices.get(key, ()),
            rules=[ruling.sentence(rule) for rule in ruled.get(key, ())],
        )

    every = [
        told(c.product, c.strategy, c.score, _why(c.product, cards, names, shelf_is))
        for c in candidates
    ]
    every += [
        told(
            key,
            voices[key][0].strategy,
            voices[key][0].score,
            TRIED if key in shelf_is.tried else _unranked(key, ask, voices[key]),
        )
        for key in others
    ]
    every += [told(key, "pinned", 0.0, _why(key, cards, names, shelf_is)) for key in pinned]
    shown = sorted((t for t in every if t.place), key=lambda t: t.place or 0)
    return Explanation(placement, model, strategies, shown, [t for t in every if not t.place])


def question(
    connection: Connection,
    config: ShopConfig,
    placement: Placement,
    product: str | None,
    customer: str | None,
    limit: int,
) -> choose.Ask:
    """What a page of this product, seen by this customer, asks of a shelf."""
    look = config.looks.get(placement, ShelfLook())
    ask = choose.Ask(
        placement,
        limit=limit,
        effects=config.rules.on(placement),
        most_alike=choose.most_alike(limit, look.variety),
    )
    if product is not None:
        known = shelf.known_products(connection, config.shop.id, [product]).get(product)
        if known is None:
            raise Explained(f"{config.shop.name} has no product {product!r}.")
        ask = replace(
            ask, product=known.key, category=known.category, category_name=known.category_name
        )
    if customer is not None:
        now = config.shop.now()
        buyer = shopper.buyer(connection, config, customer, now, MOST_BOUGHT)
        if buyer is None:
            raise Explained(f"{config.shop.name} has no customer {customer!r} with orders.")
        unwanted = shopper.unwanted(connection, config.shop.id, buyer.customer)
        ask = replace(ask, customer=buyer.customer, bought=buyer.bought, unwanted=unwanted)
    return ask


def _voices(
    lists: Mapping[str, Sequence[Entry]], strategies: Sequence[str]
) -> dict[int, list[Voice]]:
    found: dict[int, list[Voice]] = {}
    for name, entries in lists.items():
        strategy = name.partition(":")[0]
        for place, (product, score, support, strength) in enumerate(entries, start=1):
            voice = Voice(name, strategy, strategy in strategies, place, score, support, strength)
            found.setdefault(product, []).append(voice)
    return found


class _Shelf(NamedTuple):
    """What a dropped candidate is held against."""

    groups: Mapping[int, str]  # near-duplicates -> the one of them that is shown
    kinds: frozenset[str]  # that are shown, where the merchant limits how many of each
    tried: frozenset[int]  # new products that some visits are shown
    full: bool


TRIED = "new: some visits are shown it, to try it"


def _every_visit(config: ShopConfig) -> choose.Trying | None:
    """As if every visit tried something new, unless the merchant switched that off."""
    if not config.shop.settings.get("tried", TRIED_SHARE):
        return None
    return choose.Trying(to_micros(config.shop.now()), 1.0, 0)


def _tried(
    ask: choose.Ask,
    candidates: Sequence[choose.Candidate],
    cards: Mapping[int, Card],
    newcomers: Sequence[choose.Candidate],
) -> frozenset[int]:
    """The new products that one visit or another would be shown."""
    if ask.trying is None or ask.placement not in choose.TRIED_ON:
        return frozenset()
    found = set()
    for draw in range(choose.MOST_TRIED):
        one = replace(ask, trying=replace(ask.trying, draw=draw))
        for item in choose.choose(one, candidates, cards, newcomers):
            if item.chance:
                found.add(item.product)
    return frozenset(found)


def _why(
    key: int,
    cards: Mapping[int, Card],
    names: Mapping[int, catalogue.Stock],
    shelf: _Shelf,
) -> str:
    """What dropped a ranked candidate, in the order in which the shelf asks."""
    card, stock = cards.get(key), names.get(key)
    if card is None or stock is None:
        return "the product is gone"
    if stock.withheld:
        return f"may not be shown: {stock.withheld}"
    if not card.sellable:
        return "sold out"
    if card.group in shelf.groups:
        return f"too much like {shelf.groups[card.group]}, which is shown"
    if key in shelf.tried:
        return TRIED
    if not shelf.full:
        return "too much like the product of the page"
    alike = card.kind and card.kind in shelf.kinds
    return "the shelf was full, with enough of its kind" if alike else "the shelf was full"


def _unranked(key: int, ask: choose.Ask, voices: Sequence[Voice]) -> str:
    if key == ask.product:
        return "it is the product of the page"
    if key in ask.effects.hidden:
        return "a rule of yours keeps it away"
    if key in ask.unwanted:
        return "the customer does not want it"
    if key in ask.effects.sensitive:
        return "it is marked as sensitive"
    if not any(voice.live for voice in voices):
        return f"{voices[0].strategy} is not live here"
    return "enough stood before it"


def _title(card: Card | None) -> str:
    return str(json.loads(card.body + "}").get("title", "")) if card else ""
