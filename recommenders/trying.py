"""Which new product does a shelf try, where its evidence is as good as that of what it displaces?

Lists are learned from orders, so what nobody has bought yet would never be shown. In a small share
of visits one place goes to a product that is new in the shop. The chance with which it was put
there travels with the answer: whoever learns from it later divides by that chance, and so learns
what would have happened had everybody been shown it (inverse propensity, Horvitz and Thompson,
JASA 47, 1952). Whose visit it is that tries is the caller's to draw.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from recommenders.asking import Trying
from recommenders.ranking import Candidate
from store.records import Card, Placement

# A month is what shops call "new in".
NEW_US = 28 * 86_400 * 1_000_000
# In view on most screens without turning: who is not seen is not tried.
PLACE = 4
# Of so many that are close the draw takes one, so that not only the closest is ever tried.
MOST = 3
# Evidence is close from half of the score of what it displaces: in one list scores mostly lie
# within a factor of ten.
CLOSE = 0.5
# Shelves that name what they go by ("Similar", "Bestsellers", ...) show just that.
TRIED_ON: frozenset[Placement] = frozenset({"also_bought", "you_might_like", "cart"})

Able = tuple[Candidate, Card]


def tried(
    trying: Trying, shelf: Sequence[Able], visible: int, rest: Iterable[Able]
) -> tuple[int, Able, float] | None:
    """At which place (from 0), what, and with which chance; None: there is nothing to try.

    `shelf` are the products by their rank, of which the page shows `visible`; `rest` those that
    stand behind them. Nothing is tried on a shelf that is short, or that shows a new product by its
    rank, or in place of what the merchant pinned.
    """
    if len(shelf) < visible or any(_new(card, trying) for _, card in shelf[:visible]):
        return None
    pins = sum(candidate.strategy == "pinned" for candidate, _ in shelf[:visible])
    if pins == visible:
        return None
    displaced = shelf[visible - 1][0]
    close = [
        (candidate, card)
        for candidate, card in (*shelf[visible:], *rest)
        if _new(card, trying) and _close(candidate, displaced)
    ][:MOST]
    if not close:
        return None
    place = max(min(PLACE, visible) - 1, pins)
    return place, close[trying.draw % len(close)], trying.share / len(close)


def gives_way(candidates: Iterable[Candidate]) -> bool:
    """Whether any of these could give way to a product that only looks like those of the page.
    Where purchases speak for each of them, none does, and who is near need not be asked."""
    return any(it.strategy == "similar" or not _bought_for_this(it) for it in candidates)


def _new(card: Card, trying: Trying) -> bool:
    return card.published_us is not None and 0 <= trying.now_us - card.published_us < NEW_US


def _close(new: Candidate, displaced: Candidate) -> bool:
    """By the same measure at least half as good; or nobody's purchases speak for the other one."""
    if new.strategy == displaced.strategy and displaced.score > 0:
        return new.score >= CLOSE * displaced.score
    return not _bought_for_this(displaced)


def _bought_for_this(candidate: Candidate) -> bool:
    """Whether purchases of 3 distinct buyers, or the customer's own, speak for it on this page.

    Those that make a bestseller speak for it anywhere, and so not for it here.
    """
    if candidate.strategy == "blend" and not candidate.strength:
        return False  # never bought together: then `support` is what they share
    company = ("bought_together", "blend", "repurchase", "for_you")
    return candidate.strategy in company and candidate.support > 0
