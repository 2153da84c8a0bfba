"""What stands beside a verdict, as values that are stored and read back.

Parts of the visitors, repeat purchases and restated figures describe; they never decide. Worked out
by `parts` (and the scheduler); read by web workers, so no heavy library is imported here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from experiments.health import Signs
from experiments.outcome import Interval
from experiments.shown import Shown
from store.records import Arm

# A part that is told: one of those kept as sums (`tally.SEGMENTS`), or the weeks of entry.
PartName = str
REPEAT_DAYS = (30, 60, 90)
# What is new draws looks for being new: how did they do who came before it wore off?
FIRST_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the visitors: mature ones only, as in the verdict."""

    name: PartName
    visitors_control: int
    visitors_treatment: int
    control: float | None  # the primary metric; None: nobody
    treatment: float | None
    lift: float | None
    lift_interval: Interval | None  # None: too little to say
    p: float | None  # adjusted for the number of parts
    level: float

    @property
    def stands_out(self) -> bool:
        """Would it still count after allowing for how many parts were looked at?"""
        return self.p is not None and self.p <= 1 - self.level


@dataclass(frozen=True, slots=True)
class Repeat:
    """Of an arm's buyers whose `days` since their first order are over: who ordered again."""

    arm: Arm
    days: int
    buyers: int
    again: int

    @property
    def share(self) -> float | None:
        return self.again / self.buyers if self.buyers else None


@dataclass(frozen=True, slots=True)
class Restated:
    """The figures of a finished test as they stood from `at` on: as locked, then as corrected."""

    at: datetime
    orders_control: int
    orders_treatment: int
    revenue_control_minor: int
    revenue_treatment_minor: int
    estimate_minor: int | None  # extra revenue
    low_minor: int | None
    high_minor: int | None

    def same_figures(self, other: Restated) -> bool:
        return replace(self, at=other.at) == other


@dataclass(frozen=True, slots=True)
class Other:
    """What another method says of the conversion rate, at the locked end."""

    method: str
    of: str  # difference, lift: from `low` to `high`; p, chance: `low` alone
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Beside:
    """All of it, as a report takes it."""

    signs: Signs = field(default_factory=Signs)
    parts: tuple[Part, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    restated: tuple[Restated, ...] = ()
    others: tuple[Other, ...] = ()
    shown: Shown | None = None


NOTHING_BESIDE = Beside()
