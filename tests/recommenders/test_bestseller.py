"""Bestsellers: the sum on paper, the window of the reason, categories."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from recommenders.bestseller import Bestseller
from recommenders.known import Known
from recommenders.pace import USUAL, half_life
from tests.recommenders.shops import NOW_S, catalogue, orders


def test_the_sum_done_on_paper() -> None:
    # Half-life 14 days: an order today 1, 14 days ago 1/2, 28 days ago 1/4.
    data = orders((1, 0, [0]), (2, 14, [0, 1]), (3, 28, [1]))
    lists = Bestseller().fit(Known(data, catalogue(3), NOW_S))
    assert lists.slots == ["bestseller:"]
    assert lists.product[0, :3].tolist() == [0, 1, -1]
    assert lists.score[0, :2] == pytest.approx([1.5, 0.75])


def test_what_sold_lately_beats_what_sold_once() -> None:
    old = [(i, 200, [0]) for i in range(50)]
    new = [(i, 2, [1]) for i in range(5)]
    lists = Bestseller().fit(Known(orders(*old, *new), catalogue(2), NOW_S))
    assert lists.product[0, 0] == 1


def test_each_category_has_its_own_list_and_a_product_may_be_in_several() -> None:
    goods = catalogue(3, categories=[("tea",), ("tea", "gifts"), ()])
    data = orders((1, 1, [0]), (2, 1, [1, 2]), (3, 1, [1, 2]), (4, 1, [2]))
    lists = Bestseller().fit(Known(data, goods, NOW_S))
    found = {
        name: [p for p in row if p >= 0]
        for name, row in zip(lists.slots, lists.product.tolist(), strict=True)
    }
    assert found == {
        "bestseller:": [2, 1, 0],
        "bestseller:gifts": [1],
        "bestseller:tea": [1, 0],
    }


def test_the_count_is_of_orders_of_the_last_28_days_from_three_buyers_on() -> None:
    recent = [(i, 5, [0, 1]) for i in range(3)]
    data = orders(*recent, (1, 6, [0]), (8, 40, [0]), (9, 40, [1]), (1, 3, [2]), (1, 4, [2]))
    lists = Bestseller().fit(Known(data, catalogue(3), NOW_S))
    support = dict(zip(lists.product[0].tolist(), lists.support[0].tolist(), strict=True))
    assert (support[0], support[1], support[2]) == (4, 3, 0)


def test_five_hundred_pieces_in_one_order_are_one_order() -> None:
    data = orders((1, 1, [0]), (2, 1, [1]), (3, 1, [1]))
    many = dataclasses.replace(data, quantity=np.where(data.product == 0, 500, 1).astype(np.int32))
    assert Bestseller().fit(Known(many, catalogue(2), NOW_S)).product[0, 0] == 1


def test_a_half_life_of_nothing_is_refused_at_birth() -> None:
    with pytest.raises(ValueError, match="half_life_days"):
        Bestseller(half_life_days=0)


def test_the_pace_of_a_shop_of_fashions_is_quick_and_of_staples_slow() -> None:
    # Fashions: every ten days another product leads. Staples: two of five always lead a little,
    # but few orders tell so, and each week chance puts others in front.
    random = np.random.default_rng(1)
    turning = orders(
        *((i, day / 4, [int(day / 40), 60 + i % 30]) for i, day in enumerate(range(960)))
    )
    share = np.r_[np.full(12, 0.05), np.full(80, 0.005)]
    steady = orders(
        *(
            (i, i / 1.2, [int(p) for p in random.choice(92, 2, False, share / share.sum())])
            for i in range(400)
        )
    )
    goods = catalogue(100)
    assert half_life(Known(turning, goods, NOW_S)) <= 14
    assert half_life(Known(steady, goods, NOW_S)) >= 56


def test_a_shop_too_young_to_learn_its_pace_keeps_the_usual() -> None:
    assert half_life(Known(orders((0, 1, [0])), catalogue(2), NOW_S)) == USUAL
