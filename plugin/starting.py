"""What has to be known and locked before a split test starts? For the page and the command alike.

A test is planned from the shop's own traffic where it is known; the cap on revenue per visitor is
learned from the last 90 days and frozen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from experiments.assign import BUCKETS
from experiments.plan import Plan, plan
from experiments.rule import RULE
from store.errors import Explained
from store.reads import experiments, models
from store.reads.shops import Shop
from store.reads.traffic import Spending, Traffic, spending, traffic
from store.records import EVERY_SHELF, Tested
from store.writes import experiments as writes

DAYS = 28  # four of each weekday
WINDOW_DAYS = 7  # what a shelf sets off is mostly bought within a week
# The change that a plan is made for where nobody says another one: about what good
# recommendations bring; see docs/decisions.
USUAL_EFFECT = 0.10
# A shop nobody has measured yet is planned as if this many of 100 visitors bought.
USUAL_RATE = 0.03

Metric = Literal["cvr", "rpv"]


class NotReady(Explained):
    """The test cannot start like this; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A test as somebody wants it, checked."""

    placement: Tested
    against: str
    metric: Metric = "cvr"
    days: int = DAYS
    share: int = 50  # per cent of the visitors who go to treatment

    def __post_init__(self) -> None:
        if not 1 <= self.share <= 99:
            raise NotReady("A share is 1 to 99 per cent of the visitors: both groups need some.")
        if self.placement == EVERY_SHELF:
            if self.against != "none":
                raise NotReady("Who is held out sees no shelf at all: a holdout is against none.")
            if not 28 <= self.days <= 364 or self.days % 7:
                raise NotReady("A holdout is read after whole weeks, 28 to 364 days.")
        elif not RULE.min_days <= self.days <= RULE.max_days or self.days % 7:
            raise NotReady(
                f"A test runs for whole weeks, {RULE.min_days} to {RULE.max_days} days: each "
                f"weekday must count equally often. {self.days} days is not that."
            )


def whole_per_cent(text: str) -> int:
    """A share as people type it; `Wish` says whether it is a possible one."""
    if not text.strip().isdecimal() or len(text.strip()) > 3:
        raise NotReady("A share is a whole number of visitors of 100.")
    return int(text)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a shop may expect of a test; `plan` is None where no visitor has been seen yet."""

    traffic: Traffic
    spending: Spending
    plan: Plan | None
    effect: float

    def sentence(self) -> str:
        """What to tell a merchant before the start."""
        if self.plan is None:
            return (
                "No visitor has seen this shelf yet, so nobody can say how long a test takes. Let "
                "the shelf run for two weeks, or start and see."
            )
        size = f"{self.effect:.0%}"
        pace = f"At {self.traffic.visitors_per_day:,.0f} new visitors a day"
        if self.plan.days is not None:
            return f"{pace} a change of {size} would show within {self.plan.days} days."
        eight = self.plan.detectable_8_weeks
        if eight is None:
            return f"{pace} the shop is too small for any test: nothing would show in 8 weeks."
        return (
            f"{pace} a change of {size} would not show even in 8 weeks; the smallest that would is "
            f"{eight:.0%}. A test then mostly guards against harm."
        )


def forecast(
    connection: Connection,
    shop: Shop,
    placement: Tested,
    metric: Metric = "cvr",
    effect: float = USUAL_EFFECT,
    share: int = 50,
) -> Forecast:
    """How long a test for `effect` would take at the shop's traffic of the last weeks."""
    now = shop.now()
    seen = traffic(connection, shop.id, placement, now)
    spent = spending(connection, shop.id, now)
    rate = seen.conversion_rate
    if not seen.visitors or not rate or rate * (1 + effect) >= 1:
        return Forecast(seen, spent, None, effect)
    mean = sd = None
    if spent.buyers:
        # Per visitor: a buyer with probability `rate`, who then spends like the last buyers.
        mean = rate * spent.total_minor / spent.buyers
        sd = math.sqrt(max(rate * spent.squares / spent.buyers - mean**2, 0.0))
    if metric == "rpv" and not (mean and sd):
        return Forecast(seen, spent, None, effect)
    planned = plan(
        seen.visitors_per_day, rate, effect, metric=metric, mean_minor=mean, sd_minor=sd,
        window_days=WINDOW_DAYS, share=share * BUCKETS // 100,
    )  # fmt: skip
    return Forecast(seen, spent, planned, effect)


