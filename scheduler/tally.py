"""Count a shop's experiments: judge each day that has ended, and keep a fresh report.

A day is the shop's own, midnight to midnight. Each is judged once, in order, and its verdict is
never changed; the report's figures are those of this moment. A finished test whose figures change
by a late refund is restated: dated, with what was said before kept beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from experiments import assess
from experiments.beside import Restated
from experiments.outcome import Judgement, Running
from experiments.report import Report
from experiments.verdict import FRESH
from scheduler import count, observe
from store.engine import reading, writing
from store.opening import Store
from store.reads import counted
from store.reads import experiments as reads
from store.reads.shops import Shop
from store.records import Experiment
from store.writes import experiments as writes
from store.writes import units as unit_writes

# Late refunds restate a finished test: it is counted as long as orders are usually returned, and
# as repeat purchases are told of (90 days).
COUNT_AFTER_END = timedelta(days=90)

RESTATED: TypeAdapter[Restated] = TypeAdapter(Restated)


def tally(store: Store, shop: Shop) -> list[Report]:
    """Every experiment that is running or ended lately; returns their fresh reports."""
    now, kept = shop.now(), timedelta(days=store.settings.event_days)
    with reading(store.engine) as connection:
        found = [
            numbered.experiment
            for numbered in reads.every(connection, shop.id)
            if now < _last_interest(numbered.experiment)
        ]
    # Whoever was touched is counted in every experiment before they are forgotten: one transaction.
    with writing(store.engine) as connection:
        waiting = counted.touched(connection, shop.id)
        for experiment in found:
            count.bring_up_to_date(connection, shop, experiment, waiting)
            observe.bring_up_to_date(connection, shop, experiment, now, kept)
        unit_writes.forget_touched(connection, shop.id, waiting.until_id)
    return [_judge(store, shop, experiment, now) for experiment in found]


def _last_interest(experiment: Experiment) -> datetime:
    ended = experiment.stopped_at or max(experiment.ends_at, experiment.started_at)
    return ended + timedelta(seconds=experiment.window_s) + COUNT_AFTER_END


def _judge(store: Store, shop: Shop, experiment: Experiment, now: datetime) -> Report:
    with reading(store.engine) as connection:
        sums = count.read(connection, shop, experiment)
        judged = reads.judged_days(connection, experiment.id)
        judgement = Judgement.from_json(judged[-1][2]) if judged else None
        running = judgement.running if judgement else FRESH
        fresh: list[tuple[str, Judgement]] = []
        for day, end_at in _days(experiment, shop, running, now):
            judgement = assess.judge_day(experiment, sums.day_tally(end_at), running)
            running = judgement.running
            fresh.append((day, judgement))
        today = sums.day_tally(now)
        judgement = judgement or assess.judge_day(experiment, today)
        restated = [
            RESTATED.validate_json(b) for _, b in counted.restatements(connection, experiment.id)
        ]
        known = len(restated)
        at_end = None
        if running.end is not None and running.end.at is not None:
            at_end = sums.day_tally(running.end.at)
            judgement, told = assess.corrected(experiment, judgement, at_end, today)
            if not (restated and restated[-1].same_figures(told)):
                restated.append(told)
        report = assess.report(
            experiment,
            today,
            judgement,
            shop.currency,
            observe.signs(connection, shop, experiment, now),
            sums.part_sums(now),
            counted.buyers(connection, experiment.id),
            tuple(restated),
            at_end,
            observe.what_was_shown(connection, shop, experiment),
        )
    with writing(store.engine) as connection:
        for day, said in fresh:
            writes.append_verdict(
                connection, experiment.id, day, said.running.to_json(), said.to_json()
            )
        for told in restated[known:]:
            writes.append_restatement(
                connection, experiment.id, told.at, RESTATED.dump_json(told).decode()
            )
        writes.save_report(connection, experiment.id, report.to_json(), now)
    return report


def _days(
    experiment: Experiment, shop: Shop, running: Running, now: datetime
) -> Iterator[tuple[str, datetime]]:
    """(day, its end) of each of the shop's days that ended and was not judged yet."""
    day = (running.until_at or experiment.started_at).astimezone(shop.zone()).date()
    over_at = _last_interest(experiment)
    while True:
        end_at = shop.day(day.isoformat())[1]
        if end_at > now or end_at > over_at:
            return
        if running.until_at is None or end_at > running.until_at:
            yield day.isoformat(), end_at
        day += timedelta(days=1)
