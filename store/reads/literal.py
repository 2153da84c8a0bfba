"""How does a request ask the store in literal SQL?

Everywhere else SQLAlchemy writes the statements; on the way of every product page they are written
here by hand, with bound values, and stay prepared in the driver.
"""

from __future__ import annotations

from bisect import bisect_left
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
_LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 32, 48, 64, 96, 128)
_MARKS = {length: ", ".join("?" * length) for length in _LENGTHS}
_TABLES = {length: ", ".join(["(?)"] * length) for length in _LENGTHS}

# Stands between texts that come in one piece. JSON never holds it as it is.
_BETWEEN = "\x1e"


def listed(values: Sequence[_Value]) -> tuple[str, Sequence[_Value]]:
    """The marks of an IN list and the values for them."""
    given = len(values)
    if not given:
        return "", ()
    if given > _LENGTHS[-1]:
        return ", ".join("?" * given), tuple(values)
    length = _LENGTHS[bisect_left(_LENGTHS, given)]
    return _MARKS[length], (*values, *[values[-1]] * (length - given))


def tabled(values: Sequence[_Value]) -> tuple[str, Sequence[_Value | None]]:
    """The rows of a table of values to join with (its only column is `column1`), and the values for
    them; what is left over is filled with nothing. At least one is given.

    An IN list SQLite sorts into a table of its own at each execution: for two dozen cards that
    costs half as much as the cards.
    """
    given = len(values)
    if given > _LENGTHS[-1]:
        return ", ".join(["(?)"] * given), values
    length = _LENGTHS[bisect_left(_LENGTHS, given)]
    return _TABLES[length], (*values, *[None] * (length - given))


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
    json: str = "",
) -> list[list[Any]]:
    """The rows of a literal statement, written with `?`, fetched as one that holds them all.

    At each row that it steps to, SQLite's driver lets another thread of the process go first. Where
    all of them are at work, two dozen rows are as many changes of turn, and those cost more than
    the rows. `packed` names one more column of bytes, or `json` one of ready JSON texts: it is cut
    up here instead of being written as JSON once more and read again.
    """
    sqlite = connection.dialect.name == "sqlite"
    ((lines, *behind),) = rows(connection, _in_one(columns, source, packed, json, sqlite), values)
    found: list[list[Any]] = orjson.loads(lines)
    if json and found:
        for row, text in zip(found, behind[0].split(_BETWEEN), strict=True):
            row.append(text)
    elif packed:
        whole, begins = behind[0], 0
        for row in found:
            length = row[-1]
            if length is not None:
                ends = begins + length
                row[-1] = whole[begins:ends]
                begins = ends
    return found


@cache
def _in_one(columns: str, source: str, packed: str, json: str, sqlite: bool) -> str:
    """All rows as one JSON text, and beside it the last column of all of them in one piece."""
    last = packed or json
    between = "" if packed else _BETWEEN
    if packed:
        columns = f"{columns}, LENGTH({packed})"
    if sqlite:
        lines = f"json_group_array(json_array({columns}))"
        whole = f"GROUP_CONCAT({last}, '{between}')"
        if packed:
            whole = f"CAST({whole} AS BLOB)"
    else:
        lines = f"COALESCE(json_agg(json_build_array({columns})), '[]')::text"
        whole = f"STRING_AGG({last}, '{between}')"
    return f"SELECT {lines}, {whole} {source}" if last else f"SELECT {lines} {source}"
