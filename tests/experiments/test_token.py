"""Tokens: what was minted is read, and nothing else is."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import token
from experiments.token import TokenFacts, mint, read
from store.records import PLACEMENTS, STRATEGIES

KEY = bytes(range(32))
OLDER_KEY = bytes(range(1, 33))
ISSUED = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
ids = st.integers(0, 2**32 - 1)


@st.composite
def facts(draw) -> TokenFacts:
    visitor = draw(st.none() | st.binary(min_size=12, max_size=12))
    experiment = draw(st.none() | ids) if visitor is not None else None
    tried = draw(st.none() | ids)
    return TokenFacts(
        shop=draw(ids),
        placement=draw(st.sampled_from(PLACEMENTS)),
        issued_at=datetime.fromtimestamp(draw(ids), UTC),
        experiment=experiment,
        arm=None if experiment is None else draw(st.sampled_from(("treatment", "control"))),
        model=draw(st.none() | ids),
        nonce=draw(st.none() | st.binary(min_size=8, max_size=8)),
        visitor=visitor,
        tried=tried,
        chance=None if tried is None else draw(st.integers(1, 10_000)),
        led_by=draw(st.none() | st.sampled_from(STRATEGIES)),
        page=draw(st.none() | ids),
    )


def fullest() -> TokenFacts:
    return TokenFacts(
        shop=7,
        placement="also_bought",
        issued_at=ISSUED,
        experiment=3,
        arm="treatment",
        model=41,
        nonce=b"n" * 8,
        visitor=b"v" * 12,
        tried=9,
        chance=10_000,
        led_by="blend",
        page=2**32 - 1,
    )


@given(facts())
def test_what_was_minted_is_read(said):
    text = mint(KEY, said)
    assert read([KEY], text) == said
    assert len(text) <= 88
    assert set(text) <= set(string.ascii_letters + string.digits + "-_")


@given(facts(), st.data())
def test_any_changed_character_is_refused(said, data):
    text = mint(KEY, said)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters().filter(lambda c: c != text[at]))
    assert read([KEY], text[:at] + other + text[at + 1 :]) is None


@given(facts(), st.data())
def test_a_token_cut_short_or_drawn_out_is_refused(said, data):
    text = mint(KEY, said)
    assert read([KEY], text[: data.draw(st.integers(0, len(text) - 1))]) is None
    assert read([KEY], text + data.draw(st.text(min_size=1))) is None


@given(st.text(max_size=200))
def test_any_text_at_all_is_answered_with_none(text):
    assert read([KEY], text) is None


@given(st.text(string.ascii_letters + string.digits + "-_", max_size=130))
def test_any_well_formed_text_is_answered_with_none(text):
    assert read([KEY], text) is None


def test_every_single_bit_of_a_token_counts():
    text = mint(KEY, fullest())
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    for at, character in enumerate(text):
        for bit in range(6):
            other = alphabet[alphabet.index(character) ^ (1 << bit)]
            assert read([KEY], text[:at] + other + text[at + 1 :]) is None


def test_a_megabyte_is_refused_without_being_decoded(monkeypatch):
    monkeypatch.setattr(token, "urlsafe_b64decode", None)  # would fail if called
    assert read([KEY], "A" * 1_000_000) is None


def test_the_previous_key_is_accepted_and_a_foreign_one_is_not():
    text = mint(OLDER_KEY, fullest())
    assert read([KEY, OLDER_KEY], text) == fullest()
    assert read([KEY], text) is None
    assert read([], text) is None


def test_a_version_from_the_future_is_refused_though_signed(monkeypatch):
    monkeypatch.setattr(token, "VERSION", 2)
    text = mint(KEY, fullest())
    monkeypatch.undo()
    assert read([KEY], text) is None


def test_a_token_for_everyone_is_short_and_says_nothing_of_anyone():
    said = TokenFacts(shop=7, placement="similar", issued_at=ISSUED)
    assert len(mint(KEY, said)) == 36
    assert read([KEY], mint(KEY, said)) == said
    assert mint(KEY, said) == mint(KEY, said)


def test_every_placement_has_a_number_of_its_own():
    assert set(token._CODES) == set(PLACEMENTS)
    assert len(token._PLACEMENTS) == len(PLACEMENTS)


def test_the_format_of_version_1_does_not_change():
    first = replace(fullest(), tried=None, chance=None, led_by=None, page=None)
    assert mint(KEY, first) == (
        "AR8BAAAAB2mkKkUAAAADAAAAKW5ubm5ubm5udnZ2dnZ2dnZ2dnZ2lkF4cAapv8LwDe8IX0mmkQ"
    )
    assert mint(KEY, fullest()) == (
        "Af8BAAAAB2mkKkUAAAADAAAAKW5ubm5ubm5udnZ2dnZ2dnZ2dnZ2AAAACScQBf____9aoLFSF4B89Xd3HA4bfnzS"
    )


def test_the_instant_may_come_in_any_time_zone_and_is_kept_to_the_second():
    there = ISSUED.replace(microsecond=999_999).astimezone(timezone(timedelta(hours=9)))
    said = read([KEY], mint(KEY, TokenFacts(shop=1, placement="cart", issued_at=there)))
    assert said is not None
    assert said.issued_at == ISSUED


@pytest.mark.parametrize(
    "wrong",
    [
        {"issued_at": ISSUED.replace(tzinfo=None)},
        {"arm": None},
        {"experiment": None},
        {"visitor": None},
        {"visitor": b"short"},
        {"nonce": b"short"},
        {"shop": -1},
        {"model": 2**32},
    ],
)
def test_facts_that_cannot_be_true_are_refused_at_birth(wrong):
    right = {
        "shop": 7,
        "placement": "also_bought",
        "issued_at": ISSUED,
        "experiment": 3,
        "arm": "control",
        "visitor": b"v" * 12,
    }
    TokenFacts(**right)
    with pytest.raises(ValueError, match=r"must|belong|needs"):
        TokenFacts(**right | wrong)


def test_a_key_too_short_to_be_a_secret_is_refused():
    with pytest.raises(ValueError, match="at least 16 bytes"):
        mint(b"secret", fullest())
