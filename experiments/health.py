"""Can the figures be trusted? What the raw counts say of the measuring itself.

Each doubt has one name, one cause and one mend, so that a fault is found as itself and not as
whatever it upsets further on: a beacon lost in one arm is named as that, although it leaves the
split uneven as well. The words for people are the page's.

Runs where reports are built; standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Literal

from experiments.assign import BUCKETS
from experiments.rule import RULE
from experiments.tally import DayTally, Tally
from store.records import Arm

Doubt = Literal[
    "uneven_split",
    "lost_exposures",
    "unequal_past",
    "unequal_chances",
    "crossovers",
    "orders_without_visitor",
    "doubled_orders",
    "blocked_beacons",
    "clock_skew",
]

# Above these shares the figures still stand, but a person should look for the cause.
CROSSED_WARNING = 0.02  # one visitor in fifty saw both arms: the difference is diluted
ORPHAN_WARNING = 0.10  # one order in ten came without a visitor: the shelf misses part of sales
DOUBLED_WARNING = 0.02  # people do order the same again within minutes, but not one in fifty
BLOCKED_WARNING = 0.10  # more than script blockers keep from us elsewhere
LOST_WARNING = 0.01  # browsers lose one request in a thousand; ten times that is a fault
SKEW_WARNING_S = 300  # a minute or two off is common; five at the median are ours
FEWEST_ORDERS = 20  # of fewer no share is judged
CERTAIN_P = 0.001  # as for the split: a false alarm in one of 1,000 tests


@dataclass(frozen=True, slots=True)
class Signs:
    """What the store tells of the measuring, from the start of the test on."""

    orders: int = 0  # all that shoppers placed
    orders_without_visitor: int = 0
    doubled_orders: int = 0  # the same person, lines and amounts again within minutes
    orders_unseen: int = 0  # their visitor is named, but no browser ever told of them
    lost_control: int = 0  # visitors who told of the tested shelf, but never of an exposure
    lost_treatment: int = 0
    empty_control: int = 0  # visitors who asked for the tested shelf when there was nothing to show
    empty_treatment: int = 0
    page_views: int = 0  # product pages that browsers told of
    page_views_known: int = 0  # of those, with a visitor: full consent
    clock_ahead_s: float | None = None  # browsers' clocks, at the median

    @staticmethod
    def of(days: Iterable[Mapping[str, int]], clock_ahead_s: float | None) -> Signs:
        """The counts of several days together; a clock has no sum."""
        total = dict.fromkeys(COUNTS, 0)
        for day in days:
            for name in COUNTS:
                total[name] += day[name]
        return Signs(**total, clock_ahead_s=clock_ahead_s)


COUNTS = tuple(field.name for field in fields(Signs) if field.name != "clock_ahead_s")


@dataclass(frozen=True, slots=True)
class DataHealth:
    crossed_share: float | None
    orders: int  # all of the shop's in the time of the test
    orders_without_visitor: int
    orphan_share: float | None
    doubts: tuple[Doubt, ...]
    doubled_orders: int = 0
    doubled_share: float | None = None
    blocked_share: float | None = None  # of orders with a visitor: browsers that told nothing
    lost_control: int = 0
    lost_treatment: int = 0
    lossy_arm: Arm | None = None  # where exposures were lost
    consent_share: float | None = None  # page views with full consent, of all that were told of
    clock_ahead_s: float | None = None
    returning_control: float | None = None
    returning_treatment: float | None = None
    robots: int = 0
    # Of the visitors who asked for the shelf, those for whom there was something to show.
    eligible_control: float | None = None
    eligible_treatment: float | None = None


def examine(day: DayTally, share: int, lopsided: bool, signs: Signs) -> DataHealth:
    """`share` of 10,000 buckets were to go to treatment; `lopsided` is the verdict on the split."""
    control, treatment = day.entered.control, day.entered.treatment
    both = control + treatment
    lossy = _lossy_arm(control, treatment, signs)
    named = signs.orders - signs.orders_without_visitor
    crossed = ratio(both.crossed, both.visitors)
    orphans = ratio(signs.orders_without_visitor, signs.orders)
    doubled = ratio(signs.doubled_orders, signs.orders)
    blocked = ratio(signs.orders_unseen, named)
    ahead = signs.clock_ahead_s
    enough = signs.orders >= FEWEST_ORDERS
    doubts: list[Doubt] = []
    if lopsided and not (lossy and _even_again(control, treatment, share, signs)):
        doubts.append("uneven_split")
    if lossy:
        doubts.append("lost_exposures")
    if _unequal(control.returning, control.visitors, treatment.returning, treatment.visitors):
        doubts.append("unequal_past")
    asked_c = control.visitors + signs.empty_control
    asked_t = treatment.visitors + signs.empty_treatment
    if not lossy and _unequal(signs.empty_control, asked_c, signs.empty_treatment, asked_t):
        doubts.append("unequal_chances")
    if crossed is not None and crossed > CROSSED_WARNING:
        doubts.append("crossovers")
    if enough and orphans is not None and orphans > ORPHAN_WARNING:
        doubts.append("orders_without_visitor")
    if enough and doubled is not None and doubled > DOUBLED_WARNING:
        doubts.append("doubled_orders")
    if named >= FEWEST_ORDERS and blocked is not None and blocked > BLOCKED_WARNING:
        doubts.append("blocked_beacons")
    if ahead is not None and abs(ahead) > SKEW_WARNING_S:
        doubts.append("clock_skew")
    return DataHealth(
        crossed_share=crossed,
        orders=signs.orders,
        orders_without_visitor=signs.orders_without_visitor,
        orphan_share=orphans,
        doubts=tuple(doubts),
        doubled_orders=signs.doubled_orders,
        doubled_share=doubled,
        blocked_share=blocked,
        lost_control=signs.lost_control,
        lost_treatment=signs.lost_treatment,
        lossy_arm=lossy,
        consent_share=ratio(signs.page_views_known, signs.page_views),
        clock_ahead_s=ahead,
        returning_control=ratio(control.returning, control.visitors),
        returning_treatment=ratio(treatment.returning, treatment.visitors),
        robots=both.robots,
        eligible_control=ratio(control.visitors, asked_c),
        eligible_treatment=ratio(treatment.visitors, asked_t),
    )


def _lossy_arm(control: Tally, treatment: Tally, signs: Signs) -> Arm | None:
    """The arm that lost exposures, if one did: more than a fault of the network would lose.

    Against no shelf only treatment can show it: who was shown nothing tells of nothing more.
    """
    lost_c = ratio(signs.lost_control, signs.lost_control + control.visitors) or 0.0
    lost_t = ratio(signs.lost_treatment, signs.lost_treatment + treatment.visitors) or 0.0
    if signs.lost_control + signs.lost_treatment < 10 or max(lost_c, lost_t) <= LOST_WARNING:
        return None
    return "treatment" if lost_t > lost_c else "control"


def _even_again(control: Tally, treatment: Tally, share: int, signs: Signs) -> bool:
    """Would the split be as planned, had nothing been lost?"""
    treated = treatment.visitors + signs.lost_treatment
    total = treated + control.visitors + signs.lost_control
    due = total * share / BUCKETS
    z = (treated - due) / math.sqrt(due * (1 - share / BUCKETS))
    # Not everybody who was lost told of the shelf later: the rest of the gap must be small.
    return math.erfc(abs(z) / math.sqrt(2)) > CERTAIN_P or abs(treated - due) / total < 0.005


def _unequal(x_a: int, n_a: int, x_b: int, n_b: int) -> bool:
    """Do two shares differ beyond chance (chi-square, one degree of freedom)?"""
    total, met = n_a + n_b, x_a + x_b
    if min(n_a, n_b) == 0 or total < RULE.split_min_visitors or met in (0, total):
        return False
    pooled = met / total
    z = (x_b / n_b - x_a / n_a) / math.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    return math.erfc(abs(z) / math.sqrt(2)) < CERTAIN_P


def ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
