"""How is a CSV file of unknown make and any size read row by row, and its rejects named?

Takes .csv and .csv.gz (by content, not by name), a byte-order mark, any line ends, quoted newlines
and the separators `,` `;` and tab. Nothing here knows what a column means.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.errors import Misconfigured, Unreadable

# A cell: descriptions hold pictures as text now and then; one quote too many must not eat the file.
CELL_CHARACTERS = 2**20
# A product's or customer's id. Longer is a sentence in the wrong column.
ID_CHARACTERS = 200
# An order further ahead than time zones explain is a mistyped year, and training takes the last
# order's time as its "now".
AHEAD = timedelta(days=2)


class Reject(NamedTuple):
    """A row that could not be read: the line it begins on, why, and its cells under the header.
    No cells where they cannot be told apart: nobody knows what stands in which column then."""

    line: int
    reason: str
    cells: tuple[str, ...] = ()


class Line(NamedTuple):
    number: int  # where the row begins, the header being line 1
    cells: list[str]

    def reject(self, reason: object) -> Reject:
        return Reject(self.number, str(reason), tuple(self.cells))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file and its header; `lines()` reads it from the beginning each time."""

    path: Path
    header: tuple[str, ...]  # in lower case, without spaces around
    separator: str
    columns: Mapping[str, int] = field(repr=False)

    @staticmethod
    def open(path: str | Path) -> Sheet:
        path = Path(path)
        with _text(path) as text:
            first = text.readline(CELL_CHARACTERS)
        if not first.strip("\ufeff\r\n "):
            raise Unreadable(path.name, "the file is empty; its first line must name its columns.")
        separator = max(",;\t", key=first.count)
        [cells] = csv.reader([first.rstrip("\r\n")], delimiter=separator)
        header = tuple(cell.strip().lower() for cell in cells)
        columns = {name: at for at, name in reversed(list(enumerate(header)))}
        return Sheet(path, header, separator, columns)

    def column(self, *names: str) -> int | None:
        """Where the first of these columns is that the file has."""
        return next((self.columns[name] for name in names if name in self.columns), None)

    def lines(self) -> Iterator[Line | Reject]:
        """Every row under the header with as many cells as it has (missing ones at the end are
        empty), or what is wrong with it. Empty lines are skipped."""
        csv.field_size_limit(CELL_CHARACTERS)
        width = len(self.header)
        with _text(self.path) as text:
            checked = _Checked(text)
            reader = csv.reader(checked, delimiter=self.separator)
            ended = 0
            while True:
                number = ended + 1
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield Reject(number, f"a quote is never closed ({error})")
                    ended = reader.line_num
                    continue
                except (EOFError, OSError, zlib.error):
                    raise Unreadable(
                        self.path.name,
                        f"the file breaks off or is damaged after line {ended}. Export it again.",
                    ) from None
                ended = reader.line_num
                if number == 1 or not cells:
                    continue
                if checked.last_bad >= number:
                    yield Reject(number, "not UTF-8: save the file as CSV UTF-8")
                elif len(cells) > width:
                    yield Reject(number, f"{len(cells)} cells under {width} columns")
                else:
                    cells += [""] * (width - len(cells))
                    yield Line(number, cells)


class _Checked:
    """Lines of text, remembering the last one that was not UTF-8."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = enumerate(lines, 1)
        self.last_bad = 0

    def __iter__(self) -> _Checked:
        return self

    def __next__(self) -> str:
        number, line = next(self._lines)
        if not line.isascii() and _BROKEN.search(line):
            self.last_bad = number
        return line


_BROKEN = re.compile("[\udc80-\udcff\x00]")  # bytes that were not UTF-8 stand as these


def _text(path: Path) -> io.TextIOWrapper:
    try:
        with path.open("rb") as file:
            start = file.read(2)
        if start in (b"\xff\xfe", b"\xfe\xff"):
            raise Unreadable(path.name, "the file is UTF-16. Save it as CSV UTF-8.")
        # The caller's `with` closes the text, and that closes the file under it.
        raw = gzip.open(path) if start == b"\x1f\x8b" else path.open("rb")  # noqa: SIM115
    except OSError as error:
        raise Misconfigured(
            f"{path.name} cannot be opened: {error.strerror}.", "Check the file's name."
        ) from None
    return io.TextIOWrapper(raw, "utf-8-sig", errors="surrogateescape", newline="")


# --- cells ---------------------------------------------------------------------------------------


def id_in(cell: str, name: str) -> str:
    found = cell.strip()
    if not found:
        raise ValueError(f"{name} is empty")
    if len(found) > ID_CHARACTERS:
        raise ValueError(f"{name} is longer than {ID_CHARACTERS} characters")
    return found


@lru_cache(maxsize=2**10)
def yes(cell: str, name: str) -> bool:
    """An empty cell is a yes: who exports no such column has nothing to say against it."""
    match cell.strip().lower():
        case "" | "true" | "1" | "yes" | "y" | "backorder":
            return True
        case "false" | "0" | "no" | "n":
            return False
    raise ValueError(f"{name}: {cell[:40]!r} is neither true nor false")


def currency_in(cell: str, default: str) -> str:
    found = cell.strip().upper() or default
    if len(found) != 3 or not found.isascii() or not found.isalpha():
        raise ValueError(f"currency: {found[:40]!r} is not a code of three letters")
    return found


def zone(name: str) -> tzinfo:
    """`Europe/London`, `UTC`, or an offset like `+05:30`."""
    if offset := re.fullmatch(r"([+-])(\d\d):(\d\d)", name, re.ASCII):
        sign, hours, minutes = offset.groups()
        apart = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-apart if sign == "-" else apart)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise Misconfigured(
            f"There is no time zone called {name!r}.", "Give one like Europe/London or +02:00."
        ) from None


class Clock:
    """Reads instants of a file: without an offset they are the shop's own time."""

    def __init__(self, timezone: str, read_at: datetime) -> None:
        self._zone = zone(timezone)
        self._latest = read_at + AHEAD
        self.past = lru_cache(maxsize=2**10)(self._past)  # rows of one order share theirs

    def _past(self, cell: str, name: str) -> datetime:
        at = self.any(cell, name)
        if at > self._latest:
            raise ValueError(f"{name}: {cell[:40]!r} lies in the future")
        return at

    def any(self, cell: str, name: str) -> datetime:
        # Shopify writes "2026-01-31 10:00:00 -0500"
        text = re.sub(r" (?=[+-]\d\d:?\d\d$)", "", cell.strip())
        if not text:
            raise ValueError(f"{name} is empty")
        try:
            at = datetime.fromisoformat(text)
            return (at if at.tzinfo else at.replace(tzinfo=self._zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValueError(
                f"{name}: {cell[:40]!r} is not an instant like 2026-01-31T10:00:00Z"
            ) from None
