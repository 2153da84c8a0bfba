"""Is every row met, whatever changes while we read, and wherever a walk breaks off?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import TooMuch
from connectors.shopify.walk import BulkFailed, Listing, Pace, Walk, sweep

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class Changing:
    """A list that answers as Shopify's do: a page begins after a place, not after a number."""

    page_rows = 4

    def __init__(self, rows: int = 0) -> None:
        self.now = NOON
        self.rows: dict[int, dict[str, Any]] = {}
        self.longest = 25
        self.before_each = lambda: None
        self.asked: list[int] = []
        for number in range(1, rows + 1):
            self.touch(number, ago_s=3600 - number)

    def touch(self, number: int, ago_s: int = 0) -> None:
        version = self.rows.get(number, {}).get("version", 0) + 1
        stamp = text(self.now - timedelta(seconds=ago_s))
        self.rows[number] = {"id": number, "updatedAt": stamp, "version": version}

    def _found(self, search: str | None) -> list[dict[str, Any]]:
        rows = sorted(self.rows.values(), key=lambda row: (row["updatedAt"], row["id"]))
        if search:
            assert search.startswith("updated_at:>='")
            rows = [row for row in rows if row["updatedAt"] >= search[14:-1]]
        return rows

    def count(self, search: str | None) -> int | None:
        return len(self._found(search))

    def page(self, search: str | None, after: str | None, rows: int) -> Listing:
        self.now += timedelta(seconds=1)
        self.before_each()
        self.asked.append(rows)
        found = self._found(search)[: self.longest]
        if after:
            place = tuple(json.loads(after))
            found = [row for row in found if (row["updatedAt"], row["id"]) > place]
        shown = [dict(row) for row in found[:rows]]
        more = len(found) > len(shown)
        last = shown[-1] if shown else None
        place = json.dumps([last["updatedAt"], last["id"]]) if last and more else None
        return Listing(shown, place)

    def begin_bulk(self) -> tuple[str, datetime]:
        raise AssertionError("no bulk here")

    def bulk(self, operation: str, done: int) -> Iterator[tuple[list[Any], int]]:
        raise AssertionError("no bulk here")
        yield


def steps(source: Any, cursor: str | None = None, **pace: Any) -> Any:
    return Walk(source, lambda: source.now, Pace(**pace)).steps(cursor)


def read_all(source: Any, cursor: str | None = None, **pace: Any) -> tuple[dict[int, int], str]:
    """Each row's version as met last, and the cursor for the next walk."""
    met: dict[int, int] = {}
    for step in steps(source, cursor, **pace):
        met |= {row["id"]: row["version"] for row in step.rows}
        cursor = step.cursor
    assert cursor is not None
    return met, cursor


def held(source: Changing) -> dict[int, int]:
    return {row["id"]: row["version"] for row in source.rows.values()}


@given(
    changes=st.lists(
        st.tuples(st.sampled_from(["touch", "add", "delete"]), st.integers(1, 30)), max_size=25
    ),
    breaks=st.sets(st.integers(0, 12)),
)
def test_whatever_changes_while_we_read_and_wherever_we_break_off(
    changes: list[tuple[str, int]], breaks: set[int]
) -> None:
    source = Changing(22)
    left = list(changes)

    def change() -> None:
        for kind, number in left[:2]:
            if kind == "delete":
                source.rows.pop(number, None)
            else:
                source.touch(number if kind == "touch" else 100 + number)
        del left[:2]

    source.before_each = change
    store: dict[int, int] = {}
    cursor, asked = None, 0
    while True:
        done = True
        for step in steps(source, cursor, longest_list=9):
            asked += 1
            if asked in breaks:  # this page was asked for, and never saved
                done = False
                break
            for row in step.rows:
                store[row["id"]] = max(store.get(row["id"], 0), row["version"])
            cursor = step.cursor
        if done and not left:
            break
    met, _ = read_all(source, cursor)
    store |= met
    assert {id: store.get(id) for id in source.rows} == held(source)


def test_a_list_longer_than_shopify_shows_is_read_to_its_end() -> None:
    source = Changing(80)
    met, _ = read_all(source, longest_list=20)
    assert met == held(source)


def test_many_rows_of_one_second_are_read_though_the_list_ends_among_them() -> None:
    source = Changing()
    source.longest = 60
    for number in range(1, 51):
        source.touch(number, ago_s=3600)
    met, _ = read_all(source, longest_list=20)
    assert met == held(source)


