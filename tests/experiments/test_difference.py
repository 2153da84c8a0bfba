"""One look: intervals that agree with their tests, and nothing where nothing can be said."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from experiments.difference import (
    at_the_end,
    chance_to_win,
    conversion_p,
    fieller,
    holm,
    newcombe,
    split_p,
    welch,
    wilson,
)
from experiments.sample import Sample, sample
from experiments.tally import Arms, Tally
from tests.experiments.shops import tally

samples = st.builds(
    Sample,
    n=st.integers(2, 10**6),
    mean=st.floats(0.01, 1e6),
    variance=st.floats(0.01, 1e9),
)


@st.composite
def counts(draw) -> Tally:
    visitors = draw(st.integers(0, 10**6))
    return Tally(visitors=visitors, converters=draw(st.integers(0, visitors)))


def test_mean_and_variance_are_the_sum_done_on_paper():
    # Three visitors spend 1, 2 and 6: mean 3, squared distances 4 + 1 + 9 over 2.
    spent = Tally(visitors=3, capped_minor=9, capped_sq=1 + 4 + 36)
    assert sample(spent, "rpv") == Sample(3, 3.0, 7.0)


def test_the_value_of_an_order_is_the_sum_done_on_paper():
    # Four visitors: two orders for 30, one for 10, none, none. R = 40 / 3.
    # s2_y = (900 + 100 - 1600/4) / 3 = 200, s2_d = (5 - 9/4) / 3, s_yd = (70 - 40*3/4) / 3.
    four = Tally(
        visitors=4, orders=3, orders_sq=5, revenue_minor=40, revenue_sq=1_000, revenue_orders=70
    )
    ratio = 40 / 3
    spread = 200 - 2 * ratio * 40 / 3 + ratio**2 * 2.75 / 3
    found = sample(four, "aov")
    assert found is not None
    assert found.mean == pytest.approx(ratio)
    assert found.variance == pytest.approx(spread / 0.75**2)


def test_a_constant_has_no_spread_however_large_its_amount():
    amount = 987_654_321_987_654_321
    constant = Tally(visitors=7, capped_minor=7 * amount, capped_sq=7 * amount**2)
    found = sample(constant, "rpv")
    assert found is not None
    assert found.variance == 0.0
    assert welch(found, found) is None


def test_a_tiny_spread_on_a_huge_amount_is_not_lost():
    # 10**15 and 10**15 + 2: in floating point the squares cancel to nothing, or less.
    low, high = 10**15, 10**15 + 2
    two = Tally(visitors=2, capped_minor=low + high, capped_sq=low**2 + high**2)
    found = sample(two, "rpv")
    assert found is not None
    assert found.variance == 2.0


@given(samples, samples, st.floats(0.5, 6))
def test_fiellers_lifts_leave_out_zero_exactly_when_the_difference_is_that_far(a, b, u):
    test = welch(a, b)
    assert test is not None
    z = abs(test.difference) / test.se
    assume(abs(z - u) > 1e-6)
    interval = fieller(a, b, u)
    if interval is not None:
        assert interval.holds(0.0) == (z < u)
        assert interval.holds(b.mean / a.mean - 1)


@given(samples, samples, st.floats(0.5, 0.999))
def test_the_interval_of_a_difference_agrees_with_its_p_value(a, b, level):
    test = welch(a, b)
    assert test is not None
    assume(abs(test.p - (1 - level)) > 1e-9)
    assert test.interval(level).holds(0.0) == (test.p > 1 - level)


def test_no_lift_is_said_while_control_may_have_earned_nothing():
    a, b = Sample(100, 1.0, 400.0), Sample(100, 5.0, 400.0)
    assert fieller(a, b, 1.96) is None
    assert fieller(a, b, 0.4) is not None


@given(counts(), counts(), st.floats(0.5, 0.999))
def test_a_difference_of_rates_lies_within_its_interval_and_within_reason(a, b, level):
    interval = newcombe(a, b, level)
    if a.visitors == 0 or b.visitors == 0:
        assert interval is None
        return
    d = b.converters / b.visitors - a.converters / a.visitors
    assert -1 - 1e-9 <= interval.low <= d + 1e-12
    assert d - 1e-12 <= interval.high <= 1 + 1e-9
    assert interval.low < interval.high


@given(st.integers(1, 10**6), st.floats(0.5, 0.999), st.data())
def test_a_share_lies_within_its_interval(n, level, data):
    x = data.draw(st.integers(0, n))
    low, high = wilson(x, n, level)
    assert -1e-12 <= low <= x / n + 1e-12
    assert x / n - 1e-12 <= high <= 1 + 1e-12


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (tally(0, 0), tally(50, 5)),
        (tally(1, 0), tally(1, 1)),
        (tally(400, 0), tally(410, 0)),
        (tally(20, 20), tally(22, 22)),
    ],
)
def test_where_no_test_can_speak_there_is_no_p_value(a, b):
    assert conversion_p(a, b) is None


def test_the_exact_test_takes_over_below_25_buyers_or_25_who_did_not_buy():
    usual = conversion_p(tally(1_000, 25), tally(1_000, 40))
    exact = conversion_p(tally(1_000, 24), tally(1_000, 40))
    a, b = sample(tally(1_000, 24), "cvr"), sample(tally(1_000, 40), "cvr")
    assert welch(a, b).p < exact
    assert usual == pytest.approx(
        welch(sample(tally(1_000, 25), "cvr"), sample(tally(1_000, 40), "cvr")).p
    )
    mirrored = conversion_p(tally(1_000, 976), tally(1_000, 960))
    assert mirrored == pytest.approx(exact)


def test_chance_to_win_is_even_without_a_difference_and_modest_with_little_data():
    a = Sample(1_000, 2.0, 100.0)
    assert chance_to_win(a, a) == 0.5
    better = Sample(1_000, 2.5, 100.0)
    assert (
        0.5
        < chance_to_win(a, better)
        < chance_to_win(Sample(10**6, 2.0, 100.0), Sample(10**6, 2.5, 100.0))
    )
    assert chance_to_win(Sample(10, 0.0, 0.0), better) is None
    assert chance_to_win(Sample(10, 1.0, 0.0), Sample(10, 2.0, 0.0)) is None


@given(st.lists(st.floats(0, 1), max_size=8))
def test_adjusting_for_several_keeps_the_order_and_never_flatters(ps):
    adjusted = holm(ps)
    assert all(p <= q <= 1 for p, q in zip(ps, adjusted, strict=True))
    assert [adjusted[i] for i in sorted(range(len(ps)), key=lambda i: ps[i])] == sorted(adjusted)


def test_a_split_is_judged_against_the_shares_that_were_planned():
    assert split_p([800, 200], [0.8, 0.2]) == 1.0
    assert split_p([800, 200], [0.5, 0.5]) < 1e-50
    assert split_p([0, 0], [0.5, 0.5]) == 1.0


def test_an_order_value_is_described_without_a_winner():
    found = at_the_end("aov", Arms(tally(900, 90), tally(900, 99, 9_000)), 0.96)
    assert found is not None
    assert found.p is None
    assert found.difference_interval is not None
    assert math.isclose(found.control, 6_000)
