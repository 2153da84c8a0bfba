"""Four web workers, two clocks and two trainers on one PostgreSQL: is each job done exactly once?

Meanwhile a clock and trainers are killed with SIGKILL in the middle of their work, and the database
restarts. Minutes of real processes: `make prove PART=faults`. Nothing here waits for seconds to
pass, only for something to be true, so a busy machine takes longer and proves the same.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError

from store import engine as engines
from store import schema, tables
from store.engine import reading, writing
from store.opening import Store
from store.reads.shops import Shop
from store.writes import jobs
from tests.bench.load import Connection, get
from tests.bench.server import serve
from tests.conftest import postgres_programs
from tests.databases import Cluster, postgres_cluster
from tests.living import environment
from tests.scheduler.clocks import children, program
from tests.shops import fill, open_store

ASKED = int(os.environ.get("PROVE_ASKED", "0"))
SHOPS = 3
# Long enough for the slowest machine; only a fault waits for it.
PATIENCE_S = 1_800.0
# Nobody's turn comes while we count what was asked for.
NEVER = {"TALLY_MINUTES": "100000", "SYNC_MINUTES": "100000"}

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(not ASKED, reason="takes minutes: make prove PART=faults"),
]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    programs = postgres_programs()
    assert programs
    with postgres_cluster(programs) as running:
        yield running


@pytest.fixture
def store(cluster: Cluster) -> Iterator[Store]:
    engine = engines.open(cluster.url + "postgres")
    schema.upgrade(engine)
    yield open_store(engine)
    engine.dispose()


class Shoppers:
    """They look at shelves all the while, and note what was not an answer."""

    def __init__(self, port: int, shops: list[Shop]) -> None:
        self._port, self._shops = port, shops
        self.answered = 0
        self.failed: Counter[str] = Counter()
        self.away = threading.Event()  # the database is, and so may be the shelves
        self.refused = 0
        self._over = threading.Event()
        self._asking = threading.Thread(target=self._ask)

    def __enter__(self) -> Shoppers:
        self._asking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._asking.join()

    def _ask(self) -> None:
        with Connection(self._port) as connection:
            while not self._over.is_set():
                was_away = self.away.is_set()
                key = self._shops[self.answered % len(self._shops)].key
                status, _ = connection.ask(get(f"/v1/{key}/shelf?placement=bestsellers"))
                if status == 200:
                    self.answered += 1
                elif status == 503 and (was_away or self.away.is_set()):
                    self.refused += 1
                else:
                    self.failed[str(status)] += 1
                time.sleep(0.02)


def test_four_workers_two_clocks_and_two_trainers_do_each_job_exactly_once(
    store: Store, cluster: Cluster
) -> None:
    every = [fill(store, f"Shop {n}") for n in range(SHOPS)]
    with (
        program(store, **NEVER) as first,
        program(store, **NEVER),
        program(store, "trainers", **NEVER) as trainers,
        program(store, "trainers", **NEVER),
        serve(environment(store), workers=4) as server,
        Shoppers(server.port, every) as shoppers,
    ):
        until(lambda: "upkeep" in {job for job, _ in ended(store.engine)})
        until(lambda: nothing_is_left(store.engine))
        before = ended(store.engine)
        for turn in range(ASKED):
            for shop in every:
                for job in ("tally", "train"):
                    ask(store, shop, job)
            if turn == ASKED // 4:
                until(lambda: bool(children(first.pid)))
                first.kill()
            if turn == ASKED // 2:
                until(lambda: bool(children(trainers.pid)))
                trainers.kill()
            if turn == 3 * ASKED // 4:
                until(lambda: at_work(store.engine) > 0)
                shoppers.away.set()
                cluster.stop("fast")
                cluster.start()
                until(lambda: answers(server.port, every[0]))
                shoppers.away.clear()
            until(lambda: nothing_is_left(store.engine))
    done = ended(store.engine)
    new = {what: done[what] - before[what] for what in done if done[what] != before[what]}
    cut_off = sum(count for (_, outcome), count in new.items() if outcome == "cut off")
    well = {what: count for what, count in new.items() if what[1] != "cut off"}
    expected = SHOPS * ASKED
    assert well == {("tally", "ok"): expected, ("train", "ok"): expected}, story(store.engine)
    assert cut_off > 0
    assert shoppers.failed == Counter()
    sys.stdout.write(
        f"\n{2 * SHOPS * ASKED} jobs asked for, each ended well exactly once; {cut_off} runs were "
        "cut off by a killed clock, killed trainers and a database that restarted, and done again; "
        f"{shoppers.answered:,} shelves answered meanwhile, {shoppers.refused} refused with 503 "
        "while the database was away, 0 failed\n"
    )


def ask(store: Store, shop: Shop, job: str) -> None:
    with writing(store.engine) as connection:
        jobs.ask(connection, shop.id, job, datetime.now(UTC))


def ended(engine: Engine) -> Counter[tuple[str, str]]:
    """(job, outcome) -> how many runs."""
    r = tables.JobRun
    with reading(engine) as connection:
        rows = connection.execute(
            select(r.job, r.outcome, func.count())
            .where(r.outcome != "running")
            .group_by(r.job, r.outcome)
        )
        return Counter({(job, outcome): count for job, outcome, count in rows})


def story(engine: Engine) -> str:
    """Every run, for whoever has to find out why."""
    r = tables.JobRun
    with reading(engine) as connection:
        rows = connection.execute(
            select(r.id, r.job, r.shop_id, r.started_at, r.outcome, r.detail).order_by(r.id)
        )
        return "\n".join(" ".join(map(str, row)) for row in rows)


def nothing_is_left(engine: Engine) -> bool:
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(tables.Request)) == 0


def at_work(engine: Engine) -> int:
    r = tables.JobRun
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).where(r.outcome == "running")) or 0


def answers(port: int, shop: Shop) -> bool:
    with Connection(port) as connection:
        return connection.ask(get(f"/v1/{shop.key}/shelf?placement=bestsellers"))[0] == 200


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            if true():
                return
        except OperationalError:
            pass  # it is restarting
        assert time.monotonic() < end, "it never came to it"
        time.sleep(0.1)
