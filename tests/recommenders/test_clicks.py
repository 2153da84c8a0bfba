"""Clicks and carts as voices: the sums on paper, places that are clicked for being in front, who is
not learned from, and who is believed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommenders.baskets import shown_before
from recommenders.blend import NAMES, Blend
from recommenders.clicks import CARTED, CLICKED, OF_CLICKS, Clicks
from recommenders.known import Known
from recommenders.study import study
from store.records import NEVER_S, Impressions
from tests.recommenders.browsing import PRODUCTS, blind, browsed_shop, clicks_instead, learned
from tests.recommenders.shops import DAY_S, NOW_S, catalogue, orders

# visitor, page, product, place, clicked, carted
Shown = tuple[int, int, int, int, bool, bool]


def impressions(*shown: Shown, days: float = 0) -> Impressions:
    who, page, product, place, clicked, carted = np.array(shown or np.empty((0, 6))).T.astype(int)
    at_s = np.full(len(who), NOW_S - round(days * DAY_S), dtype=np.int64)
    return Impressions(
        visitor=who,
        page=page.astype(np.int32),
        product=product.astype(np.int32),
        place=place.astype(np.int32),
        shown_s=at_s,
        clicked_s=np.where(clicked, at_s + 60, NEVER_S),
        carted_s=np.where(carted, at_s + 60, NEVER_S),
    )


def shop(told: Impressions | None, products: int = 4) -> Known:
    return Known(orders(), catalogue(products), NOW_S, impressions=told)


def said(told: Impressions, products: int = 4, **setting: float) -> dict[str, np.ndarray]:
    voices = Clicks(**setting).voices(shop(told, products))  # type: ignore[arg-type]
    return {name: matrix.toarray() for name, matrix in voices.items()}


# --- the sums on paper ----------------------------------------------------------------------------


def test_appeal_done_on_paper() -> None:
    # On the page of 0, in the first place: 1 was clicked by 4 of 5 people, 2 by none of 5.
    shown: list[Shown] = [(who, 0, 1, 0, who > 0, False) for who in range(5)]
    shown += [(who, 0, 2, 0, False, False) for who in range(5)]
    found = said(impressions(*shown), prior=5.0)[CLICKED]
    rate = 4 / 10
    assert found[0, 1] == pytest.approx((4 + 5 * rate) / (5 + 5))
    assert np.count_nonzero(found) == 1, "less than the rate is nothing to say"


def test_clicks_and_carts_are_told_apart() -> None:
    shown: list[Shown] = [(who, 0, 1, 0, True, False) for who in range(4)]
    shown += [(who, 0, 2, 0, False, True) for who in range(4)]
    shown += [(who, 0, 3, 0, False, False) for who in range(4)]
    found = said(impressions(*shown))
    assert np.argwhere(found[CLICKED]).tolist() == [[0, 1]]
    assert np.argwhere(found[CARTED]).tolist() == [[0, 2]]


def test_what_was_clicked_long_ago_counts_less() -> None:
    lately: list[Shown] = [(who, 0, 1, 0, who < 3, False) for who in range(9)]
    rest: list[Shown] = [(who, 0, 2, 0, False, False) for who in range(9)]
    new, old, still = impressions(*lately), impressions(*lately, days=300), impressions(*rest)
    both = [
        replace(still, **{
            name: np.append(getattr(still, name), getattr(it, name))
            for name in Impressions.__slots__
        })
        for it in (new, old)
    ]  # fmt: skip
    assert said(both[0])[CLICKED][0, 1] > 3 * said(both[1])[CLICKED][0, 1]


# --- places ---------------------------------------------------------------------------------------

LOOKED_AT = np.array([1.0, 0.6, 0.4, 0.25])


def clicked_by_place(seed: int, showings: int = 40_000) -> tuple[Impressions, np.ndarray]:
    """Ten products on one page, each with an appeal of its own, mostly in the place that fits it:
    clicked if looked at and appealing."""
    random = np.random.default_rng(seed)
    appeal = np.linspace(0.5, 0.05, 10)
    product = random.integers(10, size=showings)
    usual = np.minimum(product // 2, 3)
    place = np.where(random.random(showings) < 0.7, usual, random.integers(4, size=showings))
    clicked = random.random(showings) < LOOKED_AT[place] * appeal[product]
    told = impressions(
        *zip(
            range(showings), [10] * showings, product, place, clicked, [False] * showings,
            strict=True,
        )
    )  # fmt: skip
    return told, appeal


def test_what_stands_in_front_is_not_taken_for_what_appeals() -> None:
    told, appeal = clicked_by_place(5)
    clicks, known = Clicks(), shop(told, 11)
    shown = clicks._showings(told, known)
    seen = clicks.seen(shown, told.clicked_s < NEVER_S)
    assert seen[:4] == pytest.approx(LOOKED_AT, rel=0.1)
    found = said(told, 11)[CLICKED][10, :10]
    heard = np.flatnonzero(found)
    assert found[heard] == pytest.approx(appeal[heard], rel=0.15)
    naive = np.bincount(told.product, told.clicked_s < NEVER_S) / np.bincount(told.product)
    # Counted plainly the first would seem five times and more above the sixth; it is not twice.
    assert naive[0] / naive[5] > 1.5 * appeal[0] / appeal[5]


def test_a_product_that_only_ever_stood_behind_is_not_buried_for_it() -> None:
    told, _ = clicked_by_place(6)
    # An eleventh, as good as the best, was always shown in the last place.
    random = np.random.default_rng(7)
    last: list[Shown] = [
        (who, 10, 11, 3, bool(random.random() < 0.5 * LOOKED_AT[3]), False) for who in range(4_000)
    ]
    behind = impressions(*last)
    whole = replace(told, **{
        name: np.append(getattr(told, name), getattr(behind, name))
        for name in Impressions.__slots__
    })  # fmt: skip
    found = said(whole, 12)[CLICKED][10]
    assert found[11] == pytest.approx(found[0], rel=0.25)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), few=st.integers(1, 60))
def test_however_few_clicks_numbers_stay_numbers(seed: int, few: int) -> None:
    random = np.random.default_rng(seed)
    shown = [
        (int(random.integers(5)), 0, int(random.integers(1, 4)), int(random.integers(30)),
         bool(random.random() < 0.3), bool(random.random() < 0.1))
        for _ in range(few)
    ]  # fmt: skip
    found = said(impressions(*shown))
    for name, at in ((CLICKED, 4), (CARTED, 5)):
        assert np.isfinite(found[name]).all()
        assert (found[name] >= 0).all()
        for page, product in np.argwhere(found[name]):
            people = {one[0] for one in shown if (one[1], one[2]) == (page, product) and one[at]}
            assert len(people) >= 3


# --- small numbers, and what was known when -------------------------------------------------------


def test_two_people_who_click_are_too_few_and_three_enough() -> None:
    for people, expected in ((2, 0), (3, 1)):
        shown: list[Shown] = [(who % people, 0, 1, 0, True, False) for who in range(6)]
        shown += [(who, 0, 2, 0, False, False) for who in range(20)]
        assert np.count_nonzero(said(impressions(*shown))[CLICKED]) == expected


def test_a_click_was_not_known_before_it_was_made() -> None:
    told = impressions((0, 0, 1, 0, True, False), (1, 0, 1, 0, True, True), days=2)
    told = replace(told, clicked_s=np.array([NOW_S - 3 * DAY_S // 2, NOW_S - DAY_S // 2]))
    then = shown_before(told, NOW_S - DAY_S)
    assert (then.clicked_s < NEVER_S).tolist() == [True, False]
    assert (then.carted_s < NEVER_S).tolist() == [False, True]
    assert len(shown_before(told, NOW_S - 3 * DAY_S)) == 0


def test_nonsense_parameters_for_clicks_are_refused() -> None:
    for wrong in ({"half_life_days": 0}, {"prior": 0.0}, {"passes": 0}, {"places": 0}):
        with pytest.raises(ValueError, match="must be"):
            Clicks(**wrong)  # type: ignore[arg-type]


# --- as voices ------------------------------------------------------------------------------------


def test_without_clicks_there_are_no_such_voices() -> None:
    nothing = shown_before(impressions((0, 0, 1, 0, True, True)), 0)
    for told, more in ((None, ()), (nothing, OF_CLICKS)):
        known = shop(told)
        assert tuple(Blend()._choir(known).names) == (*more, *NAMES)
        assert study([Blend()], known).clicks == bool(more)
    assert not Blend().fit(shop(nothing)).slots, "an empty past is no error"


@pytest.mark.usefixtures("few_trees")
def test_clicks_that_foretell_purchases_are_believed() -> None:
    mind, lesson = learned(clicks_instead(browsed_shop(True, each=4), foretelling=True, each=100))
    clicks = len(OF_CLICKS)
    assert mind.weights[:clicks].max() == mind.weights.max() > 0
    unheard = max(lesson.ndcg(voice) for voice in lesson.table.said[clicks:])
    assert lesson.ndcg(mind.scores(lesson.table)) > 1.3 * unheard


@pytest.mark.usefixtures("few_trees")
def test_clicks_that_are_noise_stay_silent() -> None:
    told = clicks_instead(browsed_shop(False), foretelling=False)
    (mind, lesson), (unheard, _) = learned(told), learned(blind(told))
    assert not mind.weights[: len(OF_CLICKS)].any()
    assert mind.weights[len(OF_CLICKS) :].tolist() == unheard.weights.tolist()
    heard = lesson.ndcg(mind.scores(lesson.table))
    lesson.table.said[: len(OF_CLICKS)] = (
        0  # as if nobody had told: trees lose nothing by it either
    )
    assert lesson.ndcg(mind.scores(lesson.table)) > 0.98 * heard


def test_a_blend_with_clicks_is_the_same_twice_and_lists_what_may_be_listed() -> None:
    whole = clicks_instead(browsed_shop(True, customers=60, each=3), foretelling=True)
    first, second = (
        Blend().fit(
            Known(whole.interactions, whole.catalogue, NOW_S, impressions=whole.impressions)
        )
        for _ in range(2)
    )
    for name in ("product", "score", "support", "strength"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()
    assert first.product.max() < PRODUCTS
