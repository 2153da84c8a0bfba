"""Work taken from the database: each job by one process, the longest waiting first, none twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from scheduler import hands, record
from scheduler.clock import SILENT_LOOKS, Clock
from scheduler.hands import Hands, work
from scheduler.record import GIVEN_UP, recorded
from store import engine as engines
from store import tables
from store.engine import reading, writing
from store.opening import Store
from store.reads import jobs as reads
from store.reads import models
from store.writes import catalogue
from store.writes import jobs as writes
from store.writes.jobs import MOST_TRIES, Taken
from tests.living import environment
from tests.scheduler.clocks import alive, children, outcomes, until
from tests.shops import NOW, add_empty, product


def due(store: Store, *wanted: tuple[str, int | None]) -> None:
    with writing(store.engine) as connection:
        for job, shop_id in wanted:
            writes.due(connection, shop_id, job, NOW)


def take(store: Store, *, training: bool = False) -> Taken | None:
    with writing(store.engine) as connection:
        return writes.take(connection, training, "here", NOW)


def finish(store: Store, taken: Taken, outcome: str = "ok") -> bool:
    with writing(store.engine) as connection:
        return writes.finish_run(connection, taken.run_id, outcome, "", NOW)


def waiting(store: Store) -> list[tuple[str, int | None, datetime | None]]:
    q = tables.Request
    with reading(store.engine) as connection:
        rows = connection.execute(select(q.job, q.shop_id, q.taken_at).order_by(q.id))
        return [(job, shop_id, taken) for job, shop_id, taken in rows]


def test_the_longest_waiting_is_taken_first_and_one_job_of_a_shop_at_a_time(
    any_store: Store,
) -> None:
    one, two = add_empty(any_store, "one"), add_empty(any_store, "two")
    due(any_store, ("sync", one), ("tally", one), ("tally", two), ("upkeep", None))
    first, second, third = take(any_store), take(any_store), take(any_store)
    assert first
    assert second
    assert third
    assert [t[1:] for t in (first, second, third)] == [
        ("sync", one), ("tally", two), ("upkeep", None)
    ]  # fmt: skip
    assert take(any_store) is None  # the other of shop one waits for the first
    assert finish(any_store, first)
    later = take(any_store)
    assert later is not None
    assert later[1:] == ("tally", one)


def test_a_training_holds_up_no_other_job_of_its_shop_and_no_second_one_starts(
    any_store: Store,
) -> None:
    shop = add_empty(any_store, "one")
    due(any_store, ("train", shop), ("sync", shop))
    training = take(any_store, training=True)
    assert training is not None
    assert training.job == "train"
    with writing(any_store.engine) as connection:  # what a person asks for meanwhile comes after
        writes.ask(connection, shop, "train", NOW)
    assert take(any_store, training=True) is None
    syncing = take(any_store)
    assert syncing is not None
    assert syncing.job == "sync"
    assert finish(any_store, training)
    assert take(any_store, training=True) is not None


def test_a_shop_that_asks_again_and_again_stands_behind_all_others(any_store: Store) -> None:
    shops = [add_empty(any_store, name) for name in ("eager", "two", "three")]
    due(any_store, *(("train", shop) for shop in shops))
    order = []
    for _ in range(6):
        taken = take(any_store, training=True)
        assert taken is not None
        order.append(taken.shop_id)
        finish(any_store, taken)
        with writing(any_store.engine) as connection:
            writes.ask(connection, shops[0], "train", NOW)
            if len(order) == 3:
                writes.ask(connection, shops[2], "train", NOW)
    eager, two, three = shops
    assert order == [eager, two, three, eager, three, eager]


def test_what_somebody_runs_at_a_prompt_is_not_begun_beside_it(any_store: Store) -> None:
    shop = add_empty(any_store, "one")
    due(any_store, ("sync", shop))
    with recorded(any_store, "import", shop):
        assert take(any_store) is None
    assert take(any_store) is not None


def test_its_turn_comes_once_however_often_it_is_told(any_store: Store) -> None:
    shop = add_empty(any_store, "one")
    due(any_store, ("tally", shop), ("upkeep", None))
    due(any_store, ("tally", shop), ("upkeep", None))
    taken = take(any_store)
    due(any_store, ("tally", shop), ("upkeep", None))  # at work: that will do
    assert len(waiting(any_store)) == 2
    assert taken is not None
    finish(any_store, taken)
    assert [row[0] for row in waiting(any_store)] == ["upkeep"]


def test_the_database_itself_refuses_two_jobs_of_one_shop(any_store: Store) -> None:
    """Two processes that look at the same moment do not see each other's begun runs."""
    shop = add_empty(any_store, "one")
    due(any_store, ("sync", shop), ("tally", shop))
    begun = text("UPDATE requests SET run_id = :run, taken_at = 1 WHERE job = :job")
    with writing(any_store.engine) as connection:
        runs = [writes.start_run(connection, job, shop, NOW) for job in ("sync", "tally")]
        connection.execute(begun, {"run": runs[0], "job": "sync"})
    with writing(any_store.engine) as connection, pytest.raises(IntegrityError):
        connection.execute(begun, {"run": runs[1], "job": "tally"})


