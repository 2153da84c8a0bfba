"""How are counts, amounts and instants written for this merchant?

In the shop's locale, its currency and its time zone. Words are not translated here.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import NumberPattern, format_decimal, format_percent

from store.reads.shops import Shop
from store.records import exponent

NOT_KNOWN = "–"


@dataclass(frozen=True, slots=True)
class Numbers:
    locale: Locale
    currency: str
    zone: tzinfo

    @staticmethod
    def of(shop: Shop) -> Numbers:
        return Numbers(locale(shop.locale), shop.currency, shop.zone())

    def count(self, number: int | None) -> str:
        return NOT_KNOWN if number is None else str(format_decimal(number, locale=self.locale))

    def decimal(self, number: float | None, places: int = 3) -> str:
        if number is None:
            return NOT_KNOWN
        return format_decimal(number, format=f"0.{'0' * places}", locale=self.locale)

    def percent(self, share: float | None, places: int = 1) -> str:
        if share is None:
            return NOT_KNOWN
        pattern = _percent_pattern(str(self.locale), places)
        return format_percent(share, format=pattern, locale=self.locale)

    def change(self, share: float | None, places: int = 1) -> str:
        """A relative change with its sign: "+5.0%"."""
        return NOT_KNOWN if share is None else _signed(share, self.percent(abs(share), places))

    def money(self, minor: float | None, places: int | None = None) -> str:
        """An amount with as many decimals as its currency has: "£1,234.50".

        `places` more or fewer are for averages, which may be less than the smallest coin.
        """
        if minor is None:
            return NOT_KNOWN
        digits = exponent(self.currency)
        amount = Decimal(str(minor)).scaleb(-digits)
        pattern = _money_pattern(str(self.locale), digits if places is None else places)
        written = pattern.apply(amount, self.locale, currency=self.currency, currency_digits=False)
        return str(written)

    def average(self, minor: float | None) -> str:
        """An amount per visitor: two more decimals while it is below one unit of the currency."""
        digits = exponent(self.currency)
        small = minor is not None and abs(minor) < 10**digits
        return self.money(minor, digits + 2 if small else digits)

    def more(self, minor: float | None) -> str:
        """A difference in money, with its sign."""
        return NOT_KNOWN if minor is None else _signed(minor, self.money(abs(minor)))

    def day(self, at: datetime | date | str | None) -> str:
        if at is None:
            return NOT_KNOWN
        if isinstance(at, str):
            at = date.fromisoformat(at)
        if isinstance(at, datetime):
            at = at.astimezone(self.zone)
        return format_date(at, "long", locale=self.locale)

    def instant(self, at: datetime | None) -> str:
        if at is None:
            return NOT_KNOWN
        local = at.astimezone(self.zone).replace(tzinfo=None)
        return format_datetime(local, "d MMM y, HH:mm", locale=self.locale)


def _signed(value: float, size: str) -> str:
    sign = "+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else ""
    return sign + size


@lru_cache(maxsize=64)
def locale(name: str) -> Locale:
    """The locale of a language tag such as "en-GB"; English for one that nobody knows."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@lru_cache(maxsize=256)
def _money_pattern(name: str, digits: int) -> NumberPattern:
    """The locale's way of writing amounts, with exactly so many decimals.

    Not Babel's own number of digits: CLDR's says what people write (no decimals of an ISK), ours
    (`records.exponent`) what amounts are counted in.
    """
    pattern: NumberPattern = copy.copy(Locale.parse(name).currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return pattern


@lru_cache(maxsize=256)
def _percent_pattern(name: str, places: int) -> NumberPattern:
    pattern: NumberPattern = copy.copy(Locale.parse(name).percent_formats[None])
    pattern.frac_prec = (places, places)
    return pattern
