"""May a verdict be given yet, and what is missing until then?

Before a verdict: two weeks, and a hundred buyers in each arm. What is missing is told with the day
by which it is to be expected at the pace so far. The rule's numbers are `rule`'s.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from experiments.assign import BUCKETS
from experiments.outcome import TooEarly
from experiments.rule import Rule
from experiments.tally import DayTally
from store.records import Experiment


def missing(experiment: Experiment, day: DayTally, rule: Rule) -> bool:
    """Is it too early for any verdict?"""
    return (
        full_days(experiment, day) < rule.min_days or fewest_converters(day) < rule.min_conversions
    )


def full_days(experiment: Experiment, day: DayTally) -> int:
    """Full days of the test; it goes no further after its stop."""
    until_at = day.until_at
    if experiment.stopped_at is not None:
        until_at = min(until_at, experiment.stopped_at)
    return max(0, (until_at - experiment.started_at).days)


def fewest_converters(day: DayTally) -> int:
    """Buyers among the mature visitors, in the arm that has fewer."""
    return min(day.mature.control.converters, day.mature.treatment.converters)


def over_at(experiment: Experiment) -> datetime:
    """The locked end, or the stop before it."""
    stopped = experiment.stopped_at
    return experiment.ends_at if stopped is None else min(stopped, experiment.ends_at)


def weights(experiment: Experiment) -> tuple[float, float]:
    """The planned shares of control and treatment."""
    share = experiment.share / BUCKETS
    return 1 - share, share


def too_early(experiment: Experiment, day: DayTally, rule: Rule) -> TooEarly:
    """What is missing, and when it is to be expected: no day where nothing was seen to go by."""
    control, treatment = day.mature.control, day.mature.treatment
    days = full_days(experiment, day)
    days_missing = max(0, rule.min_days - days)
    lacking = [max(0, rule.min_conversions - arm.converters) for arm in (control, treatment)]
    ended = day.until_at >= over_at(experiment)

    # The pace: buyers among the mature, over the days in which those entered.
    buyers, mature = control.converters + treatment.converters, day.mature.visitors
    span = day.until_at - experiment.started_at - timedelta(seconds=experiment.window_s)
    visitors_missing: int | None = None
    expected_at: datetime | None = None
    if not any(lacking):
        visitors_missing, expected_at = 0, day.until_at
    elif buyers and span > timedelta():
        visitors_missing = max(
            math.ceil(short * mature / buyers / share)
            for short, share in zip(lacking, weights(experiment), strict=True)
        )
        expected_at = day.until_at + span * (visitors_missing / mature)
    if expected_at is not None:
        earliest = experiment.started_at + timedelta(days=rule.min_days)
        expected_at = max(expected_at, earliest).replace(microsecond=0)
    # A holdout is read by the quarter: its own end is later than a test's longest.
    latest = max(experiment.started_at + timedelta(days=rule.max_days), experiment.ends_at)
    return TooEarly(
        days=days,
        days_missing=days_missing,
        converters_control=control.converters,
        converters_treatment=treatment.converters,
        conversions_missing_control=lacking[0],
        conversions_missing_treatment=lacking[1],
        visitors_missing=visitors_missing,
        expected_at=None if ended else expected_at,
        in_time=None if ended or expected_at is None else expected_at <= latest,
        ended=ended,
    )
