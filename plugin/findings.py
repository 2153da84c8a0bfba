"""What is wrong with a shop, and what mends it? Each finding is a fact of the store, judged.

A healthy shop has no finding: what is merely unusual, or not yet there because it is new, is the
overview's to tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from plugin import reconcile, words
from store import schema
from store.engine import reading
from store.opening import Store
from store.reads import damage, experiments, health, inbox, jobs, models, overview, shops, trust
from store.settings import WrongSettings

# A sync may be late by two of its own turns before it is stale.
TURNS = 3
SILENT = timedelta(minutes=30)  # the clock counts experiments every ten minutes
MODEL_IS_OLD = timedelta(days=4)  # trained daily; a night or two may fail
RECENT = timedelta(days=7)
SKEW_S = 300  # a minute or two off is common among browsers; at the median five are ours
WAITS = timedelta(hours=1)  # a shop may be down for lunch
MANY = 0.2  # a share of products that lack something: beyond it the feed is at fault
ORPHANS = 0.10
ENOUGH = 20  # of fewer orders, lines or events no share is judged
ENTERED_BY = timedelta(days=1)
# A sync's page, a training's lists and the WAL of a busy hour fit in this.
LEAST_FREE = 512 * 2**20
STREAMS = frozenset({"products", "orders", "refunds"})


@dataclass(frozen=True, slots=True)
class Finding:
    code: str
    shop: str  # "" for the installation
    what: str
    mend: str


def of_installation(store: Store, now: datetime) -> Iterator[Finding]:
    try:
        current = schema.is_current(store.engine)
    except SQLAlchemyError as error:
        yield Finding(
            "store-away", "", f"The database does not answer: {type(error).__name__}.",
            "Start it, and see that DATABASE_URL names it. Until then shelves stay away.",
        )  # fmt: skip
        return
    yield from _disk(store)
    if not current:
        yield Finding(
            "schema", "", "The database's schema is not the one this version expects.",
            "Run `flask db upgrade`.",
        )  # fmt: skip
        return
    with reading(store.engine) as connection:
        every = shops.every(connection)
        if not every:
            yield Finding("no-shop", "", "No shop is connected.", "`flask shop add --help`.")
            return
        beat = health.clock_beat(connection)
        if beat is None or now - beat > max(SILENT, TURNS * _turn(store)):
            since = "ever" if beat is None else f"since {beat:%Y-%m-%d %H:%M} UTC"
            yield Finding(
                "clock-silent", "", f"No job has run {since}: the scheduler is not running.",
                "Start it: `python -m scheduler` (`make serve` starts both).",
            )  # fmt: skip
            return
        backlog = jobs.backlog(connection)
        if backlog.oldest_at and now - backlog.oldest_at > WAITS:
            yield Finding(
                "work-waits", "", f"{backlog.jobs:,} jobs wait for somebody to do them, the oldest "
                f"since {backlog.oldest_at:%Y-%m-%d %H:%M} UTC.",
                "Start `python -m scheduler trainers`, on another host where this one is busy.",
            )  # fmt: skip


def _disk(store: Store) -> Iterator[Finding]:
    free = damage.free_bytes(store.engine)
    if free is not None and free < LEAST_FREE:
        yield Finding(
            "disk-full", "", f"The database's disk has only {free // 2**20:,} MiB left.",
            "Free some: without room nothing is saved, neither events nor orders.",
        )  # fmt: skip
    with reading(store.engine) as connection:
        wrong = damage.file_damage(connection)
        closed = damage.unwritable(connection)
    if closed:
        yield Finding(
            "not-writable", "", f"Nothing can be written to the database: {closed}.",
            "Look for another program that has it open and holds its lock, a backup say, and "
            "whether its folder and files belong to the user who runs Alongside.",
        )  # fmt: skip
    if wrong:
        yield Finding(
            "damaged", "", f"The database's file is damaged: {wrong[:200]}",
            "Stop both programs and `flask restore` the last good copy; then look at the disk.",
        )  # fmt: skip


def _turn(store: Store) -> timedelta:
    return timedelta(minutes=store.settings.sync_minutes)


def of_shop(store: Store, shop: shops.Shop, now: datetime) -> Iterator[Finding]:
    """Everything found at one shop; `now` is the world's, for jobs."""

    def found(code: str, what: str, mend: str) -> Finding:
        return Finding(code, shop.name, what, mend)

    with reading(store.engine) as connection:
        try:
            shops.keys(connection, store.ring, shop.id, shop.now())
            shops.credentials(connection, store.ring, shop.id)
        except WrongSettings as wrong:
            yield found("secrets", "Its stored secrets cannot be opened.", str(wrong))
            return
        if not health.owners(connection, shop.id):
            yield found(
                "no-owner", "Nobody may see its pages.",
                "`flask setup-link`, and open what it prints.",
            )  # fmt: skip
        parts = (_syncing, _jobs, _catalogue, _orders, _accounts, _models, _events, _experiments)
        for part in parts:
            for code, what, mend in part(connection, store, shop, now):
                yield found(code, what, mend)


