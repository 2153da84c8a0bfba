"""What does one day's look at a split test show, and what is kept of all looks so far?

Each day narrows what may be said at any time (`sequential`): the running minimum of p and the
intersection of the intervals. The look at the locked end (`difference`) is taken once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from experiments.assign import BUCKETS
from experiments.difference import at_the_end, chance_to_win, holm, split_p
from experiments.outcome import Difference, EndLook, Interval, Metric, Running
from experiments.rule import Rule
from experiments.sample import samples
from experiments.sequential import at_any_time, split_evidence
from experiments.tally import DayTally
from experiments.waiting import fewest_converters, full_days, missing, over_at, weights
from store.records import Experiment


def look(experiment: Experiment, day: DayTally, running: Running, rule: Rule) -> Running:
    """`running` with one more day in it."""
    metric = experiment.metric
    running = replace(running, until_at=day.until_at)
    counts = (day.entered.control.visitors, day.entered.treatment.visitors)
    enough_to_compare = sum(counts) >= rule.split_min_visitors
    if enough_to_compare:
        evidence = split_evidence(counts, weights(experiment), rule.split_concentration)
        running = replace(running, log_evidence=max(running.log_evidence, evidence))
    if metric == "cvr" or fewest_converters(day) >= rule.start_conversions:
        today = any_time(metric, experiment, day, rule)
        if today is not None:
            running = _narrowed(running, today)
    if not running.end_passed and day.until_at >= over_at(experiment):
        running = replace(
            running,
            end_passed=True,
            split_p_at_end=split_p(counts, weights(experiment)) if enough_to_compare else None,
            end=end_look(experiment, day, rule),
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


def end_look(experiment: Experiment, day: DayTally, rule: Rule) -> EndLook | None:
    """The one look at the locked end; None where it may not be taken.

    A test stopped early has none: who stops when the figures please has looked more than once.
    """
    stopped = experiment.stopped_at
    if stopped is not None and stopped < experiment.ends_at:
        return None
    if missing(experiment, day, rule):
        return None
    level = 1 - rule.alpha_end
    found = [at_the_end(metric, day.mature, level) for metric in metrics(experiment, day)]
    pair = samples(experiment.metric, day.mature)
    if found[0] is None or pair is None:
        return None
    return EndLook(
        differences=honest_together([one for one in found if one is not None]),
        chance_to_win=chance_to_win(*pair),
        days=full_days(experiment, day),
        visitors=day.mature.visitors,
        at=day.until_at,
    )


def metrics(experiment: Experiment, day: DayTally) -> tuple[Metric, ...]:
    """The primary metric, the secondary one, and those that only describe."""
    first: Metric = experiment.metric
    second: Metric = "rpv" if first == "cvr" else "cvr"
    known_before = day.mature.control.before_sq + day.mature.treatment.before_sq > 0
    adjusted: tuple[Metric, ...] = ("rpv_adjusted",) if known_before else ()
    return (first, second, "rpv_raw", *adjusted, "aov")


def any_time(
    metric: Metric, experiment: Experiment, day: DayTally, rule: Rule
) -> Difference | None:
    """The day's always-valid difference, planned as the test was; None: too little to say."""
    planned = experiment.planned_conversions if metric == "cvr" else experiment.planned_visitors
    return at_any_time(
        metric,
        day.mature,
        planned=max(1, planned),  # a poor plan makes the interval wide, never wrong
        alpha=rule.alpha_daily,
        share=experiment.share / BUCKETS,
    )


def honest_together(found: list[Difference]) -> tuple[Difference, ...]:
    """The primary's p stands; secondary ones are adjusted for being several (Holm); what only
    describes has none, because no winner follows from it.
    """
    primary, *others = found
    tested = [i for i, one in enumerate(others) if one.metric in ("cvr", "rpv")]
    ps = {i: one.p for i in tested if (one := others[i]).p is not None}
    adjusted = dict(zip(ps, holm([p for p in ps.values() if p is not None]), strict=True))
    return (primary, *(replace(one, p=adjusted.get(i)) for i, one in enumerate(others)))
