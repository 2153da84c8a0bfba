"""What starting, judging and stopping a split test leaves behind."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from store import tables, upsert
from store.errors import Explained
from store.records import Tested


class AlreadyRunning(Explained):
    """One experiment per placement at a time: two would explain each other's figures."""


def start_experiment(
    connection: Connection,
    shop_id: int,
    *,
    placement: Tested,
    against: str,
    metric: str,
    started_at: datetime,
    ends_at: datetime,
    window_s: int,
    cap_minor: int | None,
    planned_visitors: int,
    planned_conversions: int,
    share: int = 5_000,
) -> int:
    """Lock everything a verdict rests on; returns the experiment's number in this shop."""
    e = tables.Experiment
    rival = connection.scalar(
        select(e.number).where(
            e.shop_id == shop_id, e.placement == placement, e.stopped_at.is_(None)
        )
    )
    if rival is not None:
        raise AlreadyRunning(
            f"Experiment {rival} is running on {placement}. Stop it first: "
            f"`flask experiment stop SHOP {rival}`."
        )
    number = 1 + (connection.scalar(select(func.max(e.number)).where(e.shop_id == shop_id)) or 0)
    connection.execute(
        insert(e).values(
            shop_id=shop_id,
            number=number,
            placement=placement,
            against=against,
            metric=metric,
            salt=secrets.token_urlsafe(12),  # its own, so that tests do not follow each other
            share=share,
            started_at=started_at,
            ends_at=ends_at,
            window_s=window_s,
            cap_minor=cap_minor,
            planned_visitors=planned_visitors,
            planned_conversions=planned_conversions,
        )
    )
    return number


def stop_experiment(connection: Connection, experiment_id: int, now: datetime) -> None:
    """Nobody enters any more; those who are in keep their window."""
    e = tables.Experiment
    connection.execute(
        update(e).where(e.id == experiment_id, e.stopped_at.is_(None)).values(stopped_at=now)
    )


def append_verdict(
    connection: Connection, experiment_id: int, day: str, running: str, verdict: str
) -> None:
    """The verdict of a day that has ended. The first one stays: history is not rewritten."""
    statement = upsert.insert(connection, tables.VerdictDay).values(
        experiment_id=experiment_id, day=day, running=running, verdict=verdict
    )
    connection.execute(statement.on_conflict_do_nothing())


def append_restatement(connection: Connection, experiment_id: int, at: datetime, body: str) -> None:
    """A finished test's figures as they are from `at` on; those before stay."""
    connection.execute(
        insert(tables.Restatement).values(experiment_id=experiment_id, at=at, body=body)
    )


def save_report(
    connection: Connection, experiment_id: int, body: str, computed_at: datetime
) -> None:
    values = {"body": body, "computed_at": computed_at}
    statement = upsert.insert(connection, tables.ReportRow).values(
        experiment_id=experiment_id, **values
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=("experiment_id",), set_=values)
    )
