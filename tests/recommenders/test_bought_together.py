"""Co-purchase: the sum on paper, the evidence, and the bounds on large orders."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommenders.bought_together import BoughtTogether, sheets
from recommenders.evidence import common_orders
from recommenders.known import Known
from store.records import Lists
from tests.recommenders.shops import NOW_S, catalogue, orders, random_shop

TEA, MUG, POT = 0, 1, 2


def entry(lists: Lists, of: int, product: int) -> tuple[float, int, float]:
    row = list(lists.slots).index(f"bought_together:{of + 100}")
    place = lists.product[row].tolist().index(product)
    return (
        float(lists.score[row, place]),
        int(lists.support[row, place]),
        float(lists.strength[row, place]),
    )


def test_the_sum_done_on_paper() -> None:
    # 10 orders, all placed now: 4 hold tea, 9 mug, 3 both. With damping 0.5, without prior:
    # P(mug | tea) / sqrt(share(mug)) = (3 / 4) / sqrt(9 / 10); lift = 3 * 10 / (4 * 9).
    both = [(i, 0, [TEA, MUG]) for i in range(3)]
    mugs = [(None, 0, [MUG]) for _ in range(6)]
    recommender = BoughtTogether(damping=0.5, prior=0, size_discount=0)
    lists = recommender.fit(Known(orders(*both, (5, 0, [TEA]), *mugs), catalogue(2), NOW_S))
    score, support, lift = entry(lists, TEA, MUG)
    assert score == pytest.approx(0.75 / 0.9**0.5)
    assert support == 3
    assert lift == pytest.approx(30 / 36)


def test_an_order_counts_half_after_one_half_life() -> None:
    # Half-life 10 days. Tea with mug now (1), tea with pot 10 days ago (1/2), damping 0:
    # n(tea) = 1.5, so 1 / 1.5 against 0.5 / 1.5.
    recommender = BoughtTogether(damping=0, prior=0, size_discount=0, half_life_days=10)
    lists = recommender.fit(
        Known(orders((1, 0, [TEA, MUG]), (2, 10, [TEA, POT])), catalogue(3), NOW_S)
    )
    assert entry(lists, TEA, MUG)[0] == pytest.approx(2 / 3)
    assert entry(lists, TEA, POT)[0] == pytest.approx(1 / 3)


def test_a_large_order_says_less_of_each_of_its_pairs() -> None:
    # Tea and mug alone together (weight 1/2), tea and pot among eight products (weight 1/8).
    large = [TEA, POT, *range(3, 9)]
    recommender = BoughtTogether(damping=0, prior=0, size_discount=1)
    lists = recommender.fit(Known(orders((1, 0, [TEA, MUG]), (2, 0, large)), catalogue(9), NOW_S))
    ratio = entry(lists, TEA, MUG)[0] / entry(lists, TEA, POT)[0]
    assert ratio == pytest.approx(4)


def test_what_everybody_buys_is_damped_but_not_removed() -> None:
    # Bags are in every order; mugs in half of tea's orders and in no others.
    bag = 3
    with_tea = [(i, 1, [TEA, bag] + ([MUG] if i % 2 else [])) for i in range(10)]
    others = [(20 + i, 1, [POT, bag]) for i in range(90)]
    data = orders(*with_tea, *others)
    first = {
        damping: BoughtTogether(damping=damping).fit(Known(data, catalogue(4), NOW_S)).product[0, 0]
        for damping in (0.0, 0.5)
    }
    assert first == {0.0: bag, 0.5: MUG}


@pytest.mark.parametrize(
    ("buyers", "support"),
    [
        ([7, 7, 7, 7], 0),  # one customer four times
        ([7, 8, 7, 8], 0),
        ([7, 8, 9, 9], 4),
        ([None, None, None], 3),  # each guest is someone else
        ([7, None, 7, None], 4),
    ],
)
def test_orders_count_as_evidence_from_three_buyers_on(
    buyers: list[int | None], support: int
) -> None:
    data = orders(*((who, i, [TEA, MUG]) for i, who in enumerate(buyers)))
    lists = BoughtTogether().fit(Known(data, catalogue(2), NOW_S))
    assert entry(lists, TEA, MUG)[1] == entry(lists, MUG, TEA)[1] == support


def test_two_lines_or_many_pieces_of_a_product_are_one_order() -> None:
    once = orders(*((i, 1, [TEA, MUG]) for i in range(4)))
    twice = orders(*((i, 1, [TEA, MUG, TEA]) for i in range(4)))
    twice = dataclasses.replace(twice, quantity=np.full_like(twice.quantity, 500))
    a, b = (BoughtTogether().fit(Known(data, catalogue(2), NOW_S)) for data in (once, twice))
    assert a.score.tobytes() == b.score.tobytes()
    assert a.support.tobytes() == b.support.tobytes()


def test_a_wholesale_order_is_thinned_and_still_counted_as_evidence() -> None:
    everything = list(range(300))
    data = orders(*((None, i, everything) for i in range(3)), (1, 0, [TEA, MUG]))
    lists = BoughtTogether(max_basket=20).fit(Known(data, catalogue(300), NOW_S))
    assert entry(lists, TEA, MUG)[1] == 4


def test_thinning_keeps_at_most_the_cap_and_no_product_is_favoured() -> None:
    data = orders(*((None, i / 100, list(range(80))) for i in range(200)))
    lists = BoughtTogether(max_basket=8, width=79).fit(Known(data, catalogue(80), NOW_S))
    # A pair survives in an order with about (8 / 80) ** 2, so once or more in 200: 1 - e ** -2.
    pairs = int((lists.product >= 0).sum())
    assert 0.8 < pairs / (80 * 79 * (1 - np.exp(-2))) < 1.05


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_the_evidence_recomputes_from_the_orders(seed: int) -> None:
    data = random_shop(seed, products=15, orders_=80)
    lists = BoughtTogether(max_basket=4).fit(Known(data, catalogue(15), NOW_S))
    held: dict[int, set[int]] = {}
    buyer: dict[int, int] = {}
    for order, product, who in zip(data.order, data.product, data.customer, strict=True):
        held.setdefault(int(product), set()).add(int(order))
        buyer[int(order)] = int(who) if who >= 0 else -1 - int(order)
    for row, name in enumerate(lists.slots):
        of = int(name.partition(":")[2]) - 100
        for place, product in enumerate(lists.product[row].tolist()):
            if product < 0:
                continue
            both = held[of] & held[product]
            enough = len({buyer[o] for o in both}) >= 3
            assert lists.support[row, place] == (len(both) if enough else 0)
            lift = len(both) * data.orders / (len(held[of]) * len(held[product]))
            assert lists.strength[row, place] == pytest.approx(lift, rel=1e-5)


def test_settings_counted_together_give_what_each_gives_alone() -> None:
    data = Known(random_shop(3), catalogue(60), NOW_S)
    ways = [
        BoughtTogether(),
        BoughtTogether(damping=0, half_life_days=30),
        BoughtTogether(damping=0.5, size_discount=1),
    ]
    for together, alone in zip(sheets(data, ways), ways, strict=True):
        (sheet,) = sheets(data, [alone])
        assert (together.product == sheet.product).all()
        assert (together.score == sheet.score).all()
    with pytest.raises(ValueError, match="one width"):
        sheets(data, [BoughtTogether(), BoughtTogether(width=3)])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_the_compiled_counting_is_the_plain_matrix_product(seed: int) -> None:
    data = random_shop(seed, products=25, orders_=80)
    known = Known(data, catalogue(25, hidden=[3]), NOW_S)
    plain = BoughtTogether(damping=0, prior=0, size_discount=0, half_life_days=1e9, width=25)
    (sheet,) = sheets(known, [plain])
    pairs = (known.baskets.T @ known.baskets).toarray()
    expected = pairs / np.maximum(pairs.diagonal(), 1)[:, None]
    np.fill_diagonal(expected, 0)
    expected[:, 3] = 0
    assert sheet.matrix(25).toarray() == pytest.approx(expected, abs=1e-6)
    a, b = np.nonzero(pairs)
    count, many = common_orders(known.baskets, known.buyers, a, b)
    assert count.tolist() == pairs[a, b].astype(int).tolist()
    for one, other, enough in list(zip(a, b, many, strict=True))[::9]:
        both = known.baskets[:, [one, other]].toarray().all(axis=1)
        assert enough == (len(set(known.buyers[both].tolist())) >= 3)


@pytest.mark.parametrize(
    "wrong", [{"damping": 1.5}, {"half_life_days": 0}, {"max_basket": 1}, {"prior": -1}], ids=str
)
def test_a_parameter_out_of_range_is_refused_at_birth(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        BoughtTogether(**wrong)  # type: ignore[arg-type]
