"""Is an amount's text turned into minor units exactly, and nonsense refused?"""

from __future__ import annotations

from contextlib import suppress
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.money import minor_units
from store.records import exponent

CURRENCIES = st.sampled_from(["JPY", "ISK", "GBP", "USD", "KWD", "TND"])


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.50", "USD", 1250),
        ("12.5", "USD", 1250),
        ("12", "USD", 1200),
        ("0", "USD", 0),
        ("-0.01", "GBP", -1),
        (".5", "GBP", 50),
        ("5.", "GBP", 500),
        ("1200", "JPY", 1200),
        ("1200.00", "JPY", 1200),
        ("1.5", "KWD", 1500),
        ("0.1", "USD", 10),
        ("8.1234", "USD", 812),
        ("0.005", "USD", 1),
        ("-0.005", "USD", -1),
        ("2.675", "USD", 268),  # a float would say 267
        ("999999999999999.99", "USD", 99_999_999_999_999_999),
        (" 4.20 ", "USD", 420),
    ],
)
def test_amounts_are_exact(amount: str, currency: str, minor: int) -> None:
    assert minor_units(amount, currency) == minor


@pytest.mark.parametrize(
    "amount",
    ["", " ", "12,50", "1,234.50", "1e3", "NaN", "Infinity", "-", ".", "£5", "0x10", "--1", "1 2",
     "١٢", "1_000", "9" * 16, "null", "5.0.0", "+5"],
)  # fmt: skip
def test_nonsense_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        minor_units(amount, "USD")


def test_a_decimal_comma_is_explained() -> None:
    with pytest.raises(ValueError, match="write decimals with a point"):
        minor_units("12,50", "EUR")


@given(minor=st.integers(1 - 10**15, 10**15 - 1), currency=CURRENCIES)
def test_an_amount_in_the_currencys_own_decimals_comes_back(minor: int, currency: str) -> None:
    amount = Decimal(minor).scaleb(-exponent(currency))
    assert minor_units(f"{amount:f}", currency) == minor


@given(
    amount=st.decimals(-(10**9), 10**9, places=6, allow_nan=False),
    currency=CURRENCIES,
)
def test_more_decimals_than_the_currency_has_are_rounded_half_away_from_zero(
    amount: Decimal, currency: str
) -> None:
    unit = Decimal(1).scaleb(-exponent(currency))
    rounded = amount.quantize(unit, ROUND_HALF_UP)
    assert Decimal(minor_units(f"{amount:f}", currency)) == rounded / unit


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(minor_units(text, "USD"), int)
