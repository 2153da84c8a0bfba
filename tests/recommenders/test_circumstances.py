"""Facts about a candidate: each done on paper, and whatever the rows, those of the matrices."""

from __future__ import annotations

from math import log, log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommenders.circumstances import found_lately, of_customers, of_products
from recommenders.known import Known
from tests.recommenders.shops import NOW_S, catalogue, orders, random_shop

TEA, POT, CUP = 0, 1, 2


def facts() -> dict[str, dict[int, float]]:
    """What is so about three products for customer 0, fact by fact."""
    data = orders(
        (0, 40, [TEA]), (0, 10, [TEA, POT]), (0, 30, [POT]), (1, 5, [TEA, CUP]), (None, 2, [TEA])
    )
    goods = catalogue(3, types=["drink", "kitchen", "kitchen"], prices=[100, 400, 800])
    told = of_customers(Known(data, goods, NOW_S))
    products = np.array([[TEA, POT, CUP]], dtype=np.int32)
    return {
        name: dict(enumerate(fact(np.array([0]), products)[0].tolist()))
        for name, fact in told.items()
    }


def test_of_the_customers_own_orders() -> None:
    told = facts()
    assert told["times bought"] == {TEA: 2, POT: 2, CUP: 0}
    assert told["times lately"][TEA] == pytest.approx(2 ** (-40 / 30) + 2 ** (-10 / 30))
    assert told["times this year"][POT] == pytest.approx(2 ** (-30 / 120) + 2 ** (-10 / 120))
    assert told["days since bought"] == pytest.approx({TEA: 10, POT: 10, CUP: -1})
    assert told["share of orders"] == pytest.approx({TEA: 2 / 3, POT: 2 / 3, CUP: 0})
    # Tea after 30 days and 10 days ago; a pot after 20 days; what was bought once has no gap.
    assert told["overdue"] == pytest.approx({TEA: 10 / 30, POT: 10 / 20, CUP: -1})


def test_of_the_customer() -> None:
    told = facts()
    assert told["orders of the customer"][CUP] == pytest.approx(log(1 + 3))
    assert told["products of the customer"][CUP] == pytest.approx(log(1 + 2))
    assert told["days since here"][CUP] == pytest.approx(10)
    lately = 2 ** (-40 / 30) + 2 ** (-30 / 30) + 2 ** (-10 / 30)
    assert told["orders lately"][CUP] == pytest.approx(log(1 + lately))
    usual = (2 * log2(100) + 2 * log2(400)) / 4
    assert told["dearer than usual"][CUP] == pytest.approx(log2(800) - usual)


def test_of_the_product() -> None:
    told = facts()
    assert told["orders with it"] == pytest.approx({TEA: log(5), POT: log(3), CUP: log(2)})
    assert told["days on sale"] == pytest.approx({TEA: 40, POT: 30, CUP: 5})
    assert told["bought again by"] == pytest.approx({TEA: 1.5 / 4, POT: 1.5 / 3, CUP: 0.5 / 3})
    kinds = [2 ** (-40 / 365) + 2 ** (-10 / 365), 2 ** (-30 / 365) + 2 ** (-10 / 365)]
    share = kinds[1] / sum(kinds)
    assert told["share of the kind"] == pytest.approx({TEA: 1 - share, POT: share, CUP: share})
    week, months = 2 ** (-5 / 7), 2 ** (-5 / 56)
    assert told["rising"][CUP] == pytest.approx(log((week + 0.5) / (months + 4)), rel=1e-5)


def test_of_the_kind() -> None:
    told = facts()
    assert told["products of the kind"] == {TEA: 1, POT: 1, CUP: 1}
    lately = [2 ** (-40 / 30) + 2 ** (-10 / 30), 2 ** (-30 / 30) + 2 ** (-10 / 30)]
    assert told["kind lately"] == pytest.approx({TEA: lately[0], POT: lately[1], CUP: lately[1]})
    # One different product in two orders: who stays with what they know.
    assert told["different of the kind"] == pytest.approx(dict.fromkeys((TEA, POT, CUP), 1.5 / 3))
    assert told["days since the kind"] == pytest.approx({TEA: 10, POT: 10, CUP: 10})


def test_of_a_kind_that_was_never_bought_nothing_is_known() -> None:
    goods = catalogue(2, types=["drink", "kitchen"])
    told = of_customers(Known(orders((0, 40, [TEA])), goods, NOW_S))
    row, cup = np.array([0]), np.array([[1]], dtype=np.int32)
    assert told["products of the kind"](row, cup) == 0
    assert told["kind lately"](row, cup) == 0
    assert told["different of the kind"](row, cup) == 0.5
    assert told["days since the kind"](row, cup) == -1


def test_first_purchases_count_once_for_each_customer_and_fade() -> None:
    data = orders((0, 40, [TEA]), (0, 10, [TEA, POT]), (1, 5, [TEA]), (None, 2, [TEA]))
    known = Known(data, catalogue(3), NOW_S)
    found = found_lately(known, 30.0)
    # A guest may have bought it before; nobody knows.
    assert found == pytest.approx([2 ** (-40 / 30) + 2 ** (-5 / 30), 2 ** (-10 / 30), 0])


def test_of_two_products() -> None:
    goods = catalogue(3, types=["drink", "kitchen", "kitchen"], prices=[100, 400, -1])
    known = Known(orders((0, 1, [TEA, POT]), (1, 1, [POT])), goods, NOW_S)
    together = known.baskets.T @ known.baskets
    rows, products = np.array([POT]), np.array([[TEA, CUP]], dtype=np.int32)
    told = {n: f(rows, products)[0].tolist() for n, f in of_products(known, together).items()}
    assert told["chance together"] == [1, 0]
    assert told["same kind"] == [0, 1]
    assert told["dearer"] == [-2, 0]  # a price that is not known is about as dear
    assert told["orders of the product"] == pytest.approx([log(3)] * 2)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), drawn=st.integers(0, 10_000))
def test_facts_are_finite_and_do_not_depend_on_who_else_is_asked_about(
    seed: int, drawn: int
) -> None:
    known = Known(random_shop(seed, orders_=60), catalogue(60), NOW_S)
    random = np.random.default_rng(drawn)
    rows = random.integers(0, len(known.interactions.customer_keys), 7)
    products = random.integers(0, 60, (7, 5)).astype(np.int32)
    times = known.habits().toarray()
    for name, fact in of_customers(known).items():
        told = fact(rows, products)
        assert told.dtype == np.float32
        assert told.shape == (7, 5)
        assert np.isfinite(told).all()
        for row in range(7):
            alone = fact(rows[row : row + 1], products[row : row + 1])
            assert np.array_equal(alone[0], told[row])
        if name == "times bought":
            assert (told == times[rows[:, None], products]).all()
