"""The clock: one at a time, what died is due again, what was missed runs once."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select, text, update
from sqlalchemy.exc import OperationalError

from scheduler import clock, jobs
from scheduler.clock import SILENT_LOOKS, Clock
from scheduler.lease import Held, lease
from scheduler.record import recorded
from store import engine as engines
from store import tables
from store.engine import reading, writing
from store.opening import Store
from store.reads import overview, shops
from store.writes import jobs as writes
from store.writes import models
from tests.living import environment
from tests.scheduler.clocks import outcomes, until
from tests.shops import NOW, add_empty

UPKEEP, TRAIN = (
    next(job for job in jobs.TIMETABLE if job.name == name) for name in ("upkeep", "train")
)


def waiting(store: Store) -> set[tuple[str, int | None]]:
    q = tables.Request
    with reading(store.engine) as connection:
        rows = connection.execute(select(q.job, q.shop_id).where(q.taken_at.is_(None)))
        return {(job, shop_id) for job, shop_id in rows}


def ran(store: Store, job: str, shop_id: int | None, at: datetime, outcome: str = "ok") -> None:
    with writing(store.engine) as connection:
        run = writes.start_run(connection, job, shop_id, at)
        writes.finish_run(connection, run, outcome, "", at)


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


def test_who_fails_while_it_has_the_clock_gives_it_back(any_store: Store, store_url: str) -> None:
    """The connection goes back to a pool; the lock must not stay with it."""
    with pytest.raises(ValueError, match="something"), lease(any_store.engine):
        raise ValueError("something")
    other = engines.open(store_url)
    with lease(other) as held:
        assert held()
    other.dispose()


def test_what_never_ran_is_due_at_the_first_look_and_only_once(any_store: Store) -> None:
    shop = add_empty(any_store, "one")
    first = Clock(any_store)
    first.watch()
    # No sync of files, and no training before there is anything to learn from.
    expected = {("upkeep", None), ("tally", shop), ("letters", shop)}
    assert waiting(any_store) == expected
    Clock(any_store).watch()  # the one that takes over
    first.watch()
    with reading(any_store.engine) as connection:
        assert len(connection.execute(select(tables.Request.id)).all()) == len(expected)


def test_a_run_that_stays_silent_for_some_looks_is_given_up_and_one_that_beats_never(
    any_store: Store,
) -> None:
    shops = [add_empty(any_store, name) for name in ("one", "two")]
    with writing(any_store.engine) as connection:
        for shop in shops:
            writes.ask(connection, shop, "tally", NOW)
        taken = [writes.take(connection, False, "there", NOW) for _ in shops]
    alive, dead = (it.run_id for it in taken if it)
    watching = Clock(any_store)
    for look in range(SILENT_LOOKS + 1):
        assert outcomes(any_store, "tally") == ["running", "running"]
        with writing(any_store.engine) as connection:
            # Its host's clock may say what it likes.
            writes.beat(connection, alive, NOW - timedelta(days=look))
        watching.watch()
    assert outcomes(any_store, "tally") == ["running", "cut off"]
    assert ("tally", shops[1]) in waiting(any_store)
    assert ("tally", shops[0]) not in waiting(any_store)
    with reading(any_store.engine) as connection:
        detail = connection.scalar(select(tables.JobRun.detail).where(tables.JobRun.id == dead))
    assert detail == "The process died on there. It runs again."


def test_a_failed_run_keeps_what_went_wrong(any_store: Store) -> None:
    with pytest.raises(ValueError, match="too blue"), recorded(any_store, "upkeep", None):
        raise ValueError("the sky is too blue")
    with reading(any_store.engine) as connection:
        row = connection.execute(select(tables.JobRun.outcome, tables.JobRun.detail)).one()
    assert tuple(row) == ("failed", "ValueError: the sky is too blue")


def test_asking_twice_before_it_starts_is_asking_once(any_store: Store) -> None:
    shop = add_empty(any_store, "one")
    with writing(any_store.engine) as connection:
        for _ in range(2):
            writes.ask(connection, shop, "tally", NOW)
    with reading(any_store.engine) as connection:
        assert set(overview.waiting(connection, shop)) == {"tally"}
    with writing(any_store.engine) as connection:
        assert writes.take(connection, False, "here", NOW) is not None
    with writing(any_store.engine) as connection:
        assert writes.take(connection, False, "here", NOW) is None


def test_what_was_missed_is_due_at_once_and_what_was_not_is_not(any_store: Store) -> None:
    assert jobs.is_overdue(any_store, UPKEEP, None, NOW)
    ran(any_store, "upkeep", None, NOW - timedelta(hours=30))
    assert jobs.is_overdue(any_store, UPKEEP, None, NOW)
    ran(any_store, "upkeep", None, NOW)
    assert not jobs.is_overdue(any_store, UPKEEP, None, NOW + timedelta(hours=23))
    ran(any_store, "upkeep", None, NOW, "cut off")
    assert jobs.is_overdue(any_store, UPKEEP, None, NOW)


def test_a_night_without_a_clock_is_made_up_for_though_somebody_trained_by_hand_the_day_before(
    store: Store,
) -> None:
    """Trained at 15:00, no clock from 2:00 to 4:00: the turn of 3:00 was missed."""
    day = datetime(2026, 3, 10, 15, tzinfo=UTC)
    shop_id = add_empty(store, "one")
    with writing(store.engine) as connection:
        models.begin_model(connection, shop_id, day, "", 0, day)
        connection.execute(update(tables.Model).values(complete=True))
    with reading(store.engine) as connection:
        shop = shops.by_id(connection, shop_id)
    ran(store, "train", shop_id, day)
    assert not jobs.is_overdue(store, TRAIN, shop, day + timedelta(hours=11))
    assert jobs.is_overdue(store, TRAIN, shop, day + timedelta(hours=13))


def test_a_clock_that_is_set_anew_reckons_its_timetable_anew(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what was to run in 15 minutes would run in 15 minutes and as long as it was set back."""
    monkeypatch.setattr(clock, "WATCH_S", 0.0)
    apart = iter([100.0, 100.0, 100.001, 100.001 - 86_400])
    monkeypatch.setattr(clock, "_apart_s", lambda: next(apart))
    Clock(any_store).run(threading.Event(), lambda: True)  # returns
    assert next(apart, None) is None


def test_a_clock_waits_for_a_database_that_is_away(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "STAND_BY_S", 0.0)
    over, tried = threading.Event(), 0

    @contextmanager
    def away(engine: Engine) -> Iterator[Held]:
        nonlocal tried
        tried += 1
        if tried < 4:
            raise OperationalError("SELECT 1", {}, Exception("the server is starting up"))
        over.set()
        yield lambda: True

    monkeypatch.setattr(clock, "lease", away)
    clock.keep(any_store, over)
    assert tried == 4


def test_a_killed_clock_is_replaced_by_the_one_that_stands_by(store: Store) -> None:
    command = [sys.executable, "-m", "scheduler"]
    with subprocess.Popen(command, env=environment(store), stderr=subprocess.DEVNULL) as first:
        # Whoever did this has the clock as well.
        assert until(lambda: outcomes(store, "upkeep") == ["ok"])
        with (
            subprocess.Popen(
                command, env=environment(store), stderr=subprocess.PIPE, text=True
            ) as second,
            second.stderr as says,  # type: ignore[union-attr]
        ):
            assert "standing by" in says.readline()
            first.kill()
            assert "clock started" in says.readline()
            second.terminate()
            assert second.wait(60) == 0
