"""Which split tests ran here, and starting or stopping one."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from plugin import access, journal
from plugin.db import connection, the_store
from plugin.reports import told
from plugin.starting import (
    DAYS,
    USUAL_EFFECT,
    NotReady,
    Wish,
    forecast,
    start,
    whole_per_cent,
)
from store.engine import writing
from store.reads import experiments, models, shops
from store.records import PLACEMENTS, Placement
from store.writes import experiments as writes
from store.writes.experiments import AlreadyRunning

pages = Blueprint("experiments", __name__, url_prefix="/admin/shops/<key>/experiments")

WEEKS = (2, 3, 4, 5, 6, 7, 8)
EFFECTS = ("5", "10", "20", "40")  # % that a merchant may want to see


@pages.get("/")
def every(key: str) -> str:
    return _list(access.shop())


def _list(shop: shops.Shop, fault: str | None = None) -> str:
    asking = connection()
    found = [told(asking, shop, numbered) for numbered in experiments.every(asking, shop.id)]
    live = models.live(asking, shop.id)
    busy = {it.experiment.placement for it in found if it.experiment.stopped_at is None}
    free = [p for p in PLACEMENTS if p in live and p not in busy]
    return render_template(
        "experiments.html",
        found=found,
        now=shop.now(),
        free=free,
        live=live,
        asked=_forecast(shop),
        alone=sorted({s for it in live.values() for s in it.strategies if len(it.strategies) > 1}),
        versions=[m.version for m in models.every(asking, shop.id) if m.has_lists],
        weeks=WEEKS,
        usual=DAYS // 7,
        effects=EFFECTS,
        fault=fault,
        form=request.form,
    )


def _forecast(shop: shops.Shop) -> tuple[Placement, str] | None:
    """The answer to "how long would it take?", where that was asked."""
    named = request.args.get("plan")
    percent = request.args.get("effect", "")
    if not named:
        return None
    effect = int(percent) / 100 if percent in EFFECTS else USUAL_EFFECT
    placement = _placement(named)
    return placement, forecast(connection(), shop, placement, effect=effect).sentence()


@pages.post("/")
def begin(key: str) -> Response | tuple[str, int]:
    shop, form, now = access.shop(), request.form, access.shop().now()
    weeks = form.get("weeks", "")
    try:
        wish = Wish(
            placement=_placement(form.get("placement", "")),
            against=form.get("against", "")[:20],
            metric="rpv" if form.get("metric") == "rpv" else "cvr",
            share=whole_per_cent(form.get("share", "50")),
            days=7 * (int(weeks) if weeks.isdecimal() and len(weeks) < 3 else 0),
        )
        with writing(the_store().engine) as changing:
            number, expected = start(changing, shop, wish, now)
            journal.note(
                changing, f"started experiment {number}", f"{wish.placement} against {wish.against}"
            )
    except (NotReady, AlreadyRunning, models.UnknownModel) as fault:
        return _list(shop, fault.message), 422
    flash(f"Experiment {number} is running. {expected.sentence()}")
    return redirect(url_for("report.show", key=shop.key, number=number), 303)


def _placement(named: str) -> Placement:
    for placement in PLACEMENTS:
        if placement == named:
            return placement
    raise NotReady("Choose the shelf to test.")


@pages.get("/<int:number>/stop")
def confirm_stop(key: str, number: int) -> str:
    shop = access.shop()
    it = told(connection(), shop, experiments.by_number(connection(), shop.id, number))
    return render_template("stop.html", it=it, now=shop.now())


@pages.post("/<int:number>/stop")
def stop(key: str, number: int) -> Response:
    shop = access.shop()
    with writing(the_store().engine) as changing:
        found = experiments.by_number(changing, shop.id, number)
        writes.stop_experiment(changing, found.experiment.id, shop.now())
        journal.note(changing, f"stopped experiment {number}", "")
    flash(f"Experiment {number} is stopped. Everybody sees the live shelf again within a second.")
    return redirect(url_for("report.show", key=shop.key, number=number), 303)
