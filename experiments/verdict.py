"""What may be said of a split test today? The rule that turns tallies into a verdict.

The hybrid rule, so that a merchant may look daily and still be told the truth in 95 of 100 tests
without effect: an error rate of .01 is spent on looks at any time (`sequential`), .04 on one look
at the end that was locked at the start (`difference`); together at most .05, by adding. Before a
verdict: two weeks, a hundred buyers in each arm, and visitors split as they were dealt.

`judge` is pure: the caller stores `Running` and hands it back with the next day, so no history is
read again. The scheduler runs it; web workers read what it said (`outcome`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from experiments.assign import BUCKETS
from experiments.difference import at_the_end, chance_to_win, holm, split_p
from experiments.outcome import (
    Difference,
    EndLook,
    Interval,
    Judgement,
    Lift,
    Lopsided,
    Metric,
    NotProven,
    Running,
    TooEarly,
    Verdict,
)
from experiments.rule import RULE, Rule
from experiments.sample import samples
from experiments.sequential import at_any_time, split_evidence
from experiments.tally import DayTally
from store.records import Experiment

FRESH = Running()


def judge(
    experiment: Experiment, days: Sequence[DayTally], running: Running = FRESH, rule: Rule = RULE
) -> Judgement:
    """The verdict after the last of `days`, each the whole of what was known at its instant.

    `running` is what the judgement before the first of `days` gave back. Judging day by day is
    judging all days at once. The instant of the judgement is the last day's `until_at`.
    """
    if not days:
        raise ValueError("a judgement needs at least one day; an empty tally will do")
    if not 0 < experiment.share < BUCKETS:
        raise ValueError(f"share {experiment.share} leaves one arm without visitors")
    for day in days:
        if running.until_at is not None and day.until_at <= running.until_at:
            raise ValueError(f"{day.until_at} was judged already: days come in order, each once")
        running = _look(experiment, day, running, rule)
    return _conclude(experiment, days[-1], running, rule)


# --- one look ------------------------------------------------------------------------------------


def _look(experiment: Experiment, day: DayTally, running: Running, rule: Rule) -> Running:
    """`running` with one more day in it."""
    metric = experiment.metric
    running = replace(running, until_at=day.until_at)
    counts = (day.entered.control.visitors, day.entered.treatment.visitors)
    enough_to_compare = sum(counts) >= rule.split_min_visitors
    if enough_to_compare:
        evidence = split_evidence(counts, _weights(experiment), rule.split_concentration)
        running = replace(running, log_evidence=max(running.log_evidence, evidence))
    if metric == "cvr" or _fewest_converters(day) >= rule.start_conversions:
        today = _any_time(metric, experiment, day, rule)
        if today is not None:
            running = _narrowed(running, today)
    if not running.end_passed and day.until_at >= _over_at(experiment):
        running = replace(
            running,
            end_passed=True,
            split_p_at_end=split_p(counts, _weights(experiment)) if enough_to_compare else None,
            end=_end_look(experiment, day, rule),
        )
    return running


def _narrowed(running: Running, today: Difference) -> Running:
    """The running minimum and intersection, with today's look.

    If a look has nothing in common with those before, each of which holds the truth almost surely,
    the truth has moved; from then on only today's interval is kept, and marked so.
    """
    lift = _common(running.lift, today.lift_interval)
    difference = _common(running.difference, today.difference_interval)
    parted = lift == "nothing" or difference == "nothing"
    return replace(
        running,
        p=running.p if today.p is None else min(running.p, today.p),
        lift=today.lift_interval if lift == "nothing" else lift,
        difference=today.difference_interval if difference == "nothing" else difference,
        shifting=running.shifting or parted,
    )


def _common(a: Interval | None, b: Interval | None) -> Interval | Literal["nothing"] | None:
    """What two intervals share; None is an interval without ends."""
    if a is None or b is None:
        return a or b
    low = max(a.low, b.low)
    highs = [end for end in (a.high, b.high) if end is not None]
    high = min(highs) if highs else None
    return "nothing" if high is not None and high < low else Interval(low, high)


def _end_look(experiment: Experiment, day: DayTally, rule: Rule) -> EndLook | None:
    """The one look at the locked end; None where it may not be taken.

    A test stopped early has none: who stops when the figures please has looked more than once.
    """
    stopped = experiment.stopped_at
    if stopped is not None and stopped < experiment.ends_at:
        return None
    if _missing(experiment, day, rule):
        return None
    level = 1 - rule.alpha_end
    found = [at_the_end(metric, day.mature, level) for metric in _metrics(experiment, day)]
    pair = samples(experiment.metric, day.mature)
    if found[0] is None or pair is None:
        return None
    return EndLook(
        differences=_honest_together([one for one in found if one is not None]),
        chance_to_win=chance_to_win(*pair),
        days=_full_days(experiment, day),
        visitors=day.mature.visitors,
        at=day.until_at,
    )


# --- late refunds ---------------------------------------------------------------------------------


def restate(
    experiment: Experiment,
    corrected: DayTally,
    latest: DayTally,
    running: Running,
    rule: Rule = RULE,
) -> Judgement:
    """The verdict of a test whose locked end has passed, with the end's figures corrected.

    `corrected` is what is known today of the instant of the look at the end: the same visitors, the
    same days, less what was refunded since. Not another look, so it costs no error rate; what the
    first one said is the caller's to keep.
    """  # fmt: skip
    end = _end_look(experiment, corrected, rule)
    return _conclude(experiment, latest, replace(running, end=end), rule)


# --- the conclusion ------------------------------------------------------------------------------


def _conclude(experiment: Experiment, day: DayTally, running: Running, rule: Rule) -> Judgement:
    lopsided = _lopsided(experiment, day, running, rule)
    if lopsided is not None:
        return Judgement(lopsided, running, ())
    end = running.end
    if end is None and _missing(experiment, day, rule):
        return Judgement(_too_early(experiment, day, rule), running, ())
    if end is not None and (direction := _proven_at_end(end.differences[0], rule)):
        return Judgement(_final(end, direction), running, end.differences)

    found = [_any_time(metric, experiment, day, rule) for metric in _metrics(experiment, day)]
    if found[0] is None:
        return Judgement(_too_early(experiment, day, rule), running, ())
    effect = replace(
        found[0],
        p=None if found[0].p is None else running.p,
        lift_interval=running.lift,
        difference_interval=running.difference,
    )
    proven = None if running.shifting else _direction(effect)
    if end is not None and proven is None:
        return Judgement(_final(end, None, shifting=running.shifting), running, end.differences)
    others = [one for one in found[1:] if one is not None]
    days, visitors = _full_days(experiment, day), day.mature.visitors
    verdict: Verdict = (
        NotProven(effect, days, visitors, False, running.end_passed, running.shifting)
        if proven is None
        else Lift(proven, effect, days, visitors, False, running.end_passed)
    )
    return Judgement(verdict, running, _honest_together([effect, *others]))


def _final(
    end: EndLook, direction: Literal["helping", "hurting"] | None, *, shifting: bool = False
) -> Lift | NotProven:
    effect, chance = end.differences[0], end.chance_to_win
    if direction is None:
        return NotProven(effect, end.days, end.visitors, True, True, shifting, chance)
    return Lift(direction, effect, end.days, end.visitors, True, True, chance)


def _proven_at_end(effect: Difference, rule: Rule) -> Literal["helping", "hurting"] | None:
    if effect.p is None or effect.p > rule.alpha_end:
        return None
    return "helping" if effect.difference > 0 else "hurting"


def _direction(effect: Difference) -> Literal["helping", "hurting"] | None:
    """Where an always-valid interval leaves out 0. For conversions the lift's is the exact one;
    for revenue the difference's, which is there even while control may have earned nothing.
    """
    interval = effect.lift_interval if effect.metric == "cvr" else effect.difference_interval
    if interval is None or interval.holds(0.0):
        return None
    return "helping" if interval.low > 0 else "hurting"


def _lopsided(
    experiment: Experiment, day: DayTally, running: Running, rule: Rule
) -> Lopsided | None:
    p = running.split_p_at_end
    alarmed = running.log_evidence >= math.log(rule.split_alarm)
    if not alarmed and (p is None or p >= rule.split_end_p):
        return None
    return Lopsided(
        control=day.entered.control.visitors,
        treatment=day.entered.treatment.visitors,
        expected_share=experiment.share / BUCKETS,
        log_evidence=running.log_evidence,
        p_at_end=p,
    )


def _too_early(experiment: Experiment, day: DayTally, rule: Rule) -> TooEarly:
    control, treatment = day.mature.control, day.mature.treatment
    days = _full_days(experiment, day)
    days_missing = max(0, rule.min_days - days)
    lacking = [max(0, rule.min_conversions - arm.converters) for arm in (control, treatment)]
    ended = day.until_at >= _over_at(experiment)

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
            for short, share in zip(lacking, _weights(experiment), strict=True)
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


# --- what both ask -------------------------------------------------------------------------------


def _missing(experiment: Experiment, day: DayTally, rule: Rule) -> bool:
    """Is it too early for any verdict?"""
    return (
        _full_days(experiment, day) < rule.min_days
        or _fewest_converters(day) < rule.min_conversions
    )


def _full_days(experiment: Experiment, day: DayTally) -> int:
    """Full days of the test; it goes no further after its stop."""
    until_at = day.until_at
    if experiment.stopped_at is not None:
        until_at = min(until_at, experiment.stopped_at)
    return max(0, (until_at - experiment.started_at).days)


def _fewest_converters(day: DayTally) -> int:
    return min(day.mature.control.converters, day.mature.treatment.converters)


def _over_at(experiment: Experiment) -> datetime:
    stopped = experiment.stopped_at
    return experiment.ends_at if stopped is None else min(stopped, experiment.ends_at)


def _weights(experiment: Experiment) -> tuple[float, float]:
    """The planned shares of control and treatment."""
    share = experiment.share / BUCKETS
    return 1 - share, share


def _metrics(experiment: Experiment, day: DayTally) -> tuple[Metric, ...]:
    """The primary metric, the secondary one, and those that only describe."""
    first: Metric = experiment.metric
    second: Metric = "rpv" if first == "cvr" else "cvr"
    known_before = day.mature.control.before_sq + day.mature.treatment.before_sq > 0
    adjusted: tuple[Metric, ...] = ("rpv_adjusted",) if known_before else ()
    return (first, second, "rpv_raw", *adjusted, "aov")


def _any_time(
    metric: Metric, experiment: Experiment, day: DayTally, rule: Rule
) -> Difference | None:
    planned = experiment.planned_conversions if metric == "cvr" else experiment.planned_visitors
    return at_any_time(
        metric,
        day.mature,
        planned=max(1, planned),  # a poor plan makes the interval wide, never wrong
        alpha=rule.alpha_daily,
        share=experiment.share / BUCKETS,
    )


def _honest_together(found: list[Difference]) -> tuple[Difference, ...]:
    """The primary's p stands; secondary ones are adjusted for being several (Holm); what only
    describes has none, because no winner follows from it.
    """
    primary, *others = found
    tested = [i for i, one in enumerate(others) if one.metric in ("cvr", "rpv")]
    ps = {i: one.p for i in tested if (one := others[i]).p is not None}
    adjusted = dict(zip(ps, holm([p for p in ps.values() if p is not None]), strict=True))
    return (primary, *(replace(one, p=adjusted.get(i)) for i, one in enumerate(others)))
