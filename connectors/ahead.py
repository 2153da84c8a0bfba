"""How is a shop asked for its next page while the last one is still being read and saved?

One thread asks, one step ahead of whoever takes the steps, and does nothing else. Its faults are
raised where its step would have come, so that what came before them is never lost.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

T = TypeVar("T")

# Steps that wait to be taken. One is enough to keep both sides busy; a page of wholesale orders
# takes some MiB, and each step more would take as much again.
WAITING = 1
# How often a thread that waits for room looks whether anybody still wants its steps.
LOOK_S = 0.5


class _End(NamedTuple):
    fault: BaseException | None


def ahead(steps: Iterator[T]) -> Iterator[T]:
    """The same steps. Until they end, nobody else asks what they ask."""
    waiting: queue.Queue[T | _End] = queue.Queue(WAITING)
    left = threading.Event()

    def put(step: T | _End) -> None:
        while not left.is_set():
            try:
                waiting.put(step, timeout=LOOK_S)
            except queue.Full:
                continue
            return

    def ask() -> None:
        end = _End(None)
        try:
            for step in steps:
                put(step)
                if left.is_set():
                    return
        except BaseException as fault:
            end = _End(fault)
        put(end)

    # A daemon: whoever stops in the middle does not wait for a shop that is slow to answer.
    threading.Thread(target=ask, name="asks ahead", daemon=True).start()
    try:
        while not isinstance(step := waiting.get(), _End):
            yield step
        if step.fault is not None:
            raise step.fault
    finally:
        left.set()
