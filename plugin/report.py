"""The report of one experiment: as a page, as a spreadsheet file, as JSON.

All three tell the same stored `Report`; its figures are counted by the scheduler, never here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from flask import Blueprint, Response, render_template
from sqlalchemy import Connection

from experiments.outcome import Difference, Judgement
from experiments.report import ArmFigures, Report
from experiments.rule import RULE
from experiments.sentence import sentence
from plugin import access, chart, spreadsheet, words
from plugin.db import connection
from plugin.numbers import Numbers
from plugin.reports import Told, told
from store.reads import experiments, models
from store.reads.shops import Shop

pages = Blueprint("report", __name__, url_prefix="/admin/shops/<key>/experiments/<int:number>")


@dataclass(frozen=True, slots=True)
class Day:
    """One ended day: what was said then, as it was said."""

    day: str
    judgement: Judgement
    sentence: str


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of both arms, written out."""

    label: str
    control: str
    treatment: str
    term: str = ""  # the anchor of its explanation


@pages.get("/")
def show(key: str, number: int) -> str:
    shop = access.shop()
    asking, say = connection(), Numbers.of(shop)
    it = told(asking, shop, experiments.by_number(asking, shop.id, number))
    frame: dict[str, Any] = {
        "it": it,
        "state": it.state(shop.now()),
        "waiting": "tally",
        "changes": _model_changes(asking, shop, it),
    }
    if it.report is None:
        return render_template("report_none.html", **frame)
    days = _days(asking, shop, it)
    return render_template(
        "report.html",
        report=it.report,
        arms=arm_rows(it.report, say),
        differences=difference_rows(it.report, say),
        lift_chart=chart.lifts(it.report.differences, say),
        history_chart=chart.history([(d.day, d.judgement.running.lift) for d in days], say),
        days=days,
        needed_days=RULE.min_days,
        needed_buyers=RULE.min_conversions,
        longest_days=RULE.max_days,
        **frame,
    )


def _days(asking: Connection, shop: Shop, it: Told) -> list[Day]:
    money = Numbers.of(shop).money
    found = []
    for day, _, stored in experiments.judged_days(asking, it.experiment.id):
        judgement = Judgement.from_json(stored)
        words_ = sentence(judgement.verdict, money, it.experiment.against)
        found.append(Day(day, judgement, words_))
    return found


def _model_changes(asking: Connection, shop: Shop, it: Told) -> list[models.Published]:
    """What was published on the placement while the test ran: the treatment changed with it."""
    until = it.experiment.stopped_at or max(it.experiment.ends_at, shop.now())
    every = models.published(asking, shop.id, it.experiment.placement)
    return [p for p in every if it.experiment.started_at <= p.at <= until]


def arm_rows(report: Report, say: Numbers) -> list[Row]:
    """Both arms, raw: of visitors whose window is over."""
    c, t = report.control, report.treatment

    def row(label: str, write: Any, of: str, term: str = "") -> Row:
        return Row(label, write(getattr(c, of)), write(getattr(t, of)), term)

    capped = f"Revenue per visitor, at most {say.money(report.cap_minor)} each"
    return [
        row("Visitors who entered", say.count, "visitors", "visitor"),
        row("of those, mature", say.count, "mature", "mature"),
        row("Buyers", say.count, "converters"),
        row("Orders", say.count, "orders"),
        row("Conversion rate", lambda x: say.percent(x, 2), "conversion_rate", "conversion"),
        row("Revenue", say.money, "revenue_minor", "revenue"),
        row("Revenue per visitor", say.average, "revenue_per_visitor_minor", "rpv"),
        *(
            [row(capped, say.average, "capped_per_visitor_minor", "cap")]
            if report.cap_minor is not None
            else []
        ),
        row("Value of an order", say.money, "order_value_minor", "aov"),
        row("Visitors who clicked the shelf", lambda x: say.percent(x, 2), "click_rate", "click"),
    ]


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    label: str
    change: str
    interval: str
    level: str
    primary: bool


def difference_rows(report: Report, say: Numbers) -> list[DifferenceRow]:
    rows = []
    for found in report.differences:
        rows.append(
            DifferenceRow(
                label=words.METRIC[found.metric],
                change=say.change(found.lift),
                interval=_interval(found, say),
                level=say.percent(found.level, 0) + (", at every look" if found.always else ""),
                primary=found is report.differences[0],
            )
        )
    return rows


def _interval(found: Difference, say: Numbers) -> str:
    if found.lift_interval is None:
        return "cannot be said yet"
    low, high = found.lift_interval.low, found.lift_interval.high
    if high is None:
        return f"{say.change(low)} or more"
    return f"{say.change(low)} to {say.change(high)}"


# --- the same as a file ---------------------------------------------------------------------------


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