def start(connection: Connection, shop: Shop, wish: Wish, now: datetime) -> tuple[int, Forecast]:
    """Start the test; returns its number and what was expected of it."""
    _check(connection, shop, wish)
    expected = forecast(connection, shop, wish.placement, wish.metric, share=wish.share)
    if wish.metric == "rpv" and expected.spending.cap_minor is None:
        raise NotReady(
            "Revenue per visitor needs orders of the last 90 days to learn its cap from, and there "
            "are none. Measure the conversion rate (cvr) instead."
        )
    visitors, conversions = _planned(expected, wish.days)
    number = writes.start_experiment(
        connection,
        shop.id,
        placement=wish.placement,
        against=wish.against,
        metric=wish.metric,
        started_at=now,
        ends_at=now + timedelta(days=wish.days),
        window_s=WINDOW_DAYS * 86_400,
        cap_minor=expected.spending.cap_minor,
        planned_visitors=visitors,
        planned_conversions=conversions,
        share=wish.share * BUCKETS // 100,
    )
    return number, expected


def _check(connection: Connection, shop: Shop, wish: Wish) -> None:
    """Can this be compared at all?"""
    live = models.live(connection, shop.id)
    if wish.placement == EVERY_SHELF:
        if not live:
            raise NotReady("Nothing is live on any shelf yet: train first.")
        return
    if wish.placement not in live:
        there = ", ".join(sorted(live)) or "none yet: train first"
        raise NotReady(f"Nothing is live on {wish.placement}. Live placements: {there}.")
    here = live[wish.placement]
    if wish.against == "bestsellers" and wish.placement in ("bestsellers", "trending"):
        raise NotReady("Bestsellers against bestsellers would show no difference. Choose `none`.")
    if wish.against in ("none", "bestsellers", "itself"):
        return
    if wish.against.isdecimal():
        rival = models.by_version(connection, shop.id, int(wish.against))
        if rival.id == here.model_id:
            raise NotReady(f"Version {wish.against} is what is live; choose another to compare.")
    elif wish.against not in here.strategies or len(here.strategies) < 2:
        raise NotReady(
            "A test runs against none, bestsellers, itself (both groups see the same), a model's "
            f"version, or one strategy of the live shelf ({', '.join(here.strategies)}), not "
            f"{wish.against!r}"
        )


def next_phase(
    connection: Connection, shop: Shop, number: int, share: int, now: datetime
) -> tuple[int, Forecast]:
    """Stop a test and start it again with another share: a phase of its own.

    Shares are never changed inside a test: visitors of different weeks would be weighed
    differently in the two arms, and that alone can turn a figure round (Simpson's paradox).
    """
    before = experiments.by_number(connection, shop.id, number).experiment
    if before.stopped_at is not None:
        raise NotReady(f"Experiment {number} is stopped; start a new one instead.")
    days = (before.ends_at - before.started_at).days
    wish = Wish(before.placement, before.against, before.metric, days, share)
    if share * BUCKETS // 100 == before.share:
        raise NotReady(f"Experiment {number} has this share already.")
    writes.stop_experiment(connection, before.id, now)
    return start(connection, shop, wish, now)


def _planned(expected: Forecast, days: int) -> tuple[int, int]:
    """Mature visitors and buyers by the locked end. They only tune when daily looks are sharpest
    (any number keeps them honest), so a shop that nobody has measured gets a middling one."""
    seen = expected.traffic
    rate = seen.conversion_rate or USUAL_RATE
    per_day = seen.visitors_per_day or 100.0
    visitors = max(1, round(per_day * (days - WINDOW_DAYS)))
    return visitors, max(1, round(visitors * rate))
