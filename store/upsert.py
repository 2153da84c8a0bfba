"""One INSERT that both databases understand: what to do when the row is there already."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase


class Dated(Protocol):
    """What a platform tells of: known by its id, and newer or older than another copy."""

    @property
    def id(self) -> str: ...
    @property
    def updated_at(self) -> datetime: ...


Told = TypeVar("Told", bound=Dated)


def newest(told: Iterable[Told]) -> dict[str, Told]:
    """The newest copy of each id; of equals the later one. One statement may hold a row once."""
    found: dict[str, Told] = {}
    for one in told:
        known = found.get(one.id)
        if known is None or one.updated_at >= known.updated_at:
            found[one.id] = one
    return found


def table(of: type[DeclarativeBase]) -> Table:
    found = of.__table__
    assert isinstance(found, Table)  # noqa: S101 - ours are all plain tables
    return found


def insert(connection: Connection, into: type[DeclarativeBase]) -> Any:
    """The dialect's own INSERT, which knows `on_conflict_do_update` and `..._do_nothing`."""
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return make(table(into))


def new_key(connection: Connection, into: type[DeclarativeBase], **values: Any) -> int:
    """Insert one row and tell the key that the database gave it."""
    result = connection.execute(table(into).insert().values(**values))
    key = result.inserted_primary_key
    assert key is not None  # noqa: S101 - a single plain insert always has one
    return int(key[0])
