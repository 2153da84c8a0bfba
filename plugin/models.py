"""Which models did training make, how good were they, and going back to an earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from plugin import access, journal, preview
from plugin.db import connection, the_store
from plugin.shelves import config_of
from recommenders.chains import CHAINS
from store.engine import writing
from store.reads import models
from store.records import PLACEMENTS, Measure, Placement
from store.writes import models as writes

pages = Blueprint("models", __name__, url_prefix="/admin/shops/<key>/models")

METRICS = ("ndcg@10", "hr@10", "recall@10", "coverage@10")


@dataclass(frozen=True, slots=True)
class Version:
    model: models.Model
    live_on: Sequence[str]
    decisions: Sequence[models.Decision]


@dataclass(frozen=True, slots=True)
class Judged:
    """One placement of a model: what the gate said, and every contender's figures."""

    placement: str
    decision: models.Decision | None
    live: bool
    table: Sequence[tuple[str, Sequence[Measure | None]]]  # strategy, one figure per METRICS
    queries: int


@pages.get("/")
def every(key: str) -> str:
    shop, asking = access.shop(), connection()
    live = models.live(asking, shop.id)
    versions = [
        Version(
            model,
            [p for p in PLACEMENTS if p in live and live[p].model_id == model.id],
            models.decisions(asking, model.id),
        )
        for model in models.every(asking, shop.id)
    ]
    return render_template("models.html", versions=versions)


@pages.get("/<int:version>")
def show(key: str, version: int) -> str:
    shop, asking = access.shop(), connection()
    model = _found(asking, shop.id, version)
    return render_template(
        "model.html", model=model, judged=_judged(asking, shop.id, model), metrics=METRICS
    )


def _found(asking: Connection, shop_id: int, version: int) -> models.Model:
    """A version, also one whose lists were pruned: its measures stay."""
    every = models.every(asking, shop_id)
    for model in every:
        if model.version == version:
            return model
    there = ", ".join(str(m.version) for m in every) or "none yet"
    raise models.UnknownModel(f"There is no version {version}. Versions: {there}.")


def _judged(asking: Connection, shop_id: int, model: models.Model) -> list[Judged]:
    measures = models.measures(asking, model.id)
    decisions = {d.placement: d for d in models.decisions(asking, model.id)}
    live = models.live(asking, shop_id)
    found = []
    for placement in PLACEMENTS:
        here = [m for m in measures if m.placement == placement]
        if not here and placement not in decisions:
            continue
        of = {(m.strategy, m.metric): m for m in here}
        # The whole shelf first, then what it is judged against, then its parts, best first.
        parts = sorted(
            {m.strategy for m in here if m.metric in METRICS} - {"shelf", "bestsellers"},
            key=lambda name: -(of[name, "ndcg@10"].value if (name, "ndcg@10") in of else 0),
        )
        names = [n for n in ("shelf", "bestsellers") if (n, "ndcg@10") in of] + parts
        found.append(
            Judged(
                placement,
                decisions.get(placement),
                placement in live and live[placement].model_id == model.id,
                [(name, [of.get((name, metric)) for metric in METRICS]) for name in names],
                max((m.queries for m in here), default=0),
            )
        )
    return found


# Shelves compared between two versions: those of the best-selling products.
COMPARED = 24
TOP = 10
CHANGES_OF: Placement = "also_bought"
# With all that a version learned for it, whatever the gate said of it.
ALL_OF_IT = tuple(dict.fromkeys(part.strategy for step in CHAINS[CHANGES_OF] for part in step))


@dataclass(frozen=True, slots=True)
class Difference:
    """One product's shelf in two versions, as far as they differ."""

    product: str
    title: str
    came: Sequence[str]  # titles that only the newer version shows
    gone: Sequence[str]


@pages.get("/<int:version>/changes")
def changes(key: str, version: int) -> str:
    """What this version shows otherwise than the one before it, on the same shop of today."""
    shop, asking = access.shop(), connection()
    newer = models.by_version(asking, shop.id, version)
    older = next(
        (m for m in models.every(asking, shop.id) if m.version < version and m.has_lists), None
    )
    found: list[Difference] = []
    same = tried = 0
    if older is not None:
        config = config_of(key)
        for product in preview.examples(asking, config, COMPARED):
            before, after = (
                preview.shelf(
                    asking, config, CHANGES_OF, product.external_id, limit=TOP,
                    served=(model.id, ALL_OF_IT),
                )
                for model in (older, newer)
            )  # fmt: skip
            tried += 1
            had, has = {it.id for it in before}, {it.id for it in after}
            same += len(had & has)
            if had != has:
                found.append(
                    Difference(
                        product.external_id,
                        product.title,
                        [it.title for it in after if it.id not in had],
                        [it.title for it in before if it.id not in has],
                    )
                )
    return render_template(
        "model_changes.html",
        newer=newer,
        older=older,
        placement=CHANGES_OF,
        found=sorted(found, key=lambda it: -len(it.came)),
        tried=tried,
        kept=same / tried if tried else 0.0,
        top=TOP,
    )


@pages.get("/<int:version>/rollback")
def confirm_roll_back(key: str, version: int) -> str:
    shop, asking = access.shop(), connection()
    model = models.by_version(asking, shop.id, version)
    return render_template(
        "roll_back.html",
        model=model,
        live=models.live(asking, shop.id),
        served=models.served_with(asking, shop.id, version),
    )


@pages.post("/<int:version>/rollback")
def roll_back(key: str, version: int) -> Response:
    shop = access.shop()
    with writing(the_store().engine) as changing:
        models.by_version(changing, shop.id, version)  # says so where it is gone
        why, now = f"rolled back to version {version}", datetime.now(UTC)
        for it in models.served_with(changing, shop.id, version):
            writes.publish(changing, shop.id, it.placement, it.model_id, it.strategies, why, now)
        journal.note(changing, why)
    flash(f"Version {version} is live again; shelves show it within a second.")
    return redirect(url_for("models.every", key=shop.key), 303)