def test_what_is_younger_than_the_index_may_lag_is_read_again() -> None:
    source = Changing(5)
    source.touch(3, ago_s=10)
    _, cursor = read_all(source)
    met, _ = read_all(source, cursor)
    assert set(met) == {3}
    source.now += timedelta(minutes=10)
    _, cursor = read_all(source, cursor)
    assert read_all(source, cursor)[0] == {}


def test_a_row_that_shows_late_is_still_met() -> None:
    """Shopify's index follows its data: a change of a minute ago may show only now."""
    source = Changing(5)
    _, cursor = read_all(source)
    source.touch(99, ago_s=200)
    assert set(read_all(source, cursor)[0]) == {99}


def test_a_page_that_is_too_much_is_asked_for_in_halves() -> None:
    source = Changing(9)

    def too_much() -> None:
        if len(source.asked) < 2:
            source.asked.append(0)
            raise TooMuch(1, "too much")

    source.before_each = too_much
    met, _ = read_all(source)
    assert met == held(source)
    assert 4 not in source.asked


def test_a_single_row_that_is_too_much_is_said_so() -> None:
    source = Changing(3)

    def too_much() -> None:
        raise TooMuch(1, "too much")

    source.before_each = too_much
    with pytest.raises(TooMuch):
        read_all(source)


@pytest.mark.parametrize("cursor", ["", "nonsense", "[]", '{"since": 1, "odd": 2}', "5"])
def test_a_cursor_of_another_version_begins_anew(cursor: str) -> None:
    source = Changing(6)
    assert read_all(source, cursor)[0] == held(source)


# --- in bulk -------------------------------------------------------------------------------------


class InBulk(Changing):
    """`fails`: how many operations break off, each after so many rows."""

    def __init__(self, rows: int, fails: int = 0) -> None:
        super().__init__(rows)
        self.fails = fails
        self.begun = 0
        self.taken: list[dict[str, Any]] = []

    def begin_bulk(self) -> tuple[str, datetime]:
        self.begun += 1
        self.taken = [dict(row) for row in self.rows.values()]
        return f"operation-{self.begun}", self.now

    def bulk(self, operation: str, done: int) -> Iterator[tuple[list[Any], int]]:
        assert operation == f"operation-{self.begun}"
        yield [], done
        end = 5 if self.fails else len(self.taken)
        for start in range(done, end, 3):
            yield self.taken[start : min(start + 3, end)], min(start + 3, end)
        if self.fails:
            self.fails -= 1
            raise BulkFailed(operation)


def test_a_large_shop_is_read_in_bulk_and_then_by_its_changes() -> None:
    source = InBulk(20)
    pages = steps(source, bulk_above=10)
    first = next(pages)
    assert (first.rows, first.total) == ([], 20)
    source.touch(7)  # while the operation works
    met: dict[int, int] = {}
    for step in pages:
        met |= {row["id"]: row["version"] for row in step.rows}
    assert met == held(source)
    assert source.begun == 1


@pytest.mark.parametrize("at", range(9))
def test_a_bulk_load_goes_on_where_it_broke(at: int) -> None:
    source = InBulk(20)
    met: dict[int, int] = {}
    cursor = None
    for number, step in enumerate(steps(source, bulk_above=10)):
        met |= {row["id"]: row["version"] for row in step.rows}
        cursor = step.cursor
        if number == at:
            break
    before = set(met)
    after, _ = read_all(source, cursor, bulk_above=10)
    assert met | after == held(source)
    assert source.begun == 1
    assert len(before & set(after)) == 0


def test_a_broken_operation_is_begun_again_and_then_read_page_by_page() -> None:
    once = InBulk(20, fails=1)
    assert read_all(once, bulk_above=10)[0] == held(once)
    assert (once.begun, once.asked) == (2, [4])  # only what changed since: nothing
    always = InBulk(20, fails=9)
    assert read_all(always, bulk_above=10)[0] == held(always)
    assert always.begun == 2
    assert len(always.asked) == 5


# --- the sweep -----------------------------------------------------------------------------------


def test_a_sweep_shows_every_id_though_rows_vanish_meanwhile() -> None:
    ids = set(range(1, 31))
    seen: list[int] = []

    def page(search: str | None, rows: int) -> Listing:
        above = int(search.removeprefix("id:>")) if search else 0
        found = sorted(id for id in ids if id > above)
        ids.discard(found[0])  # deleted behind our back, already read
        shown = [{"id": f"gid://shopify/Order/{id}"} for id in found[:rows]]
        return Listing(shown, "x" if len(found) > rows else None)

    for step in sweep(page, 7, None, 30):
        seen += [int(row["id"].rpartition("/")[2]) for row in step.rows]
    assert seen == list(range(1, 31))
