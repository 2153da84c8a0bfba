"""What would a shelf show on a real product's page, as it is now or with one more rule?

By the functions that serve it (`store.reads.shelf`, `recommenders.choose`), so a preview
is what a shopper would see, without experiments.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import Connection

from plugin.explaining import question
from recommenders import choose
from store.reads import catalogue
from store.reads.shelf import cards, lists
from store.reads.shop_config import ShopConfig
from store.records import Effects, Placement, Recommendation, slot


@dataclass(frozen=True, slots=True)
class Shown:
    """One product as a page of ours draws it."""

    id: str
    title: str
    image: str | None
    price_minor: int | None
    reason: str
    mark: str = ""  # "new" or "gone", beside another shelf
    kind: str = ""  # its main category, else type, else vendor


def shelf(
    connection: Connection,
    config: ShopConfig,
    placement: Placement,
    product: str | None,
    customer: str | None = None,
    limit: int = 8,
    effects: Effects | None = None,
    served: tuple[int, Sequence[str]] | None = None,
) -> list[Shown]:
    """The shelf of a live placement; `effects` in place of those of the rules that hold now,
    `served` (a model and its strategies) in place of what is live."""
    model, strategies = served or config.live[placement]
    ask = question(connection, config, placement, product, customer, limit)
    if effects is not None:
        ask = replace(ask, effects=effects)
    candidates = choose.rank(
        ask, strategies, lists(connection, model, choose.slots(ask, strategies))
    )
    read = cards(connection, choose.card_keys(ask, candidates), traits=True)
    found = choose.choose(ask, candidates, read)
    return [_shown(item, config, read[item.product].kind) for item in found]


def _shown(item: Recommendation, config: ShopConfig, kind: str) -> Shown:
    card = json.loads(item.body + "}")
    return Shown(
        id=item.id,
        title=card["title"],
        image=card.get("image"),
        price_minor=card.get("price_minor"),
        reason=choose.say(item.reason, config.shop.locale),
        kind=kind,
    )


class Spread(NamedTuple):
    """How many kinds are on a shelf, and how many places the commonest has."""

    kinds: int
    most: int


def spread(items: Sequence[Shown]) -> Spread | None:
    """None where the shop tells of no product what kind it is."""
    kinds = Counter(it.kind for it in items if it.kind)
    return Spread(len(kinds), max(kinds.values())) if kinds else None


def marked(before: Sequence[Shown], after: Sequence[Shown]) -> tuple[list[Shown], list[Shown]]:
    """Both shelves, with what goes and what comes marked."""
    had, has = {it.id for it in before}, {it.id for it in after}
    return (
        [it if it.id in has else replace(it, mark="gone") for it in before],
        [it if it.id in had else replace(it, mark="new") for it in after],
    )


def examples(connection: Connection, config: ShopConfig, limit: int) -> list[catalogue.Named]:
    """Products worth trying: the best sellers as the live model knows them, else any."""
    for model, _ in config.live.values():
        best = lists(connection, model, [slot("bestseller")]).get(slot("bestseller"), [])
        found = catalogue.by_keys(connection, [product for product, *_ in best[:limit]])
        if found:
            return found
    return catalogue.sellable(connection, config.shop.id, limit)
