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
of memory does not take the others with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import Connection

from scheduler.record import recorded
from scheduler.sync import CONNECTORS, SWEPT
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
        _can_be_asked,
    ),
    Job("inbox", True, None, _may_tell, inbox.shops_due),
    Job(
        "train",
        True,
        lambda settings, shop: CronTrigger(
            hour=settings.train_hour, timezone=shop.zone() if shop else None
        ),
    ),
    Job(
        "tally",
        True,
        lambda settings, shop: IntervalTrigger(minutes=settings.tally_minutes),
    ),
    Job(
        "letters",
        True,
        lambda settings, shop: CronTrigger(
            day_of_week="mon", hour=LETTERS_HOUR, timezone=shop.zone() if shop else None
        ),
    ),
    Job(
        "upkeep",
        False,
        lambda settings, shop: IntervalTrigger(days=1),
    ),
)


def is_overdue(store: Store, job: Job, shop: Shop | None, now: datetime) -> bool:
    """Whether its turn came while no clock was running, or its last run was cut off."""
    if job.trigger is None:
        return False
    shop_id = shop.id if shop else None
    with reading(store.engine) as connection:
        # Cut off and not run again since: also where the clock that saw it died, too.
        if overview.last_outcome(connection, shop_id, job.name) == "cut off":
            return True
        last = overview.last_success(connection, shop_id, job.name)
        # Nothing to train from before the first sync, which asks for the first training itself.
        if job.name == "train" and not models.every(connection, shop.id if shop else 0):
            return False
    if last is None:
        return True
    turn: datetime | None = job.trigger(store.settings, shop).get_next_fire_time(last, last)
    return turn is not None and turn <= now


def run(store: Store, job: str, shop_id: int | None, run_id: int | None = None) -> None:
    """Do one job now, recorded: as a run that was begun for it, or as one of its own. Raises what
    the job raised."""
    if shop_id is None:
        with recorded(store, job, None, run_id) as run_:
            run_.say(_OF_ALL[job](store))
        return
    with reading(store.engine) as connection:
        shop = shops.by_id(connection, shop_id)
    with recorded(store, job, shop_id, run_id) as run_:
        run_.say(_OF_SHOP[job](store, shop, run_.say))


# What each job does; what came of it in words. Each loads its own libraries: a sync then starts in
# a third of the time, and with a third of the memory, of a training.
Say = Callable[[str], None]


def _sync(store: Store, shop: Shop, say: Say) -> str:
    from scheduler import subscribing
    from scheduler.sync import sync

    def progress(stream: str, read: int, total: int | None) -> None:
        say(f"{stream}: {read:,}" + (f" of {total:,}" if total else ""))

    done = str(sync(store, shop, progress, sweep=_sweep_is_due(store, shop)))
    done += _introduced(store, shop)
    say(done)
    if subscribing.is_due(store, shop):
        done += f"; {subscribing.renew(store, shop)}"
    with reading(store.engine) as connection:
        trained = models.every(connection, shop.id)
    if not trained:
        with writing(store.engine) as connection:
            writes.ask(connection, shop.id, "train", shop.now())
    return done


def _introduced(store: Store, shop: Shop) -> str:
    from scheduler.newcomers import introduce

    count = introduce(store, shop)
    return f"; {count:,} products new to the models" if count else ""


def _sweep_is_due(store: Store, shop: Shop) -> bool:
    with reading(store.engine) as connection:
        swept = shops.cursor(connection, shop.id, SWEPT)
    return swept is None or shop.now() - datetime.fromisoformat(swept) > SWEEP_EVERY


def _inbox(store: Store, shop: Shop, say: Say) -> str:
    from scheduler.inbox import empty

    return empty(store, shop, say) + _introduced(store, shop)


def _train(store: Store, shop: Shop, say: Say) -> str:
    from scheduler.train import train

    trained = train(store, shop, say)
    better = sum(outcome.outcome == "promoted" for outcome in trained.outcomes)
    return f"version {trained.version}: {better} placements beat bestsellers"


def _tally(store: Store, shop: Shop, say: Say) -> str:
    from scheduler.tally import tally

    return f"{len(tally(store, shop))} experiments counted"


def _letters(store: Store, shop: Shop, say: Say) -> str:
    from scheduler.letters import letters

    return letters(store, shop)


def _upkeep(store: Store) -> str:
    from scheduler.upkeep import upkeep

    return upkeep(store)


_OF_ALL: dict[str, Callable[[Store], str]] = {"upkeep": _upkeep}
_OF_SHOP: dict[str, Callable[[Store, Shop, Say], str]] = {
    "sync": _sync,
    "inbox": _inbox,
    "train": _train,
    "tally": _tally,
    "letters": _letters,
}
