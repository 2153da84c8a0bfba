"""Variety: how many of one kind stand on a shelf, and that the knob does what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommenders.choose import Ask, choose, most_alike
from recommenders.ranking import Candidate
from recommenders.varying import diversity, varied
from store.records import VARIETIES, Card, Effects


def ranked(kinds: str) -> tuple[list[Candidate], dict[int, Card]]:
    """Products 1, 2, ... of these kinds (a letter each; `.` is a product without one)."""
    products = range(1, len(kinds) + 1)
    candidates = [Candidate(p, 1 / p, "blend", "bought_together", 5, 2.0) for p in products]
    cards = {
        p: Card(p, str(p), True, p, "{", "" if kind == "." else kind)
        for p, kind in zip(products, kinds, strict=True)
    }
    return candidates, cards


def shown(kinds: str, limit: int, variety: int, pins: tuple[int, ...] = ()) -> str:
    candidates, cards = ranked(kinds)
    ask = Ask(
        "also_bought",
        limit=limit,
        most_alike=most_alike(limit, variety),
        effects=Effects(pins=pins),
    )
    found = choose(ask, candidates, cards)
    assert len({it.product for it in found}) == len(found)
    return "".join(cards[it.product].kind or "." for it in found)


def test_the_knob_done_on_paper() -> None:
    kinds = "aaaaaabaacdb"
    assert shown(kinds, 8, 0) == "aaaaaaba"
    assert shown(kinds, 8, 1) == "aaaabcdb"  # at most four of a kind
    assert shown(kinds, 8, 2) == "aabcdbaa"  # at most two; then those passed over come back
    assert shown(kinds, 8, 3) == "abcdabaa"  # one of each, then a second of each, ...


def test_of_a_product_without_a_kind_any_number_may_stand() -> None:
    assert shown("......", 4, 3) == "...."


def test_a_shelf_is_never_shorter_for_its_variety() -> None:
    for variety in VARIETIES:
        assert shown("aaaaa", 4, variety) == "aaaa"


def test_pins_stand_first_and_count_as_one_of_their_kind() -> None:
    assert shown("aabbc", 3, 3, pins=(4,)) == "bac"


@pytest.mark.parametrize("visible", range(1, 25))
def test_each_step_of_the_knob_allows_at_most_as_many_of_a_kind_as_the_one_before(
    visible: int,
) -> None:
    steps = [most_alike(visible, variety) or visible for variety in VARIETIES]
    assert steps == sorted(steps, reverse=True)
    assert steps[-1] == 1


@given(kinds=st.text("abcd.", max_size=40), limit=st.integers(1, 24))
def test_turning_the_knob_up_never_lowers_the_diversity_of_a_shelf(kinds: str, limit: int) -> None:
    shelves = [shown(kinds, limit, variety) for variety in VARIETIES]
    assert len({len(shelf) for shelf in shelves}) == 1
    spread = [diversity(list(shelf.replace(".", ""))) for shelf in shelves]
    different = [len(set(shelf)) for shelf in shelves]
    if "." not in kinds:  # else how many places have no kind differs, too
        assert spread == sorted(spread)
    assert different == sorted(different)


@given(kinds=st.text("abcd.", max_size=40), most=st.integers(1, 10))
def test_while_other_kinds_are_there_no_kind_has_more_places_than_it_may(
    kinds: str, most: int
) -> None:
    candidates, cards = ranked(kinds)
    kept = varied([(c, cards[c.product]) for c in candidates], 24, most)
    places = sum(min(kinds.count(kind), most) for kind in "abcd") + kinds.count(".")
    first = [card.kind for _, card in kept[:places]]
    assert all(first.count(kind) <= most for kind in "abcd")


def test_diversity_is_the_chance_that_two_places_differ() -> None:
    assert diversity(["a", "a", "b", "b"]) == pytest.approx(1 - 4 / 12)
    assert diversity(["a", "a"]) == 0
    assert diversity(["a", "b", ""]) == 1
    assert diversity([]) == diversity(["a"]) == 0
