"""Which new product is tried, where, with which chance, and when none is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommenders.choose import Ask, Trying, choose, gives_way, newcomers, rank, slots
from recommenders.trying import CLOSE, MOST, NEW_US, PLACE
from store.records import Card, Effects, Entry, Reason, Recommendation

NOW_US = 2_000_000_000_000_000
TRYING = Trying(NOW_US, 0.1, 0)
ALL = frozenset({"bought_together", "similar", "bestseller"})


def goods(*new: int, count: int = 40) -> dict[int, Card]:
    return {
        p: Card(p, str(p), True, p, "{", "", NOW_US - (1 if p in new else NEW_US))
        for p in range(1, count)
    }


def bought(*products: int, support: int = 5) -> list[Entry]:
    return [Entry(p, 1 / (1 + i), support, 2.0) for i, p in enumerate(products)]


def shelf(ask: Ask, lists: dict[str, list[Entry]], cards: dict[int, Card]) -> list[Recommendation]:
    return choose(ask, rank(ask, ALL, lists), cards, newcomers(ask, lists))


def ids(found: list[Recommendation]) -> list[int]:
    return [it.product for it in found]


ASK = Ask("also_bought", product=1, limit=6, trying=TRYING)


def test_a_new_product_that_is_half_as_good_takes_the_place_that_is_seen() -> None:
    # 8 has a quarter of the score of 7, which is displaced; 9 has a half and is tried.
    company = [*bought(2, 3, 4, 5, 6, 7), Entry(8, 1 / 24, 4, 2.0), Entry(9, 1 / 12, 4, 2.0)]
    found = shelf(ASK, {"bought_together:1": company}, goods(8, 9))
    assert ids(found) == [2, 3, 4, 9, 5, 6]
    assert found[PLACE - 1].reason == Reason("new")
    assert found[PLACE - 1].chance == pytest.approx(0.1)
    assert not any(it.chance for it in found if it.product != 9)


def test_what_the_purchases_of_three_buyers_speak_for_gives_way_to_no_likeness() -> None:
    lists = {"bought_together:1": bought(2, 3, 4, 5, 6, 7), "similar:1": [Entry(9, 0.9, 1, 0.9)]}
    assert ids(shelf(ASK, lists, goods(9))) == [2, 3, 4, 5, 6, 7]
    # With fewer buyers behind what stands last, nobody knows which is better.
    weak = {**lists, "bought_together:1": bought(2, 3, 4, 5, 6, 7, support=0)}
    assert ids(shelf(ASK, weak, goods(9))) == [2, 3, 4, 9, 5, 6]


def test_a_bestseller_gives_way_to_what_looks_like_the_products_one_goes_by() -> None:
    lists = {"bestseller:": bought(*range(20, 27)), "similar:3": [Entry(9, 0.4, 4, 0.4)]}
    ask = Ask("you_might_like", recent=(3,), limit=6, trying=TRYING)
    assert 9 in ids(choose(ask, rank(ask, {"bestseller"}, lists), goods(9), newcomers(ask, lists)))
    assert "similar:3" in slots(ask, {"bestseller"})
    assert "similar:3" not in slots(replace(ask, trying=None), {"bestseller"})


def test_nothing_is_tried_where_something_new_stands_already_or_places_are_free() -> None:
    lists = {"bought_together:1": bought(2, 3, 4, 5, 6, 7, 9)}
    assert ids(shelf(ASK, lists, goods(3, 9))) == [2, 3, 4, 5, 6, 7]
    short = {"bought_together:1": bought(2, 3)}
    assert not any(it.chance for it in shelf(ASK, short, goods(9)))


def test_what_the_merchant_pinned_keeps_its_place() -> None:
    lists = {"bought_together:1": bought(2, 9, 3, 4)}
    ask = replace(ASK, limit=3)
    pinned = replace(ask, effects=Effects(pins=(20, 21)))
    assert ids(shelf(pinned, lists, goods(9))) == [20, 21, 9]
    full = replace(ask, effects=Effects(pins=(20, 21, 22)))
    assert ids(shelf(full, lists, goods(9))) == [20, 21, 22]


def test_what_is_tried_stands_among_the_visible_ones_not_among_the_spare() -> None:
    lists = {"bought_together:1": bought(2, 3, 9, 4, 5, 6)}
    ask = replace(ASK, visible=2)
    found = shelf(ask, lists, goods(9))
    assert ids(found) == [2, 9, 3, 4, 5, 6]


def test_a_month_after_it_was_published_nothing_is_new_nor_before() -> None:
    lists = {"bought_together:1": bought(2, 3, 4, 5, 6, 7, 9, support=0)}
    for age_us, new in ((-1, False), (0, True), (NEW_US - 1, True), (NEW_US, False)):
        cards = goods() | {9: Card(9, "9", True, 9, "{", "", NOW_US - age_us)}
        assert any(it.chance for it in shelf(ASK, lists, cards)) == new
    unknown = goods() | {9: Card(9, "9", True, 9, "{", "", None)}
    assert not any(it.chance for it in shelf(ASK, lists, unknown))


def test_of_several_that_are_close_the_draw_takes_each_as_often() -> None:
    lists = {"bought_together:1": bought(2, 3, 4, 5, 6, 7, 8, 9, 10, 11, support=0)}
    taken: Counter[int] = Counter()
    for draw in range(30):
        ask = replace(ASK, trying=replace(TRYING, draw=draw))
        (one,) = [it for it in shelf(ask, lists, goods(8, 9, 10, 11)) if it.chance]
        assert one.chance == pytest.approx(0.1 / MOST)
        taken[one.product] += 1
    assert taken == {8: 10, 9: 10, 10: 10}


def test_a_share_or_a_draw_that_makes_no_sense_is_refused() -> None:
    for share, draw in ((0.0, 0), (1.1, 0), (0.5, -1)):
        with pytest.raises(ValueError, match="share must be above 0"):
            Trying(NOW_US, share, draw)


products = st.lists(st.integers(2, 39), max_size=24, unique=True)


@given(
    company=products,
    alike=products,
    support=st.sampled_from([0, 4]),
    new=st.frozensets(st.integers(2, 39)),
    hidden=st.frozensets(st.integers(2, 39)),
    sensitive=st.frozensets(st.integers(2, 39)),
    unwanted=st.frozensets(st.integers(2, 39)),
    pins=products,
    limit=st.integers(1, 24),
    spare=st.integers(0, 8),
    draw=st.integers(0, 9_999),
)
def test_whatever_is_tried_is_new_close_wanted_and_costs_one_place(
    company: list[int],
    alike: list[int],
    support: int,
    new: frozenset[int],
    hidden: frozenset[int],
    sensitive: frozenset[int],
    unwanted: frozenset[int],
    pins: list[int],
    limit: int,
    spare: int,
    draw: int,
) -> None:
    lists = {
        "bought_together:1": bought(*company, support=support),
        "similar:1": [Entry(p, 0.9 / (i + 1), 1, 0.9) for i, p in enumerate(alike)],
    }
    effects = Effects(tuple(pins[:3]), hidden, {}, sensitive)
    plain = Ask(
        "also_bought", 1, limit=limit + spare, visible=limit, effects=effects, unwanted=unwanted
    )
    trying = replace(plain, trying=Trying(NOW_US, 0.2, draw))
    cards = goods(*new)
    before, after = shelf(plain, lists, cards), shelf(trying, lists, cards)
    assert len(before) == len(after) == len(set(ids(after)))
    tried = [it for it in after if it.chance]
    if not tried:
        assert ids(before) == ids(after)
        return
    (one,) = tried
    assert one.product in new - hidden - unwanted
    assert one.product not in {it.product for it in before[:limit]}
    assert not {it.product for it in before[:limit]} & new, "something new stood there already"
    assert 0.2 / MOST <= one.chance * (1 + 1e-9) <= 0.2 * (1 + 1e-9)
    # One place: the others keep their order, and one of them goes.
    others = [p for p in ids(after) if p != one.product]
    assert others == [p for p in ids(before) if p != one.product][: len(others)]
    assert one.product in ids(after)[:limit]
    displaced = before[limit - 1]
    assert displaced.strategy != "pinned" or limit > len(effects.pins)
    if displaced.strategy == one.strategy == "bought_together":
        assert one.score >= CLOSE * displaced.score or not support
    if displaced.strategy == "bought_together" and one.strategy == "similar":
        assert not support
    # The same visitor, the same day: the same shelf.
    assert ids(shelf(trying, lists, cards)) == ids(after)


@given(
    company=st.lists(
        st.builds(
            Entry, st.integers(2, 20), st.floats(0, 1), st.sampled_from([0, 5]), st.just(2.0)
        ),
        max_size=12,
        unique_by=lambda e: e.product,
    ),
    near=st.lists(
        st.builds(Entry, st.integers(2, 30), st.floats(0, 1), st.just(1), st.just(0.5)),
        max_size=12,
        unique_by=lambda e: e.product,
    ),
    new=st.sets(st.integers(2, 30), max_size=12),
    pins=st.lists(st.integers(2, 30), max_size=3, unique=True).map(tuple),
)
def test_where_nothing_gives_way_it_does_not_matter_who_is_near(
    company: list[Entry], near: list[Entry], new: set[int], pins: tuple[int, ...]
) -> None:
    ask = replace(ASK, limit=3, effects=Effects(pins=pins))
    lists = {"bought_together:1": company, "similar:1": near}
    candidates = rank(ask, {"bought_together"}, lists)
    if not gives_way(candidates):
        both = [choose(ask, candidates, goods(*new), it) for it in (newcomers(ask, lists), ())]
        assert both[0] == both[1]
