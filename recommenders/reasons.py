"""What does a reason say to a shopper, and what may it not say?

A sentence claims no more than its evidence carries: a count appears only where at least 3 distinct
buyers stand behind it (below, the evidence's count is 0), and rounded down to a band unless the
merchant wants it exact. The words themselves are in `sentences.py`. Plain Python for web workers.
"""

from __future__ import annotations

from bisect import bisect_right

from recommenders.sentences import SENTENCES
from store.records import (
    SHARED_CATEGORY,
    SHARED_TAGS,
    SHARED_TITLE,
    SHARED_TYPE,
    SHARED_VENDOR,
    SHARED_VISITS,
    Reason,
)

# Steps that people count in; wide enough that a shopper's own order does not show in the figure.
_BANDS = (3, 5, *(n * 10**e for e in range(1, 7) for n in (1, 2, 3, 5)))

# What two similar products have in common, the most telling first.
_SHARED = (
    (SHARED_VENDOR | SHARED_TYPE, "similar.vendor+type"),
    (SHARED_TITLE, "similar.title"),
    (SHARED_VISITS, "similar.visits"),
    (SHARED_TYPE, "similar.type"),
    (SHARED_CATEGORY, "similar.category"),
    (SHARED_VENDOR, "similar.vendor"),
    (SHARED_TAGS, "similar.tags"),
)


def say(reason: Reason, locale: str = "en", exact: bool = False) -> str:
    """The sentence: `say(Reason("bought_together", count=37)) == "Bought together in 30+ orders"`.

    `locale` is a language tag such as "de-AT"; English where we do not speak the language.
    """
    words = SENTENCES.get(locale.replace("_", "-").partition("-")[0].lower(), SENTENCES["en"])
    return words[_sentence(reason, exact)].format(
        count=reason.count if exact else band(reason.count), about=reason.about
    )


def band(count: int) -> int:
    """The highest band not above `count`, 0 below the lowest: `band(37) == 30`."""
    place = bisect_right(_BANDS, count)
    return _BANDS[place - 1] if place else 0


def _sentence(reason: Reason, exact: bool) -> str:
    if reason.kind == "similar":
        for bits, name in _SHARED:
            if reason.shared & bits == bits:
                return name
        return "similar"
    if reason.kind in ("bought_together", "popular") and band(reason.count):
        return f"{reason.kind}.{'exact' if exact else 'band'}"
    if reason.about and f"{reason.kind}.about" in SENTENCES["en"]:
        return f"{reason.kind}.about"
    return reason.kind
