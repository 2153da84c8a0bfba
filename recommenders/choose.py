"""Which recommendations does a shelf show, here and now, and why each?

Pure functions around the two reads of a request: `wanted` says which lists to read with the
products that a page names, and `slots` names the lists themselves once the store's keys are known;
`rank` blends them along the placement's chain, `choose` drops what may not be shown and applies
pins. What the merchant's rules do is worked out before and stands in the question
(`Ask.effects`). The widget, `flask recommend`, `flask explain`, the admin's preview and the
backtest all call these. Plain Python: a web worker loads no numpy for them. Sentences are made in
`reasons.py`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from recommenders.chains import (
    KINDS,
    MOST_ANCHORS,
    REPEATS,
    STEP_BACK,
    Part,
    Source,
    Step,
    chain,
)
from recommenders.reasons import say
from store.records import (
    NO_EFFECTS,
    Card,
    Effects,
    Entry,
    Placement,
    Reason,
    Recommendation,
    Strategy,
    slot,
)

__all__ = [
    "MOST_ANCHORS",
    "Ask",
    "Candidate",
    "card_keys",
    "choose",
    "rank",
    "say",
    "slots",
    "wanted",
]


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


# Reasons that name the product they follow from.
_NAMING = frozenset({"because_viewed", "because_bought", "because_carted"})


# A shelf has room for 24; some pins may be sold out, and their cards are read with every request.
MOST_PINS = 48


class Candidate(NamedTuple):
    """A product that may be shown, with the evidence that spoke loudest for it."""

    product: int
    score: float  # comparable within a step of the chain only
    strategy: Strategy
    kind: str
    support: int = 0
    strength: float = 0.0
    about: int | None = None  # the product whose title the reason may name


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


def slots(ask: Ask, strategies: Collection[str]) -> list[str]:
    """The names of the stored lists that `rank` may want."""
    names = {
        slot(part.strategy, key): None
        for step in chain(ask.placement, ask.novel)
        for part in step
        if part.strategy in strategies and part.strategy not in REPEATS
        for key in _keys(ask, part)
    }
    return list(names)


def rank(
    ask: Ask,
    strategies: Collection[str],
    lists: Mapping[str, Sequence[Entry]],
    most: int | None = None,
) -> list[Candidate]:
    """Candidates along the placement's chain, best first, each product once; at most `most`.

    Unless told otherwise twice the limit and some more, because only their cards tell which of
    them can be sold. Later steps of the chain are not looked at before they are needed.
    """
    most = deepest(ask.limit) if most is None else most
    hidden = ask.effects.hidden
    seen = {ask.product, *ask.cart}
    if ask.novel:
        seen |= ask.owned
    found: list[Candidate] = []
    for step in chain(ask.placement, ask.novel):
        for candidate in _blend(ask, step, strategies, lists):
            if candidate.product not in seen and candidate.product not in hidden:
                seen.add(candidate.product)
                found.append(candidate)
                if len(found) == most:
                    return found
    return found


def deepest(limit: int) -> int:
    """How many candidates a shelf of `limit` looks at before it is content with fewer."""
    return 2 * limit + 12


def card_keys(ask: Ask, candidates: Iterable[Candidate]) -> list[int]:
    """The products whose cards `choose` looks at: read them in one statement."""
    keys = dict.fromkeys(ask.effects.pins[:MOST_PINS])
    for candidate in candidates:
        keys[candidate.product] = None
        if candidate.about is not None:
            keys[candidate.about] = None
    keys.update(dict.fromkeys(ask.cart[:MOST_ANCHORS]))
    if ask.product is not None:
        keys[ask.product] = None
    return list(keys)


def choose(
    ask: Ask, candidates: Sequence[Candidate], cards: Mapping[int, Card]
) -> list[Recommendation]:
    """The shelf: pins first, then candidates that can be sold, one of each near-duplicate group.

    Fewer than the limit is an honest answer; a repeat never is.
    """
    hidden = {ask.product, *ask.cart}
    if ask.novel:
        hidden |= ask.owned
    # What lies in the cart or is on the page needs no twin beside it.
    present = (cards.get(key) for key in (ask.product, *ask.cart) if key is not None)
    groups = {card.group for card in present if card is not None}
    shelf: list[Recommendation] = []
    picked = (Candidate(key, 0.0, "pinned", "picked") for key in ask.effects.pins[:MOST_PINS])
    for candidate in (*picked, *candidates):
        if len(shelf) >= ask.limit:
            break
        card = cards.get(candidate.product)
        if card is None or not card.sellable or card.group in groups:
            continue
        if candidate.product in hidden or candidate.product in ask.effects.hidden:
            continue
        groups.add(card.group)
        reason = _reason(ask, candidate, cards)
        shelf.append(
            Recommendation(
                card.product, card.id, candidate.score, candidate.strategy, reason, card.body
            )
        )
    return shelf


def _keys(ask: Ask, part: Part) -> Sequence[int | str]:
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


def _blend(
    ask: Ask,
    step: Step,
    strategies: Collection[str],
    lists: Mapping[str, Sequence[Entry]],
) -> Iterator[Candidate]:
    """One step's candidates, best first.

    Lists of one strategy add up as they are, since their scores have one meaning; strategies are
    brought to a common scale before they meet: each one's best candidate gets the weight of the
    loudest of its parts that had something to say.
    """
    parts: dict[Strategy, list[Part]] = {}
    for part in step:
        if part.strategy in strategies or part.strategy in REPEATS:
            parts.setdefault(part.strategy, []).append(part)
    added = [_sum(ask, own, lists) for own in parts.values()]
    if len(added) == 1:
        totals, loudest = added[0][0], None
    else:
        totals, loudest = _together([(sums, _loudest(heard, sums)) for sums, heard in added])
    _steer(ask.effects.weights, totals)
    # A stable sort: equals stay in the order of the lists, which is the catalogue's.
    ordered = sorted(totals, key=totals.__getitem__, reverse=True)
    for start in range(0, len(ordered), _AT_ONCE):
        some = ordered[start : start + _AT_ONCE]
        voices = _loudest(added[0][1], frozenset(some)) if loudest is None else loudest
        for product in some:
            _, part, anchor, support, strength = voices[product]
            kind = _kind(part, support, strength)
            about = anchor if kind in _NAMING else None
            yield Candidate(product, totals[product], part.strategy, kind, support, strength, about)


# Of a few hundred products a shelf wants the best two dozen; only of those is asked which list
# spoke loudest for them.
_AT_ONCE = 32


def _together(
    sums: Sequence[tuple[dict[int, float], dict[int, _Voice]]],
) -> tuple[dict[int, float], dict[int, _Voice]]:
    """Several strategies' sums, each brought to the scale of its loudest part."""
    totals: dict[int, float] = {}
    loudest: dict[int, _Voice] = {}
    scales: dict[str, float] = {}
    for own, voices in sums:
        scale = _scale(own, voices)
        for product, score in own.items():
            voice = voices[product]
            scales[voice[1].strategy] = scale
            if product not in totals:
                totals[product] = score * scale
                loudest[product] = voice
            else:
                totals[product] += score * scale
                gain, part, *_ = loudest[product]
                if voice[0] * scale > gain * scales[part.strategy]:
                    loudest[product] = voice
    return totals, loudest


