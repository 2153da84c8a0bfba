"""Rebuy clocks: hazards on paper, products drawn to their kind, an own pace, and sane chances."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from recommenders.clock import Clock
from recommenders.due import Due
from recommenders.known import Known
from tests.recommenders.shops import NOW_S, catalogue, orders, random_shop

MILK, KETTLE = 0, 1


def due(known: Known, **settings: float) -> sparse.csr_array:
    return Clock(**settings).due(known)


def paper_rates() -> list[float]:
    """One customer, one product, bought 10 and 4 days ago: a wait of 6 days that ended, and one
    of 4 days that goes on. Of the step from day 0 to 2 four days were waited, of that to 5 three
    and two, of that to 9 one, in which it came. Each rate is drawn, by one imaginary repeat, to the
    one before; the first to 1.5 in 11 days; then the kind's to the shop's, the product's to it.
    """

    def drawn(came: int, days: int, towards: float) -> float:
        return (came + 1) / (days + 1 / towards)

    usual, rates = 1.5 / 11, []
    for came, days in ((0, 4), (0, 5), (1, 1)):
        usual = drawn(came, days, usual)
        rates.append(drawn(came, days, drawn(came, days, usual)))
    return rates


def test_the_chance_done_on_paper() -> None:
    data = orders((0, 10, [MILK]), (0, 4, [MILK]))
    chance = due(Known(data, catalogue(1), NOW_S), horizon_days=3, prior=1, calm=1e9)
    _, second, third = paper_rates()
    ahead = 1 * second + 2 * third  # the days 4 to 7 after the last time
    assert chance[0, 0] == pytest.approx(1 - exp(-ahead), rel=1e-6)


def test_ones_own_pace_speeds_the_clock_up() -> None:
    # It came once; with one imaginary repeat at the usual pace, (1 + 1) / (expected + 1).
    data = orders((0, 10, [MILK]), (0, 4, [MILK]))
    chance = due(Known(data, catalogue(1), NOW_S), horizon_days=3, prior=1, calm=1)
    first, second, third = paper_rates()
    expected = 4 * first + 5 * second + 1 * third
    ahead = (1 * second + 2 * third) * 2 / (expected + 1)
    assert chance[0, 0] == pytest.approx(1 - exp(-ahead), rel=1e-6)


def test_after_waits_that_nobody_has_had_yet_no_miracle_is_expected() -> None:
    # Bought twice, two months apart, the last time three months ago: in the next four weeks the
    # oldest customers will have waited longer than anybody ever did.
    baskets = [(who, 90 + 60 * back, [MILK]) for who in range(9) for back in range(2)]
    chance = due(Known(orders(*baskets), catalogue(1), NOW_S), horizon_days=28).toarray()
    assert (chance < 0.5).all()


def weekly_milk(buyers: int = 12) -> list[tuple[int, float, list[int]]]:
    """Milk every seven days until each customer's own last time, and one kettle each long ago."""
    baskets: list[tuple[int, float, list[int]]] = []
    for who in range(buyers):
        baskets += [(who, who + 7 * week, [MILK]) for week in range(12)]
        baskets.append((who, 120, [KETTLE]))
    return baskets


def test_milk_comes_due_as_its_week_ends_and_a_kettle_never() -> None:
    goods = catalogue(2, types=["drink", "kitchen"])
    chance = due(Known(orders(*weekly_milk()), goods, NOW_S), horizon_days=3).toarray()
    assert chance[5, MILK] > 2 * chance[0, MILK]  # five days ago, and today
    assert (chance[4:7, KETTLE] < 0.1 * chance[4:7, MILK]).all()


def test_a_product_nobody_bought_twice_goes_by_the_clock_of_its_kind() -> None:
    baskets = [*weekly_milk(), (12, 5, [2]), (12, 5, [3])]
    goods = catalogue(4, types=["drink", "kitchen", "drink", "kitchen"])
    chance = due(Known(orders(*baskets), goods, NOW_S), horizon_days=7)
    assert chance[12, 2] > 2 * chance[12, 3]


@settings(max_examples=20)
@given(
    seed=st.integers(0, 10_000),
    days=st.floats(0.5, 90),
    longer=st.floats(1.1, 5),
    prior=st.floats(0.1, 50),
)
def test_chances_are_chances_and_grow_with_the_horizon(
    seed: int, days: float, longer: float, prior: float
) -> None:
    known = Known(random_shop(seed, orders_=80), catalogue(60), NOW_S)
    soon = due(known, horizon_days=days, prior=prior)
    late = due(known, horizon_days=days * longer, prior=prior)
    assert (soon.indices == known.habits().indices).all()  # a chance for all that was bought
    assert ((soon.data > 0) & (soon.data < 1)).all()
    assert (late.data > soon.data).all()


@given(st.integers(0, 10_000))
@settings(max_examples=10)
def test_what_is_not_yet_known_does_not_matter(seed: int) -> None:
    data = random_shop(seed, orders_=80)
    cut_s = NOW_S - 60 * 86_400
    known = Known(data, catalogue(60), NOW_S).at(cut_s, catalogue(60))
    alone = Known(known.interactions, catalogue(60), cut_s)
    assert np.array_equal(due(known).toarray(), due(alone).toarray())


def test_nobody_known_is_not_an_error() -> None:
    assert due(Known(orders((None, 3, [0])), catalogue(1), NOW_S)).nnz == 0


@pytest.mark.parametrize("name", ["horizon_days", "prior", "calm"])
def test_settings_that_make_no_sense_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Clock(**{name: 0.0})


def test_what_is_due_this_week_comes_before_what_was_bought_yesterday() -> None:
    coffee, tea = 0, 2
    weekly = [(who, 7 * week, [coffee, tea]) for who in range(12) for week in range(1, 12)]
    mine = [(12, 6, [coffee]), (12, 13, [coffee]), (12, 1, [tea]), (12, 8, [tea])]
    goods = catalogue(3, types=["drink", "kitchen", "drink"])
    lists = Due(clock=Clock(horizon_days=3)).fit(Known(orders(*weekly, *mine), goods, NOW_S))
    row = lists.slots.index("due:512")
    assert lists.product[row, :3].tolist() == [coffee, tea, -1]
    assert lists.support[row, :2].tolist() == [2, 2]
    assert lists.strength[row].tolist() == lists.score[row].tolist()
