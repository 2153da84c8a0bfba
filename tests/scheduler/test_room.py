"""A training fits into the memory there is: the newest orders, never a silent death."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scheduler.room import (
    ASKED_LINES,
    MIB,
    SHARE,
    _lines_in,
    fitting,
    held_anyway,
    lines_hold,
    room,
)
from tests.recommenders.shops import catalogue, orders

GOODS = catalogue(3)


def bytes_for(lines: int) -> int:
    return held_anyway(len(GOODS)) + lines_hold(lines)


def test_what_fits_is_not_touched() -> None:
    data = orders((0, 2, [0, 1]), (1, 1, [2]))
    assert fitting(data, GOODS, bytes_for(3)) is data
    assert fitting(data, GOODS, 0) is data  # nobody knows of a bound


def test_of_too_many_lines_the_newest_whole_orders_are_kept() -> None:
    data = orders(*((day % 7, 20_000 - day, [0, 1]) for day in range(20_000)))
    kept = fitting(data, GOODS, bytes_for(15_001))
    assert len(kept.product) == 15_000  # half of an order is no order
    assert kept.at_s[-1] == data.at_s[-1]
    assert kept.order[0] == 0
    assert kept.orders == 7_500


def test_who_has_no_order_left_is_not_known_any_more() -> None:
    old = ((9, 40_000 - day, [0, 1]) for day in range(10_000))
    new = ((day % 3, 10_000 - day, [0, 1]) for day in range(10_000))
    kept = fitting(orders(*old, *new), GOODS, bytes_for(12_000))
    assert kept.customer_keys.tolist() == [500, 501, 502]
    assert np.unique(kept.customer).tolist() == [0, 1, 2]


def test_the_owners_word_counts_before_what_is_free(tmp_path: Path) -> None:
    assert room(900, tmp_path / "none", ()) == 900 * MIB


def test_what_is_free_is_the_least_of_machine_and_container(tmp_path: Path) -> None:
    machine, limit = tmp_path / "meminfo", tmp_path / "memory.max"
    machine.write_text("MemTotal: 9 kB\nMemAvailable:    4000000 kB\n")
    limit.write_text("max\n")
    assert room(0, machine, (limit,)) == int(SHARE * 4_096_000_000)
    limit.write_text("1000000000\n")
    assert room(0, machine, (limit, tmp_path / "missing")) == int(SHARE * 1_000_000_000)
    assert room(0, tmp_path / "missing", ()) == 0


@given(st.integers(0, 3 * ASKED_LINES))
def test_as_many_lines_fit_as_their_bytes_say(lines: int) -> None:
    assert _lines_in(lines_hold(lines)) == lines
    assert _lines_in(lines_hold(lines + 1) - 1) == lines


def test_the_trainings_that_were_seen_are_covered() -> None:
    seen = ((517_254, 3_791, 1_485), (1_439_235, 67_767, 3_022))
    for lines, products, mib in seen:
        assert held_anyway(products) + lines_hold(lines) >= mib * MIB
