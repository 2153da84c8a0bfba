"""Trends: the sum on paper; rising, not big."""

from __future__ import annotations

import pytest

from recommenders.known import Known
from recommenders.trending import Trending
from tests.recommenders.shops import NOW_S, catalogue, orders


def test_the_sum_done_on_paper() -> None:
    # The last 14 days: 6 orders with product 0, 4 with 1. The 56 days before: 4 with 0, 16 with 1.
    # 10 orders now against 20 before: expected 2 and 8. (6 - 2) / sqrt(2 + 2) = 2; 4 < 8 falls.
    now = [(i, 3, [0]) for i in range(6)] + [(i, 3, [1]) for i in range(4)]
    past = [(i, 30, [0]) for i in range(4)] + [(i, 30, [1]) for i in range(16)]
    lists = Trending(prior=2).fit(Known(orders(*now, *past), catalogue(2), NOW_S))
    assert lists.slots == ["trending:"]
    assert lists.product[0, :2].tolist() == [0, -1]
    assert lists.score[0, 0] == pytest.approx(2)
    assert lists.support[0, 0] == 6
    assert lists.strength[0, 0] == pytest.approx(3)


def test_a_busy_december_does_not_make_everything_rise() -> None:
    past = [(i, 30, [i % 2]) for i in range(20)]
    now = [(i, 3, [i % 2]) for i in range(60)]
    assert not Trending().fit(Known(orders(*past, *now), catalogue(2), NOW_S)).slots


def test_one_customer_alone_is_no_trend() -> None:
    past = [(i, 30, [1]) for i in range(20)]
    now = [(7, day, [0]) for day in range(1, 9)]
    assert not Trending().fit(Known(orders(*past, *now), catalogue(2), NOW_S)).slots


def test_a_shop_in_its_first_days_has_no_trends() -> None:
    young = orders(*((i, 3, [0]) for i in range(9)))
    assert not Trending().fit(Known(young, catalogue(1), NOW_S)).slots
