"""The same report for programs: as a spreadsheet file, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response

from experiments.report import ArmFigures
from experiments.shown import Shown, ShownArm
from plugin import access, spreadsheet, words
from plugin.db import connection
from plugin.reports import Told, told
from store.reads import experiments
from store.reads.shops import Shop

pages = Blueprint(
    "report_files", __name__, url_prefix="/admin/shops/<key>/experiments/<int:number>"
)


@pages.get("/report.csv")
def as_csv(key: str, number: int) -> Response:
    shop = access.shop()
    it = told(connection(), shop, experiments.by_number(connection(), shop.id, number))
    return spreadsheet.answer(_cells(shop, it), f"experiment-{number}.csv")


def _cells(shop: Shop, it: Told) -> Iterator[Sequence[spreadsheet.Cell]]:
    """Plain figures: amounts in minor units of the currency, shares as fractions of 1."""
    yield ("figure", "control", "treatment", "low", "high", "note")
    yield ("shop", shop.name, "", "", "", shop.key)
    yield (
        "experiment",
        it.number,
        "",
        "",
        "",
        f"{it.experiment.placement}, control sees {words.against(it.experiment.against)}",
    )
    yield ("started", it.experiment.started_at.isoformat(), "", "", "", "")
    yield ("ends", it.experiment.ends_at.isoformat(), "", "", "", "")
    yield ("verdict", "", "", "", "", it.sentence or "not counted yet")
    if it.report is None:
        return
    report = it.report
    yield (
        "counted until",
        report.until_at.isoformat(),
        "",
        "",
        "",
        f"amounts in minor units of {report.currency}",
    )
    for name in ArmFigures.__dataclass_fields__:
        if name != "arm":
            yield (name, getattr(report.control, name), getattr(report.treatment, name), "", "", "")
    for found in report.differences:
        interval = found.lift_interval
        yield (
            f"lift {found.metric}",
            "",
            found.lift,
            interval.low if interval else None,
            interval.high if interval else None,
            f"level {found.level}{', at every look' if found.always else ''}",
        )
    if report.extra:
        extra = report.extra
        yield (
            "extra_revenue_minor",
            "",
            extra.estimate_minor,
            extra.low_minor,
            extra.high_minor,
            "",
        )
        yield ("attributed_minor", "", extra.attributed_minor, "", "", "after a click; not extra")
    for part in report.parts:
        ends = part.lift_interval
        yield (
            f"part {part.name} {report.metric}",
            part.control,
            part.treatment,
            ends.low if ends else None,
            ends.high if ends else None,
            "interval of the lift; a part never decides",
        )
    yield from _shown(report.shown)
    for repeat in report.repeats:
        yield (f"again_{repeat.days}_days {repeat.arm}", repeat.again, repeat.buyers, "", "", "")
    for stood in report.restated:
        yield (
            "restated_extra_revenue_minor",
            stood.revenue_control_minor,
            stood.revenue_treatment_minor,
            stood.low_minor,
            stood.high_minor,
            f"{stood.at.isoformat()}: {stood.estimate_minor}",
        )
    health = asdict(report.health)
    yield ("doubts", "", "", "", "", " ".join(health.pop("doubts")))
    for name, value in health.items():
        yield (f"health {name}", "", value, "", "", "")


def _shown(it: Shown | None) -> Iterator[Sequence[spreadsheet.Cell]]:
    """What shoppers saw: counts, and shares as fractions of 1."""
    if it is None:
        return
    yield ("shown sellable_products", "", it.sellable, "", "", "")
    for name in ShownArm.__dataclass_fields__:
        if name != "arm":
            cells = (getattr(it.control, name), getattr(it.treatment, name))
            yield (f"shown {name}", *cells, "", "", "")
    for group in it.groups:
        note = f"{group.members} {group.of}, {group.sold} of the sales before the start"
        yield (f"places {group.size} {group.of}", group.control, group.treatment, "", "", note)


def as_data(shop: Shop, it: Told) -> dict[str, Any]:
    """The report as JSON: what `/api/<key>/report` and `flask report --json` tell."""
    data: dict[str, Any] = {
        "shop": shop.key,
        "experiment": it.number,
        "placement": it.experiment.placement,
        "against": it.experiment.against,
        "state": it.state(shop.now()),
        "verdict": it.kind,
        "sentence": it.sentence,
        "computed_at": it.computed_at,
        "report": None,
    }
    if it.report is not None:
        body = asdict(it.report)
        del body["experiment"]  # the store's own key; people know the number
        data["report"] = body
    return data
