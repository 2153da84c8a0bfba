"""On which past windows does an ensemble learn?"""

from __future__ import annotations

from recommenders.baskets import before
from recommenders.questions import WEEK_S, Split, split_at
from store.records import Interactions

WINDOWS = 3  # fewer cannot tell a habit from a season, more are further from today
MOST_WEEKS = 4  # a window: long enough for customers to come back, short enough to be one season
# Of the time before now, what the first window's models need at least to learn from.
LEAST_HISTORY = 0.5


def windows(interactions: Interactions, now_s: int) -> list[Split]:
    """The last windows before now, oldest first: each with all that was known before it.

    As long as `MOST_WEEKS` where the history allows, at least one week; none for a shop younger
    than that takes.
    """
    if not len(interactions.at_s):
        return []
    span_s = now_s - int(interactions.at_s[0])
    weeks = min(MOST_WEEKS, int((1 - LEAST_HISTORY) * span_s / WINDOWS // WEEK_S))
    if weeks < 1:
        return []
    found = []
    for back in range(WINDOWS, 0, -1):
        end_s = now_s - (back - 1) * weeks * WEEK_S
        found.append(split_at(before(interactions, end_s), end_s - weeks * WEEK_S))
    return found
