"""Near-duplicates: what is one product to a shopper, and what is not."""

from __future__ import annotations

import numpy as np
import pytest

from recommenders.groups import groups
from tests.recommenders.shops import catalogue


def together(*titles: str) -> bool:
    others = [f"something else {chr(97 + i)}{chr(97 + i)}" for i in range(10)]
    return len(set(groups(catalogue([*titles, *others]))[: len(titles)].tolist())) == 1


@pytest.mark.parametrize(
    "titles",
    [
        ("Paper Lantern, 9 Points", "9 points PAPER LANTERN"),
        ("Charlie+Lola bottle", "Charlie + Lola  bottle"),
        ("Colombian candle", "Columbian candle"),
        ("Linen shirt S", "Linen shirt XL", "Linen shirt M"),
        ("Cordial 0.5 L", "Cordial 500ml"),
        ("Vintage lantern", "Vintag lantern", "Vintagee lantern"),
    ],
    ids=lambda t: t[0],
)
def test_one_product_written_twice_is_one_group(titles: tuple[str, ...]) -> None:
    assert together(*titles)


@pytest.mark.parametrize(
    "titles",
    [
        ("Red spot mug", "Blue spot mug"),
        ("Rose candle", "Rope candle"),
        ("Candle number 100001", "Candle number 100002"),
        ("Cordial 0.5 L", "Cordial 1 L"),
        ("Lantern", "Lanterm"),
        ("", ""),
    ],
    ids=lambda t: t[0],
)
def test_two_products_stay_two(titles: tuple[str, ...]) -> None:
    assert not together(*titles)


def test_where_titles_are_kinds_every_product_is_its_own_group() -> None:
    goods = catalogue(["cheese", "cheese", "bread", "bread", "milk"])
    assert groups(goods).tolist() == [0, 1, 2, 3, 4]


def test_a_group_is_named_by_its_first_product() -> None:
    goods = catalogue(
        ["a tea", "b mug", "Vintage lamp", "c pot", "vintage LAMP", "d", "e", "f", "g", "h", "i"]
    )
    found = groups(goods)
    assert found.dtype == np.int32
    assert found[4] == found[2] == 2
    assert len(set(found.tolist())) == len(goods) - 1


def test_a_long_series_is_not_compared_title_by_title() -> None:
    words = [
        f"{a}{b}{c}{d}" * 2 for a in "abcdefgh" for b in "ijkl" for c in "mnop" for d in "qrst"
    ]
    assert len(set(groups(catalogue([f"candle {w}" for w in words])).tolist())) == len(words)
