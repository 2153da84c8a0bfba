"""One INSERT that both databases understand: what to do when the row is there already."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase


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
