"""What is to be done, who takes it, and what came of it.

A row of `requests` waits, is taken by one process, and goes with the end of its run. Taking it and
beginning its run are one transaction, so whenever a process dies, either the row still waits or
its run falls silent and gives it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from store import tables, upsert
from store.reads.jobs import RUNNING, WAITING, Running, ready

# A job over which so many processes died in a row waits for its next turn: what takes a machine's
# memory each time must not do so the whole day.
MOST_TRIES = 3


class Taken(NamedTuple):
    """A job to be done by whoever took it."""

    run_id: int
    job: str
    shop_id: int | None


def ask(connection: Connection, shop_id: int, job: str, now: datetime) -> None:
    """Somebody wants this job to run now; asking twice before it starts is asking once."""
    q = tables.Request
    waiting = connection.scalar(select(q.id).where(q.shop_id == shop_id, q.job == job, WAITING))
    if waiting is None:
        connection.execute(insert(q).values(shop_id=shop_id, job=job, asked_at=now))


def due(connection: Connection, shop_id: int | None, job: str, now: datetime) -> None:
    """Its turn has come; nothing is added where it waits already or is being done."""
    q = tables.Request
    there = select(q.id).where(
        q.shop_id.is_not_distinct_from(shop_id), q.job == job, WAITING | q.run_id.is_not(None)
    )
    if connection.scalar(there.limit(1)) is None:
        connection.execute(insert(q).values(shop_id=shop_id, job=job, asked_at=now, by_clock=True))


def take(connection: Connection, training: bool, host: str, now: datetime) -> Taken | None:
    """What waits longest, now begun; None: there is nothing that could be begun.

    Rows that another process is taking at this moment are passed over. Where that one takes the
    same shop, the index that holds one job of a shop refuses the second (IntegrityError).
    """
    q = tables.Request
    row = connection.execute(
        select(q.id, q.job, q.shop_id)
        .where(ready(training))
        .order_by(q.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    run_id = start_run(connection, row.job, row.shop_id, now, host)
    connection.execute(update(q).where(q.id == row.id).values(taken_at=now, run_id=run_id))
    return Taken(run_id, row.job, row.shop_id)


def start_run(
    connection: Connection, job: str, shop_id: int | None, now: datetime, host: str | None = None
) -> int:
    return upsert.new_key(
        connection,
        tables.JobRun,
        job=job,
        shop_id=shop_id,
        started_at=now,
        heartbeat_at=now,
        outcome="running",
        detail="",
        host=host,
    )


def beat(connection: Connection, run_id: int, now: datetime, detail: str = "") -> bool:
    """The job is alive; `detail` is its progress in words. False: it was given up for dead."""
    r = tables.JobRun
    values: dict[str, object] = {"heartbeat_at": now}
    if detail:
        values["detail"] = detail
    alive = update(r).where(r.id == run_id, RUNNING).values(**values)
    return connection.execute(alive).rowcount == 1


def finish_run(
    connection: Connection,
    run_id: int,
    outcome: str,
    detail: str,
    now: datetime,
    memory_kib: int | None = None,
) -> bool:
    """`outcome` is "ok" or "failed"; `detail` says in plain words what came of it. False: it was
    given up for dead before, and is another's now."""
    r, q = tables.JobRun, tables.Request
    ended = connection.execute(
        update(r)
        .where(r.id == run_id, RUNNING)
        .values(
            finished_at=now,
            heartbeat_at=now,
            outcome=outcome,
            detail=detail,
            memory_kib=memory_kib,
        )
    )
    connection.execute(delete(q).where(q.run_id == run_id))
    return ended.rowcount == 1


def cut_off(
    connection: Connection, silent: Sequence[Running], now: datetime
) -> list[tuple[str, int | None]]:
    """Runs whose last sign of life is still this one died; (job, shop) of those that did.

    What they worked on waits again in its old place, until too many died over it.
    """
    r = tables.JobRun
    dead: list[tuple[str, int | None]] = []
    for run_id, heartbeat_at in silent:
        row = connection.execute(
            select(r.job, r.shop_id, r.host)
            .where(r.id == run_id, RUNNING, r.heartbeat_at == heartbeat_at)
            .with_for_update()
        ).first()
        if row is not None:
            where = f" on {row.host}" if row.host else ""
            give_back(connection, run_id, f"The process died{where}.", now, blame=True)
            dead.append((row.job, row.shop_id))
    return dead


def give_back(connection: Connection, run_id: int, why: str, now: datetime, *, blame: bool) -> bool:
    """End a run that did not end itself; what it worked on waits again. `blame`: the job may have
    been the reason, so this counts. False: it had ended."""
    r, q = tables.JobRun, tables.Request
    request = connection.execute(select(q.id, q.tries).where(q.run_id == run_id)).first()
    tries = (request.tries if request else 0) + blame
    again = "It runs again." if tries < MOST_TRIES else "It waits for its next turn."
    ended = connection.execute(
        update(r)
        .where(r.id == run_id, RUNNING)
        .values(outcome="cut off", finished_at=now, detail=f"{why} {again}")
    )
    if ended.rowcount == 0:
        return False
    if tries < MOST_TRIES:
        waits = update(q).where(q.run_id == run_id)
        connection.execute(waits.values(taken_at=None, run_id=None, tries=tries))
    else:
        connection.execute(delete(q).where(q.run_id == run_id))
    return True
