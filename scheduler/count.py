"""Bring an experiment's units and sums up to date: only of people whose figures changed.

Whoever entered, ordered, was refunded, clicked or was erased since the last count is counted
anew, with everybody known to be the same person; the sums of their days of entry follow. Counting
everybody (`everyone`) gives the same rows: the first count does, and `flask report --recompute`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from experiments import persons
from experiments.beside import FIRST_WEEK, PartName
from experiments.tally import (
    SEGMENTS,
    Arms,
    Cohort,
    DayTally,
    Tally,
    by_segment,
    entered_before,
    segments,
)
from store.reads import counted, outcomes
from store.reads.shops import Shop
from store.records import Experiment, Unit
from store.writes import units as writes


def bring_up_to_date(
    connection: Connection, shop: Shop, experiment: Experiment, waiting: counted.Waiting
) -> int:
    """Count who is `waiting` and who is new; returns how many units were written."""
    new = counted.uncounted(connection, experiment.id)
    if not (new or waiting.visitors or waiting.customers):
        return 0
    gone: set[bytes] | None = None
    if counted.is_empty(connection, experiment.id):
        facts = outcomes.everyone(connection, shop.id, experiment)
    else:
        facts = outcomes.around(
            connection, shop.id, experiment, waiting.visitors | new, waiting.customers
        )
        gone = {entry.visitor for entry in facts.entries} | waiting.visitors
    units = persons.units(
        experiment, facts.entries, facts.links, facts.orders, facts.clicks, facts.attributed_minor,
        facts.robots,
    )  # fmt: skip
    found = [(shop.day_of(unit.entered_at), unit) for unit in units]
    changed = writes.replace_units(connection, experiment.id, gone, found)
    writes.mark_counted(connection, experiment.id, gone)
    for day in sorted(changed):
        _sum_day(connection, experiment, day)
    return len(found)


def _sum_day(connection: Connection, experiment: Experiment, day: str) -> None:
    members = counted.members(connection, experiment.id, [day])
    whole = Arms.of(members, experiment.cap_minor)
    parts = []
    for name, theirs in by_segment(members).items():
        arms = Arms.of(theirs, experiment.cap_minor)
        if arms.visitors:
            parts += [
                (name, "control", arms.control.to_json()),
                (name, "treatment", arms.treatment.to_json()),
            ]
    sums = [("control", whole.control.to_json()), ("treatment", whole.treatment.to_json())]
    writes.replace_day(connection, experiment.id, day, sums if members else (), parts)


# --- what the sums say of an instant --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Counted:
    """An experiment's sums by day of entry, from which every instant's tally follows."""

    connection: Connection
    experiment: Experiment
    cohorts: tuple[Cohort, ...]
    parts: dict[PartName, tuple[Cohort, ...]]
    day_of: dict[datetime, str]

    def day_tally(self, until_at: datetime) -> DayTally:
        return DayTally(
            until_at,
            mature=self._before(self.cohorts, self._closed(until_at)),
            entered=self._before(self.cohorts, until_at),
        )

    def part_sums(self, until_at: datetime) -> dict[PartName, Arms]:
        """The mature visitors of each part, and of the weeks in which they entered."""
        closed = self._closed(until_at)
        found: dict[PartName, Arms] = {
            name: self._before(cohorts, closed, name) for name, cohorts in self.parts.items()
        }
        week = self.experiment.started_at + FIRST_WEEK
        found["first_week"] = self._before(self.cohorts, min(closed, week))
        found["later_weeks"] = self._before(self.cohorts, closed) - found["first_week"]
        return found

    def _closed(self, until_at: datetime) -> datetime:
        return until_at - timedelta(seconds=self.experiment.window_s)

    def _before(
        self, cohorts: Iterable[Cohort], at: datetime, part: PartName | None = None
    ) -> Arms:
        def members(cohort: Cohort) -> Iterable[Unit]:
            day = self.day_of[cohort.begins_at]
            found = counted.members(self.connection, self.experiment.id, [day])
            return (u for u in found if part is None or part in segments(u))

        return entered_before(cohorts, at, members, self.experiment.cap_minor)


def read(connection: Connection, shop: Shop, experiment: Experiment) -> Counted:
    """The sums as they are stored."""
    day_of: dict[datetime, str] = {}

    def cohort(day: str, arms: Arms) -> Cohort:
        begins_at, ends_at = shop.day(day)
        day_of[begins_at] = day
        return Cohort(begins_at, ends_at, arms)

    whole: dict[str, dict[str, str]] = {}
    for day, arm, sums in counted.tallied_days(connection, experiment.id):
        whole.setdefault(day, {})[arm] = sums
    parts: dict[PartName, dict[str, dict[str, str]]] = {}
    for name, day, arm, sums in counted.segment_days(connection, experiment.id):
        if name in SEGMENTS:
            parts.setdefault(name, {}).setdefault(day, {})[arm] = sums
    return Counted(
        connection,
        experiment,
        tuple(cohort(day, _arms(arms)) for day, arms in sorted(whole.items())),
        {
            name: tuple(cohort(day, _arms(arms)) for day, arms in sorted(parts[name].items()))
            for name in SEGMENTS
            if name in parts
        },
        day_of,
    )


def _arms(sums: dict[str, str]) -> Arms:
    return Arms(
        *(
            Tally.from_json(sums[arm]) if arm in sums else Tally()
            for arm in ("control", "treatment")
        )
    )
