"""How long would a test take in this shop, and is the shop large enough for one?

To be asked before the start: most small shops cannot detect a change of 10 %, and it is kinder to
say so first. Sizes are for the hybrid rule of `verdict`; the formulas are the textbook's.

Runs in web workers (the planner's page): standard library only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from experiments.assign import BUCKETS, EVEN
from experiments.rule import RULE

# The sizes below are for one look at alpha .05. Spending .01 of it on looking daily leaves .04 for
# the end: 7 % more visitors for the same power (measured in the simulation, tests/bench).
HYBRID_COST = 1.07


@dataclass(frozen=True, slots=True)
class Plan:
    """What a shop may expect of a test for `effect`; None: not in the longest test there is."""

    metric: Literal["cvr", "rpv"]
    effect: float  # relative: 0.05 is 5 %
    visitors_needed: int  # both arms
    days: int | None  # in whole weeks, the outcome window of the last visitors included
    detectable_4_weeks: float | None  # the smallest relative change seen in 4 weeks; None: none
    detectable_8_weeks: float | None
    planned_visitors: int  # mature by the end of the plan (or of the longest test)
    planned_conversions: int

    @property
    def too_small(self) -> bool:
        """Would the shop not see `effect` in the longest test there is?"""
        return self.days is None


def plan(
    visitors_per_day: float,
    conversion_rate: float,
    effect: float,
    *,
    metric: Literal["cvr", "rpv"] = "cvr",
    mean_minor: float | None = None,
    sd_minor: float | None = None,
    share: int = EVEN,
    window_days: int = 7,
    alpha: float = 0.05,
    power: float = 0.8,
) -> Plan:
    """Days to detect `effect`, and what can be detected in 4 and 8 weeks.

    `visitors_per_day` counts people who would be shown the shelf for the first time in the test,
    over the last weeks: not page views, nor people who came before. `mean_minor` and `sd_minor` are
    of capped revenue per visitor, buyers or not; needed for `rpv`. `share` is of 10,000 buckets.
    """
    _check(visitors_per_day, conversion_rate, effect, share)
    ratio = share / (BUCKETS - share)  # treatment visitors for each of control
    if metric == "cvr":
        control = sample_for_rate(conversion_rate, effect, alpha=alpha, power=power, ratio=ratio)
    else:
        if mean_minor is None or sd_minor is None or mean_minor <= 0 or sd_minor <= 0:
            raise ValueError("a plan for revenue needs its mean and spread, both above 0")
        control = sample_for_mean(
            mean_minor, sd_minor, effect, alpha=alpha, power=power, ratio=ratio
        )
    needed = math.ceil(control * (1 + ratio) * HYBRID_COST)
    # Enough buyers in the smaller arm to allow a verdict at all.
    rarer = min(share, BUCKETS - share) / BUCKETS
    needed = max(needed, math.ceil(RULE.min_conversions / (conversion_rate * rarer)))
    days = None
    if needed <= visitors_per_day * (RULE.max_days - window_days):
        weeks = math.ceil((needed / visitors_per_day + window_days) / 7)
        days = max(RULE.min_days, 7 * weeks)

    def detectable(in_days: int) -> float | None:
        mature = visitors_per_day * (in_days - window_days) / HYBRID_COST
        arms = {"control": mature * (1 - share / BUCKETS), "treatment": mature * share / BUCKETS}
        if metric == "cvr":
            return detectable_rate(conversion_rate, **arms, alpha=alpha, power=power)
        assert mean_minor is not None and sd_minor is not None  # noqa: S101, PT018 - checked above
        return detectable_mean(mean_minor, sd_minor, **arms, alpha=alpha, power=power)

    planned = round(visitors_per_day * ((days or RULE.max_days) - window_days))
    return Plan(
        metric=metric,
        effect=effect,
        visitors_needed=needed,
        days=days,
        detectable_4_weeks=detectable(28),
        detectable_8_weeks=detectable(56),
        planned_visitors=max(1, planned),
        planned_conversions=max(1, round(planned * conversion_rate)),
    )


def _check(visitors_per_day: float, conversion_rate: float, effect: float, share: int) -> None:
    if not 0 <= visitors_per_day < math.inf:
        raise ValueError("visitors_per_day must be 0 or more")
    if not 0 < conversion_rate < 1:
        raise ValueError("conversion_rate must lie between 0 and 1: 0.03 is 3 %")
    if not (0 < effect < math.inf and conversion_rate * (1 + effect) < 1):
        raise ValueError("effect must be above 0 (0.05 is 5 %) and leave the rate below 1")
    if not 0 < share < BUCKETS:
        raise ValueError(f"share must leave both arms some of the {BUCKETS} buckets")


# --- the textbook --------------------------------------------------------------------------------


def _reach(alpha: float, power: float) -> float:
    """z for a two-sided alpha plus z for the power: the standard errors an effect must measure."""
    normal = NormalDist()
    return normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)


def sample_for_rate(
    rate: float, effect: float, *, alpha: float = 0.05, power: float = 0.8, ratio: float = 1.0
) -> float:
    """Visitors in control that find `rate` changed by `effect` with probability `power`.

    n = (z_alpha/2 + z_beta)2 (p1 q1 + p2 q2 / ratio) / (p2 - p1)2; treatment has n * ratio.
    """
    other = rate * (1 + effect)
    spread = rate * (1 - rate) + other * (1 - other) / ratio
    return _reach(alpha, power) ** 2 * spread / (other - rate) ** 2


def sample_for_mean(
    mean: float,
    sd: float,
    effect: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    ratio: float = 1.0,
) -> float:
    """The same for a mean: n = (z_alpha/2 + z_beta)2 sd2 (1 + 1 / ratio) / (effect mean)2."""
    return _reach(alpha, power) ** 2 * sd**2 * (1 + 1 / ratio) / (effect * mean) ** 2


def detectable_rate(
    rate: float, *, control: float, treatment: float, alpha: float = 0.05, power: float = 0.8
) -> float | None:
    """The smallest relative rise found with probability `power`; None: not even to 100 %, or
    less than one visitor in an arm.

    `sample_for_rate` solved for d = p2 - p1: d2 (1 + K/nB) - d K (1 - 2 p1) / nB
    - K p1 q1 (1/nA + 1/nB) = 0, K = (z_alpha/2 + z_beta)2.
    """
    if min(control, treatment) < 1:
        return None
    reach2 = _reach(alpha, power) ** 2
    lead = 1 + reach2 / treatment
    middle = reach2 * (1 - 2 * rate) / treatment
    rest = reach2 * rate * (1 - rate) * (1 / control + 1 / treatment)
    rise = (middle + math.sqrt(middle**2 + 4 * lead * rest)) / (2 * lead)
    return rise / rate if rate + rise < 1 else None


def detectable_mean(
    mean: float,
    sd: float,
    *,
    control: float,
    treatment: float,
    alpha: float = 0.05,
    power: float = 0.8,
) -> float | None:
    """The same for a mean; None without a visitor in each arm."""
    if min(control, treatment) < 1:
        return None
    return _reach(alpha, power) * sd * math.sqrt(1 / control + 1 / treatment) / mean
