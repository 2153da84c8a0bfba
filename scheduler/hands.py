"""Take what is due from the database and do it, each job in a child process.

Any number of processes on any number of hosts may have hands: a row is taken by one of them, and
one that dies gives it back by its silence (`scheduler/clock.py`). What is due, this leaves to the
clock; what a job does, to `scheduler/jobs.py`.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError

from scheduler.record import BEAT_S
from store.engine import reading, writing
from store.opening import Store
from store.reads import jobs as reads
from store.writes import jobs as writes
from store.writes.jobs import Taken

# How soon what is due is seen, and that a child has ended.
LOOK_S = 0.5
# How long a child may take to die when we end; what it did is done again from its last page on.
END_WITHIN_S = 10.0

log = structlog.get_logger()


class Hands:
    """So many at once of one kind of job: trainings, or everything else."""

    def __init__(self, store: Store, *, training: bool, at_once: int) -> None:
        self._store = store
        self._training = training
        self._at_once = at_once
        self._children: dict[subprocess.Popen[bytes], Taken] = {}
        self._beat_at_s = 0.0
        self._environment = dict(os.environ)
        if training and at_once > 1:
            self._environment |= _shared_memory(store, at_once)

    def look(self) -> None:
        """Note which children ended, and begin what is due while a hand is free."""
        for child in [child for child in self._children if child.poll() is not None]:
            self._ended(child, self._children[child])
            del self._children[child]
        self._beat()
        while len(self._children) < self._at_once:
            taken = self._take()
            if taken is None:
                return
            self._begin(taken)

    def end(self) -> None:
        """Give back what is not done; whoever has a hand free goes on with it."""
        for child in self._children:
            child.terminate()
        for child, taken in self._children.items():
            with suppress(subprocess.TimeoutExpired):
                child.wait(timeout=END_WITHIN_S)
            child.kill()
            child.wait()
            _closed(child)
            with suppress(DBAPIError), writing(self._store.engine) as connection:
                why = "It was stopped with its process."
                writes.give_back(connection, taken.run_id, why, _now(), blame=False)
        self._children.clear()

    def _take(self) -> Taken | None:
        with reading(self._store.engine) as connection:
            if not reads.is_ready(connection, self._training):
                return None  # nobody's writing is held up by looking
        try:
            with writing(self._store.engine) as connection:
                return writes.take(connection, self._training, platform.node(), _now())
        except IntegrityError:
            return None  # another process was the first to take that shop

    def _beat(self) -> None:
        """They live. On a busy machine a child takes long to load before it can say so itself."""
        if not self._children or time.monotonic() < self._beat_at_s:
            return
        with writing(self._store.engine) as connection:
            for taken in self._children.values():
                writes.beat(connection, taken.run_id, _now())
        self._beat_at_s = time.monotonic() + BEAT_S

    def _begin(self, taken: Taken) -> None:
        words = ["run", taken.job, *([] if taken.shop_id is None else [str(taken.shop_id)])]
        # The child reads our end of a pipe: when we die, however, it ends, and does not go on
        # beside whoever takes its work.
        child = subprocess.Popen(
            [sys.executable, "-m", "scheduler", *words, "--child", str(taken.run_id)],
            stdin=subprocess.PIPE,
            env=self._environment,
        )
        self._children[child] = taken

    def _ended(self, child: subprocess.Popen[bytes], taken: Taken) -> None:
        _closed(child)
        if child.returncode == 0:
            return
        with writing(self._store.engine) as connection:
            why = f"The process died on {platform.node()} ({_cause(child.returncode)})."
            writes.give_back(connection, taken.run_id, why, _now(), blame=True)
        log.error("job failed", job=taken.job, shop=taken.shop_id, code=child.returncode)


def work(store: Store, hands: Sequence[Hands], over: threading.Event) -> None:
    """Until it is over. While the database is away, nothing new is begun."""
    away = False
    try:
        while not over.is_set():
            try:
                for some in hands:
                    some.look()
                away = False
            except DBAPIError as error:
                if not away:
                    log.warning("the database does not answer; asking again", why=str(error.orig))
                away = True
            over.wait(LOOK_S)
    finally:
        for some in hands:
            some.end()


def _shared_memory(store: Store, trainings: int) -> dict[str, str]:
    """Each training by itself would take most of what is free."""
    from scheduler.room import MIB, room  # loads the trainers' libraries

    free = room(store.settings.train_memory_mib)
    return {"TRAIN_MEMORY_MIB": str(max(free // MIB // trainings, 1))} if free else {}


def _now() -> datetime:
    return datetime.now(UTC)


def _closed(child: subprocess.Popen[bytes]) -> None:
    if child.stdin:
        child.stdin.close()


def _cause(code: int) -> str:
    """Killed by the system is memory, nearly always."""
    return f"signal {-code}" if code < 0 else f"exit code {code}"