Faults = Iterator[tuple[str, str, str]]


def _syncing(connection: Connection, store: Store, shop: shops.Shop, now: datetime) -> Faults:
    if shop.platform == "files":
        return
    if shop.uninstalled_at is not None:
        yield (
            "uninstalled",
            f"The shop took our access away on {shop.uninstalled_at:%Y-%m-%d %H:%M} UTC.",
            "Install the app there again, or `flask shop remove` it here.",
        )
        return
    waiting = inbox.waiting(connection, shop.id)
    if waiting.oldest_told_at and now - waiting.oldest_told_at > WAITS and waiting.most_tries > 2:
        yield (
            "inbox-waiting",
            f"{waiting.names:,} things that its webhooks named wait to be asked for, the oldest "
            f"since {waiting.oldest_told_at:%Y-%m-%d %H:%M} UTC.",
            f"`flask sync {shop.key}` says what is in the way.",
        )  # fmt: skip
    synced = overview.last_success(connection, shop.id, "sync")
    if synced is None:
        yield (
            "never-synced", "It was never synced to the end.",
            f"`flask sync {shop.key}`; it goes on where it was.",
        )  # fmt: skip
        return
    if now - synced > TURNS * _turn(store):
        yield (
            "stale-sync", f"The last sync that worked was {synced:%Y-%m-%d %H:%M} UTC.",
            f"`flask sync {shop.key}` says what is in the way.",
        )  # fmt: skip
    missing = STREAMS - health.cursors(connection, shop.id)
    if missing:
        yield (
            "cursor-missing",
            f"Where to go on is not known for: {', '.join(sorted(missing))}.",
            f"`flask sync {shop.key} --full` reads everything once more.",
        )


def _jobs(connection: Connection, store: Store, shop: shops.Shop, now: datetime) -> Faults:
    for run in health.latest_runs(connection, shop.id):
        name = words.JOB.get(run.job, run.job)
        if run.outcome == "failed":
            yield (
                "job-failed", f"{name} failed {run.started_at:%Y-%m-%d %H:%M} UTC: {run.detail}",
                f"Run `flask {run.job} {shop.key}` to see more."
                if run.job in ("sync", "train", "import") else "See the scheduler's log.",
            )  # fmt: skip
        elif run.outcome == "cut off":
            yield (
                "job-cut-off",
                f"{name} died {run.started_at:%Y-%m-%d %H:%M} UTC, without an error of its own.",
                "Often memory: look at the system's log (`dmesg`), and lower TRAIN_MEMORY_MIB.",
            )
    for job, asked_at in overview.waiting(connection, shop.id).items():
        if now - asked_at > timedelta(minutes=5):
            yield (
                "request-waiting",
                f"{words.JOB.get(job, job)} was asked for {asked_at:%Y-%m-%d %H:%M} UTC, and "
                "nobody took it up.",
                "Start the scheduler: `python -m scheduler`.",
            )


def _catalogue(connection: Connection, store: Store, shop: shops.Shop, now: datetime) -> Faults:
    counts = shops.counts(connection, shop.id)
    if not counts.products:
        if shop.platform == "files" or overview.last_success(connection, shop.id, "sync"):
            yield (
                "no-products", "It has no products.",
                "Publish some, and see that the API key may read products.",
            )  # fmt: skip
        return
    cards = health.cards(connection, shop.id)
    if not cards.sellable:
        yield (
            "nothing-sellable", "No product may be shown: all are drafts, hidden or sold out.",
            "Publish products and set their stock in the shop; the next sync sees it.",
        )  # fmt: skip
        return
    for code, count, what in (
        ("no-price", cards.without_price, "price"),
        ("no-url", cards.without_url, "address"),
        ("no-image", cards.without_image, "picture"),
    ):
        if count / cards.sellable > MANY:
            yield (
                code, f"{count:,} of {cards.sellable:,} products have no {what}.",
                f"Give them one in the shop; a card without a {what} is hardly clicked.",
            )  # fmt: skip


def _orders(connection: Connection, store: Store, shop: shops.Shop, now: datetime) -> Faults:
    counts = shops.counts(connection, shop.id)
    if not counts.products:
        return
    if not counts.orders:
        yield (
            "no-orders", "It has no orders, so nothing can be learned but similarity.",
            "If the shop has some, see that the API key may read orders.",
        )  # fmt: skip
        return
    told = health.lines(connection, shop.id, shop.now() - timedelta(days=90))
    if told.lines >= ENOUGH and told.unknown / told.lines > MANY:
        yield (
            "unknown-products",
            f"{told.unknown:,} of {told.lines:,} order lines of 90 days name products that the "
            "shop does not tell of.",
            f"`flask sync {shop.key} --full`; if it stays, they were deleted in the shop.",
        )