def test_many_hands_do_each_job_exactly_once_and_none_two_of_a_shop(
    any_store: Store, store_url: str
) -> None:
    shops = [add_empty(any_store, f"shop {n}") for n in range(6)]
    for job in ("sync", "tally", "letters"):
        due(any_store, *((job, shop) for shop in shops))
    done: list[Taken] = []
    at_work: Counter[int | None] = Counter()
    together: list[int] = []
    watching = threading.Lock()

    def hand() -> None:
        own = engines.open(store_url)  # as another process has
        mine = Store(own, any_store.ring, any_store.settings)
        empty = 0
        while empty < 3:
            try:
                taken = take(mine)
            except IntegrityError:
                continue  # another was the first with that shop
            if taken is None:
                empty += 1
                time.sleep(0.02)
                continue
            with watching:
                at_work[taken.shop_id] += 1
                together.append(at_work[taken.shop_id])
            time.sleep(0.005)
            with watching:
                at_work[taken.shop_id] -= 1
                done.append(taken)
            assert finish(mine, taken)
        own.dispose()

    threads = [threading.Thread(target=hand) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(t[1:] for t in done) == Counter(
        (job, shop) for job in ("sync", "tally", "letters") for shop in shops
    )
    assert len({t.run_id for t in done}) == len(done)
    assert max(together) == 1
    assert waiting(any_store) == []


def test_a_silent_run_gives_its_work_back_in_its_old_place(any_store: Store) -> None:
    one, two = add_empty(any_store, "one"), add_empty(any_store, "two")
    due(any_store, ("sync", one), ("sync", two))
    taken = take(any_store)
    assert taken is not None
    with reading(any_store.engine) as connection:
        (silent,) = reads.running(connection)
    with writing(any_store.engine) as connection:
        assert writes.cut_off(connection, [silent], NOW) == [("sync", one)]
        assert writes.cut_off(connection, [silent], NOW) == []
    assert not finish(any_store, taken)  # it lives after all: too late, and says nothing
    again = take(any_store)
    assert again is not None
    assert again.shop_id == one
    assert outcomes(any_store, "sync") == ["cut off", "running"]


def test_a_beat_in_the_last_moment_saves_a_run(any_store: Store) -> None:
    due(any_store, ("upkeep", None))
    taken = take(any_store)
    assert taken is not None
    with reading(any_store.engine) as connection:
        silent = reads.running(connection)
    later = datetime.now(UTC)
    with writing(any_store.engine) as connection:
        assert writes.beat(connection, taken.run_id, later)
        assert writes.cut_off(connection, silent, later) == []
    assert outcomes(any_store, "upkeep") == ["running"]


def test_a_job_that_kills_its_process_each_time_waits_for_its_next_turn(any_store: Store) -> None:
    shop = add_empty(any_store, "one")
    due(any_store, ("train", shop))
    for _ in range(MOST_TRIES):
        taken = take(any_store, training=True)
        assert taken is not None
        with writing(any_store.engine) as connection:
            writes.give_back(connection, taken.run_id, "It was killed.", NOW, blame=True)
    assert take(any_store, training=True) is None
    assert waiting(any_store) == []
    with reading(any_store.engine) as connection:
        details = connection.scalars(select(tables.JobRun.detail).order_by(tables.JobRun.id)).all()
    assert details == [
        *["It was killed. It runs again."] * (MOST_TRIES - 1),
        "It was killed. It waits for its next turn.",
    ]


# --- as processes ---------------------------------------------------------------------------------


def instead(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    """Let children be something else than a job."""
    begin = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda _words, stdin, env: begin(words, stdin=stdin, env=env)
    )


def test_who_stops_gives_back_what_it_has_and_nobody_is_to_blame(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead(monkeypatch, "sleep", "600")
    due(any_store, ("upkeep", None), ("sync", add_empty(any_store, "one")))
    hand = Hands(any_store, training=False, at_once=1)
    hand.look()
    hand.look()
    assert [taken is None for *_, taken in waiting(any_store)] == [False, True]  # one at once
    hand.end()
    assert [taken is None for *_, taken in waiting(any_store)] == [True, True]
    with reading(any_store.engine) as connection:
        row = connection.execute(select(tables.JobRun.outcome, tables.JobRun.detail)).one()
        assert set(connection.scalars(select(tables.Request.tries))) == {0}
    assert tuple(row) == ("cut off", "It was stopped with its process. It runs again.")


def test_a_child_that_is_slow_to_load_is_not_given_up_for_dead(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine that takes longer than a silence may last."""
    monkeypatch.setattr(hands, "BEAT_S", 0.0)
    instead(monkeypatch, "sleep", "600")
    due(any_store, ("upkeep", None))
    hand, clock = Hands(any_store, training=False, at_once=1), Clock(any_store)
    for _ in range(2 * SILENT_LOOKS):
        hand.look()
        clock.watch()
    assert outcomes(any_store, "upkeep") == ["running"]
    hand.end()


def test_a_child_that_the_system_kills_is_known_at_once_and_by_its_signal(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead(monkeypatch, "sh", "-c", "kill -9 $$")
    due(any_store, ("train", add_empty(any_store, "one")))
    hand = Hands(any_store, training=True, at_once=1)

    def looked() -> bool:
        hand.look()
        return waiting(any_store) == []

    assert until(looked)
    with reading(any_store.engine) as connection:
        details = connection.scalars(select(tables.JobRun.detail).order_by(tables.JobRun.id)).all()
    assert len(details) == MOST_TRIES
    assert all("(signal 9)" in detail for detail in details)


def test_while_the_database_is_away_nothing_is_begun_and_afterwards_it_goes_on(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    over = threading.Event()

    class Away(Hands):
        def look(self) -> None:
            looks.append("look")
            if len(looks) == 3:
                over.set()
            if len(looks) < 3:
                raise OperationalError("SELECT 1", {}, Exception("server closed the connection"))

    monkeypatch.setattr(hands, "LOOK_S", 0.0)
    work(any_store, [Away(any_store, training=True, at_once=1)], over)
    assert len(looks) == 3


def test_trainings_of_one_host_share_its_memory(store: Store) -> None:
    (mine,) = hands._shared_memory(
        replace(store, settings=store.settings.model_copy(update={"train_memory_mib": 900})), 3
    ).values()
    assert mine == "300"


def test_who_was_given_up_for_dead_ends_as_soon_as_it_hears_of_it(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "BEAT_S", 0.01)
    ended = threading.Event()

    def end(code: int) -> None:
        assert code == GIVEN_UP
        ended.set()

    monkeypatch.setattr(os, "_exit", end)
    due(any_store, ("upkeep", None))
    taken = take(any_store)
    assert taken is not None
    with recorded(any_store, "upkeep", None, taken.run_id):
        with writing(any_store.engine) as connection:
            assert writes.give_back(connection, taken.run_id, "Silent.", NOW, blame=True)
        assert ended.wait(60)
    assert outcomes(any_store, "upkeep") == ["cut off"]
    assert take(any_store) is not None


def test_a_job_that_loses_the_database_waits_again_and_one_that_is_refused_has_failed(
    any_store: Store,
) -> None:
    for lost in (True, False):
        due(any_store, ("upkeep", None))
        taken = take(any_store)
        assert taken is not None
        fault = OperationalError("SELECT 1", {}, Exception("no"), connection_invalidated=lost)
        with (
            pytest.raises(OperationalError),
            recorded(any_store, "upkeep", None, taken.run_id),
        ):
            raise fault
    assert outcomes(any_store, "upkeep") == ["cut off", "failed"]


def test_trainers_killed_in_the_middle_of_a_training_leave_it_to_others(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = add_empty(store, "one")
    with writing(store.engine) as connection:
        catalogue.save_products(connection, shop, [product(n) for n in range(3)])
    due(store, ("train", shop))
    command = [sys.executable, "-m", "scheduler", "trainers"]
    for name, value in environment(store).items():
        monkeypatch.setenv(name, value)
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as trainers:
        assert until(lambda: bool(children(trainers.pid)))
        (child,) = children(trainers.pid)
        os.kill(child, signal.SIGSTOP)
        trainers.kill()
    os.kill(child, signal.SIGCONT)
    assert until(lambda: not alive(child))  # its parent's end of the pipe is gone
    clock = Clock(store)
    while outcomes(store, "train") == ["running"]:
        clock.watch()
    over, others = threading.Event(), Hands(store, training=True, at_once=1)
    working = threading.Thread(target=work, args=(store, [others], over))
    working.start()
    try:
        assert until(lambda: outcomes(store, "train") == ["cut off", "ok"])
    finally:
        over.set()
        working.join()
    with reading(store.engine) as connection:
        assert len(models.every(connection, shop)) == 1
