"""Who may be alike: letters in order on paper, and little lost beside comparing all with all."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from recommenders.candidates import LETTERS, Candidates, _in_order
from recommenders.looks import Likeness, _Attributes
from store.records import Catalogue
from tests.recommenders.shops import catalogue


def nearest(goods: Catalogue, of: int, most: int = 10) -> list[int]:
    seen = _Attributes(goods, Likeness().weights)
    found = Candidates(goods, seen.titles, seen.weight).nearest(np.array([of]), most)
    return [int(p) for p in found[0] if p >= 0]


@given(st.text("abcd ", max_size=LETTERS), st.text("abcd ", max_size=90))
def test_letters_in_order_are_the_longest_common_subsequence(one: str, other: str) -> None:
    bits = np.zeros(256, dtype=np.uint64)
    for at, letter in enumerate(one):
        bits[ord(letter)] |= np.uint64(1 << at)
    text = np.frombuffer(other.encode(), dtype=np.uint8)
    assert _in_order(bits, text, len(text)) == LCSseq.similarity(one, other)


def test_a_word_in_the_plural_is_met_and_a_stranger_is_not() -> None:
    goods = catalogue(["red heart", "red hearts", "wooden spoon", "hearty soup", "oak table"])
    assert nearest(goods, 0) == [1, 3]


def test_the_same_maker_is_met_whatever_the_title() -> None:
    goods = catalogue(["alpha", "zulu", "kilo"], vendors=["Ann", "", "ann"])
    assert nearest(goods, 0) == [2]


def test_what_cannot_be_listed_is_no_candidate() -> None:
    goods = catalogue(["red mug", "red mugs", "red mug big"], hidden=[1])
    assert nearest(goods, 0) == [2]


def test_of_a_thousand_titles_hardly_one_of_the_ten_best_is_lost() -> None:
    random = np.random.default_rng(5)
    words = ["".join(random.choice(list("aeioklmnrst"), random.integers(4, 9))) for _ in range(150)]
    titles = [" ".join(random.choice(words, random.integers(2, 6))) for _ in range(1_000)]
    goods = catalogue(titles)
    seen = _Attributes(goods, Likeness().weights)
    candidates = Candidates(goods, seen.titles, seen.weight)
    asked = np.arange(0, 1_000, 25)
    found = candidates.nearest(asked, Likeness().candidates)
    kept = 0
    for of, row in zip(asked, found, strict=True):
        own = titles[of]
        alike = np.array(
            [fuzz.token_sort_ratio(own, t) + fuzz.token_set_ratio(own, t) for t in titles]
        )
        alike[of] = -1
        tenth = np.sort(alike)[-10]
        kept += min(10, int((alike[row[row >= 0]] >= tenth).sum()))
    assert kept >= 0.97 * 10 * len(asked)
