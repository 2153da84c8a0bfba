"""Experiments and tallies for tests: a shop of even days, with what differs named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from experiments.tally import Arms, DayTally, Tally
from store.records import Experiment

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday


def experiment(**changed) -> Experiment:
    """28 days on `also_bought` against bestsellers, planned for 28,000 visitors at 3 %."""
    facts = {
        "id": 1,
        "placement": "also_bought",
        "against": "bestsellers",
        "metric": "cvr",
        "salt": "s",
        "share": 5_000,
        "started_at": START,
        "ends_at": START + timedelta(days=28),
        "window_s": 0,
        "cap_minor": None,
        "planned_visitors": 28_000,
        "planned_conversions": 840,
    }
    return Experiment(**facts | changed)


def tally(visitors: int, converters: int, spent_minor: int = 5_000, other_minor: int = 7_000):
    """An arm whose buyers spend `spent_minor` or `other_minor`, by turns."""
    first, second = converters - converters // 2, converters // 2
    total = first * spent_minor + second * other_minor
    squares = first * spent_minor**2 + second * other_minor**2
    return Tally(
        visitors=visitors,
        converters=converters,
        orders=converters,
        orders_sq=converters,
        revenue_minor=total,
        revenue_sq=squares,
        capped_minor=total,
        capped_sq=squares,
        revenue_orders=total,
    )


def day(number: int, control: Tally, treatment: Tally, entered: Arms | None = None) -> DayTally:
    """All that was known at the end of day `number` (1 is the first)."""
    mature = Arms(control, treatment)
    return DayTally(START + timedelta(days=number), mature, entered or mature)


def days(
    until: int, control: float, treatment: float, visitors: int = 500, since: int = 1
) -> list[DayTally]:
    """Days `since` to `until` of a shop with so many visitors a day in each arm at these rates."""
    return [
        day(
            n,
            tally(visitors * n, round(visitors * n * control)),
            tally(visitors * n, round(visitors * n * treatment)),
        )
        for n in range(since, until + 1)
    ]
