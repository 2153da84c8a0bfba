"""The rule: what may be said, when, and that looking again never changes what was true."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.outcome import (
    Interval,
    Judgement,
    Lift,
    Lopsided,
    NotProven,
    Running,
    TooEarly,
)
from experiments.tally import Arms, DayTally, Tally
from experiments.verdict import judge
from tests.experiments.shops import START, day, days, experiment, tally

WEEK = timedelta(days=7)


@st.composite
def shops(draw) -> tuple[str, list[DayTally]]:
    """A metric, and some weeks of a shop with whatever happened on each of its days."""
    sums, so_far = [], Arms()
    for number in range(1, draw(st.integers(15, 40)) + 1):
        arms = []
        shared = draw(st.integers(20, 900))
        for _ in "ab":
            visitors = shared + draw(st.integers(-10, 10))  # a fair split, as a rule
            converters = draw(st.integers(0, min(visitors, 60)))
            spent, other = draw(st.integers(0, 9_000)), draw(st.integers(0, 9_000))
            arms.append(tally(visitors, converters, spent, other))
        so_far = so_far + Arms(*arms)
        sums.append(DayTally(START + timedelta(days=number), so_far, so_far))
    return draw(st.sampled_from(("cvr", "rpv"))), sums


# --- day by day ----------------------------------------------------------------------------------


@settings(max_examples=40)
@given(shops(), st.data())
def test_judging_day_by_day_is_judging_all_days_at_once(shop, data):
    metric, known = shop
    test = experiment(metric=metric)
    at_once = judge(test, known)
    running, last = Running(), None
    for one in known:
        last = judge(test, [one], running)
        running = Running.from_json(last.running.to_json())
    assert last == at_once
    cut = data.draw(st.integers(1, len(known) - 1))
    first = judge(test, known[:cut])
    assert judge(test, known[cut:], first.running) == at_once


def test_a_day_judged_already_is_refused():
    known = days(15, 0.03, 0.03)
    done = judge(experiment(), known)
    with pytest.raises(ValueError, match="judged already"):
        judge(experiment(), known[-1:], done.running)
    with pytest.raises(ValueError, match="judged already"):
        judge(experiment(), [known[1], known[0]])


def test_a_judgement_without_a_day_is_refused():
    with pytest.raises(ValueError, match="at least one day"):
        judge(experiment(), [])


def test_a_test_with_all_visitors_in_one_arm_is_refused():
    with pytest.raises(ValueError, match="leaves one arm without visitors"):
        judge(experiment(share=10_000), days(1, 0.03, 0.03))


# --- the daily part ------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["cvr", "rpv"])
@pytest.mark.parametrize(("rate", "direction"), [(0.045, "helping"), (0.019, "hurting")])
def test_a_large_effect_is_proven_before_the_end(metric, rate, direction):
    verdict = judge(experiment(metric=metric), days(20, 0.03, rate)).verdict
    assert isinstance(verdict, Lift)
    assert verdict.direction == direction
    assert not verdict.final
    assert verdict.effect.always
    assert verdict.effect.level == 0.99
    assert verdict.effect.p < 0.01
    assert not verdict.effect.lift_interval.holds(0.0)
    assert verdict.chance_to_win is None


@pytest.mark.parametrize("metric", ["cvr", "rpv"])
def test_what_was_proven_once_stays_proven_when_later_looks_are_weaker(metric):
    test = experiment(metric=metric)
    strong = judge(test, days(16, 0.03, 0.042))
    weak = [day(17, tally(8_500, 255), tally(8_500, 300))]
    assert judge(test, weak).verdict.kind == "not_proven"  # on its own
    after = judge(test, weak, strong.running)
    assert isinstance(after.verdict, Lift)
    assert after.running.p == strong.running.p


def test_intervals_only_shrink_from_look_to_look():
    test, running = experiment(metric="rpv"), Running()
    for one in days(27, 0.03, 0.033):
        before, running = running, judge(test, [one], running).running
        assert running.p <= before.p
        if before.difference is not None:
            assert running.difference.low >= before.difference.low
            assert running.difference.high <= before.difference.high


def test_revenue_is_not_looked_at_before_25_buyers_in_each_arm():
    for buyers, looked in ((24, False), (25, True)):
        known = [day(1, tally(500, buyers), tally(500, 80))]
        running = judge(experiment(metric="rpv"), known).running
        assert (running.difference is not None) == looked


def test_an_effect_that_turns_round_is_called_neither():
    test = experiment(planned_visitors=2_000, planned_conversions=200)
    up = judge(test, days(14, 0.05, 0.09))
    assert up.verdict.kind == "lift"
    n = 500 * 14
    down = [
        day(
            15 + i,
            tally(n + 60_000 * (i + 1), 350 + 6_000 * (i + 1)),
            tally(n + 60_000 * (i + 1), 630 + 4_000 * (i + 1)),
        )
        for i in range(3)
    ]
    verdict = judge(test, down, up.running).verdict
    assert isinstance(verdict, NotProven)
    assert verdict.shifting


# --- the locked end ------------------------------------------------------------------------------


def near(metric="cvr") -> list[DayTally]:
    """28 days with an effect that one look sees (p about .02) and daily looks do not."""
    return days(28, 0.030, 0.0347)


@pytest.mark.parametrize("metric", ["cvr", "rpv"])
def test_the_look_at_the_locked_end_proves_what_daily_looks_could_not(metric):
    test = experiment(metric=metric)
    assert judge(test, near()[:-1]).verdict.kind == "not_proven"
    verdict = judge(test, near()).verdict
    assert isinstance(verdict, Lift)
    assert verdict.final
    assert verdict.ended
    assert verdict.effect.level == 0.96
    assert not verdict.effect.always
    assert 0.01 < verdict.effect.p < 0.04
    assert verdict.effect.lift_interval.low > 0
    assert 0.95 < verdict.chance_to_win < 1


def test_at_the_end_the_line_is_drawn_at_04_not_at_05():
    # 5 % spread over the two parts: .04 is what the end may spend. One buyer more or less.
    for buyers, p, kind in ((480, 0.0421, "not_proven"), (481, 0.0389, "lift")):
        judgement = judge(experiment(), days(28, 0.030, buyers / 14_000))
        assert judgement.running.end.differences[0].p == pytest.approx(p, abs=0.0001)
        assert judgement.verdict.kind == kind


def test_after_the_end_no_second_look_of_its_kind_is_taken():
    test = experiment()
    missed = judge(test, days(28, 0.030, 0.0335))
    assert isinstance(missed.verdict, NotProven)
    assert missed.verdict.final
    later = [day(29, tally(14_500, 435), tally(14_500, 505))]
    assert isinstance(judge(test, later).verdict, Lift)  # as a first look at the end
    after = judge(test, later, missed.running)
    assert after.verdict == missed.verdict
    assert after.running.end == missed.running.end


def test_after_the_end_the_daily_part_goes_on():
    test = experiment()
    missed = judge(test, days(28, 0.030, 0.0335))
    later = days(60, 0.030, 0.0365, since=60)
    verdict = judge(test, later, missed.running).verdict
    assert isinstance(verdict, Lift)
    assert not verdict.final
    assert verdict.ended
    assert verdict.effect.level == 0.99


def test_a_test_stopped_early_has_no_look_at_the_end():
    test = experiment(stopped_at=START + timedelta(days=27))
    judgement = judge(test, near())
    assert judgement.running.end_passed
    assert judgement.running.end is None
    assert isinstance(judgement.verdict, NotProven)
    assert judgement.verdict.ended
    assert judgement.verdict.days == 27


def test_a_test_stopped_before_two_weeks_stays_too_early_for_ever():
    test = experiment(stopped_at=START + timedelta(days=10))
    verdict = judge(test, days(40, 0.03, 0.06)).verdict
    assert isinstance(verdict, TooEarly)
    assert verdict.ended


def test_a_look_lost_at_the_end_for_want_of_buyers_is_not_made_up_later():
    test = experiment()
    lost = judge(test, [day(28, tally(7_000, 70), tally(7_000, 99))])
    assert isinstance(lost.verdict, TooEarly)
    later = judge(test, [day(29, tally(7_200, 100), tally(7_200, 140))], lost.running)
    assert later.running.end is None
    assert isinstance(later.verdict, NotProven)
    assert not later.verdict.final


# --- the split -----------------------------------------------------------------------------------


def test_a_lopsided_split_blocks_the_verdict():
    known = [day(20, tally(9_600, 300), tally(10_400, 480))]
    judgement = judge(experiment(), known)
    verdict = judgement.verdict
    assert isinstance(verdict, Lopsided)
    assert (verdict.control, verdict.treatment) == (9_600, 10_400)
    assert verdict.share == 0.52
    assert verdict.log_evidence > math.log(1_000)
    assert judgement.differences == ()


def test_once_lopsided_stays_lopsided():
    test = experiment()
    alarm = judge(test, [day(20, tally(9_600, 300), tally(10_400, 480))])
    later = judge(test, days(27, 0.03, 0.03, since=27), alarm.running)
    assert isinstance(later.verdict, Lopsided)


def test_who_entered_is_checked_not_only_who_is_mature():
    mature = (tally(5_000, 150), tally(5_000, 150))
    entered = Arms(tally(9_600, 150), tally(10_400, 150))
    assert judge(experiment(), [day(20, *mature, entered)]).verdict.kind == "lopsided"


def test_the_check_at_the_end_finds_what_the_daily_one_does_not():
    known = [day(28, tally(99_200, 3_000), tally(100_800, 3_050))]
    judgement = judge(experiment(), known)
    assert judgement.running.log_evidence < math.log(1_000)
    assert isinstance(judgement.verdict, Lopsided)
    assert judgement.verdict.p_at_end < 0.001


def test_under_a_hundred_visitors_no_alarm_is_raised():
    known = [day(28, tally(9, 5), tally(90, 40))]
    judgement = judge(experiment(), known)
    assert isinstance(judgement.verdict, TooEarly)
    assert judgement.running.split_p_at_end is None
    assert judgement.running.log_evidence == 0.0


def test_an_uneven_split_that_was_planned_is_neither_lopsided_nor_an_effect():
    test = experiment(share=2_000)
    known = [day(n, tally(800 * n, 24 * n), tally(200 * n, 6 * n)) for n in range(1, 29)]
    judgement = judge(test, known)
    assert isinstance(judgement.verdict, NotProven)
    assert judgement.running.lift.holds(0.0)
    assert judgement.running.p > 0.5


# --- what cannot be said -------------------------------------------------------------------------


def test_two_constants_that_differ_have_no_winner():
    # Every visitor buys, and every one for the same amount: no spread, so no test.
    known = [day(28, tally(500, 500, 1_000, 1_000), tally(500, 500, 1_200, 1_200))]
    for metric in ("cvr", "rpv"):
        verdict = judge(experiment(metric=metric), known).verdict
        assert isinstance(verdict, NotProven)
        assert verdict.effect.p is None or verdict.effect.always
        assert verdict.effect.difference_interval != Interval(0.0, 0.0)


def test_secondary_metrics_are_adjusted_and_describing_ones_have_no_p():
    known = near()
    found = {one.metric: one for one in judge(experiment(metric="rpv"), known).differences}
    assert list(found) == ["rpv", "cvr", "rpv_raw", "aov"]
    assert found["cvr"].p is not None
    assert found["rpv_raw"].p is None
    assert found["aov"].p is None


def test_spending_before_the_test_adds_an_adjusted_figure():
    control, treatment = tally(7_000, 300), tally(7_000, 300)
    known_before = {"before_minor": 900, "before_sq": 9_000, "before_capped": 5_000}
    known = [day(20, replace(control, **known_before), treatment)]
    metrics = [one.metric for one in judge(experiment(), known).differences]
    assert metrics == ["cvr", "rpv", "rpv_raw", "rpv_adjusted", "aov"]


@settings(max_examples=60)
@given(shops())
def test_a_verdict_never_contradicts_the_interval_beside_it(shop):
    metric, known = shop
    for until in (15, len(known)):
        verdict = judge(experiment(metric=metric), known[:until]).verdict
        if isinstance(verdict, Lift | NotProven) and not getattr(verdict, "shifting", False):
            effect = verdict.effect
            interval = effect.lift_interval if metric == "cvr" else effect.difference_interval
            proven = interval is not None and not interval.holds(0.0)
            assert proven == isinstance(verdict, Lift)
            if isinstance(verdict, Lift):
                assert (interval.low > 0) == (verdict.direction == "helping")


@settings(max_examples=40)
@given(shops())
def test_swapping_the_arms_turns_the_verdict_round(shop):
    metric, known = shop
    swapped = [
        DayTally(
            one.until_at,
            Arms(one.mature.treatment, one.mature.control),
            Arms(one.entered.treatment, one.entered.control),
        )
        for one in known
    ]
    verdict = judge(experiment(metric=metric), known).verdict
    other = judge(experiment(metric=metric), swapped).verdict
    assert other.kind == verdict.kind
    if isinstance(verdict, Lift):
        assert {verdict.direction, other.direction} == {"helping", "hurting"}


@settings(max_examples=40)
@given(shops())
def test_a_judgement_comes_back_from_text_as_it_was(shop):
    metric, known = shop
    judgement = judge(experiment(metric=metric), known)
    text = judgement.to_json()
    assert Judgement.from_json(text) == judgement
    assert "NaN" not in text
    assert "Infinity" not in text


def test_amounts_beyond_64_bits_are_judged_like_any_other():
    small, large = days(28, 0.03, 0.04), []
    for one in small:
        arms = Arms(*(scaled(arm, 10**15) for arm in (one.mature.control, one.mature.treatment)))
        large.append(DayTally(one.until_at, arms, arms))
    test = experiment(metric="rpv")
    one, other = judge(test, small).verdict, judge(test, large).verdict
    assert one.effect.p == pytest.approx(other.effect.p, rel=1e-9)
    assert one.effect.lift_interval.low == pytest.approx(other.effect.lift_interval.low, rel=1e-9)


def scaled(arm: Tally, times: int) -> Tally:
    return replace(
        arm,
        revenue_minor=arm.revenue_minor * times,
        revenue_sq=arm.revenue_sq * times**2,
        capped_minor=arm.capped_minor * times,
        capped_sq=arm.capped_sq * times**2,
        revenue_orders=arm.revenue_orders * times,
    )
