"""See that each job is due when its turn has come, and that what died is done again.

Whoever holds the lease has the clock. It only writes rows (`requests`); doing them is for hands,
here or on other hosts (`scheduler/hands.py`). Nothing of it lives in memory only: what was missed
while no clock ran is reckoned from `job_runs` at its start.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from sqlalchemy.exc import DBAPIError

from scheduler import jobs
from scheduler.lease import Held, lease
from store.engine import reading, writing
from store.opening import Store
from store.reads import jobs as reads
from store.reads import shops
from store.reads.jobs import Running
from store.writes import jobs as writes

# How soon a new shop, a webhook or a dead job is noticed.
WATCH_S = 2.0
# How soon a stand-by takes over.
STAND_BY_S = 1.0
# A run beats every 3 s. It is dead when its last beat is still the same at so many looks: counting
# looks, no two machines need the same time, and one that stood still itself mistakes nobody.
SILENT_LOOKS = 8
# The machine's time was set, or it slept, when its two clocks part by more than this in one turn.
JUMP_S = 30.0

Turn = tuple[str, int | None]  # job, shop

log = structlog.get_logger()


class Clock:
    """The timetable of all shops on one APScheduler."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        self._known: set[Turn] = set()
        self._turns: set[Turn] = set()  # that have come and are not written down yet
        self._looks: dict[Running, int] = {}  # how often each was seen with the same beat

    def run(self, over: threading.Event, held: Held) -> None:
        """Until it is over, another clock may have the lease, or this machine's time was set."""
        self._scheduler.start()
        apart_s = _apart_s()
        try:
            while held() and not over.is_set():
                self.watch()
                over.wait(WATCH_S)
                before_s, apart_s = apart_s, _apart_s()
                if abs(apart_s - before_s) > JUMP_S:
                    log.warning("this machine's time was set; the timetable is reckoned anew")
                    return
        finally:
            self._scheduler.shutdown(wait=False)

    def watch(self) -> None:
        """One look: shops that came and went, turns that have come, jobs whose process died."""
        now = datetime.now(UTC)
        with reading(self._store.engine) as connection:
            every = shops.every(connection)
            told = {
                (job.name, shop_id)
                for job in jobs.TIMETABLE
                for shop_id in job.waits(connection, now)
                if any(shop.id == shop_id and job.for_shop(shop) for shop in every)
            }
            running = reads.running(connection)
        self._keep_timetable(every, now)
        come = [self._turns.pop() for _ in range(len(self._turns))]
        silent = self._silent(running)
        if not (come or told or silent):
            return
        with writing(self._store.engine) as connection:
            for job, shop_id in writes.cut_off(connection, silent, now):
                log.warning("job was cut off", job=job, shop=shop_id)
            for job, shop_id in {*come, *told}:
                writes.due(connection, shop_id, job, now)

    def _keep_timetable(self, every: Sequence[shops.Shop], now: datetime) -> None:
        wanted: set[Turn] = set()
        for job in jobs.TIMETABLE:
            if job.trigger is None:
                continue
            for shop in every if job.per_shop else (None,):
                if shop is not None and not job.for_shop(shop):
                    continue
                turn = (job.name, shop.id if shop else None)
                wanted.add(turn)
                if turn not in self._known:
                    if jobs.is_overdue(self._store, job, shop, now):
                        self._turns.add(turn)
                    self._add(turn, job.trigger(self._store.settings, shop))
        for gone in self._known - wanted:
            self._scheduler.remove_job(str(gone))
        self._known = wanted

    def _add(self, turn: Turn, trigger: BaseTrigger) -> None:
        self._scheduler.add_job(self._turns.add, trigger, id=str(turn), args=(turn,))

    def _silent(self, running: Sequence[Running]) -> list[Running]:
        self._looks = {one: self._looks.get(one, 0) + 1 for one in running}
        return [one for one, looks in self._looks.items() if looks > SILENT_LOOKS]


def _apart_s() -> float:
    """The wall's clock less the one that nobody sets."""
    return time.time() - time.monotonic()


def keep(store: Store, over: threading.Event) -> None:
    """Have the clock, or stand by for it, until it is over; a database that is away comes back."""
    said = ""
    while not over.is_set():
        try:
            with lease(store.engine) as held:
                if held():
                    log.info("clock started")
                    said = ""
                    Clock(store).run(over, held)
                    log.info("clock stopped")
                    continue
            why = "another clock is running; standing by"
        except DBAPIError as error:
            why = f"the database does not answer; asking again: {error.orig}"
        if why != said:
            log.info(why)
            said = why
        over.wait(STAND_BY_S)