def _steer(weights: Mapping[int, float], totals: dict[int, float]) -> None:
    """Boosted and buried products move among those that the same step names."""
    if weights:
        for product, score in totals.items():
            factor = weights.get(product, 1.0)
            totals[product] = score * factor if score > 0 else score / factor


def _kind(part: Part, support: int, strength: float) -> str:
    """What a candidate may say of itself; of an ensemble's, by the evidence it came with."""
    kind = KINDS[part.strategy, part.of]
    if part.strategy == "blend" and kind == "bought_together" and not strength:
        return "similar"  # never bought together: then `support` is what they share
    if part.strategy == "for_you" and support:
        return "bought_before"
    return kind


def _scale(sums: dict[int, float], voices: dict[int, _Voice]) -> float:
    """What brings the best of these candidates to the weight of the loudest part that spoke."""
    highest = max(sums.values(), default=0.0)
    return max(v[1].weight for v in voices.values()) / highest if highest > 0 else 1.0


_Voice = tuple[float, Part, int | None, int, float]  # gain, part, anchor, support, strength
# A list as it was added up: its part and anchor, its entries, and what each gave.
_Heard = tuple[Part, int | None, Sequence[Entry], Sequence[float]]


def _sum(
    ask: Ask, parts: Sequence[Part], lists: Mapping[str, Sequence[Entry]]
) -> tuple[dict[int, float], list[_Heard]]:
    """One strategy's lists added up: product -> score, and the lists for `_loudest`."""
    sums: dict[int, float] = {}
    heard: list[_Heard] = []
    sensitive = ask.effects.sensitive
    for part in parts:
        weight = part.weight
        for key, entries in _entries(ask, part, lists):
            anchor = key if isinstance(key, int) else None
            if part.supported:
                entries = [entry for entry in entries if entry[2]]
            if sensitive:
                entries = [
                    entry
                    for entry in entries
                    if (entry[0] not in sensitive and anchor not in sensitive)
                    or _open(part, entry[2], entry[3])
                ]
            gains = [weight * entry[1] for entry in entries]
            products = [entry[0] for entry in entries]
            if sums.keys().isdisjoint(products):
                sums.update(zip(products, gains, strict=True))
            else:
                for product, gain in zip(products, gains, strict=True):
                    sums[product] = sums.get(product, 0.0) + gain
            heard.append((part, anchor, entries, gains))
            weight *= STEP_BACK
    return sums, heard


