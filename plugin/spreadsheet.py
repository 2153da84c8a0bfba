"""A CSV file that a spreadsheet shows and never runs.

Excel, LibreOffice and Google Sheets take a cell that begins with = + - @ (or a tab or return) for a
formula. Text that begins so gets an apostrophe in front (OWASP's advice); numbers are numbers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

Cell = str | int | float | None

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def safe(cell: Cell) -> Cell:
    """The cell as it may stand in a file: text that looks like a formula is defused."""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(_DANGEROUS):
        return "'" + cell
    return cell


def text(rows: Iterable[Sequence[Cell]]) -> str:
    file = io.StringIO()
    # Everything that is text is quoted, so that a comma in a name does not open a new cell.
    writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    for row in rows:
        writer.writerow(["" if cell is None else safe(cell) for cell in row])
    return file.getvalue()


def answer(rows: Iterable[Sequence[Cell]], name: str) -> Response:
    """The file as a download. The mark at its front tells Excel that it is UTF-8."""
    return Response(
        "\N{ZERO WIDTH NO-BREAK SPACE}" + text(rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
