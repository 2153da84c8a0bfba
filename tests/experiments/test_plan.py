"""The planner: the textbook's sizes, in days of this shop. (W01 to W11 are in test_reference.)"""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.plan import (
    Plan,
    detectable_rate,
    plan,
    sample_for_mean,
    sample_for_rate,
)
from experiments.rule import RULE


def test_the_worked_examples_of_the_guide():
    assert (
        math.ceil(sample_for_rate(0.03, 0.10)) == 53_208 + 1
        or round(sample_for_rate(0.03, 0.10)) == 53_208
    )
    assert round(sample_for_mean(1.86, 14.5, 0.10), -2) == 95_400


def test_a_busy_shop_is_told_its_days():
    # 2 * 53,207.6 visitors * 1.07 = 113,865 over 6,000 a day are 19 days; with the last visitors'
    # week 26, in whole weeks 28.
    found = plan(6_000, 0.03, 0.10)
    assert found.visitors_needed == 113_865
    assert found.days == 28
    assert not found.too_small
    assert found.planned_visitors == 6_000 * 21
    assert found.planned_conversions == 3_780


def test_a_small_shop_is_told_before_it_starts():
    found = plan(100, 0.03, 0.05)
    assert found.too_small
    assert found.days is None
    assert found.detectable_8_weeks > 0.05
    assert found.detectable_4_weeks > found.detectable_8_weeks


def test_a_huge_shop_still_runs_two_full_weeks():
    assert plan(10**6, 0.03, 0.20).days == RULE.min_days


def test_a_huge_effect_still_waits_for_a_hundred_buyers_in_each_arm():
    found = plan(1_000, 0.01, 5.0)
    assert found.visitors_needed == 20_000


def test_a_shop_without_visitors_is_too_small_and_detects_nothing():
    found = plan(0, 0.03, 0.10)
    assert found.too_small
    assert found.detectable_4_weeks is None
    assert found.detectable_8_weeks is None


def test_revenue_needs_more_visitors_than_conversions():
    rate = plan(10_000, 0.03, 0.10)
    money = plan(10_000, 0.03, 0.10, metric="rpv", mean_minor=186, sd_minor=1_450)
    assert money.visitors_needed > rate.visitors_needed
    assert money.detectable_8_weeks > rate.detectable_8_weeks


def test_an_uneven_split_needs_more_visitors():
    assert plan(5_000, 0.03, 0.1, share=2_000).visitors_needed > (
        plan(5_000, 0.03, 0.1).visitors_needed
    )


@given(
    rate=st.floats(0.001, 0.5),
    control=st.floats(100, 1e7),
    treatment=st.floats(100, 1e7),
)
def test_what_a_sample_detects_is_what_needs_that_sample(rate, control, treatment):
    effect = detectable_rate(rate, control=control, treatment=treatment)
    if effect is not None:
        needed = sample_for_rate(rate, effect, ratio=treatment / control)
        assert needed == pytest.approx(control, rel=1e-6)


@given(
    st.floats(0, 1e6),
    st.floats(0.001, 0.4),
    st.floats(0.01, 1.4),
    st.integers(1, 9_999),
)
def test_every_plan_is_in_whole_weeks_and_within_bounds(visitors, rate, effect, share):
    found = plan(visitors, rate, effect, share=share)
    assert isinstance(found, Plan)
    if found.days is not None:
        assert found.days % 7 == 0
        assert RULE.min_days <= found.days <= RULE.max_days
        assert visitors * (found.days - 7) >= found.visitors_needed - 1
    assert found.planned_visitors >= 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"visitors_per_day": -1},
        {"visitors_per_day": math.nan},
        {"conversion_rate": 0.0},
        {"conversion_rate": 3.0},
        {"effect": 0.0},
        {"effect": math.inf},
        {"effect": 50.0},
        {"share": 0},
        {"share": 10_000},
        {"metric": "rpv"},
        {"metric": "rpv", "mean_minor": 0.0, "sd_minor": 1.0},
    ],
)
def test_a_plan_from_impossible_numbers_is_refused_with_what_to_do(wrong):
    given_facts = {"visitors_per_day": 500, "conversion_rate": 0.03, "effect": 0.1}
    with pytest.raises(ValueError, match=r"must|needs"):
        plan(**given_facts | wrong)
