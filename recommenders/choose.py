"""Which recommendations does a shelf show, here and now, and why each?

The door to choosing, pure functions around the two reads of a request: `wanted` and `slots` say
which lists to read (`asking.py`), `rank` blends them along the placement's chain (`ranking.py`),
`choose` drops what may not be shown, applies pins, sees to variety (`varying.py`) and lets a visit
try a new product (`trying.py`). What the merchant's rules do is worked out before and stands in the
question (`Ask.effects`). The widget, `flask recommend`, `flask explain`, the admin's preview and
the backtest all call these. Plain Python: a web worker loads no numpy for them. Sentences are made
in `reasons.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice

from recommenders.asking import Ask, Trying, leading, slots, wanted
from recommenders.chains import MOST_ANCHORS, Source
from recommenders.ranking import Candidate, deepest, newcomers, rank
from recommenders.reasons import say
from recommenders.trying import MOST as MOST_TRIED
from recommenders.trying import TRIED_ON, gives_way, tried
from recommenders.varying import most_alike, varied
from store.records import Card, Reason, Recommendation

__all__ = [
    "MOST_ANCHORS",
    "MOST_TRIED",
    "TRIED_ON",
    "Ask",
    "Candidate",
    "Source",
    "Trying",
    "card_keys",
    "choose",
    "deepest",
    "gives_way",
    "leading",
    "most_alike",
    "newcomers",
    "rank",
    "say",
    "slots",
    "wanted",
]

# A shelf has room for 24; some pins may be sold out, and their cards are read with every request.
MOST_PINS = 48


def card_keys(ask: Ask, candidates: Iterable[Candidate]) -> list[int]:
    """The products whose cards `choose` looks at: read them in one statement."""
    keys = {*ask.cart[:MOST_ANCHORS], *ask.effects.pins[:MOST_PINS]}
    if ask.product is not None:
        keys.add(ask.product)
    for product, _, _, _, _, _, about in candidates:
        keys.add(product)
        if about is not None:
            keys.add(about)
    return list(keys)


def choose(
    ask: Ask,
    candidates: Sequence[Candidate],
    cards: Mapping[int, Card],
    newcomers: Sequence[Candidate] = (),
) -> list[Recommendation]:
    """The shelf: pins first, then candidates that can be sold, one of each near-duplicate group,
    not too many of a kind. Where the visit tries a new product, one of `newcomers` or of those
    further back may take a place.

    Fewer than the limit is an honest answer; a repeat never is.
    """
    picked = [Candidate(key, 0.0, "pinned", "picked") for key in ask.effects.pins[:MOST_PINS]]
    able = _able(ask, chain(picked, candidates), cards)
    if ask.most_alike is None:
        shelf = list(islice(able, ask.limit))
    else:
        shelf = varied(able, ask.limit, ask.most_alike)
    found = None
    if ask.trying is not None:
        visible = min(ask.visible or ask.limit, ask.limit)
        behind = _able(ask, chain(candidates, newcomers), cards, shelf)
        found = tried(ask.trying, shelf, visible, behind)
        if found is not None:
            place, one, chance = found
            others = [it for it in shelf if it[1].product != one[1].product]
            shelf = [*others[:place], one, *others[place:]][: ask.limit]
    shown = [_shown(ask, candidate, card, cards) for candidate, card in shelf]
    if found is not None:
        shown[place] = shown[place]._replace(reason=Reason("new"), chance=chance)
    return shown


def _able(
    ask: Ask,
    candidates: Iterable[Candidate],
    cards: Mapping[int, Card],
    shelf: Sequence[tuple[Candidate, Card]] = (),
) -> Iterator[tuple[Candidate, Card]]:
    """Those that may be shown, each with its card; none like what is on the shelf already."""
    here = {ask.product, *ask.cart, *ask.unwanted}
    if ask.novel:
        here |= ask.owned
    hidden = ask.effects.hidden
    # What lies in the cart or is on the page needs no twin beside it.
    present = (ask.product, *ask.cart)
    groups = {cards[key].group for key in present if key is not None and key in cards}
    groups |= {card.group for _, card in shelf}
    for candidate in candidates:
        product = candidate.product
        card = cards.get(product)
        if card is not None and product not in here and product not in hidden:
            _, _, sellable, group, _, _, _ = card
            if sellable and group not in groups:
                groups.add(group)
                yield candidate, card


def _shown(ask: Ask, candidate: Candidate, card: Card, cards: Mapping[int, Card]) -> Recommendation:
    """A place of the shelf. Both are taken apart at once: two dozen are made for each page, and to
    ask them for one thing after another takes three times as long."""
    product, external_id, _, _, body, _, _ = card
    _, score, strategy, kind, support, _, about = candidate
    match kind:
        case "bought_together" | "popular":
            reason = _made(kind, support)
        case "similar":
            reason = _made("similar", 0, "", support)
        case "popular_in":
            reason = _made("popular_in", 0, ask.category_name)
        case _ if about is not None and about in cards:
            reason = _made(kind, 0, _title(cards[about]))
        case _:
            reason = _made(kind)
    return Recommendation(product, external_id, score, strategy, reason, body)


# Most reasons of a shop are the same few, and a shelf makes two dozen.
_made = lru_cache(maxsize=4_096)(Reason)


def _title(card: Card) -> str:
    """A card's body is its JSON object without the closing brace."""
    return str(json.loads(card.body + "}").get("title", ""))
