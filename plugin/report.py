"""The report of one experiment as a page: its stored figures, written out for the merchant.

Figures are counted by the scheduler, never here; `report_files` tells the same as CSV and JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy import Connection

from experiments.outcome import Difference, Interval, Judgement
from experiments.report import ArmFigures, Report
from experiments.rule import RULE
from experiments.sentence import sentence
from plugin import access, chart, showing, trust, words
from plugin import days as calendar
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
    template, told_ = frame(access.shop(), number)
    return render_template(template, **told_, shared=False)


def frame(shop: Shop, number: int) -> tuple[str, dict[str, Any]]:
    """The template and all it tells, for the merchant's page and for a shared link alike."""
    asking, say = connection(), Numbers.of(shop)
    it = told(asking, shop, experiments.by_number(asking, shop.id, number))
    seen: dict[str, Any] = {
        "it": it,
        "state": it.state(shop.now()),
        "waiting": "tally",
        "changes": _model_changes(asking, shop, it),
    }
    if it.report is None:
        return "report_none.html", seen
    history = _days(asking, shop, it)
    days = calendar.asked(shop, request.args)
    some = None if days.is_all else calendar.sums(asking, it.experiment, days)
    return "report.html", seen | {
        "report": it.report,
        "arms": arm_rows(it.report, say),
        "differences": difference_rows(it.report, say),
        "lift_chart": chart.lifts(it.report.differences, say),
        "history_chart": chart.history([(d.day, d.judgement.running.lift) for d in history], say),
        "days": history,
        "signs": trust.signs(it.report, say),
        "parts": part_rows(it.report, say),
        "repeats": repeat_rows(it.report, say),
        "shown": showing.told(it.report.shown, say) if it.report.shown else None,
        "presets": calendar.PRESETS,
        "asked_days": days,
        "some_days": some and raw_rows(*some, say),
        "needed_days": RULE.min_days,
        "needed_buyers": RULE.min_conversions,
        "longest_days": RULE.max_days,
    }


def _days(asking: Connection, shop: Shop, it: Told) -> list[Day]:
    say = Numbers.of(shop)
    found = []
    for day, _, stored in experiments.judged_days(asking, it.experiment.id):
        judgement = Judgement.from_json(stored)
        words_ = sentence(judgement.verdict, say, it.experiment.against)
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
    interval = found.lift_interval
    return "cannot be said yet" if interval is None else _ends(interval, say)


def _ends(interval: Interval, say: Numbers) -> str:
    if interval.high is None:
        return f"{say.change(interval.low)} or more"
    return f"{say.change(interval.low)} to {say.change(interval.high)}"


@dataclass(frozen=True, slots=True)
class PartRow:
    label: str
    control: str
    treatment: str
    change: str
    interval: str
    stands_out: bool


def part_rows(report: Report, say: Numbers) -> list[PartRow]:
    """Parts of the visitors by the metric that decides: a description, never a verdict."""

    def rate(value: float | None) -> str:
        return say.percent(value, 2) if report.metric == "cvr" else say.average(value)

    rows = []
    for part in report.parts:
        interval = part.lift_interval
        rows.append(
            PartRow(
                label=words.part(part.name),
                control=f"{rate(part.control)} of {say.count(part.visitors_control)}",
                treatment=f"{rate(part.treatment)} of {say.count(part.visitors_treatment)}",
                change=say.change(part.lift) if interval else "too few to say",
                interval=_ends(interval, say) if interval else "",
                stands_out=part.stands_out,
            )
        )
    return rows


def repeat_rows(report: Report, say: Numbers) -> list[Row]:
    """Of each arm's buyers, who ordered again; empty while nobody's days are over."""
    rows = []
    for days in sorted({repeat.days for repeat in report.repeats}):
        by_arm = {r.arm: r for r in report.repeats if r.days == days}
        cells = [
            f"{say.percent(r.share)} of {say.count(r.buyers)}" if r.buyers else "not known yet"
            for r in (by_arm["control"], by_arm["treatment"])
        ]
        if any(r.buyers for r in by_arm.values()):
            rows.append(Row(f"Ordered again within {days} days", cells[0], cells[1], "repeat"))
    return rows


def raw_rows(control: ArmFigures, treatment: ArmFigures, say: Numbers) -> list[Row]:
    """The sums of some days."""

    def row(label: str, write: Any, of: str) -> Row:
        return Row(label, write(getattr(control, of)), write(getattr(treatment, of)))

    return [
        row("Visitors", say.count, "visitors"),
        row("Buyers", say.count, "converters"),
        row("Orders", say.count, "orders"),
        row("Conversion rate", lambda x: say.percent(x, 2), "conversion_rate"),
        row("Revenue", say.money, "revenue_minor"),
        row("Revenue per visitor", say.average, "revenue_per_visitor_minor"),
    ]
