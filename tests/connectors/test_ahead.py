"""The next page is asked for while the last one is worked on, and nothing else changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from connectors.ahead import WAITING, ahead
from connectors.errors import TryLater

LONG_S = 20.0


def test_the_steps_are_the_same_and_in_order() -> None:
    assert list(ahead(iter(range(100)))) == list(range(100))
    assert list(ahead(iter(()))) == []


def test_the_next_step_is_asked_for_while_the_last_is_worked_on() -> None:
    asked = threading.Event()

    def steps() -> Iterator[int]:
        yield 1
        asked.set()
        yield 2

    taken = ahead(steps())
    assert next(taken) == 1
    assert asked.wait(LONG_S)
    assert list(taken) == [2]


def test_no_more_is_asked_for_than_may_wait() -> None:
    begun = threading.Semaphore(0)

    def steps() -> Iterator[int]:
        for number in range(100):
            begun.release()
            yield number

    taken = ahead(steps())
    assert next(taken) == 0
    for _ in range(2 + WAITING):  # the one taken, those that wait, and one that has no room yet
        assert begun.acquire(timeout=LONG_S)
    assert not begun.acquire(timeout=0.05)
    taken.close()  # type: ignore[attr-defined]  # a generator's


def test_a_fault_comes_after_the_steps_before_it() -> None:
    def steps() -> Iterator[int]:
        yield from (1, 2, 3)
        raise TryLater(7, "The shop is busy.")

    taken = ahead(steps())
    assert [next(taken) for _ in range(3)] == [1, 2, 3]
    with pytest.raises(TryLater) as busy:
        next(taken)
    assert busy.value.after_s == 7


def test_whoever_leaves_in_the_middle_ends_the_asking() -> None:
    ended = threading.Event()

    def steps() -> Iterator[int]:
        try:
            yield from range(100)
        finally:
            ended.set()

    for step in ahead(steps()):
        if step == 3:
            break
    assert ended.wait(LONG_S)
