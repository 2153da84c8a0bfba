"""How does a request ask the store in literal SQL?

Everywhere else SQLAlchemy writes the statements; on the way of every product page they are written
here by hand, with bound values, and stay prepared in the driver.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection

from store.engine import Serving, percent_marks

_Value = TypeVar("_Value")
# A request's own connection, or any other that is open: commands and pages ask the same questions.
Reader = Serving | Connection

# How many values the lists of statements hold. Few lengths make few statements, which the driver
# keeps prepared; what is left over is filled with the last value, which changes no answer.
_LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
_MARKS = {length: ", ".join("?" * length) for length in _LENGTHS}


def listed(values: Sequence[_Value]) -> tuple[str, Sequence[_Value]]:
    """The marks of an IN list and the values for them."""
    given = len(values)
    if not given:
        return "", ()
    for length in _LENGTHS:
        if length >= given:
            return _MARKS[length], (*values, *[values[-1]] * (length - given))
    return ", ".join("?" * given), tuple(values)


def rows(connection: Reader, sql: str, values: Sequence[Any]) -> Sequence[Any]:
    """Rows of a literal statement written with `?`."""
    if isinstance(connection, Serving):
        return connection.rows(sql, values)
    if connection.dialect.paramstyle != "qmark":
        sql = percent_marks(sql)
    return connection.exec_driver_sql(sql, tuple(values)).fetchall()


def in_one(
    connection: Reader,
    columns: Sequence[str],
    source: str,
    values: Sequence[Any],
    packed: str = "",
    text: str = "",
) -> list[list[Any]]:
    """The columns of what a literal statement finds, written with `?`, fetched as one row.

    At each row that it steps to, SQLite's driver lets another thread of the process go first. Where
    all of them are at work, two dozen rows are as many changes of turn, and those cost more than
    the rows. `packed` names one more column of bytes, or `text` one of long texts: it is cut up
    here instead of being written as JSON and read again.
    """
    sqlite = connection.dialect.name == "sqlite"
    ((found, *behind),) = rows(
        connection, _in_one(columns, packed or text, source, sqlite, bool(packed)), values
    )
    several: list[list[Any]] = orjson.loads(found)
    if behind:
        several[-1] = _cut(behind[0], several[-1])
    return several


def _cut(whole: Any, lengths: Sequence[int | None]) -> list[Any]:
    parts: list[Any] = []
    begins = 0
    for length in lengths:
        if length is None:
            parts.append(None)
        else:
            parts.append(whole[begins : begins + length])
            begins += length
    return parts


@cache
def _in_one(columns: Sequence[str], last: str, source: str, sqlite: bool, packed: bool) -> str:
    """Each column as a JSON list, and beside them the last one in one piece."""
    if last:
        columns = (*columns, f"LENGTH({last})")
    if sqlite:
        found = f"json_array({', '.join(f'json_group_array({name})' for name in columns)})"
        whole = f"GROUP_CONCAT({last}, '')"
        if packed:
            whole = f"CAST({whole} AS BLOB)"
    else:
        lists = (f"COALESCE(json_agg({name}), '[]')" for name in columns)
        found = f"json_build_array({', '.join(lists)})::text"
        whole = f"STRING_AGG({last}, '')"
    return f"SELECT {found}, {whole} {source}" if last else f"SELECT {found} {source}"
