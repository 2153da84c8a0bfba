"""How does everything a shop has come to us at once?

Shopify runs one of our questions over all its rows and leaves the result as a file: a line for
each row, and a line for each row inside another (a product's variant, an order's line), which
names its parent and may stand anywhere. So the file is read twice: while it arrives it goes to
disk, and where each line lies is remembered; then parents are read in order, each with its own.
Memory holds 20 bytes a line, whatever the rows are.

The file on disk has no name: it is gone with the process, however that ends, and whoever goes on
downloads it again (Shopify keeps it for seven days).
"""

from __future__ import annotations

import re
import tempfile
import time
from array import array
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from mmap import ACCESS_READ, MADV_DONTNEED, mmap
from typing import IO

import numpy as np
import orjson

from connectors.errors import Misconfigured, TryLater, Unreadable
from connectors.http import Gone, Session
from connectors.shopify import queries
from connectors.shopify.api import Api
from connectors.shopify.walk import BulkFailed, Pace, Row

# A quote inside a JSON text is written \\", so these bytes are always the field itself. Parents are
# told apart by their number alone: all parents of one operation are of one kind.
_PARENT = re.compile(rb'"__parentId" ?: ?"gid://[^"]*/([0-9]{1,18})"')
_PARENT_FIELD = b'"__parentId"'

_CUT_OFF = "The file of a bulk operation was cut off."

_WORKING = ("CREATED", "RUNNING", "CANCELING")


def begin(api: Api, query: str) -> tuple[str, datetime]:
    """Starts an operation; its id and when Shopify's clock says it began."""
    told = api.ask(queries.BULK_RUN, {"query": query}).get("bulkOperationRunQuery") or {}
    operation = told.get("bulkOperation")
    if isinstance(operation, dict) and isinstance(operation.get("id"), str):
        return operation["id"], datetime.fromisoformat(str(operation.get("createdAt")))
    errors = [e for e in told.get("userErrors") or () if isinstance(e, dict)]
    if any(e.get("code") in ("OPERATION_IN_PROGRESS", "LIMIT_REACHED") for e in errors):
        raise TryLater(300, "Shopify is still at work for us on another whole list.")
    said = " ".join(str(e.get("message")) for e in errors) or "no reason given"
    raise Unreadable("bulkOperationRunQuery", said[:300])


