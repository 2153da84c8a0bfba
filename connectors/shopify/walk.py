"""In which order is a Shopify list read, so that no row is lost and no sync begins anew?

The first time everything is asked for: a small shop page by page, a large one by a bulk operation
(`bulk.py`). Afterwards what changed since: rows in the order of their change, where each page
begins after the last row of the one before. A row that changes meanwhile moves to the end and is
met again, so nothing can slip through.

`since` is the instant from which on things are unread. It never comes nearer than `Pace.late_s` to
Shopify's clock: its lists are found through an index that follows its data, so what is younger is
read once more by the next walk. The cursor is this module's own text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from connectors.errors import TooMuch, Unreadable

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pace:
    # Up to so many rows a first load goes page by page, which has its first rows at once; above
    # it in bulk, which has them after a minute or an hour but is not rationed.
    bulk_above: int = 1_000
    # How long Shopify's index may lag behind its data. Seconds are usual; five minutes cost
    # reading the rows of five minutes twice.
    late_s: int = 300
    # Shopify ends a list after 25,000 rows; before that the walk begins a new one further on.
    longest_list: int = 20_000
    # A page that is too much is asked for with half the rows, down to this.
    fewest_rows: int = 1
    # How often a bulk operation is asked whether it is done: at first, and at most.
    ask_s: float = 5.0
    ask_at_most_s: float = 60.0
    # After this the sync lets others run and asks again next time; the operation goes on.
    wait_s: float = 1_800.0
    # Rows of a bulk operation that are saved together.
    bulk_rows: int = 500
    # Operations begun before what failed is read page by page instead: slow, and certain.
    bulk_tries: int = 2

    def __post_init__(self) -> None:
        if min(self.late_s, self.longest_list, self.fewest_rows, self.bulk_rows) < 1:
            raise ValueError("a pace goes forward")


class Listing(NamedTuple):
    rows: list[Row]
    after: str | None  # where the next page begins; None: this was the last


class Step(NamedTuple):
    rows: list[Row]
    cursor: str
    total: int | None


@dataclass(frozen=True, slots=True)
class Position:
    """`since`: all that changed before is read. The rest is about the walk under way: pages stand
    `after` a row of the list and have shown `seen` rows of it, the newest changed at `newest`. A
    bulk operation `bulk` was asked for at `began` and has given `done` rows; `tries` were begun."""

    since: str | None = None
    after: str | None = None
    seen: int = 0
    newest: str | None = None
    total: int | None = None
    bulk: str | None = None
    began: str | None = None
    done: int = 0
    tries: int = 0
    paged: bool = False  # the first load goes page by page

    @staticmethod
    def read(cursor: str | None) -> Position:
        """Begins anew without a cursor, or with one that another version wrote: reading twice is
        saving once."""
        try:
            return Position(**json.loads(cursor or ""))
        except (ValueError, TypeError):
            return Position()

    def write(self) -> str:
        return json.dumps({k: v for k, v in asdict(self).items() if v}, separators=(",", ":"))


class Source(Protocol):
    """One list of the shop: how it is counted, paged and loaded in bulk."""

    page_rows: int

    def count(self, search: str | None) -> int | None:
        """How many rows; None where only the walk itself can tell."""

    def page(self, search: str | None, after: str | None, rows: int) -> Listing: ...

    def begin_bulk(self) -> tuple[str, datetime]:
        """The operation's id, and Shopify's clock when it began."""

    def bulk(self, operation: str, done: int) -> Iterator[tuple[list[Row], int]]:
        """Rows after the first `done`, with how many that makes; empty ones while it works. Raises
        `BulkFailed` when it ended without all of them."""


class BulkFailed(Exception):
    """The operation ended without everything; what it had was given."""


class Walk:
    def __init__(self, source: Source, now: Callable[[], datetime], pace: Pace) -> None:
        self._source = source
        self._now = now
        self._pace = pace
        self._rows = source.page_rows

    def steps(self, cursor: str | None) -> Iterator[Step]:
        here = Position.read(cursor)
        if here.since is None and not here.bulk and not here.paged:
            here = replace(here, total=self._source.count(None))
            if here.total is not None and here.total > self._pace.bulk_above:
                here = self._begin(here)
                yield Step([], here.write(), here.total)
            else:
                here = replace(here, paged=True)
        while here.bulk:
            try:
                for rows, done in self._source.bulk(here.bulk, here.done):
                    here = replace(here, done=done)
                    yield Step(rows, here.write(), here.total)
                # What changed while it ran may be in it or not: read on from where it began.
                began = datetime.fromisoformat(here.began or "")
                since = _text(began - timedelta(seconds=self._pace.late_s))
                here = Position(since=since, total=here.total)
            except BulkFailed:
                if here.tries < self._pace.bulk_tries:
                    here = self._begin(here)
                else:
                    here = Position(total=here.total, paged=True)
            yield Step([], here.write(), here.total)
        yield from self._pages(here)

    def _begin(self, here: Position) -> Position:
        operation, began = self._source.begin_bulk()
        return Position(total=here.total, bulk=operation, began=_text(began), tries=here.tries + 1)

    def _pages(self, here: Position) -> Iterator[Step]:
        first = here.after is None
        while True:
            search = f"updated_at:>='{here.since}'" if here.since else None
            told = self._page(search, here.after)
            if first and here.total is None:
                here = replace(
                    here, total=len(told.rows) if told.after is None else self._count(search)
                )
            first = False
            newest = max([here.newest or "", *(str(row["updatedAt"]) for row in told.rows)])
            here = replace(here, seen=here.seen + len(told.rows), newest=newest, after=told.after)
            total = here.total
            if told.after is None:
                here = Position(since=self._settled(here))
                yield Step(told.rows, here.write(), total)
                return
            if here.seen >= self._pace.longest_list and newest > (here.since or ""):
                here = Position(since=newest, total=total, paged=here.paged)
            yield Step(told.rows, here.write(), total)

    def _count(self, search: str | None) -> int | None:
        return self._source.count(search)

    def _page(self, search: str | None, after: str | None) -> Listing:
        while True:
            try:
                told = self._source.page(search, after, self._rows)
                break
            except TooMuch:
                if self._rows <= self._pace.fewest_rows:
                    raise
                self._rows = max(self._rows // 2, self._pace.fewest_rows)
        if any(not isinstance(row.get("updatedAt"), str) for row in told.rows):
            raise Unreadable("admin/api", "rows without the time of their change.")
        return told

    def _settled(self, here: Position) -> str | None:
        """The second after the newest row, when that lies far enough back."""
        late = _text(self._now() - timedelta(seconds=self._pace.late_s))
        if not here.newest:
            return here.since or None
        after = _text(datetime.fromisoformat(here.newest) + timedelta(seconds=1))
        return max(min(after, late), here.since or "")


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def sweep(
    page: Callable[[str | None, int], Listing], rows: int, cursor: str | None, total: int | None
) -> Iterator[Step]:
    """Every row there is, by id. Each page asks for the ids above the last one seen, so that
    neither deletions nor the end of Shopify's lists can hide a row."""
    above: str | None = None
    if cursor and cursor.isdecimal():
        above = cursor
    while True:
        told = page(f"id:>{above}" if above else None, rows)
        if told.rows:
            above = str(told.rows[-1]["id"]).rpartition("/")[2]
        # At the end the cursor begins anew: a sweep is of everything.
        yield Step(told.rows, above or "" if told.after else "", total)
        if told.after is None:
            return
