"""How does a shop owner read a verdict? In one plain sentence, with the money it comes to.

English only; how numbers, amounts and days are written is the caller's to say, because merchants
write them differently. The figures are `report`'s.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, assert_never

from experiments.outcome import (
    Difference,
    Interval,
    Lift,
    Lopsided,
    NotProven,
    TooEarly,
    Verdict,
)
from experiments.report import ExtraRevenue, Report


class Say(Protocol):
    """Numbers as the merchant writes them."""

    def money(self, minor: float | None) -> str: ...
    def count(self, number: int | None) -> str: ...
    def percent(self, share: float | None, places: int = 1) -> str: ...
    def change(self, share: float | None, places: int = 1) -> str: ...
    def day(self, at: datetime | None) -> str: ...


def sentence(said: Report | Verdict, say: Say, against: str = "") -> str:
    """The verdict as a shop owner would say it; from a report, with the money it comes to.

    `against` is what control sees; a report knows it itself.
    """
    verdict = said.verdict if isinstance(said, Report) else said
    against = said.against if isinstance(said, Report) else against
    match verdict:
        case TooEarly():
            return _too_early(verdict, say)
        case Lopsided():
            return _lopsided(verdict, say)
        case Lift() | NotProven() if against == "itself":
            return _same(verdict, say)
        case Lift():
            head = "Helping" if verdict.direction == "helping" else "Hurting"
            text = f"{head}: {_found(verdict.effect, say)}."
        case NotProven():
            text = _not_proven(verdict, say)
        case _:
            assert_never(verdict)
    if isinstance(said, Report) and said.extra is not None:
        text += _in_money(said.extra, say)
    return text


def _too_early(early: TooEarly, say: Say) -> str:
    fewest = min(early.converters_control, early.converters_treatment)
    short = max(early.conversions_missing_control, early.conversions_missing_treatment)
    if early.ended and not short:
        return (
            f"Too early: the test was stopped after {_many(early.days, 'day', say)}, and less than "
            f"two full weeks cannot be judged, because weekdays differ."
        )
    if early.ended:
        return (
            f"Too early: the test ended after {_many(early.days, 'day', say)} with "
            f"{say.count(fewest)} buyers in the smaller group, and nothing can be concluded from "
            f"so few."
        )
    needs = []
    if early.days_missing:
        needs.append(_many(early.days_missing, "more day", say))
    if short:
        needs.append(f"{_many(short, 'more buyer', say)} in one of the two groups")
    text = f"Too early: this needs {' and '.join(needs) or 'a little more time'}"
    if early.expected_at is None:
        return f"{text}; when that will be cannot be said yet."
    if early.in_time is False:
        return f"{text}; at this pace the shop is too small for a test of eight weeks."
    when = say.day(early.expected_at)
    return f"{text}; at this pace there will be something to say on {when}."


def _lopsided(lopsided: Lopsided, say: Say) -> str:
    due = (
        "half and half was"
        if lopsided.expected_share == 0.5
        else (f"{say.percent(lopsided.expected_share, 0)} in treatment was")
    )
    return (
        f"Data problem: {say.count(lopsided.treatment)} visitors were counted in the treatment "
        f"group and {say.count(lopsided.control)} in the control group, where {due} planned; that "
        f"is not chance, so no figure of this test can be trusted until the cause is found."
    )


def _not_proven(verdict: NotProven, say: Say) -> str:
    if verdict.shifting:
        return (
            f"Not proven{'' if verdict.final else ' yet'}: the effect changed while the test ran, "
            f"so no single figure describes it; look for what else changed (prices, a campaign, "
            f"the theme)."
        )
    found = _found(verdict.effect, say)
    if verdict.final:
        return f"Not proven: after {_many(verdict.days, 'day', say)} {found}; that may be chance."
    return f"Not proven yet: so far {found}; that may be chance."


def _same(verdict: Lift | NotProven, say: Say) -> str:
    """A test of the test: both groups saw the same, so there is nothing to find."""
    if isinstance(verdict, Lift):
        return (
            f"Data problem: both groups saw the same shelf, and still "
            f"{_rates(verdict.effect, say)}; at most 5 of 100 such tests say so by chance, so look "
            f"for a fault before the next test."
        )
    return (
        f"As it should be: both groups saw the same shelf, and after "
        f"{_many(verdict.days, 'day', say)} nothing tells them apart."
    )


def _rates(effect: Difference, say: Say) -> str:
    lift = "differ" if effect.lift is None else f"differ by {say.change(effect.lift)}"
    return f"{lift}{_between(effect.lift_interval, say)}"


def _found(effect: Difference, say: Say) -> str:
    """What the visitors who got the recommendations did, beside the others."""
    if effect.metric == "cvr":
        what = (
            f"{say.percent(effect.treatment, 2)} of the visitors with these recommendations bought "
            f"something, and {say.percent(effect.control, 2)} of the others"
        )
    else:
        more = "more" if effect.difference >= 0 else "less"
        # Per thousand: a difference per visitor is often less than the smallest coin.
        amount = say.money(round(abs(effect.difference) * 1_000))
        what = (
            f"1,000 visitors with these recommendations spent {amount} {more} than 1,000 of the "
            f"others"
        )
    if effect.lift is None:
        return what
    interval = effect.lift_interval
    return f"{what} ({say.change(effect.lift)}{_between(interval, say)})"


def _between(interval: Interval | None, say: Say) -> str:
    if interval is None:
        return ""
    if interval.high is None:
        return f", at least {say.change(interval.low)}"
    return f", between {say.change(interval.low)} and {say.change(interval.high)}"


def _in_money(extra: ExtraRevenue, say: Say) -> str:
    who = f"the {say.count(extra.visitors)} visitors who got them"
    estimate = _more(extra.estimate_minor, say)
    if extra.low_minor is None or extra.high_minor is None:
        return f" Over {who} that is about {estimate}."
    low, high = extra.low_minor, extra.high_minor
    if low >= 0:
        between = f"between {say.money(low)} and {say.money(high)}"
    elif high <= 0:
        between = f"between {say.money(-high)} and {say.money(-low)}"
    else:
        between = f"between {_more(low, say)} and {_more(high, say)}"
    return f" Over {who} that is about {estimate} ({between})."


def _more(minor: int, say: Say) -> str:
    return f"{say.money(abs(minor))} {'more' if minor >= 0 else 'less'}"


def _many(count: int, what: str, say: Say) -> str:
    return f"{say.count(count)} {what}{'' if count == 1 else 's'}"
