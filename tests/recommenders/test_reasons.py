"""Sentences: true to their evidence, the same keys in every language."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommenders.chains import KINDS
from recommenders.reasons import band, say
from recommenders.sentences import SENTENCES
from store.records import SHARED_PRICE_BAND, SHARED_TITLE, SHARED_TYPE, SHARED_VENDOR, Reason


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (0, "Often bought together"),
        (2, "Often bought together"),
        (3, "Bought together in 3+ orders"),
        (9, "Bought together in 5+ orders"),
        (37, "Bought together in 30+ orders"),
        (100, "Bought together in 100+ orders"),
        (2_499, "Bought together in 2000+ orders"),
    ],
)
def test_a_count_is_told_in_bands_and_not_below_three(count: int, sentence: str) -> None:
    assert say(Reason("bought_together", count)) == sentence


def test_a_merchant_may_choose_exact_counts_but_not_below_the_floor() -> None:
    assert say(Reason("bought_together", 37), exact=True) == "Bought together in 37 orders"
    assert say(Reason("bought_together", 0), exact=True) == "Often bought together"


@pytest.mark.parametrize(
    ("shared", "sentence"),
    [
        (SHARED_VENDOR | SHARED_TYPE | SHARED_TITLE, "Same maker and type"),
        (SHARED_TITLE | SHARED_VENDOR, "Similar title"),
        (SHARED_VENDOR, "Same maker"),
        (SHARED_PRICE_BAND, "A similar product"),
        (0, "A similar product"),
    ],
)
def test_likeness_claims_only_what_is_shared(shared: int, sentence: str) -> None:
    assert say(Reason("similar", shared=shared)) == sentence


def test_popular_this_month_needs_orders_of_this_month() -> None:
    assert say(Reason("popular", 12)) == "Popular this month"
    assert say(Reason("popular")) == "Popular here"


@pytest.mark.parametrize(
    ("locale", "sentence"),
    [
        ("en-GB", "Because you looked at Tea {2}"),
        ("de_AT", "Weil Sie Tea {2} angesehen haben"),
        ("FR", "Parce que vous avez regardé Tea {2}"),
        ("xx", "Because you looked at Tea {2}"),
        ("", "Because you looked at Tea {2}"),
    ],
)
def test_the_sentence_is_in_the_shoppers_language(locale: str, sentence: str) -> None:
    assert say(Reason("because_viewed", about="Tea {2}"), locale) == sentence


def test_every_language_has_every_sentence_with_the_same_places() -> None:
    def places(sentence: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}

    for words in SENTENCES.values():
        assert {k: places(v) for k, v in words.items()} == {
            k: places(v) for k, v in SENTENCES["en"].items()
        }


@given(
    kind=st.sampled_from(sorted({*KINDS.values(), "picked"})),
    count=st.integers(0, 10**7),
    about=st.text(max_size=20),
    locale=st.sampled_from([*SENTENCES, "pt-BR"]),
    exact=st.booleans(),
)
def test_every_reason_can_be_said(
    kind: str, count: int, about: str, locale: str, exact: bool
) -> None:
    assert say(Reason(kind, count, about), locale, exact)


@given(st.integers(0, 10**9))
def test_a_band_never_claims_more_than_the_count(count: int) -> None:
    assert band(count) <= count
    assert (band(count) == 0) == (count < 3)
