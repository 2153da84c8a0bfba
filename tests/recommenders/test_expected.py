"""What is expected to be bought with a product: the sum on paper, and what thin evidence does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommenders.blend import Blend
from recommenders.expected import Expected
from recommenders.known import Known
from store.records import Catalogue, Interactions
from tests.recommenders.shops import NOW_S, catalogue, orders, random_shop


def said(data: Interactions, goods: Catalogue, row: int, expected: Expected) -> np.ndarray:
    voice = expected.voice(Known(data, goods, NOW_S))
    return np.asarray(voice(np.array([row])).todense()).ravel()


def test_the_expectation_done_on_paper() -> None:
    # All on one day, so that every order counts the same: of 4 orders 3 hold product 0, 2 hold 1,
    # 1 holds 2. With a prior of 2 orders: with 0 was bought 1 once, and 2 / 4 of the two imagined.
    data = orders((0, 1, [0, 1]), (1, 1, [0, 2]), (2, 1, [0]), (3, 1, [1]))
    found = said(data, catalogue(4), 0, Expected(prior=2))
    assert found[1:] == pytest.approx([1 + 2 * 2 / 4, 1 + 2 * 1 / 4, 0])


def test_a_product_in_no_order_is_expected_to_go_with_the_bestsellers() -> None:
    data = orders((0, 1, [0, 1]), (1, 1, [0, 2]), (2, 1, [0]), (3, 1, [1]))
    found = said(data, catalogue(4), 3, Expected())
    assert np.argsort(-found, kind="stable").tolist() == [0, 1, 2, 3]


def test_what_cannot_be_sold_takes_no_bestsellers_place() -> None:
    data = orders(*((i, 1, [0]) for i in range(9)), (9, 1, [1]))
    found = said(data, catalogue(3, hidden=[0]), 2, Expected(leading=1))
    assert np.flatnonzero(found).tolist() == [1]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1_000), st.floats(0.5, 50))
def test_it_is_the_whole_formula_wherever_it_could_lead(seed: int, prior: float) -> None:
    data, goods = random_shop(seed, products=30, orders_=60), catalogue(30)
    known = Known(data, goods, NOW_S)
    together = (known.baskets.T @ known.baskets).todense()
    share = known.popularity(14.0) / known.decayed(14.0).sum()
    found = said(data, goods, 7, Expected(prior=prior))
    whole = np.asarray(together)[7] + prior * share
    assert found == pytest.approx(whole, rel=1e-4)


def test_a_tiny_shop_leads_with_company_only_where_it_knows_some() -> None:
    # Product 1 sells most. Product 3 went with 2 nine times, 5 with 4 once.
    bestseller = [(i, 5, [1]) for i in range(30)]
    often = [(40 + i, 5, [2, 3]) for i in range(9)]
    data = orders(*bestseller, *often, (60, 5, [4, 5]))
    lists = Blend().fit(Known(data, catalogue(list("abcdef")), NOW_S))
    first = {name: row[0] for name, row in zip(lists.slots, lists.product, strict=True)}
    assert first["blend:103"] == 2
    assert first["blend:105"] == 1


@pytest.mark.parametrize("wrong", [{"prior": 0}, {"max_basket": 1}, {"leading": 0}])
def test_impossible_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Expected(**wrong)  # type: ignore[arg-type]
