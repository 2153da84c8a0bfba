"""The clock: one at a time, what died runs again, what was asked for runs soon."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, text

from scheduler import jobs
from scheduler.__main__ import Clock
from scheduler.lease import lease
from scheduler.record import SILENT_AFTER, recorded
from store import tables
from store.engine import reading, writing
from store.opening import Store
from store.reads import overview
from store.writes import jobs as writes
from tests.living import environment
from tests.shops import fill

NOW = datetime.now(UTC)


def clock(store: Store) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "scheduler"],
        env=environment(store),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def until(what: Callable[[], bool], seconds: float = 90) -> bool:
    """Whether `what` came true; generous, because test machines are busy."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.1)
    return False


def outcomes(store: Store, job: str) -> list[str]:
    r = tables.JobRun
    with reading(store.engine) as connection:
        return list(connection.scalars(select(r.outcome).where(r.job == job).order_by(r.id)))


def test_only_one_process_holds_the_clock(any_store: Store) -> None:
    with lease(any_store.engine) as first:
        assert first()
        with lease(any_store.engine) as second:
            assert not second()
        assert first()
    with lease(any_store.engine) as again:
        assert again()


def test_who_lost_its_session_knows_whether_it_still_has_the_clock(any_store: Store) -> None:
    server = any_store.engine.dialect.name == "postgresql"
    cut = text(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with lease(any_store.engine) as first:
        assert first()
        if server:
            with any_store.engine.connect() as another:
                another.execute(cut)
            assert until(lambda: not first())
        any_store.engine.dispose()
        with lease(any_store.engine) as second:
            # A file's lock is the process's own; a server's went with the session, for good.
            assert (first(), second()) == (not server, server)


def test_a_run_that_stops_beating_is_marked_and_told(any_store: Store) -> None:
    with writing(any_store.engine) as connection:
        long_ago = NOW - 2 * SILENT_AFTER
        writes.start_run(connection, "upkeep", None, long_ago)
        writes.start_run(connection, "upkeep", None, NOW)
    with writing(any_store.engine) as connection:
        assert writes.mark_cut_off(connection, NOW - SILENT_AFTER, NOW) == [("upkeep", None)]
        assert writes.mark_cut_off(connection, NOW - SILENT_AFTER, NOW) == []
    assert outcomes(any_store, "upkeep") == ["cut off", "running"]


def test_a_failed_run_keeps_what_went_wrong(any_store: Store) -> None:
    with pytest.raises(ValueError, match="too blue"), recorded(any_store, "upkeep", None):
        raise ValueError("the sky is too blue")
    with reading(any_store.engine) as connection:
        row = connection.execute(select(tables.JobRun.outcome, tables.JobRun.detail)).one()
    assert tuple(row) == ("failed", "ValueError: the sky is too blue")


def test_asking_twice_before_it_starts_is_asking_once(any_store: Store) -> None:
    shop = fill(any_store, trained=False)
    with writing(any_store.engine) as connection:
        for _ in range(2):
            writes.ask(connection, shop.id, "tally", NOW)
        assert writes.take_requests(connection, NOW) == [(shop.id, "tally")]
        assert writes.take_requests(connection, NOW) == []


def test_what_never_ran_or_ran_long_ago_is_due_at_once(any_store: Store) -> None:
    upkeep = next(job for job in jobs.TIMETABLE if job.name == "upkeep")
    assert jobs.due_at(any_store, upkeep, None, NOW) == NOW
    with writing(any_store.engine) as connection:
        run = writes.start_run(connection, "upkeep", None, NOW - timedelta(hours=30))
        writes.finish_run(connection, run, "ok", "", NOW - timedelta(hours=30))
    assert jobs.due_at(any_store, upkeep, None, NOW) == NOW
    with writing(any_store.engine) as connection:
        run = writes.start_run(connection, "upkeep", None, NOW)
        writes.finish_run(connection, run, "ok", "", NOW)
    assert jobs.due_at(any_store, upkeep, None, NOW) is None


def test_a_killed_clock_is_replaced_and_what_was_cut_off_runs_again(store: Store) -> None:
    shop = fill(store, trained=False)
    with writing(store.engine) as connection:  # as a kill -9 in the middle leaves it
        connection.execute(
            insert(tables.JobRun).values(
                job="train",
                shop_id=shop.id,
                started_at=NOW - timedelta(minutes=5),
                heartbeat_at=NOW - timedelta(minutes=4),
                outcome="running",
                detail="learning similar",
            )
        )
    first, second = clock(store), None
    try:
        assert until(lambda: "ok" in outcomes(store, "upkeep"))
        second = clock(store)
        time.sleep(1)
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert until(lambda: outcomes(store, "train")[-1:] == ["ok"]), outcomes(store, "train")
        assert outcomes(store, "train")[0] == "cut off"
        with writing(store.engine) as connection:
            writes.ask(connection, shop.id, "tally", datetime.now(UTC))
            before = len(outcomes(store, "tally"))
        assert until(lambda: len(outcomes(store, "tally")) > before)
    finally:
        for process in filter(None, (first, second)):
            process.terminate()
            process.wait(timeout=30)
    with reading(store.engine) as connection:
        assert overview.last_success(connection, shop.id, "train") is not None


def test_a_clock_that_ends_starts_nothing_that_still_waited(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    monkeypatch.setattr(subprocess, "Popen", lambda *words, **how: started.append(words))
    over = threading.Event()
    over.set()
    ended = Clock(any_store)
    ended.run(over, lambda: True)
    ended._in_a_child("upkeep", None)  # what its pool's queue still held
    assert started == []


def test_a_job_ends_when_its_clock_dies(store: Store) -> None:
    shop = fill(store, trained=False)
    child = subprocess.Popen(
        [sys.executable, "-m", "scheduler", "run", "train", str(shop.id), "--child"],
        env=environment(store),
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdin is not None
    assert until(lambda: outcomes(store, "train") == ["running"])
    child.stdin.close()  # what the end of the parent does
    assert child.wait(timeout=60) == 70
    assert os.path.exists(store.engine.url.database or "")
