"""How does a shop owner read a verdict? In one plain sentence, with the money it comes to.

English only; what an amount looks like is the caller's to say. The figures are `report`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

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

Money = Callable[[int], str]  # an amount in minor units as the merchant writes it


def sentence(said: Report | Verdict, money: Money, against: str = "") -> str:
    """The verdict as a shop owner would say it; from a report, with the money it comes to.

    `against` is what control sees; a report knows it itself.
    """
    verdict = said.verdict if isinstance(said, Report) else said
    against = said.against if isinstance(said, Report) else against
    match verdict:
        case TooEarly():
            return _too_early(verdict)
        case Lopsided():
            return _lopsided(verdict)
        case Lift() | NotProven() if against == "itself":
            return _same(verdict)
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
    if early.ended and not short:
        return (
            f"Too early: the test was stopped after {_many(early.days, 'day')}, and less than two "
            f"full weeks cannot be judged, because weekdays differ."
        )
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


def _same(verdict: Lift | NotProven) -> str:
    """A test of the test: both groups saw the same, so there is nothing to find."""
    if isinstance(verdict, Lift):
        return (
            f"Data problem: both groups saw the same shelf, and still {_rates(verdict.effect)}; at "
            f"most 5 of 100 such tests say so by chance, so look for a fault before the next test."
        )
    return (
        f"As it should be: both groups saw the same shelf, and after "
        f"{_many(verdict.days, 'day')} nothing tells them apart."
    )


def _rates(effect: Difference) -> str:
    lift = "differ" if effect.lift is None else f"differ by {_percent(effect.lift)}"
    return f"{lift}{_between(effect.lift_interval)}"


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
    low, high = extra.low_minor, extra.high_minor
    if low >= 0:
        return f"{text} (between {money(low)} and {money(high)})."
    if high <= 0:
        return f"{text} (between {money(-high)} and {money(-low)})."
    return f"{text} (between {_more(low, money)} and {_more(high, money)})."


def _more(minor: int, money: Money) -> str:
    return f"{money(abs(minor))} {'more' if minor >= 0 else 'less'}"


def _percent(share: float) -> str:
    return f"{share:+.1%}".replace("-", "\N{MINUS SIGN}")


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
