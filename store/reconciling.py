"""Do two accounts of a shop's orders agree: what we hold, and what the shop says now?

Pure: figures in, differences out. Sums are per day of the shop and currency, over orders that count
as paid; differences are found order by order, over all of them, so that two faults that cancel out
in a sum are both found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from store.records import Order, Refund


@dataclass(frozen=True, slots=True)
class Sums:
    """Money in minor units. `net` is what the goods brought: gross less discounts and refunds,
    without tax and shipping."""

    orders: int = 0
    gross_minor: int = 0
    discount_minor: int = 0
    refund_minor: int = 0
    tax_minor: int = 0
    net_minor: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.orders + other.orders,
            self.gross_minor + other.gross_minor,
            self.discount_minor + other.discount_minor,
            self.refund_minor + other.refund_minor,
            self.tax_minor + other.tax_minor,
            self.net_minor + other.net_minor,
        )


@dataclass(frozen=True, slots=True)
class Account:
    """One order as one side tells of it."""

    id: str
    number: str
    placed_at: datetime
    updated_at: datetime
    currency: str
    status: str
    gross_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int
    refund_minor: int = 0
    refund_net_minor: int = 0  # of that, what was given back for goods, without tax

    def sums(self) -> Sums:
        """What it adds to its day; nothing while it is not paid."""
        if self.status != "paid":
            return Sums()
        net = self.gross_minor - self.discount_minor - self.refund_net_minor
        return Sums(
            1, self.gross_minor, self.discount_minor, self.refund_minor, self.tax_minor, net
        )


def account(order: Order, refunds: Sequence[Refund]) -> Account:
    """An order as the shop sends it."""
    return Account(
        order.id,
        order.number or order.id,
        order.placed_at,
        order.updated_at,
        order.currency,
        order.status,
        sum(line.gross_minor for line in order.lines),
        sum(line.discount_minor for line in order.lines),
        order.tax_minor,
        order.total_minor,
        sum(refund.total_minor for refund in refunds),
        sum(r.total_minor - r.tax_minor - r.shipping_minor for r in refunds),
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """`parts`: what differs, as (what, ours, theirs); an order that one side has not at all has
    none. Amounts are in minor units of `currency`."""

    id: str
    number: str
    day: date
    currency: str
    kind: str  # missing here, missing there, newer there, differs
    parts: tuple[tuple[str, str | int, str | int], ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    currency: str
    ours: Sums
    theirs: Sums


@dataclass(frozen=True, slots=True)
class Reconciled:
    days: tuple[Day, ...]
    differences: tuple[Difference, ...]
    orders: int  # that the shop has, whatever became of them


_COMPARED = (
    "placed_at",
    "currency",
    "status",
    "gross_minor",
    "discount_minor",
    "tax_minor",
    "total_minor",
    "refund_minor",
    "refund_net_minor",
)


def compare(ours: Iterable[Account], theirs: Iterable[Account], zone: tzinfo) -> Reconciled:
    """`zone`: the shop's, in which its days begin."""
    here = {one.id: one for one in ours}
    there = {one.id: one for one in theirs}
    found = [
        difference
        for id in here.keys() | there.keys()
        if (difference := _difference(here.get(id), there.get(id), zone)) is not None
    ]
    sums: dict[tuple[date, str], list[Sums]] = {}
    for side, accounts in enumerate((here, there)):
        for one in accounts.values():
            place = sums.setdefault((_day(one, zone), one.currency), [Sums(), Sums()])
            place[side] += one.sums()
    return Reconciled(
        tuple(
            Day(*key, *both) for key, both in sorted(sums.items()) if any(b.orders for b in both)
        ),
        tuple(sorted(found, key=lambda d: (d.day, d.id))),
        len(there),
    )


def _difference(ours: Account | None, theirs: Account | None, zone: tzinfo) -> Difference | None:
    one = theirs or ours
    assert one is not None  # noqa: S101 - the id came from one of the two
    head = (one.id, one.number, _day(one, zone), one.currency)
    if ours is None:
        return Difference(*head, "missing here")
    if theirs is None:
        # Deleted there and known to be: it counts as nothing on either side.
        return None if ours.status == "cancelled" else Difference(*head, "missing there")
    parts = tuple(
        (name, _plain(getattr(ours, name)), _plain(getattr(theirs, name)))
        for name in _COMPARED
        if getattr(ours, name) != getattr(theirs, name)
    )
    if not parts:
        return None
    newer = theirs.updated_at > ours.updated_at
    return Difference(*head, "newer there" if newer else "differs", parts)


def _plain(value: str | int | datetime) -> str | int:
    return value.isoformat() if isinstance(value, datetime) else value


def _day(one: Account, zone: tzinfo) -> date:
    return one.placed_at.astimezone(zone).date()


def by_order(refunds: Iterable[Refund]) -> Mapping[str, list[Refund]]:
    found: dict[str, list[Refund]] = {}
    for refund in refunds:
        found.setdefault(refund.order_id, []).append(refund)
    return found
