"""On which past windows does an ensemble learn?"""

from __future__ import annotations

import numpy as np

from recommenders.baskets import before
from recommenders.questions import WEEK_S, Split, split_at
from store.records import Interactions

WINDOWS = 3  # fewer cannot tell a habit from a season, more are further from today
# A window: long enough for customers to come back, short enough to be one season ...
USUAL_WEEKS = 4
# ... but a shop with few orders needs longer ones, or it would learn from chance alone.
ENOUGH_ORDERS = 150
# Of the time before now, what the first window's models need at least to learn from.
LEAST_HISTORY = 0.5


def windows(interactions: Interactions, now_s: int) -> list[Split]:
    """The last windows before now, oldest first: each with all that was known before it.

    As long as `USUAL_WEEKS` where the history allows, longer where they hold few orders, at least
    one week; none for a shop younger than that takes.
    """
    if not len(interactions.at_s):
        return []
    span_s = now_s - int(interactions.at_s[0])
    longest = int((1 - LEAST_HISTORY) * span_s / WINDOWS // WEEK_S)
    weeks = min(USUAL_WEEKS, longest)
    while weeks < longest and _orders_in(interactions, now_s, weeks) < WINDOWS * ENOUGH_ORDERS:
        weeks += 1
    if weeks < 1:
        return []
    found = []
    for back in range(WINDOWS, 0, -1):
        end_s = now_s - (back - 1) * weeks * WEEK_S
        found.append(split_at(before(interactions, end_s), end_s - weeks * WEEK_S))
    return found


def _orders_in(interactions: Interactions, now_s: int, weeks: int) -> int:
    """How many orders all windows of so many weeks hold together."""
    start_s = now_s - WINDOWS * weeks * WEEK_S
    first = int(np.searchsorted(interactions.at_s, start_s, side="left"))
    return (
        interactions.orders - int(interactions.order[first])
        if first < len(interactions.at_s)
        else 0
    )
