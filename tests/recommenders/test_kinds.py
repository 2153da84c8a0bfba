"""Kinds and price bands of products, and what leads in each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommenders.kinds import band, kind, leaders, members
from recommenders.known import Known
from tests.recommenders.shops import NOW_S, catalogue, orders, random_shop


def test_a_kind_is_the_type_or_else_the_main_category() -> None:
    goods = catalogue(
        5,
        types=["Tea", "", "", "Tea", ""],
        categories=[("x",), ("Tea", "y"), ("y", "Tea"), (), ()],
    )
    found = kind(Known(orders(), goods, NOW_S)).tolist()
    assert found[0] == found[1] == found[3]  # a type, and a main category of the same name
    assert len({found[0], found[2], found[4]}) == 3


@given(st.lists(st.integers(-1, 10**9), min_size=1, max_size=30))
def test_prices_of_one_band_are_within_twice_each_other(prices: list[int]) -> None:
    found = band(Known(orders(), catalogue(len(prices), prices=prices), NOW_S))
    for price, own in zip(prices, found.tolist(), strict=True):
        assert (own == 0) == (price <= 0)
        for other, its in zip(prices, found.tolist(), strict=True):
            if own and own == its:
                assert price < 2 * other
            if own > its > 0:
                assert price > other


def test_members_tells_of_each_group_once() -> None:
    matrix = members(np.array([2, 0, 2]))
    assert matrix.toarray().tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 1]]


def test_the_leaders_of_a_kind_sell_most_of_it_and_can_be_sold() -> None:
    # Of kind 0: product 0 twice, 1 thrice but hidden, 2 never; of kind 1: product 3 once.
    data = orders((0, 0, [0, 1]), (1, 0, [0, 1]), (2, 0, [1, 3]))
    known = Known(data, catalogue(4, hidden=[1]), NOW_S)
    found = leaders(known, np.array([0, 0, 0, 1]), 30.0, 5)
    assert found.toarray() == pytest.approx(np.array([[2, 0, 0, 0], [0, 0, 0, 1]]))


@given(seed=st.integers(0, 1_000), width=st.integers(1, 8), groups=st.integers(1, 5))
def test_each_group_has_at_most_so_many_leaders_all_its_own(
    seed: int, width: int, groups: int
) -> None:
    known = Known(random_shop(seed, orders_=40), catalogue(60), NOW_S)
    group = np.arange(60) % groups
    sold = known.popularity(30.0)
    for row, listed in enumerate(leaders(known, group, 30.0, width)):
        own = sold[group == row]
        assert set(group[listed.indices].tolist()) <= {row}
        assert len(listed.indices) == min(width, int((own > 0).sum()))
        assert sorted(listed.data) == pytest.approx(sorted(own)[len(own) - len(listed.data) :])
