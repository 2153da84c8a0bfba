"""How is one field of Shopify's JSON read?

Each function takes a row and a field's name and gives the value in our types, or raises
ValueError that names the field. What fields mean is told in `parse.py`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from connectors.fields import Row, amount

_GID = re.compile(r"gid://shopify/[A-Za-z]+/([1-9][0-9]{0,19})(\?.*)?")


def numeric(gid: Any) -> str | None:
    """The number at the end of "gid://shopify/Product/5", which pages and webhooks call it by."""
    found = _GID.fullmatch(gid) if isinstance(gid, str) else None
    return found[1] if found else None


def gid(kind: str, id: str) -> str:
    return f"gid://shopify/{kind}/{id}"


def id_of(row: Row, name: str = "id") -> str:
    found = numeric(row.get(name))
    if found is None:
        raise ValueError(f"{name} is missing or not an id")
    return found


def inner_id(row: Row, name: str) -> str | None:
    """The id of `{name: {id}}`; None where the thing is gone."""
    inner = row.get(name)
    return numeric(inner.get("id")) if isinstance(inner, dict) else None


def one_line(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def count(row: Row, name: str) -> int:
    value = row.get(name)
    if type(value) is not int:
        raise ValueError(f"{name} is missing or not a whole number")
    return value


def flag(row: Row, name: str) -> bool:
    value = row.get(name)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is missing or not true or false")
    return value


def instant(row: Row, name: str) -> datetime:
    found = instant_or_none(row, name)
    if found is None:
        raise ValueError(f"{name} is missing or not an instant")
    return found


def instant_or_none(row: Row, name: str) -> datetime | None:
    value = row.get(name)
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if at is None or at.tzinfo is UTC:  # as Shopify writes it
        return at
    return at.astimezone(UTC) if at.tzinfo else None


def price(row: Row, name: str, currency: str) -> int:
    """A bare amount in the shop's currency."""
    return amount(row.get(name), name, currency)


def price_or_none(row: Row, name: str, currency: str) -> int | None:
    return None if row.get(name) is None else price(row, name, currency)


def money(row: Row, name: str, currency: str) -> int:
    """The shop's own side of a pair of amounts; the shopper's currency is not read."""
    try:
        value = row[name]["shopMoney"]["amount"]
    except (KeyError, TypeError):  # not there, or not an object
        raise ValueError(f"{name} is missing or not an amount") from None
    return amount(value, name, currency)


def money_or_zero(row: Row, name: str, currency: str) -> int:
    """Amounts that an order need not have: tips, duties, fees."""
    return 0 if row.get(name) is None else money(row, name, currency)
