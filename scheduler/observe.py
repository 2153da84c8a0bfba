"""Keep the days of a split test that are observed, not judged: signs of faults, and what was shown.

Each of the shop's days is counted from its events and orders until it is over, then settled, and
not read again unless an order of it changes or somebody is erased.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import Connection

from experiments import shown
from experiments.health import Signs
from store.reads import observed, trust
from store.reads.observed import ObservedDay
from store.reads.shops import Shop
from store.records import Experiment
from store.writes import observed as writes

# What a browser told just before midnight may be committed a little after it.
SETTLES_AFTER = timedelta(hours=1)


def bring_up_to_date(
    connection: Connection, shop: Shop, experiment: Experiment, now: datetime, kept: timedelta
) -> int:
    """Count the days that are not settled; returns how many. Events older than `kept` may be gone:
    a day of them stays as it was counted.
    """
    known = {it.day: it for it in observed.days(connection, experiment.id)}
    counted = 0
    for day, begins_at, ends_at in shop.days(experiment.started_at, now):
        there = known.get(day)
        if there and (there.settled or begins_at < now - kept):
            continue
        settled = now >= ends_at + SETTLES_AFTER
        seen = observe(connection, shop, experiment, begins_at, min(ends_at, now))
        writes.save_day(
            connection, experiment.id, ObservedDay(day, begins_at, ends_at, settled, *seen)
        )
        counted += 1
    return counted


def observe(
    connection: Connection, shop: Shop, experiment: Experiment, since: datetime, until: datetime
) -> tuple[str, str]:
    """(signs, what was shown) of a day or the begin of one, as they are stored."""
    measured = trust.measured(connection, shop.id, experiment, since, until)
    seen = observed.views(connection, shop.id, experiment, since, until)
    return (
        json.dumps(asdict(measured), separators=(",", ":")),
        shown.Day.of(since, seen).to_json(),
    )


def signs(connection: Connection, shop: Shop, experiment: Experiment, until_at: datetime) -> Signs:
    """All days together, as they are stored."""
    days = observed.days(connection, experiment.id)
    ahead_s = trust.clock_ahead_s(connection, shop.id, experiment, until_at)
    return Signs.of((json.loads(day.signs) for day in days), ahead_s)


def what_was_shown(
    connection: Connection, shop: Shop, experiment: Experiment
) -> shown.Shown | None:
    """All days together; without a view nothing is asked of the catalogue."""
    days = [
        shown.Day.from_json(day.begins_at, day.shown)
        for day in observed.days(connection, experiment.id)
    ]
    if not any(day.arms for day in days):
        return None
    start = experiment.started_at
    offered = observed.offered(connection, shop.id, start - shown.SOLD_DAYS, start)
    return shown.shown(days, offered)