def _loudest(heard: Sequence[_Heard], products: Collection[int]) -> dict[int, _Voice]:
    """Of each product the entry that gave it most; of equals the first."""
    voices: dict[int, _Voice] = {}
    for part, anchor, entries, gains in heard:
        for (product, _, support, strength), gain in zip(entries, gains, strict=True):
            if product in products and (product not in voices or gain > voices[product][0]):
                voices[product] = (gain, part, anchor, support, strength)
    return voices


def _open(part: Part, support: int, strength: float) -> bool:
    """Whether a list may name a pair with a sensitive product: never from what one person did,
    and from purchases only with 3 distinct buyers behind it (0 stands for fewer)."""
    if part.of not in ("product", "category", "shop"):
        return False
    company = part.strategy == "bought_together" or (part.strategy == "blend" and strength > 0)
    return support > 0 or not company


def _entries(
    ask: Ask, part: Part, lists: Mapping[str, Sequence[Entry]]
) -> Iterator[tuple[int | str, Sequence[Entry]]]:
    if part.strategy in REPEATS:
        for own in ask.recent:
            yield own, (Entry(own, 1.0, 0, 0.0),)
        return
    for key in _keys(ask, part):
        yield key, lists.get(slot(part.strategy, key), ())


def _reason(ask: Ask, candidate: Candidate, cards: Mapping[int, Card]) -> Reason:
    match candidate.kind:
        case "bought_together" | "popular":
            return _made(candidate.kind, candidate.support)
        case "similar":
            return _made("similar", 0, "", candidate.support)
        case "popular_in":
            return _made("popular_in", 0, ask.category_name)
        case kind if candidate.about is not None and candidate.about in cards:
            return _made(kind, 0, _title(cards[candidate.about]))
        case kind:
            return _made(kind)


# Most reasons of a shop are the same few, and a shelf makes two dozen.
_made = lru_cache(maxsize=4_096)(Reason)


def _title(card: Card) -> str:
    """A card's body is its JSON object without the closing brace."""
    return str(json.loads(card.body + "}").get("title", ""))
