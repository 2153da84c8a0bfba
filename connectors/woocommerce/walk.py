"""In which order do we read a list that changes under our hands, so that no row is lost?

WooCommerce pages by number: when a row of a page already read changes or disappears, all later
rows move up and one slips through. So a walk asks for *windows* of change times that lie in the
past and reads each one by id **from its last page to its first**. A row can leave such a window
(it changed again, or was deleted) but none can enter it, so what is still unread can only move
towards the pages still to come. That needs no order within a second, survives any number of rows
that share one, and the place in it is one number. A row that left is met again in a later window.

`settled` is the instant up to which nothing new can appear: the newest change the shop knows, but
never later than `Pace.late_s` before its clock. When the windows have come up to it, the walk
asks what is newer, and goes on so until that fits one page. What is younger than `late_s` is read
once more by the next walk. The cursor is this module's own text.

`ask` does the asking; nothing here knows about HTTP or what a row means but for its stamp.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from connectors.errors import TooMuch


@dataclass(frozen=True, slots=True)
class Pace:
    # What one page holds: the most WooCommerce gives.
    page_rows: int = 100
    # When the shop does not manage that, a quarter is asked for, down to this.
    fewest_rows: int = 5
    # A window. Small enough that the shop's database skips at most 19 pages for any page, large
    # enough that the two requests which find a window's end are a tenth of the whole.
    window_rows: int = 2_000
    # A change is stamped before it can be seen (a long transaction, a lagging replica). Two
    # minutes is far more than that takes; it costs reading the rows of two minutes twice.
    late_s: int = 120

    def __post_init__(self) -> None:
        if not 1 <= self.fewest_rows <= self.page_rows <= 100:
            raise ValueError("WooCommerce gives 1 to 100 rows a page")
        if self.window_rows < 1 or self.late_s < 1:
            raise ValueError("a window holds at least one row, and lateness at least a second")


Row = dict[str, Any]


class Listing(NamedTuple):
    rows: list[Row]
    total: int  # of all pages
    at: datetime | None = None  # the shop's clock


Ask = Callable[[Mapping[str, str]], Listing]


class Stamps(NamedTuple):
    """Which of a row's times the walk goes by, and what the API calls it."""

    field: str
    after: str
    before: str
    orderby: str


MODIFIED = Stamps("date_modified_gmt", "modified_after", "modified_before", "modified")
CREATED = Stamps("date_created_gmt", "after", "before", "date")


class Step(NamedTuple):
    rows: list[Row]
    cursor: str
    total: int


@dataclass(frozen=True, slots=True)
class Position:
    """`since[phase]`: everything changed up to there is read. The rest is about the walk under way:
    `settled` (None: to be asked), the open window's end `until` (None: open-ended), the rows `left`
    to read in it (None: no window is open), and the `total` of the phases `counted` so far."""

    since: tuple[str | None, ...]
    phase: int = 0
    settled: str | None = None
    until: str | None = None
    left: int | None = None
    total: int = 0
    counted: int = 0

    @staticmethod
    def read(cursor: str | None, phases: int) -> Position:
        """Begins anew without a cursor, or with one that another version wrote: reading twice is
        saving once."""
        try:
            told = json.loads(cursor or "")
            since = tuple(told.pop("since"))
            here = Position(since=since, **told)
        except (ValueError, TypeError, KeyError, AttributeError):
            return Position(since=(None,) * phases)
        if len(since) != phases:
            return Position(since=(None,) * phases)
        return Position(since=since) if here.phase >= phases else here

    def write(self) -> str:
        return json.dumps({k: v for k, v in asdict(self).items() if v}, separators=(",", ":"))

    def finished(self, since: str | None) -> Position:
        """This phase is read to its end; the next time it starts at `since`."""
        all_since = (*self.since[: self.phase], since, *self.since[self.phase + 1 :])
        return Position(all_since, self.phase + 1, total=self.total, counted=self.counted)


