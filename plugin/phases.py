"""The two tests that cost a merchant something to begin, each asked about on a page of its own.

A test with another share (a phase of its own: the old one ends), and the holdout of all shelves.
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from experiments.assign import BUCKETS
from plugin import access, journal
from plugin.db import connection, the_store
from plugin.reports import told
from plugin.starting import NotReady, Wish, next_phase, start, whole_per_cent
from store.engine import writing
from store.reads import experiments, models
from store.records import EVERY_SHELF
from store.writes.experiments import AlreadyRunning

pages = Blueprint("phases", __name__, url_prefix="/admin/shops/<key>/experiments")

HELD_OUT = (2, 5, 10)  # per cent
QUARTERS = {91: "a quarter of a year", 182: "half a year", 364: "a year"}


@pages.get("/<int:number>/ramp")
def ask_ramp(key: str, number: int) -> str:
    return _ramp(number)


def _ramp(number: int, fault: str | None = None) -> str:
    shop = access.shop()
    it = told(connection(), shop, experiments.by_number(connection(), shop.id, number))
    return render_template(
        "ramp.html", it=it, now=shop.now(), share=it.experiment.share * 100 / BUCKETS, fault=fault,
        form=request.form,
    )  # fmt: skip


@pages.post("/<int:number>/ramp")
def ramp(key: str, number: int) -> Response | tuple[str, int]:
    shop = access.shop()
    try:
        share = whole_per_cent(request.form.get("share", ""))
        with writing(the_store().engine) as changing:
            following, expected = next_phase(changing, shop, number, share, shop.now())
            journal.note(
                changing, f"started experiment {following}", f"{share} %, in place of {number}"
            )
    except (NotReady, AlreadyRunning) as fault:
        return _ramp(number, fault.message), 422
    flash(
        f"Experiment {number} is stopped; experiment {following} is running with {share} % of the "
        f"visitors. {expected.sentence()}"
    )
    return redirect(url_for("report.show", key=shop.key, number=following), 303)


@pages.get("/holdout")
def ask_holdout(key: str) -> str:
    return _holdout()


def _holdout(fault: str | None = None) -> str:
    shop, asking = access.shop(), connection()
    running = [
        numbered
        for numbered in experiments.every(asking, shop.id)
        if numbered.experiment.placement == EVERY_SHELF and numbered.experiment.stopped_at is None
    ]
    return render_template(
        "holdout.html", running=running, live=models.live(asking, shop.id), shares=HELD_OUT,
        quarters=QUARTERS, fault=fault, form=request.form,
    )  # fmt: skip


@pages.post("/holdout")
def hold_out(key: str) -> Response | tuple[str, int]:
    shop, form = access.shop(), request.form
    days = form.get("days", "")
    try:
        share = whole_per_cent(form.get("percent", ""))
        wish = Wish(
            placement=EVERY_SHELF,
            against="none",
            metric="cvr" if form.get("metric") == "cvr" else "rpv",
            days=int(days) if days.isdecimal() else 0,
            share=100 - share,
        )
        with writing(the_store().engine) as changing:
            number, expected = start(changing, shop, wish, shop.now())
            journal.note(changing, f"started experiment {number}", f"holdout of {share} %")
    except (NotReady, AlreadyRunning) as fault:
        return _holdout(fault.message), 422
    flash(f"Experiment {number} is running: {share} % see no shelf. {expected.sentence()}")
    return redirect(url_for("report.show", key=shop.key, number=number), 303)
