"""Surprise's SVD: who gets a list, from which ratings, and that our scores are Surprise's own."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from surprise import SVD, Trainset

from recommenders.known import Known
from recommenders.personal import Personal, _purchases, _Ratings
from tests.recommenders.shops import NOW_S, catalogue, checkerboard, orders, random_shop


def test_the_confidence_done_on_paper() -> None:
    # Floor 1/2, half-life 10 days. Bought now and 10 days ago: m = 1.5, r = 1 - 2 ** -1.5 / 2.
    # Bought once, 20 days ago: m = 1/4.
    personal = Personal(floor=0.5, half_life_days=10, zeros=1)
    data = orders((0, 0, [0]), (0, 10, [0]), (0, 20, [1]))
    bought = _purchases(data, 2, NOW_S, 10)
    assert bought.weight == pytest.approx([1.5, 0.25])
    ratings = personal._ratings(bought, catalogue(2))
    told = {p: r for _, p, r in ratings.all_ratings() if r > 0}
    assert told == pytest.approx({0: 1 - 0.5 * 2**-1.5, 1: 1 - 0.5 * 2**-0.25})


def test_no_zero_is_drawn_for_what_the_customer_bought() -> None:
    data, goods = random_shop(2), catalogue(60)
    bought = _purchases(data, 60, NOW_S, 180)
    ratings = Personal()._ratings(bought, goods)
    positive = {(u, i) for u, i, r in ratings.all_ratings() if r > 0}
    zeros = [(u, i) for u, i, r in ratings.all_ratings() if r == 0]
    assert positive == set(zip(bought.customer.tolist(), bought.product.tolist(), strict=True))
    assert not positive & set(zeros)
    assert len(zeros) > 1.5 * len(positive)


def test_ratings_from_arrays_teach_surprise_the_same_as_its_own() -> None:
    rows = [(0, 0, 0.9), (0, 1, 0.0), (1, 1, 0.7), (1, 0, 0.2), (2, 1, 0.6)]
    customer, product, rating = (np.array(c) for c in zip(*rows, strict=True))
    ours = _Ratings(customer, product, rating, customers=3, products=2)
    theirs = Trainset(
        {0: [(0, 0.9), (1, 0.0)], 1: [(1, 0.7), (0, 0.2)], 2: [(1, 0.6)]},
        {},
        3,
        2,
        5,
        (0, 1),
        {},
        {},
    )
    a = SVD(n_factors=4, random_state=1).fit(ours)
    b = SVD(n_factors=4, random_state=1).fit(theirs)
    assert a.pu == pytest.approx(b.pu)
    assert a.qi == pytest.approx(b.qi)
    assert ours.global_mean == pytest.approx(theirs.global_mean)


def test_lists_hold_the_scores_that_surprise_itself_predicts() -> None:
    data, goods = random_shop(4), catalogue(60)
    personal = Personal(epochs=3)
    bought = _purchases(data, 60, NOW_S, personal.half_life_days)
    ratings = personal._ratings(bought, goods)
    svd = SVD(
        n_factors=personal.factors,
        n_epochs=max(3, personal.min_steps // ratings.n_ratings),
        lr_all=personal.learning_rate,
        reg_all=personal.regularisation,
        random_state=personal.seed,
    ).fit(ratings)
    ratings.ur = dict.fromkeys(range(ratings.n_users))  # all are known to `estimate`
    ratings.ir = dict.fromkeys(range(ratings.n_items))
    lists = personal.fit(Known(data, goods, NOW_S))
    for name, row, score in zip(lists.slots, lists.product, lists.score, strict=True):
        customer = int(name.partition(":")[2]) - 500
        for product, listed in zip(row[row >= 0], score[row >= 0], strict=True):
            assert svd.estimate(customer, int(product)) == pytest.approx(listed, abs=1e-5)


def test_only_active_customers_with_enough_products_get_a_list() -> None:
    others = [(i, 5, [i % 6, (i + 1) % 6, (i + 2) % 6]) for i in range(3, 30)]
    data = orders((0, 5, [0, 1, 2]), (1, 5, [0, 1]), (2, 200, [0, 1, 2]), *others)
    names = Personal().fit(Known(data, catalogue(6), NOW_S)).slots
    assert "personal:500" in names
    assert "personal:501" not in names  # two products
    assert "personal:502" not in names  # not seen for 200 days


def test_what_was_bought_is_not_listed_and_is_counted_as_evidence() -> None:
    data = checkerboard(side=20, customers=60)
    lists = Personal().fit(Known(data, catalogue(20), NOW_S))
    own: dict[int, set[int]] = {}
    for who, product in zip(data.customer.tolist(), data.product.tolist(), strict=True):
        own.setdefault(who, set()).add(product)
    for name, row, support in zip(lists.slots, lists.product, lists.support, strict=True):
        bought = own[int(name.partition(":")[2]) - 500]
        assert not bought & set(row.tolist())
        assert set(support[row >= 0].tolist()) == {len(bought)}


def test_the_cap_keeps_the_newest_purchases() -> None:
    data = orders(*((i, 100 - i, [i % 10]) for i in range(50)))
    personal = Personal(max_ratings=40, zeros=3)
    ratings = personal._ratings(_purchases(data, 10, NOW_S, 180), catalogue(10))
    assert len(ratings.rating) <= 40
    assert {u for u, _, r in ratings.all_ratings() if r > 0} == set(range(40, 50))


def test_another_seed_gives_other_factors() -> None:
    data, goods = random_shop(5), catalogue(60)
    a = Personal().fit(Known(data, goods, NOW_S))
    b = dataclasses.replace(Personal(), seed=7).fit(Known(data, goods, NOW_S))
    assert a.score.tobytes() != b.score.tobytes()


@pytest.mark.parametrize("wrong", [{"floor": 0.0}, {"zeros": 0}, {"max_ratings": 2}], ids=str)
def test_a_parameter_out_of_range_is_refused_at_birth(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Personal(**wrong)  # type: ignore[arg-type]
