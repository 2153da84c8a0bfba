"""Every run of a job leaves a row: begun, still alive, ended well or badly, or cut off.

A thread beats while the job works, so that a run that stops beating is known to have died.
"""

from __future__ import annotations

import resource
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import structlog

from store.engine import writing
from store.opening import Store
from store.writes import jobs

BEAT_S = 3.0
# Five beats missed: a machine that is merely busy misses one or two.
SILENT_AFTER = timedelta(seconds=5 * BEAT_S)

log = structlog.get_logger()


def now() -> datetime:
    """The wall clock: jobs run in the world's time, also for shops that have their own."""
    return datetime.now(UTC)


class Run:
    """A job at work. `say` notes its progress in words; the last words are kept."""

    def __init__(self) -> None:
        self.detail = ""

    def say(self, detail: str) -> None:
        self.detail = detail


@contextmanager
def recorded(store: Store, job: str, shop_id: int | None) -> Iterator[Run]:
    """Run the block as `job`, its row beating meanwhile; an exception is noted and goes on."""
    with writing(store.engine) as connection:
        run_id = jobs.start_run(connection, job, shop_id, now())
    run = Run()
    over = threading.Event()
    beating = threading.Thread(target=_beat, args=(store, run_id, run, over), daemon=True)
    beating.start()
    outcome = "failed"
    try:
        yield run
        outcome = "ok"
    except BaseException as error:
        run.detail = f"{type(error).__name__}: {error}"[:500]
        raise
    finally:
        over.set()
        beating.join()
        with writing(store.engine) as connection:
            jobs.finish_run(connection, run_id, outcome, run.detail, now(), _most_memory_kib())
        log.info("job", job=job, shop=shop_id, outcome=outcome, detail=run.detail)


def _most_memory_kib() -> int:
    """The most this process has held so far; a job has a process of its own."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most  # bytes there, KiB elsewhere


def _beat(store: Store, run_id: int, run: Run, over: threading.Event) -> None:
    while not over.wait(BEAT_S):
        with writing(store.engine) as connection:
            jobs.beat(connection, run_id, now(), run.detail)
