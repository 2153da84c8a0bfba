"""What does a shelf ask, and which stored lists may answer it?

`wanted` says which lists to read with the products that a page names, `slots` names the lists
themselves once the store's keys are known. How they are blended is `ranking.py`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from recommenders.chains import MOST_ANCHORS, NEWCOMERS, REPEATS, Part, Source, chain
from store.records import NO_EFFECTS, Effects, Placement, slot


@dataclass(frozen=True, slots=True)
class Trying:
    """That this visit tries a new product, and which of several it takes."""

    now_us: int
    share: float  # of all visits that try
    draw: int  # the same for a visitor all day long, so that a page shown again is the same page

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1 or self.draw < 0:
            raise ValueError("share must be above 0 and at most 1, draw 0 or more")


@dataclass(frozen=True, slots=True)
class Ask:
    """What a shelf wants to know. Products and customer are the store's keys, newest first."""

    placement: Placement
    product: int | None = None
    customer: int | None = None
    recent: tuple[int, ...] = ()  # viewed in this session
    cart: tuple[int, ...] = ()
    bought: tuple[int, ...] = ()  # the newest purchases of a signed customer
    category: str | None = None
    limit: int = 8
    novel: bool = False  # leave out what the customer has bought
    owned: frozenset[int] = frozenset()  # all that the customer ever bought (for novel)
    category_name: str = ""  # for the reason; without it the sentence names no category
    effects: Effects = NO_EFFECTS  # of the merchant's rules on this placement
    unwanted: frozenset[int] = frozenset()  # dismissed by this shopper, or ignored many times
    visible: int | None = None  # how many of `limit` the page shows; None: all
    most_alike: int | None = None  # of one kind (`varying.py`); None: any number
    trying: Trying | None = None  # this visit tries a new product


@cache
def wanted(
    placement: Placement, strategies: tuple[str, ...], novel: bool = False
) -> Mapping[Source, tuple[str, ...]]:
    """What the slots begin with that a chain may want of each source: "blend:" of the product."""
    found: dict[Source, dict[str, None]] = {}
    for step in chain(placement, novel):
        for part in step:
            if part.strategy in strategies and part.strategy not in REPEATS:
                found.setdefault(part.of, {})[slot(part.strategy)] = None
    return {source: tuple(names) for source, names in found.items()}


@cache
def leading(
    placement: Placement, strategies: tuple[str, ...], novel: bool = False
) -> tuple[str, ...]:
    """Those of the strategies that speak in the first step of a chain in which any of them does:
    mostly their lists fill the shelf, and the others' need not be read."""
    for step in chain(placement, novel):
        speaking = dict.fromkeys(part.strategy for part in step if part.strategy in strategies)
        if speaking:
            return tuple(speaking)
    return strategies


def slots(ask: Ask, strategies: Collection[str]) -> list[str]:
    """The names of the stored lists that `rank` and `newcomers` may want."""
    parts = [
        part
        for step in chain(ask.placement, ask.novel)
        for part in step
        if part.strategy in strategies and part.strategy not in REPEATS
    ]
    if ask.trying:
        parts += NEWCOMERS
    return list(
        dict.fromkeys(slot(part.strategy, key) for part in parts for key in keys(ask, part))
    )


def keys(ask: Ask, part: Part) -> Sequence[int | str]:
    """Whose lists a part of a chain wants: the keys that its slots end in."""
    match part.of:
        case "product":
            return () if ask.product is None else (ask.product,)
        case "recent":
            return ask.recent[:MOST_ANCHORS]
        case "cart":
            return ask.cart[:MOST_ANCHORS]
        case "bought":
            return ask.bought[:MOST_ANCHORS]
        case "customer":
            return () if ask.customer is None else (ask.customer,)
        case "customer new":
            return () if ask.customer is None else (f"new:{ask.customer}",)
        case "category":
            return () if ask.category is None else (ask.category,)
        case "shop":
            return ("",)
