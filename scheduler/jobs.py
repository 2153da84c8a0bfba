"""The timetable: which jobs there are, how often each runs, and what each does.

    job      runs                                  does
    sync     every SYNC_MINUTES, per shop          what changed at the shop; daily also what is gone
    train    daily at TRAIN_HOUR of the shop's     fit, measure, publish or refuse
             day, and after the first sync
    inbox    when a shop's webhook told something  ask the shop for what it named
    tally    every TALLY_MINUTES, per shop         judge ended days, refresh reports
    letters  Mondays at 8 of the shop's day        the report by e-mail, to who wishes it
    upkeep   daily, for all shops                  old lists, old events

Each run is a child process (`python -m scheduler run JOB SHOP`), so that a training that runs out
of memory does not take the clock with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import Connection

from scheduler import subscribing
from scheduler.inbox import empty
from scheduler.letters import letters
from scheduler.newcomers import introduce
from scheduler.record import recorded
from scheduler.sync import CONNECTORS, SWEPT, sync
from scheduler.tally import tally
from scheduler.train import train
from scheduler.upkeep import upkeep
from store.engine import reading, writing
from store.opening import Store
from store.reads import inbox, models, overview, shops
from store.reads.shops import Shop
from store.settings import Settings
from store.writes import jobs as writes

# What the shop deleted for good is looked for once a day: it costs a walk over every id.
SWEEP_EVERY = timedelta(days=1)
# When a merchant's week begins, with the whole week before it in the report.
LETTERS_HOUR = 8


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    per_shop: bool
    # When it runs by itself; None: when somebody asks, or something waits for it.
    trigger: Callable[[Settings, Shop | None], BaseTrigger] | None
    every: Callable[[Settings], timedelta]  # after so long without a run it is overdue
    for_shop: Callable[[Shop], bool] = lambda shop: True
    # The shops for which it has something to do now.
    waits: Callable[[Connection, datetime], set[int]] = lambda connection, now: set()


def _can_be_asked(shop: Shop) -> bool:
    return shop.platform in CONNECTORS and shop.uninstalled_at is None


def _may_tell(shop: Shop) -> bool:
    """Also one that left: the law's requests come later."""
    return shop.platform != "files"


TIMETABLE: tuple[Job, ...] = (
    Job(
        "sync",
        True,
        lambda settings, shop: IntervalTrigger(minutes=settings.sync_minutes),
        lambda settings: timedelta(minutes=settings.sync_minutes),
        _can_be_asked,
    ),
    Job("inbox", True, None, lambda settings: timedelta.max, _may_tell, inbox.shops_due),
    Job(
        "train",
        True,
        lambda settings, shop: CronTrigger(
            hour=settings.train_hour, timezone=shop.zone() if shop else None
        ),
        lambda settings: timedelta(days=1),
    ),
    Job(
        "tally",
        True,
        lambda settings, shop: IntervalTrigger(minutes=settings.tally_minutes),
        lambda settings: timedelta(minutes=settings.tally_minutes),
    ),
    Job(
        "letters",
        True,
        lambda settings, shop: CronTrigger(
            day_of_week="mon", hour=LETTERS_HOUR, timezone=shop.zone() if shop else None
        ),
        lambda settings: timedelta(days=7),
    ),
    Job(
        "upkeep",
        False,
        lambda settings, shop: IntervalTrigger(days=1),
        lambda settings: timedelta(days=1),
    ),
)


def due_at(store: Store, job: Job, shop: Shop | None, now: datetime) -> datetime | None:
    """When an overdue job should run: at once. None: it is not overdue, its trigger says when."""
    shop_id = shop.id if shop else None
    with reading(store.engine) as connection:
        # Cut off and not run again since: also where the clock that saw it died, too.
        if overview.last_outcome(connection, shop_id, job.name) == "cut off":
            return now
        last = overview.last_success(connection, shop_id, job.name)
        # Nothing to train from before the first sync, which asks for the first training itself.
        if job.name == "train" and not models.every(connection, shop.id if shop else 0):
            return None
    return now if last is None or now - last > job.every(store.settings) else None


def run(store: Store, job: str, shop_id: int | None) -> None:
    """Do one job now, recorded. Raises what the job raised."""
    if shop_id is None:
        with recorded(store, job, None) as run_:
            run_.say(upkeep(store))
        return
    with reading(store.engine) as connection:
        shop = shops.by_id(connection, shop_id)
    with recorded(store, job, shop_id) as run_:
        if job == "sync":
            _sync(store, shop, run_.say)
        elif job == "inbox":
            run_.say(empty(store, shop, run_.say) + _introduced(store, shop))
        elif job == "train":
            trained = train(store, shop, run_.say)
            better = sum(o.outcome == "promoted" for o in trained.outcomes)
            run_.say(f"version {trained.version}: {better} placements beat bestsellers")
        elif job == "tally":
            run_.say(f"{len(tally(store, shop))} experiments counted")
        elif job == "letters":
            run_.say(letters(store, shop))
        else:
            raise ValueError(f"there is no job {job!r}")


def _sync(store: Store, shop: Shop, say: Callable[[str], None]) -> None:
    def progress(stream: str, read: int, total: int | None) -> None:
        say(f"{stream}: {read:,}" + (f" of {total:,}" if total else ""))

    done = str(sync(store, shop, progress, sweep=_sweep_is_due(store, shop)))
    done += _introduced(store, shop)
    say(done)
    if subscribing.is_due(store, shop):
        say(f"{done}; {subscribing.renew(store, shop)}")
    with reading(store.engine) as connection:
        trained = models.every(connection, shop.id)
    if not trained:
        with writing(store.engine) as connection:
            writes.ask(connection, shop.id, "train", shop.now())


def _introduced(store: Store, shop: Shop) -> str:
    count = introduce(store, shop)
    return f"; {count:,} products new to the models" if count else ""


def _sweep_is_due(store: Store, shop: Shop) -> bool:
    with reading(store.engine) as connection:
        swept = shops.cursor(connection, shop.id, SWEPT)
    return swept is None or shop.now() - datetime.fromisoformat(swept) > SWEEP_EVERY
