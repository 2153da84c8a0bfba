"""Count a shop's experiments: judge each day that has ended, and keep a fresh report.

A day is the shop's own, midnight to midnight. Each is judged once, in order, and its verdict is
never changed; the report's figures are those of this moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection

from experiments import assess
from experiments.outcome import Judgement, Running
from experiments.report import Report
from experiments.tally import Arms
from experiments.verdict import FRESH
from store.engine import reading, writing
from store.opening import Store
from store.reads import experiments as reads
from store.reads.shops import Shop
from store.records import Arm, Experiment
from store.writes import experiments as writes

# Late refunds restate a finished test: it is counted as long as orders are usually returned.
COUNT_AFTER_END = timedelta(days=90)


def tally(store: Store, shop: Shop) -> list[Report]:
    """Every experiment that is running or ended lately; returns their fresh reports."""
    now = shop.now()
    with reading(store.engine) as connection:
        found = reads.every(connection, shop.id)
    return [
        _count(store, shop, numbered.experiment, now)
        for numbered in found
        if now < _last_interest(numbered.experiment)
    ]


def _last_interest(experiment: Experiment) -> datetime:
    ended = experiment.stopped_at or max(experiment.ends_at, experiment.started_at)
    return ended + timedelta(seconds=experiment.window_s) + COUNT_AFTER_END


def _count(store: Store, shop: Shop, experiment: Experiment, now: datetime) -> Report:
    with reading(store.engine) as connection:
        seen = see(connection, shop, experiment, now)
        judged = reads.judged_days(connection, experiment.id)
    judgement = Judgement.from_json(judged[-1][2]) if judged else None
    running = judgement.running if judgement else FRESH
    for day, end_at in _days(experiment, shop, running, now):
        judgement = assess.judge_day(experiment, seen, end_at, running)
        running = judgement.running
        with writing(store.engine) as connection:
            writes.append_verdict(
                connection, experiment.id, day, running.to_json(), judgement.to_json()
            )
    judgement = judgement or assess.judge_day(experiment, seen, now)
    report = assess.report(experiment, seen, judgement, shop.currency, now)
    with writing(store.engine) as connection:
        writes.replace_tallies(connection, experiment.id, _by_day(experiment, seen, shop))
        writes.save_report(connection, experiment.id, report.to_json(), now)
    return report


def see(
    connection: Connection, shop: Shop, experiment: Experiment, until_at: datetime
) -> assess.Seen:
    """The raw facts of an experiment, from events and orders."""
    orders, unseen = reads.orders_seen(connection, shop.id, experiment, until_at)
    return assess.Seen(
        units=reads.units(connection, shop.id, experiment),
        attributed_minor=reads.attributed_minor(connection, shop.id, experiment),
        orders=orders,
        orders_without_visitor=unseen,
    )


def _days(
    experiment: Experiment, shop: Shop, running: Running, now: datetime
) -> Iterator[tuple[str, datetime]]:
    """(day, its end) of each of the shop's days that ended and was not judged yet."""
    zone = shop.zone()
    day = (running.until_at or experiment.started_at).astimezone(zone).date()
    over_at = _last_interest(experiment)
    while True:
        end_at = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(days=1)
        if end_at > now or end_at > over_at:
            return
        if running.until_at is None or end_at > running.until_at:
            yield day.isoformat(), end_at
        day += timedelta(days=1)


def _by_day(
    experiment: Experiment, seen: assess.Seen, shop: Shop
) -> Iterator[tuple[str, Arm, str]]:
    """The sums of those who entered on each day: what a curve over time is drawn from."""
    zone = shop.zone()
    by_day: dict[str, list[int]] = {}
    for index, unit in enumerate(seen.units):
        by_day.setdefault(unit.entered_at.astimezone(zone).date().isoformat(), []).append(index)
    for day, members in sorted(by_day.items()):
        arms = Arms.of((seen.units[i] for i in members), experiment.cap_minor)
        yield day, "control", arms.control.to_json()
        yield day, "treatment", arms.treatment.to_json()
