"""What can a split test say? The kinds of verdict, as values that are stored and read back.

The scheduler works verdicts out (`verdict.judge`) and stores them; web workers only read them.
So this module holds the words and no mathematics, and imports no heavy library.

Not knowing is a value of its own: `TooEarly`, `Lopsided` and `NotProven` are types that a page
must handle, and a figure that cannot be said is None, never a zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

# The primary metrics and their companions: conversion rate, capped and raw revenue per visitor,
# the same adjusted for what visitors spent before (CUPED), and the value of an order.
Metric = Literal["cvr", "rpv", "rpv_raw", "rpv_adjusted", "aov"]


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`; `high` None: no upper end, as when control has sold nothing."""

    low: float
    high: float | None

    def holds(self, value: float) -> bool:
        return self.low <= value and (self.high is None or value <= self.high)


@dataclass(frozen=True, slots=True)
class Difference:
    """How treatment differs from control in one metric.

    Means are per visitor: a share for `cvr`, minor units for revenue (per order for `aov`).
    `lift` is relative: 0.05 is 5 % more than control. What cannot be said is None.
    """

    metric: Metric
    control: float
    treatment: float
    difference: float
    difference_interval: Interval | None
    lift: float | None
    lift_interval: Interval | None
    # None: no honest p-value exists (no spread at all, nobody bought) or the metric is descriptive
    p: float | None
    # How often such intervals hold the truth: 0.99 at every look together (`always`), or 0.96 at
    # the one look at the locked end.
    level: float
    always: bool


@dataclass(frozen=True, slots=True)
class TooEarly:
    """Nothing may be said yet; what is missing, and when it may be there."""

    days: int  # full days since the start
    days_missing: int
    converters_control: int
    converters_treatment: int
    conversions_missing_control: int
    conversions_missing_treatment: int
    visitors_missing: int | None  # both arms together; None: no pace known yet
    expected_at: datetime | None  # at the pace so far; None: no pace known, or no longer running
    in_time: bool | None  # will that be before the longest a test should run? None: not known
    ended: bool  # stopped, or past its locked end
    kind: Literal["too_early"] = "too_early"


@dataclass(frozen=True, slots=True)
class Lopsided:
    """Visitors did not arrive in the arms as they were dealt: no figure can be trusted."""

    control: int
    treatment: int
    expected_share: float  # of treatment
    # How much likelier these counts are under some other split than under the planned one
    # (natural logarithm; a thousand times is 6.9).
    log_evidence: float
    p_at_end: float | None
    kind: Literal["lopsided"] = "lopsided"

    @property
    def share(self) -> float:
        return self.treatment / (self.control + self.treatment)


@dataclass(frozen=True, slots=True)
class Lift:
    """Proven: the interval of the primary metric leaves out "no difference"."""

    direction: Literal["helping", "hurting"]
    effect: Difference
    days: int
    visitors: int  # mature, both arms
    final: bool  # from the one look at the locked end
    ended: bool
    chance_to_win: float | None = None  # only from the look at the locked end
    kind: Literal["lift"] = "lift"


@dataclass(frozen=True, slots=True)
class NotProven:
    """Enough data to look, and the interval still holds "no difference"."""

    effect: Difference
    days: int
    visitors: int
    final: bool
    ended: bool
    # Looks that are each certain contradict each other: the effect itself has changed.
    shifting: bool = False
    chance_to_win: float | None = None
    kind: Literal["not_proven"] = "not_proven"


Verdict = Annotated[TooEarly | Lopsided | Lift | NotProven, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class EndLook:
    """The one look of the fixed-horizon part, kept as it was at the locked end."""

    differences: tuple[Difference, ...]  # the primary metric first
    chance_to_win: float | None
    days: int
    visitors: int
    at: datetime | None = None  # when it was taken


@dataclass(frozen=True, slots=True)
class Running:
    """What a test remembers from look to look; the caller stores it and hands it back.

    `p` is the smallest always-valid p so far; the intervals are the intersection of all so far
    (None: nothing left out yet). Both stay true however often one looks.
    """

    until_at: datetime | None = None  # the last look
    p: float = 1.0
    lift: Interval | None = None
    difference: Interval | None = None
    shifting: bool = False  # two looks left nothing in common
    log_evidence: float = 0.0  # against the planned split, the largest so far
    split_p_at_end: float | None = None
    end_passed: bool = False
    end: EndLook | None = None  # None after the end: the minimum was not reached in time

    def to_json(self) -> str:
        return _running().dump_json(self).decode()

    @staticmethod
    def from_json(text: str) -> Running:
        return _running().validate_json(text)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, every metric beside it, and what the next look needs."""

    verdict: Verdict
    running: Running
    differences: tuple[Difference, ...]  # the primary metric first

    def to_json(self) -> str:
        return _judgement().dump_json(self).decode()

    @staticmethod
    def from_json(text: str) -> Judgement:
        return _judgement().validate_json(text)


@cache  # building one takes milliseconds
def _running() -> TypeAdapter[Running]:
    return TypeAdapter(Running)


@cache
def _judgement() -> TypeAdapter[Judgement]:
    return TypeAdapter(Judgement)