class Walk:
    """`phases`: the parameters of lists to be read one after the other (such as the trash)."""

    def __init__(
        self,
        ask: Ask,
        stamps: Stamps,
        phases: Sequence[Mapping[str, str]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pace: Pace = Pace(),
    ) -> None:
        self._ask = ask
        self._stamps = stamps
        self._phases = phases
        self._now = now
        self._pace = pace
        self._size = pace.page_rows

    def steps(self, cursor: str | None) -> Iterator[Step]:
        here = Position.read(cursor, len(self._phases))
        while here.phase < len(self._phases):
            rows, here = self._step(here)
            # The end is told even when it holds no rows: a cursor that stands before it would make
            # the next walk end where it should begin.
            if rows is not None or here.phase == len(self._phases):
                yield Step(rows or [], here.write(), here.total)

    def _step(self, here: Position) -> tuple[list[Row] | None, Position]:
        if here.left is not None:
            return self._read(here)
        if here.settled is not None:
            return None, self._open(here)
        return self._begin(here)

    def _begin(self, here: Position) -> tuple[list[Row] | None, Position]:
        """One page holds all that is newer (nearly always): done. Otherwise, what is settled?"""
        since = here.since[here.phase]
        try:
            first = self._list(here, since, None, size=self._size)
        except TooMuch:
            first = self._list(here, since, None, size=1)
        if here.counted == here.phase:
            here = replace(here, total=here.total + first.total, counted=here.phase + 1)
        if len(first.rows) >= first.total:
            newest = max(filter(None, map(self._stamp, first.rows)), default=None)
            return first.rows, here.finished(self._settled(newest, first.at) if newest else since)
        last = self._list(here, since, None, size=1, orderby=self._stamps.orderby, order="desc")
        newest = next(filter(None, map(self._stamp, last.rows)), None)
        return None, replace(here, settled=self._settled(newest, last.at))

    def _open(self, here: Position) -> Position:
        """The next window: settled rows in portions; more than a page of younger ones at once."""
        since, settled = here.since[here.phase], here.settled
        until = None if settled is None or (since and since >= settled) else settled
        left = self._list(here, since, until, size=1).total
        long, by_time = self._pace.window_rows, self._stamps.orderby
        if until and left > long:
            edge = self._list(here, since, until, size=1, page=long, orderby=by_time)
            # Any edge within the window will do; this one makes it as long as we like, unless
            # very many rows share a second.
            stamp = next(filter(None, map(self._stamp, edge.rows)), until)
            if (since or "") < stamp < until:
                until = stamp
                left = self._list(here, since, until, size=1).total
        return self._after(replace(here, until=until, left=left))

    def _read(self, here: Position) -> tuple[list[Row], Position]:
        """The last page of what is left in the open window."""
        left = here.left or 0
        while True:
            page = -(-left // self._size)
            try:
                told = self._list(
                    here, here.since[here.phase], here.until, size=self._size, page=page
                )
                break
            except TooMuch:
                if self._size <= self._pace.fewest_rows:
                    raise
                self._size = max(self._size // 4, self._pace.fewest_rows)
        return told.rows, self._after(replace(here, left=(page - 1) * self._size))

    def _after(self, here: Position) -> Position:
        if here.left:
            return here
        if here.until is None:
            return here.finished(here.since[here.phase])
        since = (*here.since[: here.phase], here.until, *here.since[here.phase + 1 :])
        settled = None if here.until == here.settled else here.settled
        return replace(here, since=since, settled=settled, until=None, left=None)

    def _settled(self, newest: str | None, at: datetime | None) -> str:
        # The earlier of two clocks: a proxy's Date may run ahead of the shop's.
        now = min(at or self._now(), self._now())
        late = text_of(now - timedelta(seconds=self._pace.late_s))
        return min(newest or late, late)

    def _stamp(self, row: Row) -> str | None:
        stamp = row.get(self._stamps.field)
        return stamp[:19] if isinstance(stamp, str) else None

    def _list(
        self,
        here: Position,
        since: str | None,
        until: str | None,
        *,
        size: int,
        page: int = 1,
        orderby: str = "id",
        order: str = "asc",
    ) -> Listing:
        params = dict(self._phases[here.phase])
        # Naive UTC digits with dates_are_gmt are the one form that every WooCommerce reads exactly;
        # both ends are exclusive there.
        if since:
            params[self._stamps.after] = since
        if until:
            second = datetime.fromisoformat(until) + timedelta(seconds=1)
            params[self._stamps.before] = second.isoformat()
        params |= {"dates_are_gmt": "true", "orderby": orderby, "order": order}
        params |= {"per_page": str(size), "page": str(page)}
        return self._ask(params)


def text_of(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()


def sweep(ask: Ask, phases: Sequence[Mapping[str, str]], cursor: str | None) -> Iterator[Step]:
    """Every row there is, by id, from the last page to the first, so that deletions during the
    sweep hide none of the others. A row that leaves the trash meanwhile may hide one: whoever
    misses an id asks for it by name before believing that it is gone."""
    phase, left, total = 0, -1, 0
    with suppress(ValueError, TypeError):  # no cursor, or another version's: from the beginning
        phase, left, total = json.loads(cursor or "")
    if phase >= len(phases):
        phase, left, total = 0, -1, 0
    while phase < len(phases):
        params = {**phases[phase], "orderby": "id", "order": "asc"}
        if left < 0:
            left = ask({**params, "per_page": "1", "page": "1"}).total
            total += left
        page = max(1, -(-left // 100))
        rows = ask({**params, "per_page": "100", "page": str(page)}).rows
        left = (page - 1) * 100
        if left == 0:
            phase, left = phase + 1, -1
        yield Step(rows, json.dumps([phase, left, total]), total)
