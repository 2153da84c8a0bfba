"""Every run of a job leaves a row: begun, still alive, ended well or badly, or cut off.

A thread beats while the job works, so that a run that stops beating is known to have died. Who
was given up for dead and lives (its machine stood still, its database was away) ends as soon as it
hears of it: its work may be another's by then.
"""

from __future__ import annotations

import os
import platform
import resource
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError

from store.engine import writing
from store.opening import Store
from store.writes import jobs

BEAT_S = 3.0
# How a child ends that was given up for dead.
GIVEN_UP = 71

log = structlog.get_logger()


def now() -> datetime:
    """The wall clock: jobs run in the world's time, also for shops that have their own."""
    return datetime.now(UTC)


class Run:
    """A job at work. `say` notes its progress in words; the last words are kept."""

    def __init__(self, run_id: int) -> None:
        self.id = run_id
        self.detail = ""
        self.over = threading.Event()
        self.noting = threading.Lock()  # one of beat and end at a time

    def say(self, detail: str) -> None:
        self.detail = detail


@contextmanager
def recorded(
    store: Store, job: str, shop_id: int | None, run_id: int | None = None
) -> Iterator[Run]:
    """Run the block as `job`, its row beating meanwhile; an exception is noted and goes on.

    `run_id` is of a run that another process began for this one to do.
    """
    child = run_id is not None
    if run_id is None:
        with writing(store.engine) as connection:
            run_id = jobs.start_run(connection, job, shop_id, now(), platform.node())
    run = Run(run_id)
    beating = threading.Thread(target=_beat, args=(store, run, child), daemon=True)
    beating.start()
    outcome, again = "failed", False
    try:
        yield run
        outcome = "ok"
    except BaseException as error:
        run.detail = f"{type(error).__name__}: {error}"[:500]
        again = child and _lost_the_database(error)
        raise
    finally:
        # It beats until its end is written down: that may have to wait for the database.
        with run.noting, writing(store.engine) as connection:
            run.over.set()
            if again:
                jobs.give_back(connection, run.id, "The database went away.", now(), blame=True)
            elif not jobs.finish_run(
                connection, run.id, outcome, run.detail, now(), _most_memory_kib()
            ):
                outcome += ", though given up for dead meanwhile"
        beating.join()
        log.info("job", job=job, shop=shop_id, outcome=outcome, detail=run.detail)


def _lost_the_database(error: BaseException) -> bool:
    """It restarted under the job, or could not be reached: no fault of the job's."""
    return isinstance(error, OperationalError) and (
        error.connection_invalidated or error.statement is None
    )


def _most_memory_kib() -> int:
    """The most this process has held so far; a job has a process of its own."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most  # bytes there, KiB elsewhere


def _beat(store: Store, run: Run, child: bool) -> None:
    while not run.over.wait(BEAT_S):
        try:
            with run.noting, writing(store.engine) as connection:
                alive = run.over.is_set() or jobs.beat(connection, run.id, now(), run.detail)
        except DBAPIError:
            continue  # the database is away: if it stays away, the job itself finds out
        if child and not alive:
            log.warning("given up for dead meanwhile; ending", run=run.id)
            os._exit(GIVEN_UP)
