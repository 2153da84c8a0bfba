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
from typing import Literal

from experiments.assign import BUCKETS
from experiments.look import any_time, end_look, honest_together, look, metrics
from experiments.outcome import (
    Difference,
    EndLook,
    Judgement,
    Lift,
    Lopsided,
    NotProven,
    Running,
    Verdict,
)
from experiments.rule import RULE, Rule
from experiments.tally import DayTally
from experiments.waiting import full_days, missing, too_early
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
        running = look(experiment, day, running, rule)
    return _conclude(experiment, days[-1], running, rule)


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
    end = end_look(experiment, corrected, rule)
    return _conclude(experiment, latest, replace(running, end=end), rule)


# --- the conclusion ------------------------------------------------------------------------------


def _conclude(experiment: Experiment, day: DayTally, running: Running, rule: Rule) -> Judgement:
    lopsided = _lopsided(experiment, day, running, rule)
    if lopsided is not None:
        return Judgement(lopsided, running, ())
    end = running.end
    if end is None and missing(experiment, day, rule):
        return Judgement(too_early(experiment, day, rule), running, ())
    if end is not None and (direction := _proven_at_end(end.differences[0], rule)):
        return Judgement(_final(end, direction), running, end.differences)

    found = [any_time(metric, experiment, day, rule) for metric in metrics(experiment, day)]
    if found[0] is None:
        return Judgement(too_early(experiment, day, rule), running, ())
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
    days, visitors = full_days(experiment, day), day.mature.visitors
    verdict: Verdict = (
        NotProven(effect, days, visitors, False, running.end_passed, running.shifting)
        if proven is None
        else Lift(proven, effect, days, visitors, False, running.end_passed)
    )
    return Judgement(verdict, running, honest_together([effect, *others]))


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
