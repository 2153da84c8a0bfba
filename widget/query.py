"""Is a shelf request well formed, and what does it ask? Pure: text in, a question or faults out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from store.records import PLACEMENTS, Placement

MOST_RECENT = 20
MOST_CART = 50
MOST_LIMIT = 24
DEFAULT_LIMIT = 8
LONGEST_ID = 64  # Shopify's ids have 14 digits, WooCommerce's fewer; SKU-like ids of files fit
MOST_PARAMETERS = 40

# A platform's token of a checkout: Shopify's has 32 hex digits.
CHECKOUT = re.compile(r"[A-Za-z0-9_-]{16,128}")
VISITOR = re.compile(r"[A-Za-z0-9_-]{16,64}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_LOCALE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,3}")


class ShelfQuery(NamedTuple):
    """What a page asks; ids are the shop's own."""

    placement: Placement
    product: str | None = None
    visitor: str | None = None
    customer: str | None = None  # signed; read by `widget.customer`
    recent: tuple[str, ...] = ()
    cart: tuple[str, ...] = ()
    limit: int | None = None  # None: the merchant's choice, else DEFAULT_LIMIT
    spare: int = 0  # so many more, for those that the page will not show
    locale: str | None = None
    currency: str | None = None
    category: str | None = None

    @property
    def personal(self) -> bool:
        """Whether the answer is for this visitor alone, and so must not be cached."""
        return bool(self.visitor or self.customer or self.recent or self.cart)


class Malformed(ValueError):
    """The request cannot be read; `faults` says what is wrong with which parameter."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {fault}" for name, fault in faults.items()))
        self.faults = faults


def read(query_string: bytes) -> ShelfQuery:
    """The question in a query string; unknown parameters and empty values are ignored."""
    given = fields(query_string)
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    if "placement" not in given:
        faults["placement"] = _PLACEMENT
    for name, text in given.items():
        if name in _READ:
            try:
                values[name] = _READ[name](text)
            except ValueError as fault:
                faults[name] = str(fault)
    if faults:
        raise Malformed({name: faults[name] for name in _READ if name in faults})
    return ShelfQuery(**values)


def fields(query_string: bytes) -> dict[str, str]:
    """Name -> value as the standard library's parse_qsl reads them, at a third of its cost.

    The first of each name counts; names without a value are not there.
    """
    if not query_string.isascii():
        raise Malformed(_UNREADABLE)
    fields = query_string.decode("ascii").split("&", MOST_PARAMETERS)
    if len(fields) > MOST_PARAMETERS:
        raise Malformed(_UNREADABLE)
    found: dict[str, str] = {}
    for field in fields:
        name, _, value = field.partition("=")
        if value:
            if "%" in field or "+" in field:
                name, value = _plain(name), _plain(value)
            found.setdefault(name, value)
    return found


_UNREADABLE = {"query": f"must be percent-encoded UTF-8 of at most {MOST_PARAMETERS} fields"}


def _plain(encoded: str) -> str:
    # Lists of ids come with their commas encoded, and mostly with nothing else.
    encoded = encoded.replace("%2C", ",").replace("+", " ")
    if "%" not in encoded:
        return encoded
    try:
        return unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        raise Malformed(_UNREADABLE) from None


# --- one parameter each: its text in, its value out, or a ValueError that says what it must be ----

_PLACEMENT = f"must be one of {', '.join(PLACEMENTS)}"


def _placement(text: str) -> Placement:
    if text not in PLACEMENTS:
        raise ValueError(_PLACEMENT)
    return text


def _number(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        whole = text.isascii() and text.isdecimal() and len(text) < 4
        if whole and least <= int(text) <= MOST_LIMIT:
            return int(text)
        raise ValueError(f"must be a whole number from {least} to {MOST_LIMIT}")

    return read


def _text(longest: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        if len(text) > longest or not text.isprintable():
            raise ValueError(f"must be at most {longest} printable characters")
        return text

    return read


def _matching(pattern: re.Pattern[str], form: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(f"must be {form}")
        return text

    return read


def _ids(most: int) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        ids = tuple(dict.fromkeys(filter(None, text.split(","))))
        if len(ids) > most:
            raise ValueError(f"must name at most {most} products")
        if not text.isprintable() or max(map(len, ids), default=0) > LONGEST_ID:
            raise ValueError(f"must be ids of at most {LONGEST_ID} printable characters")
        return ids

    return read


_READ: dict[str, Callable[[str], object]] = {
    "placement": _placement,
    "product": _text(LONGEST_ID),
    "visitor": _matching(VISITOR, "16 to 64 of A-Z a-z 0-9 _ -"),
    "customer": _text(LONGEST_ID + 96),
    "recent": _ids(MOST_RECENT),
    "cart": _ids(MOST_CART),
    "limit": _number(1),
    "spare": _number(0),
    "locale": _matching(_LOCALE, "a language tag like en or de-CH"),
    "currency": _matching(_CURRENCY, "three capital letters like GBP"),
    "category": _text(LONGEST_ID),
}
