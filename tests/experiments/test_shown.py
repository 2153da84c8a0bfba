"""What was shown adds up by day, and its figures are the sums done on paper."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from experiments.shown import Day, gini, shown, sizes
from store.records import Arm, Offered

START = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)


def test_an_arms_places_are_the_sum_done_on_paper() -> None:
    offered = {
        1: Offered(True, "Oak", START - 300 * DAY, 60),
        2: Offered(True, "Elm", START - 300 * DAY, 25),
        3: Offered(True, "Elm", START - 20 * DAY, 5),
        4: Offered(True, "Fir", START - 300 * DAY, 10),
        5: Offered(False, "Fir", START - 300 * DAY, 0),  # sold out meanwhile
    }
    days = [
        Day.of(START, [("treatment", [1, 3]), ("treatment", [2, 3]), ("control", [1, 5])]),
        Day.of(START + 10 * DAY, [("treatment", [3, 1])]),  # 3 is new no more
    ]
    told = shown(days, offered)
    assert told is not None
    assert told.sellable == 4
    one = told.treatment
    assert (one.views, one.places, one.products) == (3, 6, 3)
    assert one.coverage == 3 / 4
    assert one.new == 2 / 6
    assert one.gini == (1 * -1 + 2 * 1 + 3 * 3) / (4 * 6)  # of 0, 1, 2, 3
    assert one.top_tenth == 3 / 6  # one product of four is a tenth, rounded up
    assert (told.control.products, told.control.coverage) == (2, 1 / 4)
    groups = {(group.of, group.size): group for group in told.groups}
    # Oak sold 60 of 100: it is large alone. Fir's 10 are a tenth; Elm stands between.
    vendor = groups["vendors", "large"]
    assert (vendor.members, vendor.sold, vendor.treatment, vendor.control) == (1, 0.6, 2 / 6, 1 / 2)
    assert groups["vendors", "middle"].treatment == 4 / 6
    assert groups["vendors", "small"].control == 1 / 2
    # Products: 1 sold 60; 4 and 3 together 15; 2 stands between.
    assert groups["products", "small"].members == 2
    assert groups["products", "small"].treatment == 3 / 6


def test_without_a_view_nothing_is_said() -> None:
    assert shown([Day.of(START, [])], {1: Offered(True, "", None, 1)}) is None


def test_what_the_shop_does_not_tell_is_left_open() -> None:
    """No vendors, no dates, nothing sold: no share is made up."""
    told = shown([Day.of(START, [("treatment", [1])])], {1: Offered(True, "", None, 0)})
    assert told is not None
    assert told.groups == ()
    assert told.treatment.new is None
    assert (told.control.coverage, told.control.gini) == (None, None)


def test_products_that_are_gone_from_the_shop_count_as_places_only() -> None:
    told = shown([Day.of(START, [("treatment", [9])])], {1: Offered(True, "", None, 3)})
    assert told is not None
    assert (told.treatment.places, told.treatment.coverage) == (1, 0.0)


PRODUCTS = st.lists(st.integers(1, 12), max_size=8)
VIEWS = st.lists(st.tuples(st.sampled_from(["control", "treatment"]), PRODUCTS), max_size=30)


@given(VIEWS, VIEWS)
def test_two_days_together_are_the_sums_of_both(
    some: list[tuple[Arm, list[int]]], others: list[tuple[Arm, list[int]]]
) -> None:
    offered = {key: Offered(key % 3 > 0, f"v{key % 4}", START, key) for key in range(1, 11)}
    days = [Day.of(START, some), Day.of(START, others)]
    assert shown(days, offered) == shown([Day.of(START, [*some, *others])], offered)


@given(VIEWS)
def test_a_day_comes_back_from_text_as_it_was(some: list[tuple[Arm, list[int]]]) -> None:
    day = Day.of(START, some)
    assert Day.from_json(START, day.to_json()) == day


@given(st.lists(st.integers(0, 1_000), min_size=1, max_size=50))
def test_gini_is_the_mean_difference_over_twice_the_mean(times: list[int]) -> None:
    found = gini(sorted(times))
    if not sum(times):
        assert found is None
        return
    n, mean = len(times), sum(times) / len(times)
    apart = sum(abs(a - b) for a in times for b in times) / n**2
    assert found is not None
    assert math.isclose(found, apart / (2 * mean), abs_tol=1e-12)


@given(st.dictionaries(st.integers(0, 99), st.integers(0, 500), max_size=30))
def test_large_ones_sell_half_and_small_ones_a_fifth_at_most(sold: dict[int, int]) -> None:
    size = sizes(sold)
    total = sum(sold.values())
    assert set(size) == (set(sold) if total else set())
    if not total:
        return
    of = {name: [sold[m] for m in size if size[m] == name] for name in ("large", "middle", "small")}
    assert sum(of["large"]) >= 0.5 * total
    assert sum(of["large"]) - min(of["large"]) < 0.5 * total  # and not one more than needed
    assert sum(of["small"]) <= 0.2 * total
    assert min(of["large"]) >= max([*of["middle"], *of["small"], 0])
    assert min([*of["middle"], *of["large"]]) >= max(of["small"], default=0)
