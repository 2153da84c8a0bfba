"""How many products of one kind may stand on a shelf?

The merchant's knob (`ShelfLook.variety`). A kind is a product's main category, else its type, else
its vendor; a product of which the shop tells none of these is a kind of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeVar

from store.records import Card

Held = TypeVar("Held", bound=tuple[object, Card])


def most_alike(visible: int, variety: int) -> int | None:
    """How many of one kind: any (None), a half of what is visible, a quarter, one."""
    if not variety:
        return None
    return 1 if variety == 3 else -(-visible // 2**variety)


def varied(able: Iterable[Held], limit: int, most: int) -> list[Held]:
    """The first `limit`, passing over those of which `most` of their kind stand there already.

    Where that leaves places empty, those passed over come back, one more of each kind at a time: a
    shelf is never shorter for its variety. A lower `most` never makes a shelf less varied: it only
    ever exchanges one of a kind that has `most` for one of a kind that has fewer.
    """
    kept: list[Held] = []
    of_kind: Counter[str] = Counter()
    waiting: Iterable[Held] = able
    while len(kept) < limit:
        passed: list[Held] = []
        for held in waiting:
            kind = held[1].kind
            if kind and of_kind[kind] >= most:
                passed.append(held)
                continue
            of_kind[kind] += 1
            kept.append(held)
            if len(kept) == limit:
                break
        if not passed:
            break
        waiting, most = passed, most + 1
    return kept


def diversity(kinds: Sequence[str]) -> float:
    """The chance that two different places of a shelf hold different kinds (Simpson's measure)."""
    places = len(kinds)
    if places < 2:
        return 0.0
    alike = sum(n * (n - 1) for kind, n in Counter(kinds).items() if kind)
    return 1 - alike / (places * (places - 1))
