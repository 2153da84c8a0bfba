"""What experiments work on: arms, units, orders net of refunds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:  # numpy is for trainers; a web worker never loads it for these
    pass

from store.records.vocabulary import Arm, Tested


@dataclass(frozen=True, slots=True)
class Experiment:
    """A split test as it was locked at its start; nothing of it changes while it runs."""

    id: int
    placement: Tested
    against: str  # none, bestsellers, itself (A/A), a strategy, or a model's version
    metric: Literal["cvr", "rpv"]
    salt: str
    share: int  # buckets of 10,000 that go to treatment
    started_at: datetime
    ends_at: datetime  # the locked end: the one look of the fixed-horizon part
    window_s: int  # how long each visitor's orders count, from entry
    cap_minor: int | None  # revenue per visitor is capped here; None: nothing to learn it from
    planned_visitors: int
    planned_conversions: int
    stopped_at: datetime | None = None


class Entered(NamedTuple):
    """A visitor's first exposure in an experiment."""

    visitor: bytes  # the keyed digest
    arm: Arm
    at: datetime
    device: str = ""  # "phone", "computer"; "" where the browser did not say
    led_by: str = ""  # the strategy in front on the tested shelf, whichever arm; "" where not told


class Offered(NamedTuple):
    """A product as the figures of what was shown need it."""

    sellable: bool
    vendor: str
    published_at: datetime | None
    sold: int  # order lines of shoppers in some time before the test


class NetOrder(NamedTuple):
    """What a paid order of a shopper is worth by now, without tax and shipping, after refunds."""

    order: int
    customer: int | None
    visitor: bytes | None
    placed_at: datetime
    net_minor: int


@dataclass(frozen=True, slots=True)
class Unit:
    """One visitor of an experiment after identity merges, with what they did in their window."""

    arm: Arm
    entered_at: datetime
    orders: int = 0
    revenue_minor: int = 0  # net of refunds and cancellations, without tax and shipping
    before_minor: int = 0  # the same in the 90 days before entry; 0: nothing, or nobody we know
    clicks: int = 0
    crossed: bool = False  # saw both arms before its devices were known to be one person
    attributed_minor: int = 0  # of products bought within 7 days after a click on them
    bought_before: bool = False  # had bought in the 90 days before entry
    device: str = ""
    led_by: str = ""
    first_order_at: datetime | None = None  # the first in the window
    second_order_at: datetime | None = None  # the next after it, in the window or later
    robot: bool = False  # opened pages faster than people do: left out of every sum
    visitor: bytes = b""  # the one of its devices that entered first
