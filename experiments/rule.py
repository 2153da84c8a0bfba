"""Which numbers rule a verdict? Error rates, minimums and alarms, each with its reason.

Standard library only: the planner needs them in web workers.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """The numbers of the rule. The defaults are the product's; the simulation varies them."""

    # .01 + .04 = .05: a small share buys daily looks that catch harm early, at 7 % more visitors.
    alpha_daily: float = 0.01
    alpha_end: float = 0.04
    min_days: int = 14  # two of each weekday
    max_days: int = 56  # after eight weeks cookies have gone and seasons turned
    min_conversions: int = 100  # in each arm; with fewer, a handful of orders decides
    # The daily interval of revenue rests on a central limit theorem: not before this many buyers
    # in each arm. (The one of conversions is exact from the first.)
    start_conversions: int = 25
    # A split that differs by what 1,000 visitors would leave to chance (1.6 points) is what bugs
    # look like: a beacon lost in one arm, a page cached with its arm.
    split_concentration: float = 1_000.0
    split_alarm: float = 1_000.0  # a false alarm, ever, in at most one of 1,000 tests
    split_end_p: float = 0.001
    split_min_visitors: int = 100

    def __post_init__(self) -> None:
        if min(self.alpha_daily, self.alpha_end) <= 0:
            raise ValueError("error rates lie between 0 and 1")
        if self.alpha_daily + self.alpha_end >= 1:
            raise ValueError("the two error rates together must stay below 1")
        if not 0 <= self.min_days <= self.max_days:
            raise ValueError("min_days must lie between 0 and max_days")
        if min(self.min_conversions, self.start_conversions, self.split_min_visitors) < 0:
            raise ValueError("minimums cannot be negative")
        if self.split_concentration <= 0 or self.split_alarm <= 1:
            raise ValueError("split_concentration must be above 0, split_alarm above 1")


RULE = Rule()
