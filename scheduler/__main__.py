"""`python -m scheduler`: the clock. `python -m scheduler run JOB [SHOP_ID]`: one job, as its child.

The clock holds a lease, so a second one stands by. What is overdue or was cut off is computed
from `job_runs` at start; nothing of it lives in memory only.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from connectors.errors import ConnectorError
from scheduler import jobs
from scheduler.lease import Held, lease
from scheduler.record import SILENT_AFTER
from store import logs, settings
from store.engine import reading, writing
from store.errors import Explained
from store.opening import Store, open_store, require_schema
from store.reads import shops
from store.writes import jobs as job_writes

# How soon a request ("Sync now"), a new shop or a dead job is noticed.
WATCH_S = 2.0
# How soon a stand-by takes over.
STAND_BY_S = 1.0
# Jobs at work at once: one that trains and one that does anything else.
AT_ONCE = 2

log = structlog.get_logger()


class Clock:
    """The jobs of all shops on one APScheduler, each run in a child process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(AT_ONCE)},
            # A clock that was stopped for hours catches up with one run, not with each missed.
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        self._known: set[str] = set()
        self._once: set[str] = set()  # runs for what waits, until they are over
        self._children: set[subprocess.Popen[bytes]] = set()
        self._ending = False

    def run(self, over: threading.Event, held: Held) -> None:
        """Until it is over, or another clock may have taken the lease."""
        self._scheduler.start()
        try:
            while held() and not over.is_set():
                self._watch()
                over.wait(WATCH_S)
        finally:
            # What still waits for a worker is the next clock's, which is about to have the lease.
            self._ending = True
            self._scheduler.shutdown(wait=False)
            for child in list(self._children):
                child.terminate()

    def _watch(self) -> None:
        """New and removed shops, what waits, requests from people, and jobs whose process died."""
        now = datetime.now(UTC)
        with reading(self._store.engine) as connection:
            every = shops.every(connection)
            waiting = [
                (job.name, shop_id)
                for job in jobs.TIMETABLE
                for shop_id in job.waits(connection, now)
                if any(shop.id == shop_id and job.for_shop(shop) for shop in every)
            ]
        wanted: set[str] = set()
        for job in jobs.TIMETABLE:
            if job.trigger is None:
                continue
            for shop in every if job.per_shop else (None,):
                if shop is not None and not job.for_shop(shop):
                    continue
                name = _name(job.name, shop.id if shop else None)
                wanted.add(name)
                if name not in self._known:
                    trigger = job.trigger(self._store.settings, shop)
                    self._add(job, trigger, shop, name, now)
        for gone in self._known - wanted:
            self._scheduler.remove_job(gone)
        self._known = wanted
        with writing(self._store.engine) as connection:
            asked = job_writes.take_requests(connection, now)
            dead = job_writes.mark_cut_off(connection, now - SILENT_AFTER, now)
        for job_name, waiting_shop in waiting:
            self._soon(job_name, waiting_shop)
        for shop_id, job_name in asked:
            self._at_once(job_name, shop_id)
        for job_name, dead_shop in dead:
            log.warning("job was cut off; it runs again", job=job_name, shop=dead_shop)
            self._at_once(job_name, dead_shop)

    def _soon(self, job: str, shop_id: int | None) -> None:
        """Once, when a worker is free; not again before that run is over."""
        name = _name(job, shop_id)
        if name not in self._once:
            self._once.add(name)
            self._scheduler.add_job(self._in_a_child, id=name, args=(job, shop_id))

    def _add(
        self,
        job: jobs.Job,
        trigger: BaseTrigger,
        shop: shops.Shop | None,
        name: str,
        now: datetime,
    ) -> None:
        due = jobs.due_at(self._store, job, shop, now)
        first = {} if due is None else {"next_run_time": due}
        self._scheduler.add_job(
            self._in_a_child,
            trigger,
            id=name,
            args=(job.name, shop.id if shop else None),
            **first,
        )

    def _at_once(self, job: str, shop_id: int | None) -> None:
        name = _name(job, shop_id)
        if name in self._known:
            self._scheduler.modify_job(name, next_run_time=datetime.now(UTC))

    def _in_a_child(self, job: str, shop_id: int | None) -> None:
        if self._ending:
            return
        words = ["run", job, *([] if shop_id is None else [str(shop_id)]), "--child"]
        # The child reads our end of a pipe: when we die, however, it ends, and does not go on
        # beside the clock that takes over.
        child = subprocess.Popen([sys.executable, "-m", "scheduler", *words], stdin=subprocess.PIPE)
        self._children.add(child)
        try:
            if child.wait():
                log.error("job failed", job=job, shop=shop_id, code=child.returncode)
        finally:
            self._once.discard(_name(job, shop_id))
            self._children.discard(child)
            if child.stdin:
                child.stdin.close()


def _name(job: str, shop_id: int | None) -> str:
    return f"{job}:{shop_id or 'all'}"


def _end_with_parent() -> None:
    descriptor = sys.stdin.fileno()

    def watch() -> None:
        # Not through sys.stdin: its lock, held by this thread, would abort the interpreter's end.
        while os.read(descriptor, 1024):
            pass
        os._exit(70)

    threading.Thread(target=watch, daemon=True).start()


def _serve(store: Store) -> None:
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    waiting_said = False
    while not over.is_set():
        with lease(store.engine) as held:
            if held():
                log.info("clock started")
                waiting_said = False
                Clock(store).run(over, held)
                log.info("clock stopped")
                continue
        if not waiting_said:
            log.info("another clock is running; standing by")
            waiting_said = True
        over.wait(STAND_BY_S)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scheduler", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    one = commands.add_parser("run", help="do one job now and exit")
    one.add_argument("job", choices=[job.name for job in jobs.TIMETABLE])
    one.add_argument("shop", type=int, nargs="?")
    one.add_argument("--child", action="store_true", help="end when standard input does")
    asked = parser.parse_args()
    store = open_store(settings.load())
    logs.configure(store.settings.log_format)
    require_schema(store)
    if asked.command == "run":
        if asked.child:
            _end_with_parent()
        try:
            jobs.run(store, asked.job, asked.shop)
        except (ConnectorError, Explained) as error:  # noted in job_runs, where people read it
            log.warning("job failed", job=asked.job, shop=asked.shop, why=str(error))
            return 1
        return 0
    _serve(store)
    return 0


if __name__ == "__main__":
    sys.exit(main())
