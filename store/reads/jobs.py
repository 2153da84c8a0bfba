"""What waits to be done, and what is being done?"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, exists, func, literal_column, select

from store import tables

# Trainings take minutes to hours, everything else seconds as a rule: each kind has hands of its
# own, so that a shop's stock does not wait for a training.
TRAIN = "train"

# Written out, or SQLite could not use the index that holds only these.
RUNNING: ColumnElement[bool] = tables.JobRun.outcome == literal_column("'running'")
WAITING: ColumnElement[bool] = tables.Request.taken_at.is_(None)


def ready(training: bool) -> ColumnElement[bool]:
    """Waits, and no job of its kind is at work for its shop, one begun by hand included."""
    q, r = tables.Request, tables.JobRun
    busy = exists().where(
        RUNNING,
        r.shop_id.is_not_distinct_from(q.shop_id),
        (r.job == TRAIN) if training else (r.job != TRAIN),
    )
    return WAITING & ((q.job == TRAIN) if training else (q.job != TRAIN)) & ~busy


def is_ready(connection: Connection, training: bool) -> bool:
    """Whether there is anything to take."""
    q = tables.Request
    return connection.scalar(select(q.id).where(ready(training)).limit(1)) is not None


class Running(NamedTuple):
    run_id: int
    heartbeat_at: datetime


def running(connection: Connection) -> list[Running]:
    r = tables.JobRun
    return [
        Running(*row) for row in connection.execute(select(r.id, r.heartbeat_at).where(RUNNING))
    ]


class Backlog(NamedTuple):
    jobs: int
    oldest_at: datetime | None


def backlog(connection: Connection) -> Backlog:
    """What could be done this moment if only somebody had a hand free."""
    q = tables.Request
    row = connection.execute(
        select(func.count(), func.min(q.asked_at)).where(ready(True) | ready(False))
    ).one()
    return Backlog(row[0], row[1])
