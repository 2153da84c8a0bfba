"""Does this visit try a new product?

Only with full consent: who has no visitor id cannot be shown the same page again an hour later, and
what is cached for everyone must be the same for everyone. Which product it is, is
`recommenders/trying.py`'s. Why it is done at all: docs/decisions/0410-new-products-are-tried.md.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from experiments import assign
from recommenders import choose
from store.reads.shop_config import ShopConfig
from store.records import TRIED_SHARE, Placement
from store.tables import to_micros
from widget.query import ShelfQuery


def drawn(config: ShopConfig, query: ShelfQuery, now: datetime) -> choose.Trying | None:
    """The draw of this visitor, shelf and day: the same all day, however often the page is opened.

    Its hash has nothing to do with that of any test, so it falls alike on both arms.
    """
    percent = config.shop.settings.get("tried", TRIED_SHARE)
    if not query.visitor or not percent or query.placement not in choose.TRIED_ON:
        return None
    day = _day(config.shop.key, query.placement, now.toordinal())
    if assign.bucket(day, query.visitor) >= assign.BUCKETS * percent // 100:
        return None
    which = assign.bucket(f"{day}:which", query.visitor)
    return choose.Trying(to_micros(now), percent / 100, which)


@lru_cache(maxsize=1_024)
def _day(key: str, placement: Placement, ordinal: int) -> str:
    return f"tried:{key}:{placement}:{date.fromordinal(ordinal)}"


def in_buckets(chance: float) -> int:
    """A chance as tokens and events carry it: of 10,000, at least 1."""
    return max(1, round(chance * assign.BUCKETS))
