"""What browsers and orders say of one day of a split test: what was seen, and of the measuring.

Each question is asked of one of the shop's days, so that counting a day reads no other; days that
were counted are kept (`days`). `experiments.shown` and `experiments.health` say what it means.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple, cast

from sqlalchemy import Connection, func, select

from store import tables
from store.packing import unpack_keys
from store.records import Arm, Experiment, Offered


class ObservedDay(NamedTuple):
    """A day as it was counted; `settled`: over, and not to be read again."""

    day: str
    begins_at: datetime
    ends_at: datetime
    settled: bool
    signs: str
    shown: str


def days(connection: Connection, experiment_id: int) -> list[ObservedDay]:
    """The oldest first."""
    o = tables.ObservedDay
    rows = connection.execute(
        select(o.day, o.begins_at, o.ends_at, o.settled, o.signs, o.shown)
        .where(o.experiment_id == experiment_id)
        .order_by(o.day)
    )
    return [ObservedDay(*row) for row in rows]


def views(
    connection: Connection, shop_id: int, experiment: Experiment, since: datetime, until: datetime
) -> Iterator[tuple[Arm, list[int]]]:
    """Each shelf of the test that was in sight: whose, and with which products."""
    e = tables.Event
    rows = connection.execute(
        select(e.arm, e.items).where(
            e.shop_id == shop_id,
            e.type == "view",
            e.experiment_id == experiment.id,
            e.items.is_not(None),
            e.received_at >= since,
            e.received_at < until,
        )
    )
    for arm, items in rows:
        yield cast(Arm, arm), unpack_keys(cast(bytes, items))  # as the condition says


def offered(
    connection: Connection, shop_id: int, since: datetime, until: datetime
) -> dict[int, Offered]:
    """Every product, and what was sold of it in this time."""
    p, c = tables.Product, tables.Card
    o, line = tables.Order, tables.OrderLine
    lines = connection.execute(
        select(line.product_id, func.count())
        .join(o, o.id == line.order_id)
        .where(
            o.shop_id == shop_id,
            o.placed_at >= since,
            o.placed_at < until,
            o.status == "paid",
            o.source == "shopper",
            line.product_id.is_not(None),
        )
        .group_by(line.product_id)
    )
    sold: dict[int | None, int] = {product: count for product, count in lines}  # noqa: C416
    rows = connection.execute(
        select(p.id, func.coalesce(c.sellable, False), p.vendor, p.published_at)
        .outerjoin(c, c.product_id == p.id)
        .where(p.shop_id == shop_id)
        .order_by(p.id)
    )
    return {
        key: Offered(bool(sellable), vendor, published_at, sold.get(key, 0))
        for key, sellable, vendor, published_at in rows
    }
