"""Is a shelf request well formed, and what does it ask? Pure: text in, a question or faults out."""

from __future__ import annotations

import re
from typing import NamedTuple
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
    faults: dict[str, str] = {}
    placement = given.get("placement", "")
    if placement not in PLACEMENTS:
        faults["placement"] = f"must be one of {', '.join(PLACEMENTS)}"
    limit = _limit(given.get("limit"), faults)
    query = ShelfQuery(
        placement=placement,  # type: ignore[arg-type] # checked above
        product=_id("product", given, faults),
        visitor=_matching("visitor", VISITOR, "16 to 64 of A-Z a-z 0-9 _ -", given, faults),
        customer=_text("customer", given, faults, longest=LONGEST_ID + 96),
        recent=_ids("recent", MOST_RECENT, given, faults),
        cart=_ids("cart", MOST_CART, given, faults),
        limit=limit,
        locale=_matching("locale", _LOCALE, "a language tag like en or de-CH", given, faults),
        currency=_matching("currency", _CURRENCY, "three capital letters like GBP", given, faults),
        category=_id("category", given, faults),
    )
    if faults:
        raise Malformed(faults)
    return query


def fields(query_string: bytes) -> dict[str, str]:
    """Name -> value as the standard library's parse_qsl reads them, at a third of its cost.

    The first of each name counts; names without a value are not there.
    """
    fields = query_string.split(b"&", MOST_PARAMETERS)
    if len(fields) > MOST_PARAMETERS or not query_string.isascii():
        raise Malformed(_UNREADABLE)
    found: dict[str, str] = {}
    try:
        for field in reversed(fields):
            name, _, value = field.partition(b"=")
            if value:
                found[_plain(name)] = _plain(value)
    except UnicodeDecodeError:
        raise Malformed(_UNREADABLE) from None
    return found


_UNREADABLE = {"query": f"must be percent-encoded UTF-8 of at most {MOST_PARAMETERS} fields"}


def _plain(encoded: bytes) -> str:
    if b"+" in encoded:
        encoded = encoded.replace(b"+", b" ")
    if b"%" in encoded:
        # Lists of ids come with their commas encoded, and mostly with nothing else.
        encoded = encoded.replace(b"%2C", b",")
        if b"%" in encoded:
            encoded = unquote_to_bytes(encoded)
    return encoded.decode()


def _limit(text: str | None, faults: dict[str, str]) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdecimal() and len(text) < 4 and 1 <= int(text) <= MOST_LIMIT:
        return int(text)
    faults["limit"] = f"must be a whole number from 1 to {MOST_LIMIT}"
    return None


def _text(
    name: str, given: dict[str, str], faults: dict[str, str], longest: int = LONGEST_ID
) -> str | None:
    value = given.get(name)
    if not value:
        return None
    if len(value) > longest or not value.isprintable():
        faults[name] = f"must be at most {longest} printable characters"
        return None
    return value


def _id(name: str, given: dict[str, str], faults: dict[str, str]) -> str | None:
    return _text(name, given, faults)


def _matching(
    name: str, pattern: re.Pattern[str], form: str, given: dict[str, str], faults: dict[str, str]
) -> str | None:
    value = given.get(name)
    if not value:
        return None
    if not pattern.fullmatch(value):
        faults[name] = f"must be {form}"
        return None
    return value


def _ids(name: str, most: int, given: dict[str, str], faults: dict[str, str]) -> tuple[str, ...]:
    value = given.get(name)
    if not value:
        return ()
    ids = tuple(dict.fromkeys(part for part in value.split(",") if part))
    if len(ids) > most:
        faults[name] = f"must name at most {most} products"
    elif any(len(part) > LONGEST_ID or not part.isprintable() for part in ids):
        faults[name] = f"must be ids of at most {LONGEST_ID} printable characters"
    return ids
