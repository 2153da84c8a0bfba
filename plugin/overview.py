"""Is it fresh, is it good, is it seen, and what does the experiment say? One page per shop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from plugin import access, journal, words
from plugin.db import connection, the_store
from plugin.reports import Told, told
from store.engine import writing
from store.reads import experiments, models, overview, shops
from store.records import PLACEMENTS, Measure
from store.writes import jobs

pages = Blueprint("overview", __name__, url_prefix="/admin/shops/<key>")

# What a person may ask the clock to do now, and what they are told.
ASKED = {
    "sync": "A sync is asked for. Reload this page to follow it under “Recent jobs”.",
    "train": "A training is asked for. It takes a minute or two; the shelves go on meanwhile.",
    "tally": "A count is asked for. Reload this page in a few seconds.",
}


@dataclass(frozen=True, slots=True)
class Shelf:
    """One placement: what is served, how good it was measured to be, and how it is used."""

    placement: str
    live: models.Live
    shelf: Measure | None  # NDCG@10 of the whole shelf
    bestsellers: Measure | None
    week: overview.ShelfUse | None
    month: overview.ShelfUse | None


@dataclass(frozen=True, slots=True)
class Overview:
    counts: shops.Counts
    synced_at: datetime | None
    trained: models.Model | None
    shelves: Sequence[Shelf]
    other_placements: Sequence[Shelf]  # live, but not seen by anybody in 30 days
    experiments: Sequence[Told]
    runs: Sequence[overview.Run]
    waiting: dict[str, datetime]
    clock_silent: bool  # something was asked for, and nobody took it up
    seen: bool  # a shelf was shown to somebody in the last 30 days


def gather(connection: Connection, shop: shops.Shop) -> Overview:
    now = shop.now()
    every = models.every(connection, shop.id)
    live = models.live(connection, shop.id)
    week, month = (
        {use.placement: use for use in overview.shelf_use(connection, shop.id, now - since)}
        for since in (timedelta(days=7), overview.MONTH)
    )
    measured = {m: models.measures(connection, m) for m in {row.model_id for row in live.values()}}
    shelves = [
        Shelf(
            placement,
            live[placement],
            _ndcg(measured[live[placement].model_id], placement, "shelf"),
            _ndcg(measured[live[placement].model_id], placement, "bestsellers"),
            week.get(placement),
            month.get(placement),
        )
        for placement in PLACEMENTS
        if placement in live
    ]
    waiting = overview.waiting(connection, shop.id)
    oldest = min(waiting.values(), default=None)
    return Overview(
        counts=shops.counts(connection, shop.id),
        synced_at=overview.last_success(connection, shop.id, "sync")
        or overview.last_success(connection, shop.id, "import"),
        trained=every[0] if every else None,
        shelves=[s for s in shelves if s.month or s.shelf],
        other_placements=[s for s in shelves if not (s.month or s.shelf)],
        experiments=[
            told(connection, shop, numbered)
            for numbered in experiments.every(connection, shop.id)
            if numbered.experiment.stopped_at is None
        ],
        runs=overview.last_runs(connection, shop.id, limit=8),
        waiting=waiting,
        clock_silent=oldest is not None and datetime.now(UTC) - oldest > overview.TAKEN_WITHIN,
        seen=bool(month),
    )


def _ndcg(measures: Sequence[Measure], placement: str, strategy: str) -> Measure | None:
    for m in measures:
        if (m.placement, m.strategy, m.metric) == (placement, strategy, "ndcg@10"):
            return m
    return None


@pages.get("/")
def show(key: str) -> str:
    shop = access.shop()
    base_url = the_store().settings.base_url
    return render_template(
        "overview.html", page=gather(connection(), shop), base_url=base_url, words=words
    )


@pages.post("/ask")
def ask(key: str) -> Response:
    """“Sync now”, “Train now”, “Count now”: a row that the clock sees."""
    job = request.form.get("job", "")
    if job not in ASKED:
        abort(400, f"There is no job {job[:20]!r} to ask for.")
    shop, now = access.shop(), datetime.now(UTC)
    with writing(the_store().engine) as changing:
        jobs.ask(changing, shop.id, job, now)
        journal.note(changing, f"asked for {job}")
    flash(ASKED[job])
    return redirect(url_for("overview.show", key=shop.key), 303)
