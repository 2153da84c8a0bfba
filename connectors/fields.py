"""How is a field of a shop's JSON read that every platform writes alike?

Each function takes a row and a field's name and gives the value in our types, or raises ValueError
that names the field. What only one platform writes so is read in its own `fields.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.money import minor_units

Row = Mapping[str, Any]


def text(row: Row, name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} is missing or not a text")
    return value


def amount(value: Any, name: str, currency: str) -> int:
    """An amount that came as text, in the smallest unit of its currency."""
    if type(value) is not str:
        raise ValueError(f"{name} is missing or not an amount")
    try:
        return minor_units(value, currency)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def rows_needed(row: Row, name: str) -> Sequence[Row]:
    """The objects of a list."""
    value = row.get(name)
    if not isinstance(value, list):
        raise ValueError(f"{name} is missing or not a list")
    return [one for one in value if isinstance(one, dict)] if value else ()


def rows_of(row: Row, name: str) -> Sequence[Row]:
    """The same, and nothing where there is no list."""
    return rows_needed(row, name) if isinstance(row.get(name), list) else ()
