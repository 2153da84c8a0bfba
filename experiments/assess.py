"""From sums to a report: what the scheduler, a recomputation and tests have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from experiments.beside import FIRST_WEEK, Beside, PartName, Restated
from experiments.health import Signs
from experiments.other_methods import others
from experiments.outcome import Judgement, Running
from experiments.parts import parts, repeats
from experiments.report import Report, build, extra
from experiments.rule import RULE
from experiments.shown import Shown
from experiments.tally import Arms, DayTally, by_segment
from experiments.verdict import FRESH, judge, restate
from store.records import Experiment, Unit

NO_SIGNS = Signs()


def judge_day(experiment: Experiment, day: DayTally, running: Running = FRESH) -> Judgement:
    """The judgement of one more day, after what earlier days left in `running`."""
    return judge(experiment, [day], running)


def corrected(
    experiment: Experiment, judgement: Judgement, at_end: DayTally, latest: DayTally
) -> tuple[Judgement, Restated]:
    """The judgement of a finished test with the figures of its end as known today."""
    fresh = restate(experiment, at_end, latest, judgement.running)
    told = extra(at_end, fresh)
    control, treatment = at_end.mature.control, at_end.mature.treatment
    return fresh, Restated(
        at=latest.until_at,
        orders_control=control.orders,
        orders_treatment=treatment.orders,
        revenue_control_minor=control.revenue_minor,
        revenue_treatment_minor=treatment.revenue_minor,
        estimate_minor=told.estimate_minor if told else None,
        low_minor=told.low_minor if told else None,
        high_minor=told.high_minor if told else None,
    )


def report(
    experiment: Experiment,
    day: DayTally,
    judgement: Judgement,
    currency: str,
    signs: Signs = NO_SIGNS,
    sums: Mapping[PartName, Arms] | None = None,
    buyers: Sequence[Unit] = (),
    restated: tuple[Restated, ...] = (),
    at_end: DayTally | None = None,
    shown: Shown | None = None,
) -> Report:
    """The figures as of `day`, with the verdict of the last day that was judged; `at_end` is what
    is known today of the locked end, once it has passed.
    """
    return build(
        experiment,
        day,
        judgement,
        currency=currency,
        beside=Beside(
            signs,
            parts(experiment, sums or {}),
            repeats(buyers, day.until_at),
            restated,
            others(at_end.mature, 1 - RULE.alpha_end) if at_end else (),
            shown,
        ),
    )


def day_tally(experiment: Experiment, units: Sequence[Unit], until_at: datetime) -> DayTally:
    return DayTally.of(
        units, cap_minor=experiment.cap_minor, window_s=experiment.window_s, until_at=until_at
    )


def part_sums(
    experiment: Experiment, units: Sequence[Unit], until_at: datetime
) -> dict[PartName, Arms]:
    """The mature visitors of each part, from the units themselves."""
    closed = until_at - timedelta(seconds=experiment.window_s)
    mature = [unit for unit in units if unit.entered_at < closed and not unit.robot]
    week = experiment.started_at + FIRST_WEEK
    seen = by_segment(unit for unit in units if not unit.robot)
    over = by_segment(mature)
    found: dict[PartName, Arms] = {
        name: Arms.of(over.get(name, ()), experiment.cap_minor) for name in seen
    }
    first = [unit for unit in mature if unit.entered_at < week]
    found["first_week"] = Arms.of(first, experiment.cap_minor)
    later = [unit for unit in mature if unit.entered_at >= week]
    found["later_weeks"] = Arms.of(later, experiment.cap_minor)
    return found
