"""Any look: evidence, its intervals, and what they promise, checked from their definitions."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from experiments.sequential import (
    asymptotic_p,
    at_any_time,
    conversion_evidence,
    conversion_lift,
    multiplier,
    split_evidence,
    tightest_at,
)
from experiments.tally import Arms
from tests.experiments.shops import tally

buyers = st.integers(0, 10**7)
weights = st.floats(0.5, 1e5)
alphas = st.floats(1e-6, 0.3)
shares = st.floats(0.05, 0.95)


def test_the_multiplier_at_the_plan_is_that_of_the_paper():
    for alpha, u in ((0.05, 3.04), (0.01, 3.57)):
        assert multiplier(10_000, tightest_at(10_000, alpha), alpha) == pytest.approx(u, abs=0.005)


@given(st.floats(0, 40), st.integers(2, 10**7), st.integers(1, 10**7), alphas)
def test_p_is_below_alpha_exactly_when_the_interval_leaves_out_zero(z, n, planned, alpha):
    rho2 = tightest_at(planned, alpha)
    u = multiplier(n, rho2, alpha)
    assume(abs(z - u) > 1e-6)
    assert (asymptotic_p(z, n, rho2) < alpha) == (z > u)


def test_a_difference_of_a_thousand_standard_errors_is_no_overflow():
    assert asymptotic_p(1_000.0, 10_000, tightest_at(10_000, 0.01)) == 0.0


@given(buyers, buyers, weights, alphas, shares)
def test_the_ends_of_the_lifts_are_where_the_evidence_against_them_reaches_one_in_alpha(
    x_a, x_b, weight, alpha, share
):
    found = conversion_lift(x_a, x_b, weight, alpha, share)
    k = x_a + x_b
    a, b = weight * share, weight * (1 - share)
    mixture = (
        math.lgamma(a + x_b)
        + math.lgamma(b + x_a)
        - math.lgamma(a + b + k)
        - (math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b))
    )
    for lift in (found.low, found.high):
        if lift is None or lift < -1 + 1e-6:  # 1 + lift keeps too few digits to check there
            continue
        odds = (1 + lift) * share / (1 - share)
        likelihood = x_b * math.log(odds) - k * math.log1p(odds)
        assert mixture - likelihood == pytest.approx(-math.log(alpha), abs=1e-6 + 1e-9 * k)
    assert x_b > 0 or found.low == -1.0
    assert x_a > 0 or found.high is None


@given(buyers, buyers, weights, alphas, shares)
def test_the_lifts_leave_out_zero_exactly_when_the_evidence_says_so(x_a, x_b, weight, alpha, share):
    evidence = conversion_evidence(x_a, x_b, weight, share)
    assume(abs(evidence + math.log(alpha)) > 1e-6)
    found = conversion_lift(x_a, x_b, weight, alpha, share)
    assert found.holds(0.0) == (evidence < -math.log(alpha))


def test_the_lifts_hold_what_was_seen():
    found = conversion_lift(300, 330, 100, 0.05)
    assert found.holds(330 / 300 - 1)
    assert conversion_lift(75, 25, 100, 0.05, share=0.25).holds(0.0)


def test_without_a_buyer_every_lift_is_possible():
    found = conversion_lift(0, 0, 100, 0.01)
    assert (found.low, found.high) == (-1.0, None)
    assert conversion_evidence(0, 0, 100) == 0.0


@given(st.integers(1, 40), weights, shares)
def test_without_effect_the_evidence_expects_to_stay_at_one(k, weight, share):
    # A martingale: over all ways in which k buyers may fall, E averages to exactly 1.
    mean = sum(
        math.comb(k, x_b)
        * share**x_b
        * (1 - share) ** (k - x_b)
        * math.exp(conversion_evidence(k - x_b, x_b, weight, share))
        for x_b in range(k + 1)
    )
    assert mean == pytest.approx(1.0, rel=1e-8)


def test_without_bias_the_evidence_against_the_split_expects_to_stay_at_one():
    n, share = 30, 0.3
    mean = sum(
        math.comb(n, x)
        * share**x
        * (1 - share) ** (n - x)
        * math.exp(split_evidence([n - x, x], [1 - share, share], 1_000))
        for x in range(n + 1)
    )
    assert mean == pytest.approx(1.0, rel=1e-9)


def test_evidence_against_a_split_grows_with_visitors_and_does_not_overflow():
    path = [split_evidence([52 * n, 48 * n], [0.5, 0.5], 1_000) for n in (10, 100, 10**4, 10**7)]
    assert all(before < after for before, after in pairwise(path))
    assert path[-1] > 710  # more than e could hold


def test_an_order_value_has_an_interval_and_no_winner_at_any_time():
    arms = Arms(tally(900, 90), tally(900, 99, 9_000))
    found = at_any_time("aov", arms, planned=2_000, alpha=0.01)
    assert found is not None
    assert found.p is None
    assert found.difference_interval is not None


def test_without_spread_nothing_is_said():
    arms = Arms(tally(50, 0), tally(60, 0))
    found = at_any_time("rpv", arms, planned=2_000, alpha=0.01)
    assert found is not None
    assert (found.p, found.difference_interval, found.lift_interval) == (None, None, None)
    assert at_any_time("rpv", Arms(), planned=2_000, alpha=0.01) is None
