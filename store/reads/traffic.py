"""What did the last weeks look like, for planning a split test? Visitors, buyers, and the cap.

Before shelves were on any page no visitor is known; then customers stand in for visitors where an
amount per buyer is asked, and how many people come is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, select, true

from store import tables
from store.reads.revenue import net_orders
from store.records import EVERY_SHELF, Tested

# The cap of an experiment is learned from so much: long enough for a small shop to have a tail.
CAP_DAYS = 90


@dataclass(frozen=True, slots=True)
class Traffic:
    """People who saw a placement's shelf for the first time in `days`, and what they did."""

    days: int
    visitors: int
    buyers: int  # of those, who ordered within the window after first seeing it

    @property
    def visitors_per_day(self) -> float:
        return self.visitors / self.days

    @property
    def conversion_rate(self) -> float | None:
        return self.buyers / self.visitors if self.visitors else None


def traffic(
    connection: Connection,
    shop_id: int,
    placement: Tested,
    until_at: datetime,
    *,
    days: int = 28,
    window: timedelta = timedelta(days=7),
) -> Traffic:
    """First exposures of a placement (or of any shelf) in the `days` before `until_at - window`.

    Ending a window early, so that everybody counted had as long to buy as in a test. Somebody not
    seen in as many days before counts as new.
    """
    e, o = tables.Event, tables.Order
    since = until_at - window - timedelta(days=days)
    first = (
        select(e.visitor, func.min(e.received_at).label("at"))
        .where(
            e.shop_id == shop_id,
            true() if placement == EVERY_SHELF else e.placement == placement,
            e.type == "exposure",
            e.visitor.is_not(None),
            e.received_at < until_at - window,
            e.received_at >= since - timedelta(days=days),
        )
        .group_by(e.visitor)
        .subquery()
    )
    entered = select(first).where(first.c.at >= since).subquery()
    visitors = connection.scalar(select(func.count()).select_from(entered)) or 0
    pairs = connection.execute(
        select(entered.c.visitor, entered.c.at, o.placed_at).join(
            o,
            and_(
                o.shop_id == shop_id,
                o.visitor == entered.c.visitor,
                o.status == "paid",
                o.source == "shopper",
                o.placed_at >= since,
            ),
        )
    )
    buyers = {bytes(visitor) for visitor, at, placed in pairs if at <= placed < at + window}
    return Traffic(days, visitors, len(buyers))


@dataclass(frozen=True, slots=True)
class Spending:
    """What buyers spent in the last 90 days, each customer or visitor once, net of refunds."""

    buyers: int
    total_minor: int
    squares: int  # the sum of squares, exact
    cap_minor: int | None  # the 99th percentile; None: nobody bought


def spending(connection: Connection, shop_id: int, until_at: datetime) -> Spending:
    """From which a test's cap and spread follow. A guest nobody knows is a buyer of their own."""
    amounts: dict[Any, int] = {}
    for person, net_minor in _net(connection, shop_id, until_at):
        amounts[person] = amounts.get(person, 0) + net_minor
    spent = sorted(amount for amount in amounts.values() if amount > 0)
    if not spent:
        return Spending(0, 0, 0, None)
    # The smallest amount that at least 99 of 100 buyers do not exceed.
    place = -(-len(spent) * 99 // 100) - 1
    cap = spent[place]
    capped = [min(amount, cap) for amount in spent]
    return Spending(len(spent), sum(capped), sum(amount**2 for amount in capped), cap)


def _net(connection: Connection, shop_id: int, until_at: datetime) -> list[tuple[Any, int]]:
    """(buyer, net revenue) of each paid order of a shopper in the 90 days before."""
    since = until_at - timedelta(days=CAP_DAYS)
    return [
        (
            ("customer", it.customer) if it.customer is not None
            else ("visitor", it.visitor) if it.visitor is not None
            else ("order", it.order),
            it.net_minor,
        )
        for it in net_orders(connection, shop_id, since, until_at)
    ]  # fmt: skip
