"""What tests of the clock and its hands ask again and again."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from store import tables
from store.engine import reading
from store.opening import Store
from tests.living import environment


@contextmanager
def program(store: Store, *words: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m scheduler WORDS` on this store, until it is no longer needed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "scheduler", *words],
        env=environment(store) | settings,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def until(what: Callable[[], bool], seconds: float = 120) -> bool:
    """Whether `what` came true; generous, because test machines are busy."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return False


def outcomes(store: Store, job: str) -> list[str]:
    r = tables.JobRun
    with reading(store.engine) as connection:
        return list(connection.scalars(select(r.outcome).where(r.job == job).order_by(r.id)))


def children(pid: int) -> list[int]:
    try:
        return [int(it) for it in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def alive(pid: int) -> bool:
    """Whether it runs: one that ended and whose parent died first may lie there for a while."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
