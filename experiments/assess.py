"""From units to a report: the one composition that the scheduler and a recomputation share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from experiments.outcome import Judgement, Running
from experiments.report import Report, build
from experiments.tally import DayTally
from experiments.verdict import FRESH, judge
from store.records import Experiment, Unit


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of an experiment at one instant, as the store tells it."""

    units: Sequence[Unit]
    attributed_minor: int
    orders: int
    orders_without_visitor: int


def day_tally(experiment: Experiment, seen: Seen, until_at: datetime) -> DayTally:
    return DayTally.of(
        seen.units,
        cap_minor=experiment.cap_minor,
        window_s=experiment.window_s,
        until_at=until_at,
    )


def judge_day(
    experiment: Experiment, seen: Seen, until_at: datetime, running: Running = FRESH
) -> Judgement:
    """The judgement of one more day, after what earlier days left in `running`."""
    return judge(experiment, [day_tally(experiment, seen, until_at)], running)


def report(
    experiment: Experiment, seen: Seen, judgement: Judgement, currency: str, until_at: datetime
) -> Report:
    """The figures as of `until_at`, with the verdict of the last day that was judged."""
    return build(
        experiment,
        day_tally(experiment, seen, until_at),
        judgement,
        currency=currency,
        attributed_minor=seen.attributed_minor,
        orders=seen.orders,
        orders_without_visitor=seen.orders_without_visitor,
    )
