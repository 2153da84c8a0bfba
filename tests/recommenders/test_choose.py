"""The chain, the blend and what may be shown: plain dictionaries in, a shelf out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommenders.chains import CHAINS, KINDS, NEWCOMERS, NOVEL_CHAINS
from recommenders.choose import Ask, Trying, card_keys, choose, newcomers, rank, slots
from store.records import (
    PERSONAL,
    PLACEMENTS,
    SHARED_TYPE,
    Card,
    Effects,
    Entry,
    Placement,
    Reason,
)

entries = st.lists(
    st.builds(Entry, st.integers(1, 30), st.floats(0, 1), st.integers(0, 50), st.floats(0, 9)),
    max_size=24,
    unique_by=lambda e: e.product,
)
keys = st.lists(st.integers(1, 30), max_size=8, unique=True).map(tuple)

ALL = frozenset({"bought_together", "similar", "personal", "bestseller"})
Lists = Mapping[str, Sequence[Entry]]


def listed(*products: int, score: float = 1.0, support: int = 5) -> list[Entry]:
    return [Entry(p, score / (1 + i), support, 2.0) for i, p in enumerate(products)]


def cards(
    *products: int, gone: Sequence[int] = (), groups: Mapping[int, int] = {}
) -> dict[int, Card]:
    return {
        p: Card(p, f"id{p}", p not in gone, groups.get(p, p), f'{{"id":"id{p}","title":"Tea {p}"')
        for p in products
    }


def shown(ask: Ask, lists: Lists) -> list[int]:
    found = choose(ask, rank(ask, ALL, lists), cards(*range(100)))
    return [r.product for r in found]


def test_the_chain_falls_from_company_to_likeness_to_what_sells() -> None:
    lists = {
        "bought_together:1": listed(2, 3),
        "similar:1": listed(3, 4),
        "bestseller:tea": listed(4, 5),
        "bestseller:": listed(1, 2, 6),
    }
    ask = Ask("also_bought", product=1, category="tea", limit=8)
    found = choose(ask, rank(ask, ALL, lists), cards(*range(9)))
    assert [(r.product, r.strategy, r.reason.kind) for r in found] == [
        (2, "bought_together", "bought_together"),
        (3, "bought_together", "bought_together"),
        (4, "similar", "similar"),
        (5, "bestseller", "popular_in"),
        (6, "bestseller", "popular"),
    ]


def test_a_strategy_that_is_not_live_is_not_asked() -> None:
    lists = {"bought_together:1": listed(2), "bestseller:": listed(3)}
    ask = Ask("also_bought", product=1)
    assert slots(ask, {"bestseller"}) == ["bestseller:"]
    assert [c.product for c in rank(ask, {"bestseller"}, lists)] == [3]


def test_the_blend_done_on_paper() -> None:
    # also_bought: page x 1, cart x 0.3 (the second of the cart x 0.8 of it), recent x 0.15.
    lists = {
        "bought_together:1": [Entry(10, 0.30, 9, 1.0), Entry(11, 0.20, 8, 1.0)],
        "bought_together:2": [Entry(11, 0.50, 7, 1.0)],
        "bought_together:3": [Entry(12, 1.00, 6, 1.0)],
        "bought_together:4": [Entry(12, 1.00, 5, 1.0)],
    }
    found = rank(Ask("also_bought", product=1, cart=(2, 3), recent=(4,)), ALL, lists)
    assert [c.product for c in found] == [12, 11, 10]
    assert [c.score for c in found] == pytest.approx([0.24 + 0.15, 0.2 + 0.15, 0.3])
    # The evidence is that of the list that gave most: 12 came by the cart, 11 by the page.
    assert [(c.kind, c.support, c.about) for c in found] == [
        ("because_carted", 6, 3),
        ("bought_together", 8, None),
        ("bought_together", 9, None),
    ]


def test_strategies_meet_on_a_common_scale() -> None:
    # Personal scores near 1 and co-purchase scores of a few hundredths must not drown each other.
    lists = {
        "personal:7": [Entry(10, 0.9, 12, 0.9), Entry(11, 0.8, 12, 0.8)],
        "bought_together:2": [Entry(12, 0.02, 9, 3.0), Entry(11, 0.01, 9, 3.0)],
    }
    found = rank(Ask("you_might_like", customer=7, bought=(2,), novel=True), ALL, lists)
    assert {c.product: c.score for c in found} == pytest.approx(
        {10: 0.15, 12: 0.7, 11: 0.15 * 0.8 / 0.9 + 0.35}
    )


def test_this_minutes_clicks_change_the_shelf_without_retraining() -> None:
    lists = {"bought_together:5": listed(50), "bestseller:": listed(60, 61)}
    assert shown(Ask("you_might_like"), lists) == [60, 61]
    assert shown(Ask("you_might_like", recent=(5,)), lists) == [50, 60, 61]


def test_nothing_in_the_cart_nor_the_product_itself_nor_a_repeat() -> None:
    lists = {"bought_together:1": listed(1, 2, 3, 4), "bestseller:": listed(4, 3, 1, 5)}
    assert shown(Ask("also_bought", product=1, cart=(2,)), lists) == [3, 4, 5]


def test_sold_out_unknown_and_excluded_products_make_way_for_the_next() -> None:
    ask = Ask("bestsellers", limit=2, effects=Effects(hidden=frozenset({3})))
    candidates = rank(ask, ALL, {"bestseller:": listed(1, 2, 3, 4, 5)})
    found = choose(ask, candidates, cards(1, 3, 4, 5, gone=[1]))
    assert [r.product for r in found] == [4, 5]


def test_pins_come_first_and_only_if_they_may_be_shown() -> None:
    pinned = Effects(pins=(7, 8, 1, 3, 3))
    ask = Ask("also_bought", product=1, cart=(8,), limit=3, effects=pinned)
    candidates = rank(ask, ALL, {"bought_together:1": listed(2, 3, 4)})
    goods = cards(*range(10), gone=[7])
    found = choose(ask, candidates, goods)
    assert [(r.product, r.strategy) for r in found] == [
        (3, "pinned"),
        (2, "bought_together"),
        (4, "bought_together"),
    ]
    assert found[0].reason == Reason("picked")


def test_a_shelf_shows_one_of_each_near_duplicate_group_and_no_twin_of_the_page() -> None:
    ask = Ask("also_bought", product=1, cart=(9,))
    candidates = rank(ask, ALL, {"bought_together:1": listed(2, 3, 4, 5, 6)})
    goods = cards(*range(10), groups={1: 4, 4: 4, 2: 2, 3: 2, 9: 5, 5: 5})
    assert [r.product for r in choose(ask, candidates, goods)] == [2, 6]


def test_novel_leaves_out_all_the_customer_ever_bought() -> None:
    lists = {"bestseller:": listed(1, 2, 3)}
    ask = Ask("you_might_like", customer=7, bought=(2,), owned=frozenset({1, 2}))
    assert shown(ask, lists) == [1, 2, 3]
    ask = Ask("you_might_like", customer=7, bought=(2,), owned=frozenset({1, 2}), novel=True)
    assert shown(ask, lists) == [3]
    assert choose(replace(ask, effects=Effects(pins=(1,))), [], cards(1)) == []


def test_what_was_dismissed_never_returns_not_even_pinned() -> None:
    lists = {"bought_together:1": listed(2, 3, 4), "bestseller:": listed(3, 5)}
    pinned = Effects(pins=(3,))
    ask = Ask("also_bought", product=1, limit=3, effects=pinned)
    assert shown(ask, lists) == [3, 2, 4]
    assert shown(replace(ask, unwanted=frozenset({3})), lists) == [2, 4, 5]


def test_excluded_products_cost_no_place_among_the_candidates() -> None:
    many = frozenset(range(1, 60))
    lists = {"bestseller:": listed(*range(1, 80))}
    ask = Ask("bestsellers", limit=4, effects=Effects(hidden=many))
    assert shown(ask, lists) == [60, 61, 62, 63]


def test_boosted_and_buried_products_move_within_their_step_only() -> None:
    lists = {"bought_together:1": listed(2, 3, 4), "bestseller:": listed(6, 7)}
    # 3 has half of the score of 2: three times that is ahead; 6 stays behind all that go together.
    effects = Effects(weights={3: 3.0, 2: 0.1, 7: 1000.0})
    assert shown(Ask("also_bought", product=1, effects=effects), lists) == [3, 4, 2, 7, 6]


SECRET = 50
GUARDED = Effects(sensitive=frozenset({SECRET}))


def test_what_is_sensitive_never_comes_from_or_into_what_one_person_did() -> None:
    lists = {
        "bought_together:50": listed(2, 3),  # would be shown because 50 was looked at
        "bought_together:1": listed(SECRET, 4),
        "personal:7": listed(SECRET, 5),
        "repurchase:7": listed(SECRET, 8),
        "bestseller:": listed(9),
    }
    for doing in ({"recent": (50,)}, {"cart": (50,)}, {"recent": (1,)}, {"customer": 7}):
        for placement in ("also_bought", "you_might_like", "cart", "buy_again", "recently_viewed"):
            ask = Ask(placement, **doing)  # type: ignore[arg-type]
            assert {2, 3, 4, 5, 8, 9, 50} & set(shown(ask, lists)) or placement != "also_bought"
            found = shown(replace(ask, effects=GUARDED), lists)
            assert SECRET not in found
            assert not {2, 3} & set(found), "seeded by a sensitive product"


@given(
    placement=st.sampled_from(PLACEMENTS),
    recent=keys,
    cart=keys,
    bought=keys,
    sensitive=st.frozensets(st.integers(1, 30), min_size=1, max_size=15),
    data=st.data(),
)
def test_whatever_one_person_did_sensitive_products_neither_follow_from_it_nor_lead_to_others(
    placement: Placement,
    recent: tuple[int, ...],
    cart: tuple[int, ...],
    bought: tuple[int, ...],
    sensitive: frozenset[int],
    data: st.DataObject,
) -> None:
    ask = Ask(placement, None, 4, recent, cart, bought, limit=24, trying=Trying(1, 1.0, 0))
    own = {name: data.draw(entries) for name in slots(ask, ALL) if not name.endswith(":")}
    hidden = sensitive if placement in PERSONAL else frozenset()  # as the rules are compiled
    guarded = replace(ask, effects=Effects(hidden=hidden, sensitive=sensitive))
    innocent = {  # as if what is sensitive had not been touched, and were on nobody's list
        name: [it for it in found if it.product not in sensitive]
        for name, found in own.items()
        if name.partition(":")[0] not in ("bought_together", "similar")
        or int(name.partition(":")[2]) not in sensitive
    }
    for candidates in (rank, lambda ask, _, lists: newcomers(ask, lists)):
        found = candidates(guarded, ALL, own)
        products = {c.product for c in found}
        assert not products & sensitive
        assert not {c.about for c in found} & sensitive
        assert products <= {e.product for list_ in innocent.values() for e in list_} | {
            *recent  # `recently_viewed` repeats them
        }


def test_a_pair_with_a_sensitive_product_needs_three_buyers() -> None:
    weak, strong = Entry(3, 0.9, 0, 50.0), Entry(SECRET, 0.5, 3, 3.0)
    shy = Entry(SECRET, 0.9, 0, 50.0)
    ask = Ask("also_bought", product=1, effects=GUARDED)
    assert shown(ask, {"bought_together:1": [weak, shy]}) == [3]
    assert shown(ask, {"bought_together:1": [weak, strong]}) == [3, SECRET]
    page = Ask("also_bought", product=SECRET, effects=GUARDED)
    assert shown(page, {"bought_together:50": [weak, Entry(4, 0.1, 3, 2.0)]}) == [4]
    # What only looks alike was learned from no purchase.
    alike = {"blend:50": [Entry(6, 0.5, SHARED_TYPE, 0.0)], "similar:50": [Entry(7, 0.5, 4, 0.4)]}
    found = choose(page, rank(page, {*ALL, "blend"}, alike), cards(*range(60)))
    assert [r.product for r in found] == [6, 7]


def test_a_bundle_needs_evidence_and_is_never_filled_with_bestsellers() -> None:
    weak = Entry(3, 0.9, 0, 50.0)  # under three buyers
    lists = {"bought_together:1": [weak, Entry(2, 0.5, 4, 3.0)], "bestseller:": listed(6)}
    assert shown(Ask("bought_together", product=1), lists) == [2]


def test_recently_viewed_is_what_was_viewed() -> None:
    ask = Ask("recently_viewed", product=5, recent=(5, 9, 2, 7, 1, 3, 8), limit=24)
    assert shown(ask, {}) == [9, 2, 7, 1, 3, 8]
    assert {r.reason.kind for r in choose(ask, rank(ask, ALL, {}), cards(*range(10)))} == {"viewed"}


def test_reasons_carry_what_their_sentences_need() -> None:
    ask = Ask("also_bought", product=1, recent=(9,), category="c", category_name="Pots")
    lists = {
        "bought_together:1": [Entry(2, 0.5, 37, 4.0)],
        "bought_together:9": [Entry(3, 0.5, 4, 4.0)],
        "similar:1": [Entry(4, 0.5, SHARED_TYPE, 0.4)],
        "bestseller:c": [Entry(5, 0.5, 0, 1.0)],
        "bestseller:": [Entry(6, 0.5, 12, 1.0)],
    }
    found = choose(ask, rank(ask, ALL, lists), cards(*range(10)))
    assert [r.reason for r in found] == [
        Reason("bought_together", count=37),
        Reason("because_viewed", about="Tea 9"),
        Reason("similar", shared=SHARED_TYPE),
        Reason("popular_in", about="Pots"),
        Reason("popular", count=12),
    ]


def test_a_missing_card_of_the_viewed_product_only_costs_its_name() -> None:
    ask = Ask("you_might_like", recent=(9,))
    candidates = rank(ask, ALL, {"bought_together:9": listed(3)})
    assert 9 in card_keys(ask, candidates)
    assert choose(ask, candidates, cards(3))[0].reason == Reason("because_viewed")


def test_a_request_names_a_bounded_number_of_lists() -> None:
    many = tuple(range(100, 150))
    for placement in PLACEMENTS:
        ask = Ask(
            placement, product=1, customer=2, recent=many, cart=many, bought=many, category="c"
        )
        names = slots(ask, ALL)
        assert len(names) == len(set(names)) <= 20


def test_every_placement_has_a_chain_and_every_part_a_kind_of_reason() -> None:
    assert set(CHAINS) == set(PLACEMENTS)
    parts = {
        (p.strategy, p.of)
        for chains in (CHAINS, NOVEL_CHAINS)
        for chain in chains.values()
        for step in chain
        for p in step
    }
    assert parts | {(p.strategy, p.of) for p in NEWCOMERS} == set(KINDS)


@given(
    placement=st.sampled_from(PLACEMENTS),
    product=st.none() | st.integers(1, 30),
    recent=keys,
    cart=keys,
    bought=keys,
    limit=st.integers(1, 24),
    novel=st.booleans(),
    gone=keys,
    pins=keys,
    hidden=keys,
    sensitive=keys,
    weights=st.dictionaries(st.integers(1, 30), st.sampled_from([0.05, 0.5, 1.5, 20.0])),
    unwanted=keys,
    data=st.data(),
)
def test_whatever_is_asked_the_shelf_keeps_its_promises(
    placement: Placement,
    product: int | None,
    recent: tuple[int, ...],
    cart: tuple[int, ...],
    bought: tuple[int, ...],
    limit: int,
    novel: bool,
    gone: tuple[int, ...],
    pins: tuple[int, ...],
    hidden: tuple[int, ...],
    sensitive: tuple[int, ...],
    weights: dict[int, float],
    unwanted: tuple[int, ...],
    data: st.DataObject,
) -> None:
    effects = Effects(pins, frozenset(hidden), weights, frozenset(sensitive))
    owned = frozenset((*bought, 29))
    ask = Ask(
        placement, product, 4, recent, cart, bought, "c", limit, novel, owned, "", effects,
        frozenset(unwanted),
    )  # fmt: skip
    lists = {name: data.draw(entries) for name in slots(ask, ALL)}
    candidates = rank(ask, ALL, lists)
    goods = cards(*range(1, 31), gone=gone, groups={p: p // 2 for p in range(31)})
    shelf = choose(ask, candidates, goods)
    products = [r.product for r in shelf]
    assert len(products) <= limit
    assert len({goods[p].group for p in products}) == len(products)
    assert not set(products) & {product, *cart, *gone, *hidden, *unwanted}
    assert not (novel and set(products) & ask.owned)
    assert set(products) <= set(pins) | {c.product for c in candidates}
    assert shelf == choose(ask, rank(ask, ALL, lists), goods)
    # Rules move and remove: which products are candidates at all does not depend on the weights.
    if len(candidates) < 2 * limit + 12:
        unmoved = replace(ask, effects=effects._replace(weights={}))
        assert {c.product for c in rank(unmoved, ALL, lists)} == {c.product for c in candidates}


def test_choosing_loads_no_numpy() -> None:
    code = "import recommenders.choose, sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"numpy", "scipy", "surprise", "rapidfuzz", "xgboost"} & set(loaded)


@given(
    lists=st.dictionaries(
        st.sampled_from(
            [f"{name}:{key}" for name in ("bought_together", "similar") for key in range(1, 6)]
            + ["bestseller:"]
        ),
        entries,
    ),
    sellable=st.sets(st.integers(1, 30), max_size=6),
    ask=st.builds(
        Ask,
        st.just("also_bought"),
        product=st.integers(1, 5),
        recent=keys,
        cart=keys,
        limit=st.just(1),
        effects=st.builds(
            Effects,
            hidden=st.frozensets(st.integers(1, 30), max_size=4),
            weights=st.dictionaries(st.integers(1, 30), st.sampled_from([0.25, 4.0]), max_size=4),
            sensitive=st.frozensets(st.integers(1, 30), max_size=4),
        ),
    ),
)
def test_whether_there_is_a_shelf_and_what_leads_it_is_the_same_when_ranked_loosely(
    lists: Lists, sellable: set[int], ask: Ask
) -> None:
    goods = cards(*range(1, 31), gone=[p for p in range(1, 31) if p not in sellable])
    exact = choose(ask, rank(ask, ALL, lists, 1_000), goods)
    for most in (4, 1_000):
        candidates = rank(ask, ALL, lists, most, loosely=True)
        loose = choose(ask, candidates, goods)
        if loose or len(candidates) < most:  # else the shelf looks deeper
            assert [it.strategy for it in loose] == [it.strategy for it in exact]
