"""What a merchant asks first: is it fresh, is it shown, is it clicked, did the jobs run?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from store import tables

MONTH = timedelta(days=30)
# The clock looks for requests every few seconds; one this old means that nobody looks.
TAKEN_WITHIN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Run:
    job: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    detail: str


def last_runs(connection: Connection, shop_id: int, limit: int = 20) -> list[Run]:
    """The shop's latest jobs, the newest first."""
    r = tables.JobRun
    rows = connection.execute(
        select(r.job, r.started_at, r.finished_at, r.outcome, r.detail)
        .where(r.shop_id == shop_id)
        .order_by(r.id.desc())
        .limit(limit)
    )
    return [Run(*row) for row in rows]


def last_success(connection: Connection, shop_id: int | None, job: str) -> datetime | None:
    """When this job last ended well; None: never."""
    r = tables.JobRun
    same = r.shop_id.is_(None) if shop_id is None else r.shop_id == shop_id
    return connection.scalar(
        select(func.max(r.finished_at)).where(same, r.job == job, r.outcome == "ok")
    )


def last_outcome(connection: Connection, shop_id: int | None, job: str) -> str | None:
    """How this job's newest run ended, or "running"; None: it never ran."""
    r = tables.JobRun
    same = r.shop_id.is_(None) if shop_id is None else r.shop_id == shop_id
    return connection.scalar(
        select(r.outcome).where(same, r.job == job).order_by(r.id.desc()).limit(1)
    )


@dataclass(frozen=True, slots=True)
class ShelfUse:
    """How shelves of one placement were used since some instant."""

    placement: str
    answered: int  # exposures: the shelf had something to show, in either arm
    seen: int  # at least half of it was visible for a second
    clicked: int
    carted: int


def shelf_use(connection: Connection, shop_id: int, since: datetime) -> list[ShelfUse]:
    e = tables.Event
    rows = connection.execute(
        select(e.placement, e.type, func.count())
        .where(e.shop_id == shop_id, e.received_at >= since, e.placement.is_not(None))
        .group_by(e.placement, e.type)
    )
    counts: dict[str, dict[str, int]] = {}
    for placement, kind, count in rows:
        counts.setdefault(str(placement), {})[kind] = count
    return [
        ShelfUse(
            placement,
            answered=of.get("exposure", 0),
            seen=of.get("view", 0),
            clicked=of.get("click", 0),
            carted=of.get("cart", 0),
        )
        for placement, of in sorted(counts.items())
    ]


def waiting(connection: Connection, shop_id: int) -> dict[str, datetime]:
    """Job -> when somebody asked for it, of what the clock has not taken up yet."""
    q = tables.Request
    rows = connection.execute(
        select(q.job, func.min(q.asked_at))
        .where(q.shop_id == shop_id, q.taken_at.is_(None), q.by_clock.is_(False))
        .group_by(q.job)
    )
    return {row[0]: row[1] for row in rows}