def rows(
    api: Api,
    session: Session,
    operation: str,
    done: int,
    pace: Pace,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[tuple[list[Row], int]]:
    """The operation's rows after the first `done`, with how many that makes; none, now and then,
    while Shopify works. One that failed gives the rows it had, and then raises `BulkFailed`."""
    waited_s, wait_s = 0.0, pace.ask_s
    while True:
        told = api.ask(queries.BULK_STATUS, {"id": operation}).get("bulkOperation")
        if not isinstance(told, dict):
            raise BulkFailed(operation)
        status = told.get("status")
        if status not in _WORKING:
            break
        if waited_s > pace.wait_s:
            raise TryLater(600, "Shopify is still putting together everything the shop has.")
        yield [], done
        sleep(wait_s)
        waited_s += wait_s
        wait_s = min(wait_s * 1.5, pace.ask_at_most_s)
    if status == "FAILED" and told.get("errorCode") == "ACCESS_DENIED":
        raise Misconfigured(
            "Shopify does not let the app read everything it needs.",
            "Give the app the scopes read_products, read_orders and read_customers, and approve "
            "them in the shop.",
        )
    whole = status == "COMPLETED"
    url = told.get("url") if whole else told.get("partialDataUrl")
    if url:
        size = told.get("fileSize") if whole else None  # it is told of the whole file only
        try:
            yield from _joined(
                session.download(url), done, pace.bulk_rows, whole=whole, size=size and int(size)
            )
        except Gone:
            raise BulkFailed(operation) from None
    if not whole:
        raise BulkFailed(operation)


def _joined(
    parts: Iterable[bytes], done: int, page: int, *, whole: bool, size: int | None = None
) -> Iterator[tuple[list[Row], int]]:
    """`size`, in bytes, is what Shopify says of the file: an answer in its place may be shorter
    than what is done already, and would pass for the end of the list."""
    with tempfile.TemporaryFile(prefix="alongside-") as file:
        spool = _Spool(file)
        for part in parts:
            spool.add(part)
        spool.end()
        if size is not None and spool.size != size:
            raise TryLater(300, _CUT_OFF)
        # What a failed operation had ends anywhere: its last row may lack some of its own.
        last = len(spool) if whole else max(0, len(spool) - 1)
        for start in range(done, last, page):
            end = min(start + page, last)
            yield spool.rows(start, end), end


class _Spool:
    """The file's lines on disk, and where each lies."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size = 0  # in bytes
        self._rest = b""
        self._at = 0
        self._parents = (array("q"), array("i"))  # offset, length
        self._children = (array("q"), array("q"), array("i"))  # parent's number, offset, length

    def __len__(self) -> int:
        return len(self._parents[0])

    def add(self, part: bytes) -> None:
        self._file.write(part)
        self.size += len(part)
        *lines, self._rest = (self._rest + part).split(b"\n")
        for line in lines:
            self._line(line)

    def end(self) -> None:
        if self._rest:
            self._line(self._rest)
        self._file.flush()
        # Read through the system's cache: these pages are the file's, and given back when needed.
        self._map = mmap(self._file.fileno(), 0, access=ACCESS_READ) if self._at else b""
        of, offsets, lengths = (np.frombuffer(a, a.typecode) for a in self._children)
        order = np.argsort(of, kind="stable")  # children stay in the order of the file
        self._of, self._offsets, self._lengths = of[order], offsets[order], lengths[order]
        del self._children

    def _line(self, line: bytes) -> None:
        if line:
            # Shopify writes it last, and finding its name is quicker than matching what follows.
            at = line.rfind(_PARENT_FIELD)
            found = (_PARENT.match(line, at) or _PARENT.search(line)) if at >= 0 else None
            if found:
                of, offsets, lengths = self._children
                of.append(int(found[1]))
            else:
                offsets, lengths = self._parents
            offsets.append(self._at)
            lengths.append(len(line))
        self._at += len(line) + 1

    def rows(self, start: int, end: int) -> list[Row]:
        """Parents, their children in lists of their own."""
        offsets, lengths = self._parents
        rows = list(map(self._read, offsets[start:end], lengths[start:end]))
        numbers = np.array([_number(row) for row in rows], dtype=np.int64)
        first = np.searchsorted(self._of, numbers).tolist()
        last = np.searchsorted(self._of, numbers, side="right").tolist()
        for row, low, high in zip(rows, first, last, strict=True):
            for name in _LISTS.get(str(row.get("__typename")), ()):
                row[name] = []
            within = slice(low, high)
            places = zip(
                self._offsets[within].tolist(), self._lengths[within].tolist(), strict=True
            )
            for offset, length in places:
                inner = self._read(offset, length)
                name = queries.CHILDREN.get(str(inner.get("__typename")), "")
                if name in row:
                    row[name].append(inner)
        if isinstance(self._map, mmap):
            self._map.madvise(MADV_DONTNEED)  # or all of the file would count as our memory
        return rows

    def _read(self, offset: int, length: int) -> Row:
        try:
            row = orjson.loads(self._map[offset : offset + length])
        except orjson.JSONDecodeError:
            raise TryLater(300, _CUT_OFF) from None
        if not isinstance(row, dict):
            raise Unreadable("bulk operation", "a line that is not an object.")
        return row


def _number(row: Row) -> int:
    id = str(row.get("id", "")).rpartition("/")[2]
    if not id.isdecimal() or len(id) > 18:
        raise Unreadable("bulk operation", "a row without an id.")
    return int(id)


# A row's own lists, empty where no line names it as its parent.
_LISTS = {"Product": ("variants", "collections"), "Order": ("lineItems",)}
