"""Does a walk through a list that changes meanwhile, and breaks off anywhere, lose a row?"""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import TooMuch, TryLater
from connectors.woocommerce.walk import MODIFIED, Pace, Walk, sweep
from tests.connectors.changing_list import ChangingList

PHASES = ({}, {"status": "trash"})
SMALL = Pace(page_rows=4, fewest_rows=1, window_rows=9, late_s=120)


def walk(shop: ChangingList, pace: Pace) -> Walk:
    return Walk(shop.ask, MODIFIED, PHASES, now=lambda: shop.at, pace=pace)


class Saved:
    """What a caller keeps: rows by id, an older copy never over a newer one, and the cursor."""

    def __init__(self) -> None:
        self.rows: dict[int, dict] = {}
        self.cursor: str | None = None

    def take(self, step) -> None:
        for row in step.rows:
            known = self.rows.get(row["id"])
            if known is None or known["version"] <= row["version"]:
                self.rows[row["id"]] = row
        self.cursor = step.cursor

    def sync(self, shop: ChangingList, pace: Pace, breaks: random.Random | None = None) -> None:
        """Walks to the end, starting again from the saved cursor whenever it breaks off."""
        while True:
            try:
                for step in walk(shop, pace).steps(self.cursor):
                    self.take(step)
                    if breaks and breaks.random() < 0.4:
                        raise TryLater(1, "The line broke.")
            except TryLater:
                if breaks and breaks.random() < 0.3:
                    shop.at += timedelta(minutes=breaks.choice((1, 5, 600)))
                if '"phase":2' not in (self.cursor or ""):
                    continue
            return  # the walk is complete, also when the line broke just after its last page


