"""How is one field of WooCommerce's JSON read, when plugins put anything into any of them?

Each function takes a row and a field's name and gives the value in our types, or raises
ValueError that names the field. What fields mean is told in `parse.py`.
"""

from __future__ import annotations

import html
import math
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from connectors.fields import Row, amount, rows_of
from connectors.money import minor_units

_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?-->", re.DOTALL)


# A shop has few products and names each on very many order lines; about a MiB.
@lru_cache(maxsize=2**13)
def plain(text: str) -> str:
    """Names may hold markup and entities; a title is one line of text."""
    if "<" in text:
        text = _MARKUP.sub("", text)
    return " ".join(html.unescape(text).split())


def id_of(row: Row, name: str) -> str:
    found = id_or_none(row, name)
    if found is None:
        raise ValueError(f"{name} is missing or not an id")
    return found


def id_or_none(row: Row, name: str) -> str | None:
    """WooCommerce writes 0 (a number, or now and then a text) for "none"."""
    value = row.get(name)
    if type(value) is int:
        return str(value) if value > 0 else None
    if not isinstance(value, str):
        return None
    digits = value.strip()
    is_id = len(digits) <= 20 and digits.isascii() and digits.isdecimal() and int(digits) > 0
    return digits if is_id else None


def count(row: Row, name: str) -> int:
    """How many. Shops that sell by weight have plugins for 0.75: that is one piece sold."""
    value = row.get(name)
    if type(value) is int:
        return value
    if type(value) is not float or not math.isfinite(value):
        raise ValueError(f"{name} is missing or not a number")
    return math.ceil(value) if value >= 0 else math.floor(value)


def money(row: Row, name: str, currency: str) -> int:
    """Amounts come as text; plugins now and then send numbers, whose shortest form is exact."""
    value = row.get(name)
    if type(value) is float or type(value) is int:
        value = repr(value)
    return amount(value, name, currency)


def line_money(row: Row, currency: str) -> tuple[int, int, int]:
    """Of an order line: before its discount, the discount, and the tax on what is left."""
    told = (row.get("subtotal"), row.get("total"), row.get("total_tax"))
    try:
        return _line_money(*told, currency)  # texts, or it raises
    except (ValueError, TypeError, AttributeError):
        gross = money(row, "subtotal", currency)
        return gross, gross - money(row, "total", currency), money(row, "total_tax", currency)


# Lines of one product are alike, and together the three are found in a third of the time; 3 MiB.
@lru_cache(maxsize=2**14)
def _line_money(gross: str, net: str, tax: str, currency: str) -> tuple[int, int, int]:
    before = minor_units(gross, currency)
    return before, before - minor_units(net, currency), minor_units(tax, currency)


def price_of(row: Row, name: str, currency: str) -> int | None:
    """None where the shop tells no price (an empty text); "0" is free."""
    return None if row.get(name) in ("", None) else money(row, name, currency)


def instant(row: Row, name: str, default: datetime | None = None) -> datetime:
    found = instant_or_none(row, name) or default
    if found is None:
        raise ValueError(f"{name} is missing or not an instant")
    return found


def instant_or_none(row: Row, name: str) -> datetime | None:
    """The *_gmt fields are UTC without saying so."""
    value = row.get(name)
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        return at and (at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):  # no instant, or one beyond the year 9999
        return None


def meta_of(row: Row) -> dict[str, Any]:
    return {
        str(entry["key"]): entry.get("value")
        for entry in rows_of(row, "meta_data")
        if entry.get("key")
    }
