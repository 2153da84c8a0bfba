"""A simulated shop whose truth is known: who came, what they saw, what they bought, and what was
told of it late, twice or never.

Everything that upsets real split tests is in it: guests, customers with two devices, orders that
name nobody, refunds weeks later, cancelled orders, robots, browsers whose exposure is blocked,
exposures and orders that arrive late. None of it depends on the arm, so the true lift is the
planted one, of conversion rate and of revenue per visitor alike. One seed makes one shop, always
the same.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from statistics import NormalDist
from typing import Literal

import numpy as np

from experiments import assign
from store.records import Arm, Experiment

START = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 28
DAY_S = 86_400
WINDOW_S = 7 * DAY_S
ORDER_MEAN_MINOR, ORDER_SIGMA = 6_200, 0.785
# What 99 of 100 buyers stay under: the cap that a shop's last 90 days would give.
CAP_MINOR = round(
    math.exp(
        math.log(ORDER_MEAN_MINOR) - ORDER_SIGMA**2 / 2 + ORDER_SIGMA * NormalDist().inv_cdf(0.99)
    )
)


@dataclass(frozen=True)
class Truth:
    """What is planted in a shop."""

    seed: int
    uplift: float = 0.0  # of the rate at which treatment buys
    metric: Literal["cvr", "rpv"] = "cvr"
    per_day: int = 120
    rate: float = 0.14
    # Of people or orders, in both arms alike:
    blocked: float = 0.05  # their exposures never reach us
    late: float = 0.03  # of exposures and orders: hours or days late
    robots: float = 0.03
    customers: float = 0.6  # of buyers who log in; the others are guests
    second_device: float = 0.08  # of customers
    nameless: float = 0.03  # orders without a visitor
    cancelled: float = 0.03
    refunded: float = 0.08
    bought_before: float = 0.2  # of customers
    # The faults:
    tilt: float = 0.0  # share of control that the shop shows, and tells of, as treatment
    lost_in_treatment: float = 0.0  # exposures dropped in one arm, its views and clicks not
    doubled: float = 0.0  # orders placed again by a thank-you page that sends twice
    past_tilt: float = 0.0  # of control's earlier buyers, shown as treatment; as many others back
    emptied: float = 0.0  # share of control's visitors who find nothing to show, and do not enter
    clock_ahead_s: float = 0.0  # of browsers' clocks, at the median


@dataclass(frozen=True)
class Visitor:
    id: str
    person: int
    arm: Arm
    at_s: float  # seconds from the start: what the shopper did
    told_s: float | None  # when their exposure reached us; None: never
    robot: bool = False
    emptied: bool = False  # asked for the shelf, and there was nothing to show

    @property
    def digest(self) -> bytes:
        """For worlds that are never stored; the store has a keyed hash of its own."""
        return hashlib.blake2b(self.id.encode(), digest_size=16).digest()


@dataclass(frozen=True)
class Purchase:
    number: int
    visitor: str | None
    customer: int | None
    at_s: float
    told_s: float  # when the shop told us
    net_minor: int
    cancelled_s: float | None = None
    refund_s: float | None = None
    refund_minor: int = 0


@dataclass(frozen=True)
class World:
    truth: Truth
    experiment: Experiment
    visitors: tuple[Visitor, ...]
    purchases: tuple[Purchase, ...]


def instant(at_s: float) -> datetime:
    """Whole seconds, as shops tell them."""
    return START + timedelta(seconds=math.floor(at_s))


def make(truth: Truth) -> World:
    dice = np.random.default_rng(truth.seed)
    experiment = Experiment(
        id=1,
        placement="also_bought",
        against="bestsellers",
        metric=truth.metric,
        salt=f"salt-{truth.seed}",
        share=assign.EVEN,
        started_at=START,
        ends_at=START + timedelta(days=DAYS),
        window_s=WINDOW_S,
        cap_minor=CAP_MINOR,
        planned_visitors=truth.per_day * (DAYS - 7),
        planned_conversions=round(truth.per_day * (DAYS - 7) * truth.rate),
    )
    visitors: list[Visitor] = []
    purchases: list[Purchase] = []
    people = dice.poisson(truth.per_day, DAYS)
    for day, count in enumerate(people.tolist()):
        for at in np.sort(dice.random(count)).tolist():
            _live(truth, experiment, (day + at) * DAY_S, dice, visitors, purchases)
    return World(truth, experiment, tuple(visitors), tuple(purchases))


def _live(
    truth: Truth,
    experiment: Experiment,
    at_s: float,
    dice: np.random.Generator,
    visitors: list[Visitor],
    purchases: list[Purchase],
) -> None:
    """One person's visits and orders."""
    person = len(visitors)
    chance = dice.random(6).tolist()
    if chance[0] < truth.robots:
        visitors.append(_visitor(truth, experiment, person, at_s, dice, robot=True))
        return
    first = _visitor(truth, experiment, person, at_s, dice)
    if truth.past_tilt:
        earlier = chance[1] < truth.customers and chance[2] < truth.bought_before
        first = _moved(truth, first, earlier, dice)
    visitors.append(first)
    rate = truth.rate * (1 + truth.uplift if first.arm == "treatment" else 1)
    customer = person if chance[1] < truth.customers else None
    if customer is not None and chance[2] < truth.bought_before:
        # Before the test, and less than 90 days before any entry; by the browser that comes now.
        _buy(truth, first, customer, -DAY_S * (1 + 60 * chance[3]), dice, purchases)
    if chance[4] >= rate:
        return
    bought_s = at_s + min(float(dice.exponential(1.2)) * DAY_S, WINDOW_S - 60)
    _buy(truth, first, customer, bought_s, dice, purchases)
    if dice.random() < 0.15:
        again_s = bought_s + float(dice.exponential(20)) * DAY_S
        _buy(truth, first, customer, again_s, dice, purchases)
    if customer is not None and chance[5] < truth.second_device:
        other_s = bought_s + float(dice.exponential(3)) * DAY_S
        if other_s < DAYS * DAY_S:
            second = _visitor(truth, experiment, person, other_s, dice)
            visitors.append(second)
            if dice.random() < 0.5:
                _buy(truth, second, customer, other_s + 600, dice, purchases)


