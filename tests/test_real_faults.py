"""Faults made for real, under real servers: what do shoppers see, what is kept, who names it?

`make prove PART=faults`. A disk that is full is a small tmpfs, a database that is locked is held by
another process, a database that is gone was moved away, a training without memory has a limit set
by the system. Mounting takes root. What the suite samples of this stands in tests/test_faults.py.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select
from werkzeug.wrappers import Request

from plugin.findings import of_installation, of_shop
from store import engine as engines
from store import tables
from store.engine import reading, writing
from store.opening import Store
from store.reads import models, shops
from store.reads.shops import Shop
from store.records import ShopFacts
from store.writes import jobs
from store.writes.shops import add_shop
from tests.bench.load import Connection, get, post
from tests.bench.server import serve
from tests.connectors.fake_shop import KEY, SECRET, FakeShop, served
from tests.living import environment
from tests.scheduler.clocks import children, outcomes, program, until
from tests.shops import NAME, NOW, add_empty, open_store

KILLS = int(os.environ.get("PROVE_FAULTS", "0"))

pytestmark = pytest.mark.skipif(not KILLS, reason="takes minutes: make prove PART=faults")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "none", str(folder)], capture_output=True
    )
    # A proof that leaves out what it cannot do would prove nothing.
    assert not done.returncode, f"no disk can be mounted here: {done.stderr.decode().strip()}"
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


class Browser:
    """It tells of events, and remembers what was acknowledged."""

    def __init__(self, port: int, shop: Shop) -> None:
        self._port, self._shop = port, shop
        self.heard: set[bytes] = set()

    def tell(self) -> int:
        ids = [uuid.uuid4() for _ in range(20)]
        told = [{"id": str(i), "type": "product_view", "item": "p4"} for i in ids]
        body = orjson.dumps({"visitor": "v" * 32, "events": told})
        with Connection(self._port) as connection:
            status, _ = connection.ask(post(f"/v1/{self._shop.key}/shelf/events", body))
        if status == 202:
            self.heard.update(i.bytes for i in ids)
        return status

    def look(self) -> tuple[int, int]:
        """The status of a shelf, and how many products it shows."""
        with Connection(self._port) as connection:
            path = f"/v1/{self._shop.key}/shelf?placement=bestsellers"
            status, body = connection.ask(get(path))
        return status, len(orjson.loads(body)["items"]) if status == 200 else 0

    def lost(self, store: Store) -> set[bytes]:
        with reading(store.engine) as connection:
            kept = [bytes(i) for i in connection.scalars(select(tables.Event.id))]
        assert len(kept) == len(set(kept))
        return self.heard - set(kept)


def doctor(store: Store, shop: Shop | None = None) -> set[str]:
    now = datetime.now(UTC)
    found = list(of_installation(store, now))
    if shop is not None:
        found += of_shop(store, shop, now)
    return {finding.code for finding in found}


def say(line: str) -> None:
    sys.stdout.write(f"\n{line}\n")


def test_a_full_disk(small_disk: Path, trained_file: Path) -> None:
    file = small_disk / "store.sqlite"
    shutil.copy(trained_file, file)
    store = open_store(engines.open(f"sqlite:///{file}"))
    with reading(store.engine) as connection:
        shop = shops.find(connection, NAME)
    with program(store) as clock, serve(environment(store), workers=2) as server:
        browser = Browser(server.port, shop)
        told: Counter[int] = Counter()

        def full() -> bool:
            told[status := browser.tell()] += 1
            return status != 202

        assert until(full)
        seen = [browser.look() for _ in range(50)]
        assert set(seen) == {(200, 8)}
        assert "disk-full" in doctor(store)
        assert clock.poll() is None
        subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
        assert until(lambda: browser.tell() == 202)
        assert browser.lost(store) == set()
        with writing(store.engine) as connection:
            jobs.ask(connection, shop.id, "tally", datetime.now(UTC))
        before = outcomes(store, "tally").count("ok")
        assert until(lambda: outcomes(store, "tally").count("ok") > before)
    store.engine.dispose()
    say(
        f"disk full: {told[202]} batches acknowledged, then {dict(told)}; 50 of 50 shelves "
        f"answered; the doctor: disk-full; with room again events and jobs went on, 0 of "
        f"{len(browser.heard)} acknowledged events lost"
    )


HOLD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def test_another_program_holds_the_write_lock(store: Store, shop: Shop) -> None:
    file = str(store.engine.url.database)
    with program(store) as clock, serve(environment(store), workers=2) as server:
        assert until(lambda: "ok" in outcomes(store, "upkeep"))
        browser = Browser(server.port, shop)
        assert browser.tell() == 202
        with subprocess.Popen(
            [sys.executable, "-c", HOLD, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            refused: Counter[int] = Counter()
            lock = threading.Lock()

            def tell() -> None:
                status = browser.tell()
                with lock:
                    refused[status] += 1

            tellers = [threading.Thread(target=tell) for _ in range(12)]
            for teller in tellers:
                teller.start()
            seen = [browser.look() for _ in range(50)]
            assert "not-writable" in doctor(store)
            assert until(lambda: refused[429] > 0)
            holder.communicate()
        for teller in tellers:
            teller.join()
        assert set(seen) == {(200, 8)}
        assert set(refused) <= {202, 429}
        assert browser.tell() == 202
        assert browser.lost(store) == set()
        assert "not-writable" not in doctor(store)
        assert clock.poll() is None
    say(
        f"write lock held by another program: of 12 batches {dict(refused)}; 50 of 50 shelves "
        "answered; the doctor: not-writable; afterwards nothing acknowledged was lost"
    )


def test_the_file_is_moved_away_and_back(store: Store, shop: Shop, tmp_path: Path) -> None:
    file = Path(str(store.engine.url.database))
    with program(store) as clock, serve(environment(store), workers=2) as server:
        assert until(lambda: "ok" in outcomes(store, "upkeep"))
        browser = Browser(server.port, shop)
        assert browser.tell() == 202
        away = tmp_path / "away.sqlite"
        file.rename(away)
        seen, told = [browser.look() for _ in range(50)], [browser.tell() for _ in range(20)]
        assert {status for status, _ in seen} <= {200, 503}
        assert set(told) <= {202, 503}
        assert not file.exists()  # nobody made a new, empty one
        flask = str(Path(sys.executable).with_name("flask"))
        asked = subprocess.run(
            [flask, "doctor"], env=environment(store), capture_output=True, text=True
        )
        assert asked.returncode != 0
        assert "is gone" in asked.stderr
        away.rename(file)
        assert until(lambda: browser.look() == (200, 8) and browser.tell() == 202)
        assert clock.poll() is None
    assert browser.lost(store) == set()
    with reading(store.engine) as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    told_owner = asked.stderr.replace(str(file), file.name).partition(",")[0]
    say(
        f"file moved away: shelves {dict(Counter(s for s, _ in seen))}, events "
        f"{dict(Counter(told))}; `flask doctor`: {told_owner}; moved back: "
        "everything went on, nothing acknowledged was lost, the file is whole"
    )


def test_a_training_runs_out_of_memory(store: Store, shop: Shop) -> None:
    with program(store, "trainers") as trainers, serve(environment(store)) as server:
        browser = Browser(server.port, shop)
        with writing(store.engine) as connection:
            jobs.ask(connection, shop.id, "train", datetime.now(UTC))
        limited: set[int] = set()

        def starved() -> bool:
            for child in children(trainers.pid):
                with suppress(ProcessLookupError, PermissionError):
                    # As much as it loads itself, and hardly more.
                    resource.prlimit(child, resource.RLIMIT_AS, (700 * 2**20, 700 * 2**20))
                    limited.add(child)
            return "running" not in outcomes(store, "train") and bool(limited)

        assert until(starved)
        assert trainers.poll() is None
        found = doctor(store, shop) & {"job-failed", "job-cut-off"}
        assert found
        assert browser.look() == (200, 8)
        with reading(store.engine) as connection:
            detail = connection.scalars(
                select(tables.JobRun.detail).where(tables.JobRun.job == "train")
            ).all()
            assert [model.version for model in models.every(connection, shop.id)] == [1]
        how = outcomes(store, "train")
        with writing(store.engine) as connection:
            jobs.ask(connection, shop.id, "train", datetime.now(UTC))
        assert until(lambda: outcomes(store, "train")[-1] == "ok")
    say(
        f"training without memory: {how}, saying {sorted(set(detail))}; the doctor: "
        f"{', '.join(sorted(found))}; shelves from the last good lists; the next one went well"
    )


def test_a_scheduler_is_killed_again_and_again(store: Store, shop: Shop) -> None:
    chance = random.Random(8)
    said: list[str] = []
    with serve(environment(store)) as server:
        browser = Browser(server.port, shop)
        for _ in range(KILLS):
            with writing(store.engine) as connection:
                jobs.ask(connection, shop.id, "train", datetime.now(UTC))
            with program(store) as clock:
                assert until(lambda: bool(children(clock.pid)))
                time.sleep(chance.random() * 10)
                own = children(clock.pid)
                clock.kill()
                clock.wait()
                assert until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in own))  # noqa: B023
            with reading(store.engine) as connection:
                said += connection.scalars(
                    select(tables.JobRun.job + ": " + tables.JobRun.detail).where(
                        tables.JobRun.outcome == "running"
                    )
                )
            assert browser.look() == (200, 8)
        with program(store):
            assert until(lambda: "running" not in {o for j in ALL for o in outcomes(store, j)})
            with writing(store.engine) as connection:
                jobs.ask(connection, shop.id, "train", datetime.now(UTC))
            before = outcomes(store, "train").count("ok")
            assert until(lambda: outcomes(store, "train").count("ok") > before)
        assert browser.look() == (200, 8)
    say(
        f"scheduler killed {KILLS} times, at: {dict(Counter(said))}; the shelves were answered "
        "after each, and every run that was left ended"
    )


ALL = ("train", "tally", "letters", "upkeep")


class Late:
    """A shop whose first answer comes after half a minute."""

    def __init__(self, shop: FakeShop) -> None:
        self._shop = shop
        self.asked = threading.Event()
        self.answered = threading.Event()

    def __call__(self, environ: object, start: object) -> object:
        if not self.asked.is_set():
            self.asked.set()
            Request(environ)  # type: ignore[arg-type]
            time.sleep(30.0)
            self.answered.set()
        return self._shop(environ, start)


def test_a_shop_answers_half_a_minute_late(store: Store, shop: Shop) -> None:
    fake = FakeShop()
    late = Late(fake)
    with served(late) as url:
        fake.url = fake.home = url
        with writing(store.engine) as connection:
            slow, _ = add_shop(
                connection, store.ring, "woocommerce",
                ShopFacts("Slow", url, "GBP", "UTC"),
                {"key": KEY, "secret": SECRET, "allow_private": "yes"}, NOW,
            )  # fmt: skip
        other = add_empty(store, "other")
        with program(store), serve(environment(store)) as server:
            browser = Browser(server.port, shop)
            assert late.asked.wait(120)
            with writing(store.engine) as connection:
                jobs.ask(connection, other, "tally", datetime.now(UTC))
            before = outcomes(store, "tally").count("ok")
            assert until(lambda: outcomes(store, "tally").count("ok") > before)
            assert browser.look() == (200, 8)
            meanwhile = not late.answered.is_set()
            assert until(lambda: "ok" in outcomes(store, "sync"))
    with reading(store.engine) as connection:
        counts = shops.counts(connection, slow)
    assert counts.products
    say(
        f"a shop 30 s late: synced all the same ({counts.products} products); another shop's job "
        f"was done {'meanwhile' if meanwhile else 'later (a busy machine)'}, shelves answered"
    )


def test_a_flood_from_one_address(store: Store, shop: Shop) -> None:
    settings = environment(store) | {"STOREFRONT_RATE": "100/second", "TRUSTED_PROXIES": "1"}
    path = f"/v1/{shop.key}/shelf?placement=bestsellers"
    flood: Counter[int] = Counter()
    over = threading.Event()

    def ask(connection: Connection, address: str) -> int:
        request = get(path).replace(b"\r\n\r\n", f"\r\nX-Forwarded-For: {address}\r\n\r\n".encode())
        return connection.ask(request)[0]

    with serve(settings, workers=2) as server, ExitStack() as stack:

        def pour() -> None:
            with Connection(server.port) as connection:
                while not over.is_set():
                    flood[ask(connection, "203.0.113.9")] += 1

        pouring = [threading.Thread(target=pour) for _ in range(4)]
        for one in pouring:
            one.start()
        stack.callback(lambda: [one.join() for one in pouring])
        stack.callback(over.set)
        assert until(lambda: flood[429] > 1_000)
        with Connection(server.port) as connection:
            others = Counter(ask(connection, f"198.51.100.{n}") for n in range(200))
    assert others == {200: 200}
    say(
        f"a flood from one address: {flood[200]} answered, {flood[429]} refused with 429; of 200 "
        "other addresses meanwhile all were answered"
    )
