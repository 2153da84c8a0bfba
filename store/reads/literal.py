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
_TABLES = {length: ", ".join(["(?)"] * length) for length in _LENGTHS}


def listed(values: Sequence[_Value]) -> tuple[str, Sequence[_Value]]:
    """The marks of an IN list and the values for them."""
    given = len(values)
    if not given:
        return "", ()
    for length in _LENGTHS:
        if length >= given:
            return _MARKS[length], (*values, *[values[-1]] * (length - given))
    return ", ".join("?" * given), tuple(values)


def tabled(values: Sequence[_Value]) -> tuple[str, Sequence[_Value | None]]:
    """The rows of a table of values to join with (its only column is `column1`), and the values for
    them; what is left over is filled with nothing. At least one is given.

    An IN list SQLite sorts into a table of its own at each execution: for two dozen cards that
    costs half as much as the cards.
    """
    given = len(values)
    for length in _LENGTHS:
        if length >= given:
            return _TABLES[length], (*values, *[None] * (length - given))
    return ", ".join(["(?)"] * given), values


def rows(connection: Reader, sql: str, values: Sequence[Any]) -> Sequence[Any]:
    """Rows of a literal statement written with `?`."""
    if isinstance(connection, Serving):
        return connection.rows(sql, values)
    if connection.dialect.paramstyle != "qmark":
        sql = percent_marks(sql)
    return connection.exec_driver_sql(sql, tuple(values)).fetchall()


def in_one(
    connection: Reader,
    columns: str,
    source: str,
    values: Sequence[Any],
    packed: str = "",
    text: str = "",
) -> list[list[Any]]:
    """The rows of a literal statement, written with `?`, fetched as one that holds them all.

    At each row that it steps to, SQLite's driver lets another thread of the process go first. Where
    all of them are at work, two dozen rows are as many changes of turn, and those cost more than
    the rows. `packed` names one more column of bytes, or `text` one of long texts: it is cut up
    here instead of being written as JSON and read again.
    """
    sqlite = connection.dialect.name == "sqlite"
    sql = _in_one(columns, packed or text, source, sqlite, bool(packed))
    ((lines, *behind),) = rows(connection, sql, values)
    found: list[list[Any]] = orjson.loads(lines)
    if behind:
        whole, begins = behind[0], 0
        for row in found:
            if row[-1] is not None:
                ends = begins + row[-1]
                row[-1] = whole[begins:ends]
                begins = ends
    return found


@cache
def _in_one(columns: str, last: str, source: str, sqlite: bool, packed: bool) -> str:
    """All rows as one JSON text, and beside it the last column of all of them in one piece."""
    if last:
        columns = f"{columns}, LENGTH({last})"
    if sqlite:
        lines = f"json_group_array(json_array({columns}))"
        whole = f"GROUP_CONCAT({last}, '')"
        if packed:
            whole = f"CAST({whole} AS BLOB)"
    else:
        lines = f"COALESCE(json_agg(json_build_array({columns})), '[]')::text"
        whole = f"STRING_AGG({last}, '')"
    return f"SELECT {lines}, {whole} {source}" if last else f"SELECT {lines} {source}"
