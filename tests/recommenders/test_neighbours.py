"""Customers who are alike: the sum on paper, who comes first, and a bound on the work."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest

from recommenders.known import Known
from recommenders.neighbours import Neighbours
from tests.recommenders.shops import NOW_S, catalogue, orders, random_shop


def test_likeness_and_what_the_neighbours_say_done_on_paper() -> None:
    # Customers 0 and 1 share product 0; 1 alone bought 1, and 2 alone bought 2. Product 0 has two
    # buyers of three, the others one. Customer 1 bought product 1 now and 10 days ago.
    data = orders((0, 5, [0]), (1, 10, [0, 1]), (1, 0, [1]), (2, 3, [2]))
    known = Known(data, catalogue(3), NOW_S)
    near = Neighbours(half_life_days=10).of(known)
    common, rare = log(1 + 3 / 2), log(1 + 3)
    like = common / sqrt(common * (common + rare))
    assert near[0, 1] == pytest.approx(like, rel=1e-6)
    assert near[1, 0] == pytest.approx(like, rel=1e-6)
    assert near.nnz == 2  # customer 2 shares nothing with anybody, and nobody is their own
    said = Neighbours(half_life_days=10).said(known)(np.array([0])).toarray()[0]
    assert said == pytest.approx([like * 0.5, like * 1.5, 0], rel=1e-6)


def test_who_shares_what_few_buy_is_nearer_than_who_shares_what_everybody_buys() -> None:
    milk, truffles = 0, 1
    others = [(i, 4, [milk]) for i in range(3, 20)]
    data = orders((0, 5, [milk, truffles]), (1, 5, [milk, 2]), (2, 5, [truffles, 3]), *others)
    near = Neighbours(nearest=1).of(Known(data, catalogue(4), NOW_S))
    assert near[[0]].indices.tolist() == [2]


def test_in_a_huge_shop_popular_products_are_represented_by_some_of_their_buyers() -> None:
    known = Known(random_shop(3), catalogue(60), NOW_S)
    whole, some = Neighbours().of(known), Neighbours(pairs=2_000).of(known)
    assert 0 < some.nnz < whole.nnz
    assert (some != Neighbours(pairs=2_000).of(known)).nnz == 0  # the same choice each time


@pytest.mark.parametrize("wrong", [{"nearest": 0}, {"pairs": 0}, {"half_life_days": 0.0}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Neighbours(**wrong)  # type: ignore[arg-type]
