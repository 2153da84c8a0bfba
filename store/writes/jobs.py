"""What the clock notes of its own work, and what people ask it to do now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from store import tables, upsert


def start_run(connection: Connection, job: str, shop_id: int | None, now: datetime) -> int:
    return upsert.new_key(
        connection,
        tables.JobRun,
        job=job,
        shop_id=shop_id,
        started_at=now,
        heartbeat_at=now,
        outcome="running",
        detail="",
    )


def beat(connection: Connection, run_id: int, now: datetime, detail: str = "") -> None:
    """The job is alive; `detail` is its progress in words."""
    values: dict[str, object] = {"heartbeat_at": now}
    if detail:
        values["detail"] = detail
    connection.execute(update(tables.JobRun).where(tables.JobRun.id == run_id).values(**values))


def finish_run(
    connection: Connection,
    run_id: int,
    outcome: str,
    detail: str,
    now: datetime,
    memory_kib: int | None = None,
) -> None:
    """`outcome` is "ok" or "failed"; `detail` says in plain words what came of it."""
    connection.execute(
        update(tables.JobRun)
        .where(tables.JobRun.id == run_id)
        .values(
            finished_at=now,
            heartbeat_at=now,
            outcome=outcome,
            detail=detail,
            memory_kib=memory_kib,
        )
    )


def mark_cut_off(
    connection: Connection, silent_since: datetime, now: datetime
) -> list[tuple[str, int | None]]:
    """Runs that stopped beating before `silent_since` died: mark them, tell (job, shop) of each."""
    r = tables.JobRun
    dead = connection.execute(
        select(r.id, r.job, r.shop_id).where(r.outcome == "running", r.heartbeat_at < silent_since)
    ).all()
    if dead:
        connection.execute(
            update(r)
            .where(r.id.in_([row.id for row in dead]))
            .values(outcome="cut off", finished_at=now, detail="The process died; it runs again.")
        )
    return [(row.job, row.shop_id) for row in dead]


def ask(connection: Connection, shop_id: int, job: str, now: datetime) -> None:
    """Somebody wants this job to run now; asking twice before it starts is asking once."""
    q = tables.Request
    waiting = connection.scalar(
        select(q.id).where(q.shop_id == shop_id, q.job == job, q.taken_at.is_(None))
    )
    if waiting is None:
        connection.execute(insert(q).values(shop_id=shop_id, job=job, asked_at=now))


def take_requests(connection: Connection, now: datetime) -> list[tuple[int, str]]:
    """Everything asked for and not yet taken, oldest first, as (shop, job)."""
    q = tables.Request
    rows = connection.execute(
        select(q.id, q.shop_id, q.job).where(q.taken_at.is_(None)).order_by(q.id)
    ).all()
    if rows:
        connection.execute(update(q).where(q.id.in_([row.id for row in rows])).values(taken_at=now))
    return [(row.shop_id, row.job) for row in rows]