def _accounts(connection: Connection, store: Store, shop: shops.Shop, now: datetime) -> Faults:
    told = reconcile.last(connection, shop)
    if told is not None and told.different:
        named = ", ".join(told.first[:5]) + (" ..." if told.different > 5 else "")
        yield (
            "orders-differ",
            f"{told.different:,} of {told.orders:,} orders since {told.since:%Y-%m-%d} are not as "
            f"the shop says, compared {told.at:%Y-%m-%d %H:%M} UTC: {named}.",
            f"`flask doctor {shop.key} --mend` saves what the shop says; `flask sync {shop.key} "
            "--full` reads everything once more.",
        )


def _models(connection: Connection, store: Store, shop: shops.Shop, now: datetime) -> Faults:
    counts = shops.counts(connection, shop.id)
    if not counts.products:
        return
    every = models.every(connection, shop.id)
    if not every:
        yield "not-trained", "Nothing was learned yet.", f"`flask train {shop.key}`."
        return
    unreadable = damage.unreadable_lists(connection, shop.id)
    if unreadable:
        yield (
            "unreadable-lists",
            f"{len(unreadable):,} of its lists cannot be read, {unreadable[0]!r} among them: "
            "shelves go on to the next of their chain.",
            f"`flask train {shop.key}` writes them anew; then look at the disk.",
        )
    if now - every[0].trained_at > MODEL_IS_OLD:
        yield (
            "old-model", f"The last training was {every[0].trained_at:%Y-%m-%d}.",
            f"`flask train {shop.key}` says what is in the way.",
        )  # fmt: skip
    behind = counts.last_order_at and counts.last_order_at - every[0].data_until
    if behind and behind > MODEL_IS_OLD:
        yield (
            "old-data",
            f"The newest model knows orders until {every[0].data_until:%Y-%m-%d}; there are "
            f"{behind.days} days more.",
            f"`flask train {shop.key}` without --until.",
        )


def _events(connection: Connection, store: Store, shop: shops.Shop, now: datetime) -> Faults:
    told = health.events(connection, shop.id, shop.now() - RECENT)
    if told.product_views >= ENOUGH and not told.exposures:
        yield (
            "no-exposures",
            f"Browsers told of {told.product_views:,} product views in 7 days, but of no shelf.",
            "The script is on the pages, the shelf is not: add <product-shelf ...> to the theme, "
            "and see that something is live (`flask models`).",
        )
    if told.exposures >= 10 * ENOUGH and not told.views:
        yield (
            "never-seen",
            f"{told.exposures:,} shelves were answered in 7 days, and none was ever in sight.",
            "The shelf stands too far down, or the theme hides it: look at a product page.",
        )
    if told.ahead_s is not None and abs(told.ahead_s) > SKEW_S:
        which = "behind" if told.ahead_s > 0 else "ahead of"
        yield (
            "clock-skew",
            f"This server's clock is about {abs(told.ahead_s) / 60:.0f} minutes {which} that of "
            "most shoppers.",
            "Set it by NTP (`timedatectl set-ntp true`); until then windows are off by as much.",
        )


def _experiments(connection: Connection, store: Store, shop: shops.Shop, now: datetime) -> Faults:
    here = shop.now()
    for numbered in experiments.every(connection, shop.id):
        it = numbered.experiment
        if it.stopped_at is not None:
            continue
        name = f"Experiment {numbered.number}"
        if here > it.ends_at + timedelta(seconds=it.window_s):
            yield (
                "experiment-over", f"{name} is past its end and still deals visitors.",
                f"Read its report, then `flask experiment stop {shop.key} {numbered.number}`.",
            )  # fmt: skip
        entered = health.entries(connection, it.id)
        if not entered and here - it.started_at > ENTERED_BY:
            yield (
                "nobody-enters", f"Nobody has entered {name.lower()} since it started.",
                "Is the shelf on the pages, and does anybody agree to be recognised? See "
                "docs/install-woocommerce.md.",
            )  # fmt: skip
        orders, orphans = trust.orders_seen(connection, shop.id, it.started_at, here)
        if entered and orders >= ENOUGH and orphans / orders > ORPHANS:
            yield (
                "orphan-orders",
                f"{orphans:,} of {orders:,} orders since {name.lower()} began name no visitor.",
                "The checkout does not carry the visitor id (meta _alongside_visitor), or many "
                "shoppers refuse it; the report misses these sales.",
            )
        stored = experiments.report_body(connection, it.id)
        if stored and here - stored[1] > timedelta(hours=1):
            yield (
                "report-old", f"{name} was last counted {stored[1]:%Y-%m-%d %H:%M} UTC.",
                "Start the scheduler, or see its log.",
            )  # fmt: skip
