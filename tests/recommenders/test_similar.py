"""Attribute matching: the sum on paper, what is claimed, and products added a minute ago."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommenders.known import Known
from recommenders.looks import Likeness, Weights
from recommenders.similar import Similar
from recommenders.wording import plain
from store.records import (
    SHARED_CATEGORY,
    SHARED_PRICE_BAND,
    SHARED_TAGS,
    SHARED_TITLE,
    SHARED_TYPE,
    SHARED_VENDOR,
)
from tests.recommenders.shops import NOW_S, catalogue, orders


def test_the_sum_done_on_paper() -> None:
    # Same words in another order: both title ratios are 100. Same type; one of two tags shared
    # by both of three; price twice as high: 1 - log2(2) = 0. The vendor differs. No categories,
    # so the weights are over title, type, tags, vendor, price: .5 .15 .1 .1 .05, sum .9.
    goods = catalogue(
        ["Red Mug", "mug, RED"],
        vendors=["Ann", "Bob"],
        types=["Cups", "cups"],
        tags=[("a", "b"), ("b", "c")],
        prices=[100, 200],
    )
    lists = Similar(popularity=0).similar_to(goods, np.array([0]))
    assert lists.slots == ["similar:100"]
    assert lists.product[0, 0] == 1
    assert lists.score[0, 0] == pytest.approx((0.5 * 1 + 0.15 * 1 + 0.1 / 3) / 0.9)
    assert lists.support[0, 0] == SHARED_TITLE | SHARED_TYPE
    assert lists.strength[0, 0] == pytest.approx(1)


def test_each_thing_in_common_is_told_and_nothing_else() -> None:
    goods = catalogue(
        ["Lamp", "Lamp", "Lamp"],
        vendors=["Ann", "Ann", ""],
        types=["Light", "Light", ""],
        tags=[("x", "y"), ("x", "y"), ()],
        categories=[("7",), ("7", "8"), ()],
        prices=[1000, 1100, 5000],
    )
    lists = Similar().similar_to(goods, np.array([0]))
    told = dict(zip(lists.product[0].tolist(), lists.support[0].tolist(), strict=True))
    everything = SHARED_TITLE | SHARED_VENDOR | SHARED_TYPE | SHARED_TAGS
    assert told[1] == everything | SHARED_CATEGORY | SHARED_PRICE_BAND
    assert told[2] == SHARED_TITLE


def test_a_likeness_that_is_just_enough_is_told_although_it_was_rounded() -> None:
    # 18 / 35 by letters in order and 24 / 35 as sets: 0.6 on the mean, a little less in 32 bits.
    goods = catalogue(["teal feathers lamp", "feathers wood cap"])
    lists = Similar().similar_to(goods, np.array([0]))
    assert lists.strength[0, 0] < 0.6
    assert lists.support[0, 0] == SHARED_TITLE


def test_of_two_equally_similar_products_the_one_that_sells_goes_first() -> None:
    goods = catalogue(["blue cup", "blue bowl", "blue bowl"])
    lists = Similar().fit(Known(orders((1, 3, [2])), goods, NOW_S))
    assert lists.product[0, :2].tolist() == [2, 1]


def test_a_product_added_a_minute_ago_gets_its_list_without_orders_or_retraining() -> None:
    goods = catalogue(["garden gnome small", "garden gnome large", "tea pot", "tea cup"])
    lists = Similar().similar_to(goods, np.array([1]))
    assert lists.slots == ["similar:101"]
    assert lists.product[0, 0] == 0
    assert 2 not in lists.product[0]


def test_titles_that_say_nothing_give_no_list_and_no_error() -> None:
    assert not Similar().similar_to(catalogue(["", "", ""]), np.arange(3)).slots
    strangers = catalogue(["abc", "xyz", "42"])
    assert not Similar().similar_to(strangers, np.arange(3)).slots


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Crème Brûlée 0.5 L", "CREME BRULEE, 500ml"),
        ("Olive Oil 1kg", "olive oil 1000 g"),
        ("Ribbon 2,5 cm", "RIBBON (25mm)"),
        ("Café_Noir", "cafe noir"),
        ("STRASSE", "Straße"),
    ],
)
def test_one_product_written_in_two_ways_reads_the_same(one: str, other: str) -> None:
    assert plain(one) == plain(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Oil 1 l", "Oil 1.5 l"), ("Size 3", "Size 30"), ("茶", "杯")]
)
def test_different_products_stay_different(one: str, other: str) -> None:
    assert plain(one) != plain(other)


@given(st.text(max_size=60))
def test_any_text_reads_as_words_parted_by_single_spaces(text: str) -> None:
    words = plain(text).split(" ") if plain(text) else []
    assert all(word and word.replace("_", "?").isprintable() for word in words)
    assert not any(c in plain(text) for c in "_-/.,!")


@pytest.mark.parametrize("wrong", [{"width": 0}, {"popularity": -1.0}], ids=str)
def test_a_parameter_out_of_range_is_refused_at_birth(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Similar(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="title"):
        Weights(title=0)
    with pytest.raises(ValueError, match="candidates"):
        Likeness(candidates=3)
