"""What does a merchant read about a split test? The numbers that page, command and JSON share.

`build` puts tallies and a judgement together. Saying the verdict in words is left to `sentence`,
drawing and formatting to whoever shows it. The scheduler builds and stores reports; web workers
read them, so nothing here imports a heavy library.

Amounts are in minor units of `currency`: whole where they are sums, with decimals where they are
averages. What cannot be said is None.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal

from pydantic import TypeAdapter

from experiments.assign import BUCKETS
from experiments.beside import NOTHING_BESIDE, Beside, Other, Part, Repeat, Restated
from experiments.health import DataHealth, examine, ratio
from experiments.outcome import Difference, Judgement, Verdict
from experiments.shown import Shown
from experiments.tally import DayTally, Tally
from store.records import Arm, Experiment, Tested


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """One arm, raw. Everything but `visitors`, `crossed` and `*_so_far` is of mature visitors."""

    arm: Arm
    visitors: int  # everyone who entered
    crossed: int  # of those, who saw both arms
    orders_so_far: int  # provisional: some of their windows are still open
    revenue_so_far_minor: int
    mature: int
    converters: int
    orders: int
    revenue_minor: int
    capped_minor: int
    conversion_rate: float | None
    revenue_per_visitor_minor: float | None
    capped_per_visitor_minor: float | None
    order_value_minor: float | None
    click_rate: float | None  # visitors with a click on the shelf

    @staticmethod
    def of(arm: Arm, mature: Tally, entered: Tally) -> ArmFigures:
        n = mature.visitors
        return ArmFigures(
            arm=arm,
            visitors=entered.visitors,
            crossed=entered.crossed,
            orders_so_far=entered.orders,
            revenue_so_far_minor=entered.revenue_minor,
            mature=n,
            converters=mature.converters,
            orders=mature.orders,
            revenue_minor=mature.revenue_minor,
            capped_minor=mature.capped_minor,
            conversion_rate=ratio(mature.converters, n),
            revenue_per_visitor_minor=ratio(mature.revenue_minor, n),
            capped_per_visitor_minor=ratio(mature.capped_minor, n),
            order_value_minor=ratio(mature.revenue_minor, mature.orders),
            click_rate=ratio(mature.clickers, n),
        )


@dataclass(frozen=True, slots=True)
class ExtraRevenue:
    """What the shelf added: (RPV_B - RPV_A) n_B, capped, over treatment's mature visitors.

    `attributed_minor` is another thing: sales after a click, many of which would have happened
    anyway. `ratio` is how much of it was extra; None without both.
    """

    visitors: int
    estimate_minor: int
    low_minor: int | None
    high_minor: int | None
    level: float
    attributed_minor: int | None
    ratio: float | None


@dataclass(frozen=True, slots=True)
class Split:
    """Did visitors arrive in the arms as they were dealt?"""

    control: int
    treatment: int
    expected_share: float  # of treatment
    log_evidence: float  # see Lopsided
    p_at_end: float | None


@dataclass(frozen=True, slots=True)
class Report:
    experiment: int
    placement: Tested
    against: str
    metric: Literal["cvr", "rpv"]
    currency: str
    started_at: datetime
    ends_at: datetime
    stopped_at: datetime | None
    until_at: datetime
    window_s: int
    cap_minor: int | None
    verdict: Verdict
    control: ArmFigures
    treatment: ArmFigures
    differences: tuple[Difference, ...]  # the primary metric first; none while it is too early
    extra: ExtraRevenue | None
    split: Split
    health: DataHealth
    parts: tuple[Part, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    restated: tuple[Restated, ...] = ()  # the first as locked; one alone: nothing changed since
    others: tuple[Other, ...] = ()  # what other methods say, at the locked end
    shown: Shown | None = None  # None: nobody had a shelf in sight

    def to_json(self) -> str:
        return _adapter().dump_json(self).decode()

    @staticmethod
    def from_json(text: str) -> Report:
        return _adapter().validate_json(text)


@cache  # building one takes milliseconds
def _adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


def build(
    experiment: Experiment,
    day: DayTally,
    judgement: Judgement,
    *,
    currency: str,
    beside: Beside = NOTHING_BESIDE,
) -> Report:
    """The report of `experiment` at `day`, whose judgement is given."""
    running = judgement.running
    return Report(
        experiment=experiment.id,
        placement=experiment.placement,
        against=experiment.against,
        metric=experiment.metric,
        currency=currency,
        started_at=experiment.started_at,
        ends_at=experiment.ends_at,
        stopped_at=experiment.stopped_at,
        until_at=day.until_at,
        window_s=experiment.window_s,
        cap_minor=experiment.cap_minor,
        verdict=judgement.verdict,
        control=ArmFigures.of("control", day.mature.control, day.entered.control),
        treatment=ArmFigures.of("treatment", day.mature.treatment, day.entered.treatment),
        differences=judgement.differences,
        extra=extra(day, judgement),
        split=Split(
            control=day.entered.control.visitors,
            treatment=day.entered.treatment.visitors,
            expected_share=experiment.share / BUCKETS,
            log_evidence=running.log_evidence,
            p_at_end=running.split_p_at_end,
        ),
        health=examine(day, experiment.share, judgement.verdict.kind == "lopsided", beside.signs),
        parts=beside.parts,
        repeats=beside.repeats,
        restated=beside.restated,
        others=beside.others,
        shown=beside.shown,
    )


def extra(day: DayTally, judgement: Judgement) -> ExtraRevenue | None:
    """None until a difference in revenue may be shown."""
    visitors = day.mature.treatment.visitors
    for found in judgement.differences:
        if found.metric == "rpv":
            interval = found.difference_interval
            high = None if interval is None else interval.high
            estimate = round(found.difference * visitors)
            attributed = day.mature.treatment.attributed_minor
            return ExtraRevenue(
                visitors=visitors,
                estimate_minor=estimate,
                low_minor=None if interval is None else round(interval.low * visitors),
                high_minor=None if high is None else round(high * visitors),
                level=found.level,
                attributed_minor=attributed,
                ratio=estimate / attributed if attributed else None,
            )
    return None
