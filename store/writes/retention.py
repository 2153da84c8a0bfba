"""What goes because it is old, in batches small enough that nobody waits for them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine, delete, select, text

from store import tables
from store.engine import outside

BATCH = 5_000


def prune_events(connection: Connection, shop_id: int, before: datetime, limit: int = BATCH) -> int:
    """Delete up to `limit` events received before an instant; returns how many."""
    e = tables.Event
    ids = list(
        connection.scalars(
            select(e.id).where(e.shop_id == shop_id, e.received_at < before).limit(limit)
        )
    )
    for start in range(0, len(ids), 500):
        connection.execute(
            delete(e).where(e.shop_id == shop_id, e.id.in_(ids[start : start + 500]))
        )
    return len(ids)


def prune_ignored(connection: Connection, shop_id: int, before: datetime) -> None:
    """What was only ignored comes back; "not for me" holds until the visitor is forgotten."""
    u = tables.Unwanted
    connection.execute(
        delete(u).where(u.shop_id == shop_id, u.dismissed.is_(False), u.told_at < before)
    )


def prune_runs(connection: Connection, before: datetime) -> None:
    """Forget jobs that were finished before an instant."""
    r, q = tables.JobRun, tables.Request
    connection.execute(delete(r).where(r.finished_at < before))
    # Kept before migration 0004; since then a request goes with its job.
    connection.execute(delete(q).where(q.taken_at < before, q.run_id.is_(None)))


def refresh_statistics(engine: Engine) -> None:
    """Let the database's planner see how its tables have grown."""
    statement = "PRAGMA optimize" if engine.dialect.name == "sqlite" else "ANALYZE"
    with outside(engine) as connection:
        connection.execute(text(statement))
