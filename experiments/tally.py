"""What did an arm do, in sums that add?

A `Tally` holds the few sums from which every figure of the report follows, so that a day's
tally plus another day's is the tally of both, and no history is read again. Sums are Python
integers: exact beyond 64 bits, and independent of the order in which visitors come. What the
sums say is left to `difference`, `sequential` and `verdict`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from operator import add, attrgetter, sub

from store.records import STRATEGIES, Arm, Unit


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over visitors; y is revenue, c capped revenue, d orders, x revenue before entry."""

    visitors: int = 0
    converters: int = 0  # visitors with an order
    orders: int = 0
    orders_sq: int = 0
    revenue_minor: int = 0
    revenue_sq: int = 0
    capped_minor: int = 0
    capped_sq: int = 0
    revenue_orders: int = 0  # sum of y * d, for the spread of the order value
    before_minor: int = 0
    before_sq: int = 0
    before_capped: int = 0  # sum of x * c, for CUPED
    clicks: int = 0
    clickers: int = 0  # visitors with a click
    crossed: int = 0  # visitors who saw both arms
    returning: int = 0  # visitors who had bought in the 90 days before entry
    attributed_minor: int = 0  # revenue of products bought within 7 days after a click on them
    robots: int = 0  # left out of everything above

    @staticmethod
    def of(units: Iterable[Unit], cap_minor: int | None) -> Tally:
        """The tally of `units`, each visitor's revenue counted up to `cap_minor` in `capped_*`."""
        sums = [0] * len(_FIELDS)
        for unit in units:
            if unit.robot:
                sums[-1] += 1
                continue
            spent = unit.revenue_minor
            capped = spent if cap_minor is None else min(spent, cap_minor)
            before = unit.before_minor
            one = (
                1,
                unit.orders > 0,
                unit.orders,
                unit.orders**2,
                spent,
                spent**2,
                capped,
                capped**2,
                spent * unit.orders,
                before,
                before**2,
                before * capped,
                unit.clicks,
                unit.clicks > 0,
                unit.crossed,
                unit.bought_before,
                unit.attributed_minor,
                0,
            )
            sums = [total + value for total, value in zip(sums, one, strict=True)]
        return Tally(*sums)

    def __add__(self, other: Tally) -> Tally:
        return Tally(*map(add, _values(self), _values(other)))

    def __sub__(self, other: Tally) -> Tally:
        return Tally(*map(sub, _values(self), _values(other)))

    def to_json(self) -> str:
        """One JSON object of integers, which may be larger than 64 bits: read with `from_json`."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> Tally:
        return _tally(json.loads(text))


_FIELDS = tuple(field.name for field in fields(Tally))
_values = attrgetter(*_FIELDS)


@dataclass(frozen=True, slots=True)
class Arms:
    """The two arms of an experiment."""

    control: Tally = Tally()
    treatment: Tally = Tally()

    @staticmethod
    def of(units: Iterable[Unit], cap_minor: int | None) -> Arms:
        by_arm: dict[Arm, list[Unit]] = {"control": [], "treatment": []}
        for unit in units:
            by_arm[unit.arm].append(unit)
        return Arms(
            control=Tally.of(by_arm["control"], cap_minor),
            treatment=Tally.of(by_arm["treatment"], cap_minor),
        )

    def __add__(self, other: Arms) -> Arms:
        return Arms(self.control + other.control, self.treatment + other.treatment)

    def __sub__(self, other: Arms) -> Arms:
        return Arms(self.control - other.control, self.treatment - other.treatment)

    @property
    def visitors(self) -> int:
        return self.control.visitors + self.treatment.visitors

    def to_json(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> Arms:
        said = json.loads(text)
        if not isinstance(said, dict) or said.keys() != {"control", "treatment"}:
            raise ValueError("a stored pair of arms has the keys control and treatment")
        return Arms(control=_tally(said["control"]), treatment=_tally(said["treatment"]))


@dataclass(frozen=True, slots=True)
class DayTally:
    """All that was known of an experiment at one instant, from its start on.

    `entered` is everyone seen so far. `mature` is those among them whose window has closed: their
    sums change no more, and every visitor had the same time to buy. Verdicts rest on these alone.
    """

    until_at: datetime
    mature: Arms
    entered: Arms

    def __post_init__(self) -> None:
        if self.until_at.tzinfo is None:
            raise ValueError("until_at must say its time zone")
        for arm, among in (
            (self.mature.control, self.entered.control),
            (self.mature.treatment, self.entered.treatment),
        ):
            if arm.visitors > among.visitors:
                raise ValueError("more mature visitors than entered: mature is a part of entered")

    @staticmethod
    def of(
        units: Iterable[Unit], *, cap_minor: int | None, window_s: int, until_at: datetime
    ) -> DayTally:
        """The tally at `until_at`: who entered before, and whose `window_s` was over by then."""
        seen = [unit for unit in units if unit.entered_at < until_at]
        closed = until_at - timedelta(seconds=window_s)
        mature = [unit for unit in seen if unit.entered_at < closed] if window_s else seen
        return DayTally(
            until_at=until_at,
            mature=Arms.of(mature, cap_minor),
            entered=Arms.of(seen, cap_minor),
        )


# --- from stored sums -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cohort:
    """Everyone who entered on one of the shop's days, as sums."""

    begins_at: datetime
    ends_at: datetime
    arms: Arms


def entered_before(
    cohorts: Iterable[Cohort],
    at: datetime,
    members: Callable[[Cohort], Iterable[Unit]],
    cap_minor: int | None,
) -> Arms:
    """The sums of who entered before `at`. Only of a day that `at` cuts through are its `members`
    read; whole days are there as sums.
    """
    found = Arms()
    for cohort in cohorts:
        if cohort.ends_at <= at:
            found += cohort.arms
        elif cohort.begins_at < at:
            early = (unit for unit in members(cohort) if unit.entered_at < at)
            found += Arms.of(early, cap_minor)
    return found


LED_BY = "led_by_"  # and a strategy: who first met a shelf that it led, or would have led
SEGMENTS: tuple[str, ...] = (
    "new",
    "returning",
    "phone",
    "computer",
    "stayed",
    *(LED_BY + strategy for strategy in STRATEGIES),
)


def segments(unit: Unit) -> tuple[str, ...]:
    """The parts of the visitors that a unit belongs to; `stayed`: saw one arm only.

    All but `stayed` are settled before the shelf can have done anything.
    """
    told = (unit.device, LED_BY + unit.led_by)
    stayed = () if unit.crossed else ("stayed",)
    return (
        "returning" if unit.bought_before else "new",
        *(name for name in told if name in SEGMENTS),
        *stayed,
    )


def by_segment(units: Iterable[Unit]) -> dict[str, list[Unit]]:
    """The units of each part that has any, in the parts' order."""
    found: dict[str, list[Unit]] = {}
    for unit in units:
        for name in segments(unit):
            found.setdefault(name, []).append(unit)
    return {name: found[name] for name in SEGMENTS if name in found}


def _tally(said: object) -> Tally:
    """A tally from parsed JSON; anything but exactly our integers is refused, never guessed."""
    if not isinstance(said, dict) or set(said) != set(_FIELDS):
        raise ValueError(f"a stored tally has exactly the fields {', '.join(_FIELDS)}")
    for name, value in said.items():
        if type(value) is not int:
            raise ValueError(f"a stored tally holds integers; {name} is {value!r}")
    return Tally(**said)
