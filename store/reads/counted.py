"""What counting has left behind: units, sums by day of entry, restatements, and who waits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from store import tables
from store.records import Arm, Unit


@dataclass(frozen=True, slots=True)
class Waiting:
    """People whose figures changed since the last count."""

    until_id: int  # the last row of `touched` among them; 0: none
    visitors: set[bytes]
    customers: set[int]


def touched(connection: Connection, shop_id: int) -> Waiting:
    t = tables.Touched
    rows = connection.execute(
        select(t.id, t.visitor, t.customer_id).where(t.shop_id == shop_id)
    ).all()
    return Waiting(
        max((row[0] for row in rows), default=0),
        {bytes(row[1]) for row in rows if row[1] is not None},
        {row[2] for row in rows if row[2] is not None},
    )


def uncounted(connection: Connection, experiment_id: int) -> set[bytes]:
    """Visitors who entered since the last count."""
    x = tables.Exposure
    rows = connection.scalars(
        select(x.visitor).where(x.experiment_id == experiment_id, x.counted.is_(False))
    )
    return {bytes(visitor) for visitor in rows}


def is_empty(connection: Connection, experiment_id: int) -> bool:
    """Was the experiment never counted into units?"""
    u = tables.UnitRow
    return connection.scalar(select(u.day).where(u.experiment_id == experiment_id).limit(1)) is None


def members(connection: Connection, experiment_id: int, days: Iterable[str]) -> list[Unit]:
    """The units who entered on these days."""
    u = tables.UnitRow
    return [
        _unit(row)
        for row in connection.execute(
            _units()
            .where(u.experiment_id == experiment_id, u.day.in_(sorted(days)))
            .order_by(u.entered_at, u.visitor)
        )
    ]


def buyers(connection: Connection, experiment_id: int) -> list[Unit]:
    """The units with an order in their window."""
    u = tables.UnitRow
    rows = connection.execute(_units().where(u.experiment_id == experiment_id, u.orders > 0))
    return [_unit(row) for row in rows]


def _units() -> Any:
    u = tables.UnitRow
    return select(*(getattr(u, name) for name in Unit.__slots__))


def _unit(row: Iterable[Any]) -> Unit:
    facts = dict(zip(Unit.__slots__, row, strict=True))
    return Unit(**facts | {"visitor": bytes(facts["visitor"])})


def tallied_days(connection: Connection, experiment_id: int) -> list[tuple[str, Arm, str]]:
    """(day of entry, arm, sums) as last counted, the oldest day first."""
    t = tables.TallyRow
    rows = connection.execute(
        select(t.day, t.arm, t.sums).where(t.experiment_id == experiment_id).order_by(t.day, t.arm)
    )
    return [(row[0], row[1], row[2]) for row in rows]  # type: ignore[misc] # we wrote it


def segment_days(connection: Connection, experiment_id: int) -> list[tuple[str, str, Arm, str]]:
    """(segment, day of entry, arm, sums), the oldest day first."""
    s = tables.SegmentTally
    rows = connection.execute(
        select(s.segment, s.day, s.arm, s.sums)
        .where(s.experiment_id == experiment_id)
        .order_by(s.segment, s.day, s.arm)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]  # type: ignore[misc]


def restatements(connection: Connection, experiment_id: int) -> list[tuple[datetime, str]]:
    """(instant, figures) of a finished test: as locked, then as restated, the oldest first."""
    r = tables.Restatement
    rows = connection.execute(
        select(r.at, r.body).where(r.experiment_id == experiment_id).order_by(r.id)
    )
    return [(row[0], row[1]) for row in rows]
