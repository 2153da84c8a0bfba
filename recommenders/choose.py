"""Which recommendations does a shelf show, here and now, and why each?

The door to choosing, pure functions around the two reads of a request: `wanted` and `slots` say
which lists to read (`asking.py`), `rank` blends them along the placement's chain (`ranking.py`),
`choose` drops what may not be shown and applies pins. What the merchant's rules do is worked out
before and stands in the question (`Ask.effects`). The widget, `flask recommend`, `flask explain`,
the admin's preview and the backtest all call these. Plain Python: a web worker loads no numpy for
them. Sentences are made in `reasons.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from recommenders.asking import Ask, slots, wanted
from recommenders.chains import MOST_ANCHORS
from recommenders.ranking import Candidate, deepest, rank
from recommenders.reasons import say
from store.records import Card, Reason, Recommendation

__all__ = [
    "MOST_ANCHORS",
    "Ask",
    "Candidate",
    "card_keys",
    "choose",
    "deepest",
    "rank",
    "say",
    "slots",
    "wanted",
]

# A shelf has room for 24; some pins may be sold out, and their cards are read with every request.
MOST_PINS = 48


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
