"""How do the rows of one order come together when a file may be larger than memory?

Exports keep an order's rows side by side, and then nothing has to be remembered but the order at
hand. Whether that is so is seen in a first pass over the ids alone. A file that was sorted by
something else is sorted by order once, on disk.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator
from itertools import groupby

from connectors.exports.rows import Line, Reject, Sheet


def by_order(sheet: Sheet, column: int, *, carry: bool = False) -> Iterator[list[Line] | Reject]:
    """The rows of each order together. `carry`: an empty id means "the same as above" (Shopify
    and others name an order on its first row only)."""
    if _scattered(sheet, column):
        yield from _sorted(sheet, column, carry)
    else:
        yield from _side_by_side(sheet.lines(), column, carry=carry)


def _scattered(sheet: Sheet, column: int) -> bool:
    done: set[str] = set()
    last = None
    for line in sheet.lines():
        if isinstance(line, Line) and (order := line.cells[column]) != last and order:
            if order in done:
                return True
            done.add(order)
            last = order
    return False


def _side_by_side(
    lines: Iterator[Line | Reject], column: int, *, carry: bool = False
) -> Iterator[list[Line] | Reject]:
    group: list[Line] = []
    last = None
    for line in lines:
        if isinstance(line, Reject):
            yield line
            continue
        order = line.cells[column]
        if order != last and not (carry and not order and group):
            if group:
                yield group
            group, last = [], order
        group.append(line)
    if group:
        yield group


def _sorted(sheet: Sheet, column: int, carry: bool) -> Iterator[list[Line] | Reject]:
    """SQLite sorts on disk; its file has no name and goes with the connection."""
    rejects: list[Reject] = []

    def kept() -> Iterator[tuple[str, int, str]]:
        order = ""
        for line in sheet.lines():
            if isinstance(line, Reject):
                rejects.append(line)
            else:
                order = (carry and not line.cells[column] and order) or line.cells[column]
                yield order, line.number, json.dumps(line.cells)

    with tempfile.TemporaryDirectory(prefix="alongside-import-") as folder:
        db = sqlite3.connect(f"{folder}/rows", isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode = OFF")
            db.execute("PRAGMA synchronous = OFF")
            db.execute("CREATE TABLE line (order_id, number, cells)")
            db.execute("BEGIN")
            db.executemany("INSERT INTO line VALUES (?, ?, ?)", kept())
            db.execute("COMMIT")
            yield from rejects
            rows = db.execute("SELECT order_id, number, cells FROM line ORDER BY order_id, number")
            for _, some in groupby(rows, key=lambda row: row[0]):
                yield [Line(number, json.loads(cells)) for _, number, cells in some]
        finally:
            db.close()
