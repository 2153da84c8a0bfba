"""What every recommender promises; joining `RECOMMENDERS` is joining these."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommenders.known import Known
from recommenders.registry import RECOMMENDERS, Recommender
from store.records import LIST_WIDTH, Interactions, Lists
from tests.recommenders.shops import NOW_S, catalogue, checkerboard, orders, random_shop

EVERY = pytest.mark.parametrize("recommender", RECOMMENDERS, ids=lambda r: r.strategy)
PRODUCTS = 60
TITLES = [
    f"{'red blue green'.split()[i % 3]} {'mug plate'.split()[i % 2]} no{i}" for i in range(60)
]


def shop(hidden: tuple[int, ...] = ()) -> tuple[Interactions, object]:
    kinds = [f"kind{i % 4}" for i in range(PRODUCTS)]
    return random_shop(1), catalogue(
        TITLES, types=kinds, categories=[(k,) for k in kinds], hidden=hidden
    )


def same_bytes(a: Lists, b: Lists) -> bool:
    arrays = ("product", "score", "support", "strength")
    return list(a.slots) == list(b.slots) and all(
        getattr(a, n).tobytes() == getattr(b, n).tobytes() for n in arrays
    )


@EVERY
def test_the_same_data_gives_the_same_bytes(recommender: Recommender) -> None:
    data, goods = shop()
    assert same_bytes(
        recommender.fit(Known(data, goods, NOW_S)), recommender.fit(Known(data, goods, NOW_S))
    )


@EVERY
def test_the_lists_have_the_shape_that_the_store_expects(recommender: Recommender) -> None:
    lists = recommender.fit(Known(*shop(), NOW_S))
    assert lists.strategy == recommender.strategy
    assert len(lists.slots) == len(set(lists.slots)) > 0
    assert all(s.startswith(f"{recommender.strategy}:") for s in lists.slots)
    assert lists.product.shape == (len(lists.slots), LIST_WIDTH)
    assert lists.product.dtype == lists.support.dtype == np.int32
    assert lists.score.dtype == lists.strength.dtype == np.float32
    assert np.isfinite(lists.score).all()
    assert np.isfinite(lists.strength).all()
    assert (lists.support >= 0).all()


@EVERY
def test_lists_are_ranked_without_gaps_or_repeats(recommender: Recommender) -> None:
    lists = recommender.fit(Known(*shop(), NOW_S))
    for row, score in zip(lists.product, lists.score, strict=True):
        length = int((row >= 0).sum())
        assert length > 0
        assert (row[:length] >= 0).all()
        assert len(set(row[:length].tolist())) == length
        assert (np.diff(score[:length]) <= 0).all()


@EVERY
def test_equal_scores_are_in_the_order_of_the_catalogue(recommender: Recommender) -> None:
    lists = recommender.fit(Known(*shop(), NOW_S))
    for row, score in zip(lists.product, lists.score, strict=True):
        length = int((row >= 0).sum())
        tied = np.diff(score[:length]) == 0
        assert (np.diff(row[:length])[tied] > 0).all()


@EVERY
def test_only_what_may_be_shown_is_listed(recommender: Recommender) -> None:
    hidden = tuple(range(0, PRODUCTS, 3))
    lists = recommender.fit(Known(*shop(hidden), NOW_S))
    assert not np.isin(lists.product, hidden).any()


@EVERY
def test_a_product_is_never_listed_for_itself(recommender: Recommender) -> None:
    data, goods = shop()
    lists = recommender.fit(Known(data, goods, NOW_S))
    if recommender.strategy not in ("bought_together", "similar", "blend"):
        return
    own = [int(name.partition(":")[2]) - 100 for name in lists.slots]
    assert not (lists.product == np.array(own)[:, None]).any()


@EVERY
def test_a_shop_without_orders_or_products_is_not_an_error(recommender: Recommender) -> None:
    assert len(recommender.fit(Known(orders(), catalogue(0), NOW_S)).slots) == 0
    lists = recommender.fit(Known(orders(), catalogue(TITLES), NOW_S))
    assert (recommender.strategy == "similar") == bool(lists.slots)
    everything_hidden = catalogue(TITLES, hidden=range(PRODUCTS))
    assert not recommender.fit(Known(random_shop(1), everything_hidden, NOW_S)).slots


@EVERY
def test_one_order_of_one_product_is_not_an_error(recommender: Recommender) -> None:
    recommender.fit(Known(orders((0, 1, [0])), catalogue(["mug"]), NOW_S))


@EVERY
def test_nothing_handed_in_is_changed(recommender: Recommender) -> None:
    data, goods = shop()
    before = [a.copy() for a in (data.order, data.product, data.at_s, goods.recommendable)]
    recommender.fit(Known(data, goods, NOW_S))
    after = (data.order, data.product, data.at_s, goods.recommendable)
    assert all((a == b).all() for a, b in zip(before, after, strict=True))


@EVERY
@settings(max_examples=8)
@given(seed=st.integers(0, 1000))
def test_the_order_of_lines_within_an_order_does_not_matter(
    recommender: Recommender, seed: int
) -> None:
    data = random_shop(seed, orders_=60)
    goods = catalogue(TITLES)
    shuffle = np.lexsort((np.random.default_rng(seed).random(len(data.order)), data.order))
    mixed = dataclasses.replace(
        data, product=data.product[shuffle], quantity=data.quantity[shuffle]
    )
    assert same_bytes(
        recommender.fit(Known(data, goods, NOW_S)), recommender.fit(Known(mixed, goods, NOW_S))
    )


@EVERY
def test_a_checkerboard_is_answered_in_its_own_colour(recommender: Recommender) -> None:
    titles = [f"{'light' if i % 2 else 'dark'} square no{i}" for i in range(20)]
    goods = catalogue(titles, categories=[(t.split()[0],) for t in titles])
    lists = recommender.fit(Known(checkerboard(side=20, customers=100), goods, NOW_S))
    asked = 0
    for name, row in zip(lists.slots, lists.product, strict=True):
        strategy, _, key = name.partition(":")
        if strategy in ("bestseller", "trending"):
            if not key:
                continue
            colour = 1 if key == "light" else 0
        else:
            of_customer = strategy in ("personal", "repurchase", "due", "for_you")
            colour = (int(key.removeprefix("new:")) - (500 if of_customer else 100)) % 2
        asked += 1
        # Only the first: a list may go on with the other colour when its own is used up.
        assert row[0] % 2 == colour, name
    # A steady checkerboard has no trends; everything else answers.
    assert asked >= 2 or recommender.strategy == "trending"
