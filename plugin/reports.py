"""What is known of an experiment right now, for whichever page, file or command tells it.

The scheduler counts and stores; here the stored report is read back and put into the merchant's
own words and currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from experiments.report import Report
from experiments.sentence import sentence
from plugin.numbers import Numbers
from store.reads import experiments
from store.reads.shops import Shop
from store.records import Experiment


@dataclass(frozen=True, slots=True)
class Told:
    """An experiment with its report, if there is one yet."""

    number: int
    experiment: Experiment
    report: Report | None
    computed_at: datetime | None
    sentence: str  # "" before the first count

    @property
    def kind(self) -> str:
        """not_counted, too_early, lopsided, not_proven, helping or hurting; of a test of the test
        lopsided also where a difference was found."""
        if self.report is None:
            return "not_counted"
        verdict = self.report.verdict
        if verdict.kind == "lift" and self.report.against == "itself":
            return "lopsided"
        return verdict.direction if verdict.kind == "lift" else verdict.kind

    @property
    def head(self) -> str:
        """The verdict in two or three words: what the sentence begins with."""
        return self.sentence.partition(": ")[0] or "Not counted yet"

    @property
    def saying(self) -> str:
        """The rest of the sentence, to stand under its head."""
        rest = self.sentence.partition(": ")[2]
        return rest[:1].upper() + rest[1:]

    def state(self, now: datetime) -> str:
        """running, due (past its end, not stopped) or stopped."""
        if self.experiment.stopped_at is not None:
            return "stopped"
        return "running" if now < self.experiment.ends_at else "due"


def told(connection: Connection, shop: Shop, numbered: experiments.Numbered) -> Told:
    stored = experiments.report_body(connection, numbered.experiment.id)
    if stored is None:
        return Told(numbered.number, numbered.experiment, None, None, "")
    report = Report.from_json(stored[0])
    words = sentence(report, Numbers.of(shop))
    return Told(numbered.number, numbered.experiment, report, stored[1], words)
