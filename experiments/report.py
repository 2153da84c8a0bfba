"""What does a merchant read about a split test? The numbers that page, command and JSON share.

`build` puts tallies and a judgement together; `sentence` says the verdict in one plain sentence.
Drawing, translating and formatting amounts are left to whoever shows it. The scheduler builds and
stores reports; web workers read them, so nothing here imports a heavy library.

Amounts are in minor units of `currency`: whole where they are sums, with decimals where they are
averages. What cannot be said is None.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal, assert_never

from pydantic import TypeAdapter

from experiments.assign import BUCKETS
from experiments.outcome import (
    Difference,
    Interval,
    Judgement,
    Lift,
    Lopsided,
    NotProven,
    TooEarly,
    Verdict,
)
from experiments.tally import DayTally, Tally
from store.records import Arm, Experiment, Placement

# Above these shares the figures still stand, but a person should look for the cause.
CROSSED_WARNING = 0.02  # one visitor in fifty saw both arms: the difference is diluted
ORPHAN_WARNING = 0.10  # one order in ten came without a visitor: the shelf misses part of sales

Money = Callable[[int], str]  # an amount in minor units as the merchant writes it


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
            conversion_rate=_ratio(mature.converters, n),
            revenue_per_visitor_minor=_ratio(mature.revenue_minor, n),
            capped_per_visitor_minor=_ratio(mature.capped_minor, n),
            order_value_minor=_ratio(mature.revenue_minor, mature.orders),
            click_rate=_ratio(mature.clickers, n),
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


Doubt = Literal["crossovers", "orders_without_visitor"]


@dataclass(frozen=True, slots=True)
class DataHealth:
    crossed_share: float | None
    orders: int  # all of the shop's in the time of the test
    orders_without_visitor: int
    orphan_share: float | None
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class Report:
    experiment: int
    placement: Placement
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
    attributed_minor: int | None = None,
    orders: int = 0,
    orders_without_visitor: int = 0,
) -> Report:
    """The report of `experiment` at `day`, whose judgement is given.

    `attributed_minor` is revenue after a click (None: not counted here); `orders` all of the shop's
    in the time of the test, `orders_without_visitor` those among them that name none.
    """
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
        extra=_extra(day, judgement, attributed_minor),
        split=Split(
            control=day.entered.control.visitors,
            treatment=day.entered.treatment.visitors,
            expected_share=experiment.share / BUCKETS,
            log_evidence=running.log_evidence,
            p_at_end=running.split_p_at_end,
        ),
        health=_health(day, orders, orders_without_visitor),
    )


def _extra(
    day: DayTally, judgement: Judgement, attributed_minor: int | None
) -> ExtraRevenue | None:
    """None until a difference in revenue may be shown."""
    visitors = day.mature.treatment.visitors
    for found in judgement.differences:
        if found.metric == "rpv":
            interval = found.difference_interval
            high = None if interval is None else interval.high
            estimate = round(found.difference * visitors)
            return ExtraRevenue(
                visitors=visitors,
                estimate_minor=estimate,
                low_minor=None if interval is None else round(interval.low * visitors),
                high_minor=None if high is None else round(high * visitors),
                level=found.level,
                attributed_minor=attributed_minor,
                ratio=estimate / attributed_minor if attributed_minor else None,
            )
    return None


def _health(day: DayTally, orders: int, orders_without_visitor: int) -> DataHealth:
    both = day.entered.control + day.entered.treatment
    crossed = _ratio(both.crossed, both.visitors)
    orphans = _ratio(orders_without_visitor, orders)
    doubts: list[Doubt] = []
    if crossed is not None and crossed > CROSSED_WARNING:
        doubts.append("crossovers")
    if orphans is not None and orphans > ORPHAN_WARNING:
        doubts.append("orders_without_visitor")
    return DataHealth(crossed, orders, orders_without_visitor, orphans, tuple(doubts))


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


# --- in words ------------------------------------------------------------------------------------


def sentence(said: Report | Verdict, money: Money) -> str:
    """The verdict as a shop owner would say it; from a report, with the money it comes to."""
    verdict = said.verdict if isinstance(said, Report) else said
    match verdict:
        case TooEarly():
            return _too_early(verdict)
        case Lopsided():
            return _lopsided(verdict)
        case Lift():
            head = "Helping" if verdict.direction == "helping" else "Hurting"
            text = f"{head}: {_found(verdict.effect, money)}."
        case NotProven():
            text = _not_proven(verdict, money)
        case _:
            assert_never(verdict)
    if isinstance(said, Report) and said.extra is not None:
        text += _in_money(said.extra, money)
    return text


def _too_early(early: TooEarly) -> str:
    fewest = min(early.converters_control, early.converters_treatment)
    short = max(early.conversions_missing_control, early.conversions_missing_treatment)
    if early.ended:
        return (
            f"Too early: the test ended after {_many(early.days, 'day')} with {fewest:,} buyers in "
            f"the smaller group, and nothing can be concluded from so few."
        )
    needs = []
    if early.days_missing:
        needs.append(_many(early.days_missing, "more day"))
    if short:
        needs.append(f"{_many(short, 'more buyer')} in one of the two groups")
    text = f"Too early: this needs {' and '.join(needs) or 'a little more time'}"
    if early.expected_at is None:
        return f"{text}; when that will be cannot be said yet."
    if early.in_time is False:
        return f"{text}; at this pace the shop is too small for a test of eight weeks."
    when = f"{early.expected_at.day} {early.expected_at:%B %Y}"
    return f"{text}; at this pace there will be something to say on {when}."


def _lopsided(lopsided: Lopsided) -> str:
    due = (
        "half and half was"
        if lopsided.expected_share == 0.5
        else (f"{lopsided.expected_share:.0%} in treatment was")
    )
    return (
        f"Data problem: {lopsided.treatment:,} visitors were counted in the treatment group and "
        f"{lopsided.control:,} in the control group, where {due} planned; that is not chance, so "
        f"no figure of this test can be trusted until the cause is found."
    )


def _not_proven(verdict: NotProven, money: Money) -> str:
    if verdict.shifting:
        return (
            f"Not proven{'' if verdict.final else ' yet'}: the effect changed while the test ran, "
            f"so no single figure describes it; look for what else changed (prices, a campaign, "
            f"the theme)."
        )
    found = _found(verdict.effect, money)
    if verdict.final:
        return f"Not proven: after {_many(verdict.days, 'day')} {found}; that may be chance."
    return f"Not proven yet: so far {found}; that may be chance."


def _found(effect: Difference, money: Money) -> str:
    """What the visitors who got the recommendations did, beside the others."""
    if effect.metric == "cvr":
        what = (
            f"{effect.treatment:.2%} of the visitors with these recommendations bought something, "
            f"and {effect.control:.2%} of the others"
        )
    else:
        more = "more" if effect.difference >= 0 else "less"
        # Per thousand: a difference per visitor is often less than the smallest coin.
        amount = money(round(abs(effect.difference) * 1_000))
        what = (
            f"1,000 visitors with these recommendations spent {amount} {more} than 1,000 of the "
            f"others"
        )
    if effect.lift is None:
        return what
    interval = effect.lift_interval
    return f"{what} ({_percent(effect.lift)}{_between(interval)})"


def _between(interval: Interval | None) -> str:
    if interval is None:
        return ""
    if interval.high is None:
        return f", at least {_percent(interval.low)}"
    return f", between {_percent(interval.low)} and {_percent(interval.high)}"


def _in_money(extra: ExtraRevenue, money: Money) -> str:
    text = (
        f" Over the {extra.visitors:,} visitors who got them that is about "
        f"{_more(extra.estimate_minor, money)}"
    )
    if extra.low_minor is None or extra.high_minor is None:
        return f"{text}."
    low, high = _more(extra.low_minor, money), _more(extra.high_minor, money)
    return f"{text} (between {low} and {high})."


def _more(minor: int, money: Money) -> str:
    return f"{money(abs(minor))} {'more' if minor >= 0 else 'less'}"


def _percent(share: float) -> str:
    return f"{share:+.1%}".replace("-", "\N{MINUS SIGN}")


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
