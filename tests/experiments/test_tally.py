"""Sums that add: in any order, in any parts, beyond 64 bits, and back from text."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.tally import Arms, DayTally, Tally
from store.records import Unit

START = datetime(2026, 3, 2, tzinfo=UTC)
WINDOW_S = 7 * 86_400

units = st.lists(
    st.builds(
        Unit,
        arm=st.sampled_from(("treatment", "control")),
        entered_at=st.integers(0, 30 * 86_400).map(lambda s: START + timedelta(seconds=s)),
        orders=st.integers(0, 5),
        revenue_minor=st.integers(-(10**7), 10**13),
        before_minor=st.integers(0, 10**13),
        clicks=st.integers(0, 9),
        crossed=st.booleans(),
    ),
    max_size=12,
)
caps = st.none() | st.integers(1, 10**7)


@given(units, units, caps)
def test_the_tally_of_both_is_the_sum_of_their_tallies(some, others, cap):
    assert Tally.of(some, cap) + Tally.of(others, cap) == Tally.of(some + others, cap)
    assert Arms.of(some, cap) + Arms.of(others, cap) == Arms.of(some + others, cap)


@given(units, caps, st.randoms())
def test_the_order_of_visitors_does_not_matter(some, cap, random):
    shuffled = some.copy()
    random.shuffle(shuffled)
    assert Arms.of(shuffled, cap) == Arms.of(some, cap)


@given(units, caps)
def test_a_tally_comes_back_from_json_as_it_was(some, cap):
    tally = Tally.of(some, cap)
    assert Tally.from_json(tally.to_json()) == tally
    arms = Arms.of(some, cap)
    assert Arms.from_json(arms.to_json()) == arms


def test_the_sums_are_those_done_on_paper():
    tally = Tally.of(
        [
            Unit("control", START, orders=2, revenue_minor=500, before_minor=10, clicks=3),
            Unit("control", START, orders=1, revenue_minor=120, crossed=True),
            Unit("control", START),
        ],
        cap_minor=300,
    )
    assert tally == Tally(
        visitors=3,
        converters=2,
        orders=3,
        orders_sq=5,
        revenue_minor=620,
        revenue_sq=500**2 + 120**2,
        capped_minor=420,
        capped_sq=300**2 + 120**2,
        revenue_orders=500 * 2 + 120,
        before_minor=10,
        before_sq=100,
        before_capped=10 * 300,
        clicks=3,
        clickers=1,
        crossed=1,
    )


def test_sums_of_squares_are_exact_beyond_64_bits():
    price = 2**62 + 1
    whale = Unit("treatment", START, orders=1, revenue_minor=price)
    tally = Tally.of([whale] * 3, None)
    assert tally.revenue_sq == 3 * price**2
    assert Tally.from_json(tally.to_json()).revenue_sq == 3 * price**2


@pytest.mark.parametrize(
    "text", ["{}", "[]", "null", json.dumps({"visitors": 1}), Tally().to_json().replace("0", "0.5")]
)
def test_text_that_is_no_tally_is_refused(text):
    with pytest.raises(ValueError, match="a stored tally"):
        Tally.from_json(text)


def test_text_that_is_no_pair_of_arms_is_refused():
    with pytest.raises(ValueError, match="control and treatment"):
        Arms.from_json(Tally().to_json())


@given(units, caps, st.integers(0, 40))
def test_a_day_counts_who_entered_before_it_and_whose_window_is_over(some, cap, day):
    until_at = START + timedelta(days=day)
    tally = DayTally.of(some, cap_minor=cap, window_s=WINDOW_S, until_at=until_at)
    assert tally.entered.visitors == sum(unit.entered_at < until_at for unit in some)
    assert tally.mature.visitors == sum(
        unit.entered_at + timedelta(seconds=WINDOW_S) < until_at for unit in some
    )


def test_a_window_is_closed_once_its_last_instant_is_over():
    one = [Unit("control", START)]
    for late_us, mature in ((1, 1), (0, 0)):
        until_at = START + timedelta(seconds=WINDOW_S, microseconds=late_us)
        tally = DayTally.of(one, cap_minor=None, window_s=WINDOW_S, until_at=until_at)
        assert tally.mature.visitors == mature


def test_a_day_with_more_mature_visitors_than_entered_is_refused():
    with pytest.raises(ValueError, match="part of entered"):
        DayTally(START, mature=Arms(control=Tally(visitors=1)), entered=Arms())