def meddle(shop: ChangingList, seed: random.Random, changes: int):
    """Before each answer, perhaps: time passes, rows change, come, go to the trash and back."""
    left = changes

    def once() -> None:
        nonlocal left
        if left <= 0 or seed.random() < 0.4:
            return
        left -= 1
        shop.at += timedelta(seconds=seed.choice((0, 0, 1, 3, 50, 200)))
        some = list(shop.rows)
        match seed.choice(("touch", "touch", "add", "late", "trash", "restore", "delete", "many")):
            case "touch" if some:
                shop.touch(seed.choice(some), zone_h=seed.choice((0, -5, 9)))
            case "add":
                shop.add(zone_h=seed.choice((0, -5, 9)))
            case "late":  # committed only now, stamped up to the limit ago
                shop.add(ago_s=seed.randrange(SMALL.late_s))
            case "trash" if some:
                shop.set_status(seed.choice(some), "trash")
            case "restore" if some:
                shop.set_status(seed.choice(some), "publish")
            case "delete" if some:
                shop.delete(seed.choice(some))
            case "many":  # an import: many rows in one second
                for id in seed.sample(some, len(some) // 2):
                    shop.touch(id)
        if seed.random() < 0.1:
            raise seed.choice((TooMuch, TryLater))(1, "Not now.")

    return once


@settings(max_examples=150)
@given(
    seed=st.integers(0, 2**32),
    rows=st.integers(0, 60),
    changes=st.integers(0, 40),
    spread_s=st.sampled_from((0, 1, 40, 10_000, 10_000_000)),
)
def test_no_row_is_lost_however_the_list_changes_and_the_walk_breaks(
    seed: int, rows: int, changes: int, spread_s: int
) -> None:
    rng, shop, saved = random.Random(seed), ChangingList(), Saved()
    for _ in range(rows):
        shop.add(ago_s=rng.randint(0, spread_s), zone_h=rng.choice((0, -5, 9)))
    old = shop.stamp(ago_s=SMALL.late_s)
    untouched = {i: r["version"] for i, r in shop.rows.items() if r["date_modified_gmt"] <= old}
    shop.before_each = meddle(shop, rng, changes)
    saved.sync(shop, SMALL, rng)
    # What was settled and nobody touched is there after the first walk ...
    for id, version in untouched.items():
        if id in shop.rows and shop.rows[id]["version"] == version:
            assert saved.rows[id]["version"] == version
    # ... and all the rest after the next one in peace.
    shop.before_each = lambda: None
    shop.at += timedelta(seconds=SMALL.late_s + 1)
    saved.sync(shop, SMALL)
    for id, row in shop.rows.items():
        assert saved.rows[id] == row


@given(seed=st.integers(0, 2**32), rows=st.integers(0, 300))
@settings(max_examples=30)
def test_a_walk_broken_after_any_page_gives_the_rows_of_an_undisturbed_one(
    seed: int, rows: int
) -> None:
    rng, shop = random.Random(seed), ChangingList()
    for _ in range(rows):
        shop.add(ago_s=rng.choice((5, 500, 500, rng.randrange(10**6))))
    undisturbed, broken = Saved(), Saved()
    undisturbed.sync(shop, SMALL)
    broken.sync(shop, SMALL, rng)
    assert broken.rows == undisturbed.rows == shop.rows


def test_a_first_load_costs_little_more_than_its_pages() -> None:
    shop, saved = ChangingList(), Saved()
    for n in range(7_000):
        shop.add(ago_s=(7_000 - n) * 1_500)
    saved.sync(shop, Pace())
    assert len(saved.rows) == 7_000
    assert len(shop.asked) < 70 * 1.15 + 10
    # No page lies deep in what the shop's database has to skip.
    assert max(int(p["page"]) for p in shop.asked if p["per_page"] == "100") <= 21


def test_a_whole_catalogue_imported_in_one_second_is_read_once() -> None:
    shop, saved = ChangingList(), Saved()
    for _ in range(3_791):
        shop.add(ago_s=86_400)
    saved.sync(shop, Pace())
    assert len(saved.rows) == 3_791
    asked = len(shop.asked)
    assert asked < 38 * 1.2 + 8
    again = Saved()
    again.cursor = saved.cursor
    again.sync(shop, Pace())
    assert again.rows == {}
    assert len(shop.asked) == asked + len(PHASES)


def test_rows_of_the_last_minutes_are_read_again_because_others_may_still_appear() -> None:
    shop, saved = ChangingList(), Saved()
    first = shop.add()
    saved.sync(shop, Pace())
    shop.at += timedelta(seconds=30)
    late = shop.add(ago_s=45)  # stamped before the first, seen only now
    saved.sync(shop, Pace())
    assert set(saved.rows) == {first, late}


def test_a_walk_whose_rows_vanish_at_the_end_still_tells_that_it_ended() -> None:
    shop = ChangingList()
    for _ in range(5):
        shop.add()

    def vanish() -> None:
        if len(shop.asked) == 6:  # two looks at the young rows, and then they are to be read
            shop.rows.clear()

    shop.before_each = vanish
    *_, last = Walk(shop.ask, MODIFIED, ({},), now=lambda: shop.at, pace=SMALL).steps(None)
    assert len(shop.asked) == 6
    again = Walk(shop.ask, MODIFIED, ({},), now=lambda: shop.at, pace=SMALL).steps(last.cursor)
    id = shop.add(ago_s=100)
    assert [row["id"] for step in again for row in step.rows] == [id]


def test_progress_is_known_from_the_first_page_and_kept_over_a_break() -> None:
    shop = ChangingList()
    for n in range(450):
        shop.add(ago_s=1000 + n)
    shop.set_status(7, "trash")
    steps = list(walk(shop, Pace()).steps(None))
    assert steps[0].total == 449
    assert steps[-1].total == 450
    resumed = next(walk(shop, Pace()).steps(steps[1].cursor))
    assert resumed.total == 449


def test_a_shop_that_manages_few_rows_at_once_is_asked_for_fewer() -> None:
    shop, saved = ChangingList(), Saved()
    for n in range(230):
        shop.add(ago_s=1000 + n)

    def weak() -> None:
        if int(shop.asked[-1]["per_page"]) > 10:
            raise TooMuch(1, "Out of memory.")

    shop.before_each = weak
    saved.sync(shop, Pace())
    assert saved.rows == shop.rows


def test_a_shop_that_manages_not_even_a_few_rows_is_left_for_later() -> None:
    shop = ChangingList()
    for _ in range(230):
        shop.add(ago_s=1000)

    def down() -> None:
        if int(shop.asked[-1]["per_page"]) > 1:
            raise TooMuch(300, "Out of memory.")

    shop.before_each = down
    with pytest.raises(TooMuch):
        list(walk(shop, Pace()).steps(None))


@pytest.mark.parametrize("cursor", ["", "{", "[]", "null", '{"since":[null]}', '{"v":2}', "7"])
def test_a_cursor_of_another_version_begins_anew(cursor: str) -> None:
    shop, saved = ChangingList(), Saved()
    shop.add(ago_s=1000)
    saved.cursor = cursor
    saved.sync(shop, Pace())
    assert set(saved.rows) == {1}


def test_a_clock_ahead_of_the_shops_does_not_hide_what_comes_next() -> None:
    shop, saved = ChangingList(), Saved()
    shop.add()
    ours = shop.at + timedelta(hours=3)
    saved_by_fast_clock = Walk(shop.ask, MODIFIED, PHASES, now=lambda: ours)
    for step in saved_by_fast_clock.steps(None):
        saved.take(step)
    shop.add(ago_s=1)
    for step in Walk(shop.ask, MODIFIED, PHASES, now=lambda: ours).steps(saved.cursor):
        saved.take(step)
    assert set(saved.rows) == {1, 2}


def test_a_sweep_names_every_id_though_rows_are_deleted_under_it() -> None:
    shop = ChangingList()
    for n in range(950):
        shop.add(ago_s=n)
    for id in (5, 6):
        shop.set_status(id, "trash")
    rng = random.Random(5)
    shop.before_each = lambda: shop.delete(rng.choice(list(shop.rows)))
    seen: set[int] = set()
    cursor = None
    for _ in range(5):  # broken off and resumed
        for step in sweep(shop.ask, PHASES, cursor):
            seen |= {row["id"] for row in step.rows}
            cursor = step.cursor
            if rng.random() < 0.5:
                break
        else:
            break
    else:
        for step in sweep(shop.ask, PHASES, cursor):
            seen |= {row["id"] for row in step.rows}
    assert set(shop.rows) <= seen
