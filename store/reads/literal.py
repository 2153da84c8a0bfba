"""How does a request ask the store in literal SQL?

Everywhere else SQLAlchemy writes the statements; on the way of every product page they are written
here by hand, with bound values, and stay prepared in the driver.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

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
