"""Before a verdict: what is missing, and by when it is to be expected."""

from __future__ import annotations

from datetime import timedelta

from experiments.outcome import TooEarly
from experiments.tally import Tally
from experiments.verdict import judge
from tests.experiments.shops import START, day, days, experiment, tally


def test_before_two_weeks_even_a_doubling_is_too_early():
    verdict = judge(experiment(), days(13, 0.05, 0.10)).verdict
    assert isinstance(verdict, TooEarly)
    assert (verdict.days, verdict.days_missing) == (13, 1)
    assert verdict.conversions_missing_control == 0
    assert verdict.visitors_missing == 0
    assert verdict.expected_at == START + timedelta(days=14)
    assert verdict.in_time is True
    assert judge(experiment(), days(14, 0.05, 0.10)).verdict.kind == "lift"


def test_with_99_buyers_in_one_arm_it_is_too_early_and_with_100_it_is_not():
    for buyers, kind in ((99, "too_early"), (100, "not_proven")):
        known = [day(14, tally(7_000, buyers), tally(7_000, 120))]
        assert judge(experiment(), known).verdict.kind == kind


def test_what_is_missing_is_the_sum_done_on_paper():
    # 21 days with a window of 7: 14 days of entries, 1,400 mature visitors, 70 of them bought.
    # Control lacks 60 buyers, at 1 in 20 and half of the visitors: 2,400 visitors, 24 more days.
    test = experiment(window_s=7 * 86_400)
    verdict = judge(test, [day(21, tally(700, 40), tally(700, 30))]).verdict
    assert isinstance(verdict, TooEarly)
    assert (verdict.conversions_missing_control, verdict.conversions_missing_treatment) == (60, 70)
    assert verdict.visitors_missing == 2_800  # treatment lacks 70
    assert verdict.expected_at == START + timedelta(days=21 + 28)
    assert verdict.in_time is True


def test_a_shop_too_small_for_eight_weeks_is_told_so():
    test = experiment(window_s=7 * 86_400)
    verdict = judge(test, [day(21, tally(700, 20), tally(700, 20))]).verdict
    assert isinstance(verdict, TooEarly)
    assert verdict.expected_at == START + timedelta(days=21 + 56)
    assert verdict.in_time is False


def test_without_a_single_sale_no_date_is_invented():
    verdict = judge(experiment(), [day(20, tally(700, 0), tally(700, 0))]).verdict
    assert isinstance(verdict, TooEarly)
    assert verdict.visitors_missing is None
    assert verdict.expected_at is None
    assert verdict.in_time is None


def test_an_empty_shop_is_too_early():
    verdict = judge(experiment(), [day(1, Tally(), Tally())]).verdict
    assert isinstance(verdict, TooEarly)
    assert not verdict.ended


def test_an_ended_test_with_too_few_buyers_has_no_date_to_hope_for():
    known = [day(28, tally(7_000, 40), tally(7_000, 40))]
    verdict = judge(experiment(), known).verdict
    assert isinstance(verdict, TooEarly)
    assert verdict.ended
    assert verdict.expected_at is None