def _moved(truth: Truth, visitor: Visitor, earlier: bool, dice: np.random.Generator) -> Visitor:
    """The visitor as a shop deals who looks at the past: earlier buyers rather into treatment, and
    of the others so many the other way that the groups stay as large.
    """
    buyers = truth.customers * truth.bought_before
    share = truth.past_tilt if earlier else truth.past_tilt * buyers / (1 - buyers)
    if visitor.arm == ("control" if earlier else "treatment") and dice.random() < share:
        return replace(visitor, arm="treatment" if earlier else "control")
    return visitor


def _visitor(
    truth: Truth,
    experiment: Experiment,
    person: int,
    at_s: float,
    dice: np.random.Generator,
    *,
    robot: bool = False,
) -> Visitor:
    id = dice.bytes(16).hex()
    arm = assign.arm(experiment.salt, id, experiment.share)
    chance = dice.random(5).tolist()
    if arm == "control" and chance[0] < truth.tilt:
        arm = "treatment"
    told_s: float | None = at_s
    if chance[1] < truth.late:
        told_s = at_s + 7_200 * chance[2]
    if chance[3] < truth.blocked or (arm == "treatment" and chance[4] < truth.lost_in_treatment):
        told_s = None
    emptied = arm == "control" and chance[4] < truth.emptied
    return Visitor(id, person, arm, at_s, None if emptied else told_s, robot, emptied)


def _buy(
    truth: Truth,
    visitor: Visitor | None,
    customer: int | None,
    at_s: float,
    dice: np.random.Generator,
    purchases: list[Purchase],
) -> None:
    mu = math.log(ORDER_MEAN_MINOR) - ORDER_SIGMA**2 / 2
    minor = max(100, round(float(dice.lognormal(mu, ORDER_SIGMA))))
    chance = dice.random(7).tolist()
    told_s = at_s + (900 if chance[0] >= truth.late else 2 * DAY_S * chance[1])
    refund_minor, refund_s = 0, None
    if chance[2] < truth.refunded:
        refund_minor = round(minor * (1.0 if chance[3] < 0.5 else chance[3] - 0.4))
        refund_s = told_s + DAY_S * (1 + 39 * chance[3])
    named = visitor is not None and chance[4] >= truth.nameless
    order = Purchase(
        number=len(purchases),
        visitor=visitor.id if named and visitor else None,
        # Whoever names nobody is a guest: else the customer's account would tell who it was.
        customer=customer if named or visitor is None else None,
        at_s=at_s,
        told_s=told_s,
        net_minor=minor,
        cancelled_s=told_s + DAY_S if chance[5] < truth.cancelled else None,
        refund_s=refund_s,
        refund_minor=refund_minor,
    )
    purchases.append(order)
    if chance[6] < truth.doubled:
        purchases.append(
            Purchase(len(purchases), order.visitor, order.customer, at_s + 40, told_s + 40, minor)
        )
