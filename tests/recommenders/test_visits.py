"""Page views as voices: the sums on paper, who is not learned from, and who is believed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommenders.baskets import viewed_before
from recommenders.blend import NAMES, Blend
from recommenders.for_you import NAMES as NAMES_FOR_YOU
from recommenders.for_you import ForYou
from recommenders.known import Known
from recommenders.study import study
from recommenders.visits import OF_CUSTOMERS, OF_PRODUCTS, Visits, visits
from store.records import SHARED_VISITS, PageViews
from tests.recommenders.browsing import Seen, blind, browsed_shop, learned, page_views
from tests.recommenders.shops import DAY_S, NOW_S, Basket, catalogue, orders, random_shop

MINUTE = 1 / (24 * 60)


def shop(
    seen: list[Seen], *baskets: Basket, products: int = 4, sensitive: tuple[int, ...] = ()
) -> Known:
    data = orders(*baskets)
    views = page_views(data, seen, products, sensitive)
    return Known(data, catalogue(products), NOW_S, page_views=views)


# --- visits ---------------------------------------------------------------------------------------


def test_a_visit_ends_where_half_an_hour_passes_without_a_page() -> None:
    told = shop([(0, 0, 100 * MINUTE), (0, 1, 71 * MINUTE), (0, 2, 41 * MINUTE), (1, 3, 1)])
    made = visits(told, Visits().pause_s)
    assert made.orders == 3
    assert [made.product[made.order == visit].tolist() for visit in range(3)] == [[3], [0, 1], [2]]
    assert made.at_s.tolist() == sorted(made.at_s.tolist())


def test_several_browsers_of_one_customer_are_one_person() -> None:
    told = shop([(0, 0, 1), (1, 0, 1), (2, 0, 1)], (0, 5, [0]), (1, 5, [0]))
    views = told.page_views
    assert views is not None
    one = replace(views, customer=np.where(views.visitor < 2, views.customer[0], -1))
    made = visits(Known(told.interactions, told.catalogue, NOW_S, page_views=one), 1800)
    assert len(made.customer_keys) == 2


def test_whose_a_browser_is_was_not_known_before_it_was() -> None:
    told = shop([(0, 0, 30), (0, 1, 3)], (0, 10, [2]))
    views = told.page_views
    assert views is not None
    assert viewed_before(views, NOW_S - 12 * DAY_S).customer.tolist() == [-1]
    assert viewed_before(views, NOW_S - 5 * DAY_S).customer.tolist() == [500]
    assert len(viewed_before(views, NOW_S)) == 2


# --- the sums on paper ----------------------------------------------------------------------------


def test_looked_at_together_done_on_paper() -> None:
    # Three visits of 0 and 1 weigh 1 / sqrt(2) each, one of 0 alone weighs 1; one is of 2.
    seen: list[Seen] = [(who, product, 0) for who in range(3) for product in (0, 1)]
    seen += [(3, 0, 0), (4, 2, 0)]
    said = Visits(damping=0, prior=0).together(shop(seen)).toarray()
    both = 3 / np.sqrt(2)
    assert said[0, 1] == pytest.approx(both / (both + 1))
    assert said[1, 0] == pytest.approx(1)
    assert np.count_nonzero(said) == 2


def test_bought_after_viewing_done_on_paper() -> None:
    # Four who looked at 0 within a week bought: three of them 1, one of them 2. One looked too
    # early, one only afterwards, and what was bought is not what it is looked at for.
    seen: list[Seen] = [(who, 0, 2.0) for who in range(4)] + [(4, 0, 9.0), (5, 0, 0.5)]
    bought: list[Basket] = [(who, 1, [0, 1]) for who in range(3)]
    bought += [(3, 1, [2]), (4, 1, [1]), (5, 1, [1])]
    told = shop(seen, *bought)
    said = Visits(damping=0, prior=0, half_life_days=1).after(told).toarray()
    # Every order weighs 1/2; the pair of 0 and 2 has too few people behind it.
    assert said[0].tolist() == pytest.approx([0, 3 / 4, 0, 0])
    assert not said[1:].any()


def test_own_views_fade_and_guests_have_none() -> None:
    told = shop([(0, 1, 0), (0, 1, 7), (7, 2, 0)], (0, 8, [0]))
    said = Visits(own_half_life_days=7).own(told).toarray()
    assert said == pytest.approx(np.array([[0, 1.5, 0, 0]]))


def test_the_newest_pages_before_an_order_are_those_that_count() -> None:
    told = shop([(0, p, 3 - p * MINUTE) for p in range(4)], (0, 1, [3]))
    assert Visits(most=2).before_orders(told).toarray().tolist() == [[0, 0, 1, 1]]


# --- small numbers and what takes no part ---------------------------------------------------------


def test_two_people_are_too_few_and_three_enough() -> None:
    for people, expected in ((2, 0), (3, 2)):
        seen: list[Seen] = [
            (who, p, days) for who in range(people) for p in (0, 1) for days in (1, 9)
        ]
        alone: list[Seen] = [(9, 2, 1), (10, 3, 1)]
        assert Visits().together(shop(seen + alone)).nnz == expected


def test_what_no_more_share_than_by_chance_is_not_said() -> None:
    everybody: list[Seen] = [(who, p, 1) for who in range(6) for p in (0, 1)]
    assert Visits().together(shop(everybody)).nnz == 0


def test_sensitive_products_are_no_answer_to_what_is_looked_at() -> None:
    seen: list[Seen] = [(who, 0, 2) for who in range(4)]
    bought: list[Basket] = [(who, 1, [1, 2]) for who in range(4)]
    open_ = Visits().after(shop(seen, *bought)).toarray()
    closed = Visits().after(shop(seen, *bought, sensitive=(1,))).toarray()
    assert open_[0, 1] > 0
    assert closed[0, 1] == 0
    assert closed[0, 2] == open_[0, 2]


def test_nonsense_parameters_are_refused() -> None:
    for wrong in ({"pause_s": 0}, {"damping": 2.0}, {"most": 1}, {"prior": -1.0}):
        with pytest.raises(ValueError, match="must be"):
            Visits(**wrong)  # type: ignore[arg-type]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_every_pair_that_is_said_can_be_counted_again(seed: int) -> None:
    random = np.random.default_rng(seed)
    data = random_shop(seed, products=8, orders_=40)
    seen: list[Seen] = [
        (int(random.integers(12)), int(random.integers(8)), float(random.integers(4)))
        for _ in range(80)
    ]
    told = Known(data, catalogue(8), NOW_S, page_views=page_views(data, seen, 8))
    said = Visits().together(told).tocoo()
    whole: dict[tuple[int, float], set[int]] = {}
    for who, product, days in seen:
        whole.setdefault((who, days), set()).add(product)
    for a, b in zip(*(side.tolist() for side in said.coords), strict=True):
        visitors = {who for (who, _), pages in whole.items() if {a, b} <= pages}
        assert len(visitors) >= 3
        assert a != b


# --- as voices ------------------------------------------------------------------------------------


def test_without_page_views_there_are_no_such_voices() -> None:
    told = browsed_shop(True, customers=20)
    for known, more, own in ((blind(told), (), ()), (told, OF_PRODUCTS, OF_CUSTOMERS)):
        assert tuple(Blend()._choir(known).names) == (*more, *NAMES)
        assert tuple(ForYou()._choir(known).names) == (*own, *NAMES_FOR_YOU)
        assert study([Blend()], known).page_views == bool(more)


def test_a_shop_with_too_little_history_answers_as_if_it_knew_no_page_views() -> None:
    told = browsed_shop(True, customers=30, each=2)
    heard, unheard = Blend().fit(told), Blend().fit(blind(told))
    for name, row, score in zip(unheard.slots, unheard.product, unheard.score, strict=True):
        same = heard.slots.index(name)
        assert heard.product[same].tolist() == row.tolist()
        assert heard.score[same] == pytest.approx(score)


def test_a_blend_with_page_views_keeps_its_promises() -> None:
    random, hidden = np.random.default_rng(4), (3, 9, 30)
    data = random_shop(4, orders_=60)
    seen: list[Seen] = [
        (int(random.integers(90)), int(random.integers(60)), float(random.integers(20)))
        for _ in range(4_000)
    ]
    views = page_views(data, seen, 60)
    goods = catalogue(60, hidden=hidden)
    first, second = (Blend().fit(Known(data, goods, NOW_S, page_views=views)) for _ in range(2))
    for name in ("product", "score", "support", "strength"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()
    assert not np.isin(first.product, hidden).any()
    own = np.array([int(slot.partition(":")[2]) - 100 for slot in first.slots])
    assert not (first.product == own[:, None]).any()
    assert (np.diff(first.score, axis=1) <= 0).all()
    # What is said to be looked at together is, and never of what was bought together.
    seen_together = Visits().together(Known(data, goods, NOW_S, page_views=views)).toarray() > 0
    told = (first.strength == 0) & (first.product >= 0)
    marked = told & (first.support & SHARED_VISITS > 0)
    row, place = np.nonzero(told)
    assert marked.any()
    assert (marked[row, place] == seen_together[own[row], first.product[row, place]]).all()


@pytest.mark.usefixtures("few_trees")
def test_page_views_that_foretell_purchases_are_believed() -> None:
    mind, lesson = learned(browsed_shop(True))
    views = len(OF_PRODUCTS)
    assert mind.weights[:views].max() == mind.weights.max() > 0
    unheard = max(lesson.ndcg(said) for said in lesson.table.said[views:])
    assert lesson.ndcg(mind.scores(lesson.table)) > 1.3 * unheard


@pytest.mark.usefixtures("few_trees")
def test_page_views_that_are_noise_stay_silent() -> None:
    told = browsed_shop(False)
    (mind, lesson), (unheard, _) = learned(told), learned(blind(told))
    assert not mind.weights[: len(OF_PRODUCTS)].any()
    assert mind.weights[len(OF_PRODUCTS) :].tolist() == unheard.weights.tolist()
    heard = lesson.ndcg(mind.scores(lesson.table))
    lesson.table.said[: len(OF_PRODUCTS)] = (
        0  # as if nobody had told: trees lose nothing by it either
    )
    assert lesson.ndcg(mind.scores(lesson.table)) > 0.98 * heard


def test_an_empty_past_is_no_error() -> None:
    told = browsed_shop(True, customers=5)
    views = told.page_views
    assert views is not None
    nothing: PageViews = viewed_before(views, 0)
    empty = Known(told.interactions, told.catalogue, NOW_S, page_views=nothing)
    assert Visits().together(empty).nnz == Visits().after(empty).nnz == Visits().own(empty).nnz == 0
    assert not Blend().fit(Known(orders(), catalogue(3), NOW_S, page_views=nothing)).slots
