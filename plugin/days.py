"""Which days does the merchant ask for, and what did those do who entered on them?

Days are the shop's own, in its time zone. Sums only, never a verdict: a verdict is about the whole
test, and choosing days after seeing the figures is how people fool themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from experiments.report import ArmFigures
from experiments.tally import Tally
from store.reads import counted
from store.reads.shops import Shop
from store.records import Experiment

PRESETS = {
    "last7": "the last 7 days",
    "last28": "the last 28 days",
    "month": "this month",
    "before": "last month",
}


@dataclass(frozen=True, slots=True)
class Days:
    first: date | None
    last: date | None

    @property
    def is_all(self) -> bool:
        return self.first is None and self.last is None


def preset(name: str, today: date) -> Days | None:
    """The days that a preset names; None: there is no such preset."""
    if name == "last7":
        return Days(today - timedelta(days=6), today)
    if name == "last28":
        return Days(today - timedelta(days=27), today)
    begin = today.replace(day=1)
    if name == "month":
        return Days(begin, today)
    if name == "before":
        end = begin - timedelta(days=1)
        return Days(end.replace(day=1), end)
    return None


def asked(shop: Shop, given: dict[str, str]) -> Days:
    """The days of a page's form: a preset, or two dates; what cannot be read is left out."""
    today = shop.now().astimezone(shop.zone()).date()
    return preset(given.get("days", ""), today) or Days(_day(given, "from"), _day(given, "to"))


def _day(given: dict[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(given.get(name, ""))
    except ValueError:
        return None


def sums(
    connection: Connection, experiment: Experiment, days: Days
) -> tuple[ArmFigures, ArmFigures]:
    """Control and treatment: visitors who entered on these days, mature or not."""
    found = {"control": Tally(), "treatment": Tally()}
    for day, arm, text in counted.tallied_days(connection, experiment.id):
        if (days.first is None or day >= days.first.isoformat()) and (
            days.last is None or day <= days.last.isoformat()
        ):
            found[arm] += Tally.from_json(text)
    control, treatment = found["control"], found["treatment"]
    return (
        ArmFigures.of("control", control, control),
        ArmFigures.of("treatment", treatment, treatment),
    )
