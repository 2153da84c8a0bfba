"""Which split tests there are, how they were locked at their start, and what was said of them.

Who entered and what they did is told by `outcomes`; the sums of that by `counted`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from store import tables
from store.errors import Explained
from store.records import Experiment


class UnknownExperiment(Explained):
    """The shop has no experiment with this number."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """An experiment with the number under which people know it."""

    number: int
    experiment: Experiment


def _select() -> Any:
    e = tables.Experiment
    return select(
        e.number, e.id, e.placement, e.against, e.metric, e.salt, e.share, e.started_at, e.ends_at,
        e.window_s, e.cap_minor, e.planned_visitors, e.planned_conversions, e.stopped_at,
    )  # fmt: skip


# Composed once: it is asked for every shop each second (`shop_config.py`).
_EVERY = (
    _select()
    .where(tables.Experiment.shop_id == bindparam("shop"))
    .order_by(tables.Experiment.number.desc())
)


def _numbered(row: Any) -> Numbered:
    return Numbered(row[0], Experiment(*row[1:]))


def every(connection: Connection, shop_id: int) -> list[Numbered]:
    """The newest first."""
    return [_numbered(row) for row in connection.execute(_EVERY, {"shop": shop_id})]


def by_number(connection: Connection, shop_id: int, number: int) -> Numbered:
    found = every(connection, shop_id)
    for numbered in found:
        if numbered.number == number:
            return numbered
    there = ", ".join(str(n.number) for n in found) or "none yet"
    raise UnknownExperiment(f"Experiment {number} is not this shop's. Its experiments: {there}.")


def running(connection: Connection, shop_id: int, now: datetime) -> list[Experiment]:
    """Those that visitors are still entering: until they are stopped."""
    return [
        n.experiment
        for n in every(connection, shop_id)
        if n.experiment.stopped_at is None and n.experiment.started_at <= now
    ]


def rival_models(
    connection: Connection, shop_id: int, experiments: Iterable[Experiment]
) -> dict[int, int]:
    """Experiment -> the model its control arm sees, for those against another version."""
    m = tables.Model
    rivals = {}
    for experiment in experiments:
        if experiment.against.isdecimal():
            model = connection.scalar(
                select(m.id).where(m.shop_id == shop_id, m.version == int(experiment.against))
            )
            if model is not None:
                rivals[experiment.id] = model
    return rivals


# --- what was said so far -------------------------------------------------------------------------


def judged_days(connection: Connection, experiment_id: int) -> list[tuple[str, str, str]]:
    """(day, running state, judgement) as stored, the oldest first."""
    v = tables.VerdictDay
    rows = connection.execute(
        select(v.day, v.running, v.verdict).where(v.experiment_id == experiment_id).order_by(v.day)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def report_body(connection: Connection, experiment_id: int) -> tuple[str, datetime] | None:
    """The stored report's JSON and when it was computed; None: not yet."""
    r = tables.ReportRow
    row = connection.execute(
        select(r.body, r.computed_at).where(r.experiment_id == experiment_id)
    ).first()
    return None if row is None else (row[0], row[1])
