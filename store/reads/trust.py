"""What the store can tell of the measuring itself on one day.

Orders nobody can join, exposures that got lost, orders that look doubled, how many shoppers agreed
to be counted. Days add, so nothing here looks at more than the day it is asked about;
`experiments.health` judges the sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    exists,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import aliased

from store import tables
from store.reads import health
from store.records import Arm, EventType, Experiment

# A checkout that sends twice does so when the page is loaded again: within a quarter of an hour.
DOUBLED_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Measured:
    """Counts of one day, or of a part of it; those of several days add."""

    orders: int
    orders_without_visitor: int
    doubled_orders: int
    orders_unseen: int
    lost_control: int
    lost_treatment: int
    empty_control: int
    empty_treatment: int
    page_views: int
    page_views_known: int


def measured(
    connection: Connection, shop_id: int, experiment: Experiment, since: datetime, until: datetime
) -> Measured:
    """Of one day of a test; its first day begins with the test."""
    since = max(since, experiment.started_at)
    orders, without = orders_seen(connection, shop_id, since, until)
    lost = _never_entered(connection, shop_id, experiment, since, until, ("view", "click", "cart"))
    empty = _never_entered(connection, shop_id, experiment, since, until, ("empty",))
    views, known = _page_views(connection, shop_id, since, until)
    return Measured(
        orders=orders,
        orders_without_visitor=without,
        doubled_orders=_doubled_orders(connection, shop_id, since, until),
        orders_unseen=_orders_unseen(connection, shop_id, since, until),
        lost_control=lost["control"],
        lost_treatment=lost["treatment"],
        empty_control=empty["control"],
        empty_treatment=empty["treatment"],
        page_views=views,
        page_views_known=known,
    )


def clock_ahead_s(
    connection: Connection, shop_id: int, experiment: Experiment, until_at: datetime
) -> float | None:
    """How far browsers' clocks are ahead of ours, at the median of the last week's."""
    since = max(experiment.started_at, until_at - timedelta(days=7))
    return health.events(connection, shop_id, since).ahead_s


def _placed(shop_id: int, since: datetime, until: datetime) -> ColumnElement[bool]:
    o = tables.Order
    return and_(
        o.shop_id == shop_id,
        o.status == "paid",
        o.source == "shopper",
        o.placed_at >= since,
        o.placed_at < until,
    )


def orders_seen(
    connection: Connection, shop_id: int, since: datetime, until: datetime
) -> tuple[int, int]:
    """(shoppers' orders in this time, those among them without a visitor)."""
    o = tables.Order
    row = connection.execute(
        select(func.count(), func.count(o.visitor)).where(_placed(shop_id, since, until))
    ).one()
    return row[0], row[0] - row[1]


def _doubled_orders(connection: Connection, shop_id: int, since: datetime, until: datetime) -> int:
    """Orders that repeat another of the same person, line for line, within minutes."""
    o, first = tables.Order, aliased(tables.Order)
    line, other = tables.OrderLine, aliased(tables.OrderLine)
    gap = int(DOUBLED_WITHIN.total_seconds() * 1_000_000)
    placed, before = type_coerce(o.placed_at, BigInteger), type_coerce(first.placed_at, BigInteger)
    missing = exists().where(
        line.order_id == o.id,
        ~exists().where(
            other.order_id == first.id,
            other.product_id == line.product_id,
            other.quantity == line.quantity,
            other.gross_minor == line.gross_minor,
        ),
    )
    repeats = exists().where(
        first.shop_id == o.shop_id,
        or_(first.visitor == o.visitor, first.customer_id == o.customer_id),
        first.status == "paid",
        first.id != o.id,
        first.total_minor == o.total_minor,
        before <= placed,
        before > placed - gap,
        or_(before < placed, first.id < o.id),
        ~missing,
    )
    found = select(func.count()).select_from(o).where(_placed(shop_id, since, until), repeats)
    return connection.scalar(found) or 0


def _orders_unseen(connection: Connection, shop_id: int, since: datetime, until: datetime) -> int:
    """Orders whose visitor is named, but of whom no browser had told anything by then: the page
    ran our script, and something kept its events from reaching us."""
    o, e = tables.Order, tables.Event
    heard = exists().where(e.shop_id == o.shop_id, e.visitor == o.visitor, e.received_at < until)
    return (
        connection.scalar(
            select(func.count())
            .select_from(o)
            .where(_placed(shop_id, since, until), o.visitor.is_not(None), ~heard, ~o.erased)
        )
        or 0
    )


def _never_entered(
    connection: Connection,
    shop_id: int,
    experiment: Experiment,
    since: datetime,
    until: datetime,
    kinds: tuple[EventType, ...],
) -> dict[Arm, int]:
    """Arm -> visitors who told of the tested shelf for the first time in this time, and had not
    entered the test by its end: their exposure got lost, or there was nothing to show them."""
    e, earlier, x = tables.Event, aliased(tables.Event), tables.Exposure
    entered = exists().where(
        x.experiment_id == experiment.id, x.visitor == e.visitor, x.entered_at < until
    )
    known = exists().where(
        earlier.shop_id == e.shop_id,
        earlier.visitor == e.visitor,
        earlier.experiment_id == e.experiment_id,
        earlier.type.in_(kinds),
        earlier.received_at >= experiment.started_at,
        earlier.received_at < since,
    )
    rows = connection.execute(
        select(e.arm, func.count(e.visitor.distinct()))
        .where(
            e.shop_id == shop_id,
            e.experiment_id == experiment.id,
            e.received_at >= since,
            e.received_at < until,
            e.type.in_(kinds),
            e.visitor.is_not(None),
            ~entered,
            ~known,
        )
        .group_by(e.arm)
    )
    found: dict[str, int] = {str(arm): count for arm, count in rows}
    return {"control": found.get("control", 0), "treatment": found.get("treatment", 0)}


def _page_views(
    connection: Connection, shop_id: int, since: datetime, until: datetime
) -> tuple[int, int]:
    """(product pages that browsers told of, those among them with a visitor)."""
    e = tables.Event
    row = connection.execute(
        select(func.count(), func.count(e.visitor)).where(
            e.shop_id == shop_id,
            e.type == "product_view",
            e.received_at >= since,
            e.received_at < until,
        )
    ).one()
    return row[0], row[1]
