"""What the store can tell of the measuring itself: orders nobody can join, exposures that got lost,
orders that look doubled, how many shoppers agreed to be counted. `experiments.health` judges it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Connection, and_, exists, func, or_, select, type_coerce
from sqlalchemy.orm import aliased

from store import tables
from store.reads import health
from store.records import Experiment

# A checkout that sends twice does so when the page is loaded again: within a quarter of an hour.
DOUBLED_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Measured:
    """Counts from the start of a test on."""

    orders: int
    orders_without_visitor: int
    doubled_orders: int
    orders_unseen: int
    lost_control: int
    lost_treatment: int
    page_views: int
    page_views_known: int
    clock_ahead_s: float | None


def measured(
    connection: Connection, shop_id: int, experiment: Experiment, until_at: datetime
) -> Measured:
    orders, without = orders_seen(connection, shop_id, experiment, until_at)
    lost = lost_exposures(connection, shop_id, experiment, until_at)
    views, known = _page_views(connection, shop_id, experiment, until_at)
    told = health.events(connection, shop_id, max(experiment.started_at, until_at - timedelta(7)))
    return Measured(
        orders=orders,
        orders_without_visitor=without,
        doubled_orders=doubled_orders(connection, shop_id, experiment, until_at),
        orders_unseen=_orders_unseen(connection, shop_id, experiment, until_at),
        lost_control=lost["control"],
        lost_treatment=lost["treatment"],
        page_views=views,
        page_views_known=known,
        clock_ahead_s=told.ahead_s,
    )


def _placed(shop_id: int, experiment: Experiment, until_at: datetime, o=tables.Order):  # type: ignore[no-untyped-def] # an alias or the table
    return and_(
        o.shop_id == shop_id,
        o.status == "paid",
        o.source == "shopper",
        o.placed_at >= experiment.started_at,
        o.placed_at < until_at,
    )


def orders_seen(
    connection: Connection, shop_id: int, experiment: Experiment, until_at: datetime
) -> tuple[int, int]:
    """(shoppers' orders in the time of the test, those among them without a visitor)."""
    o = tables.Order
    row = connection.execute(
        select(func.count(), func.count(o.visitor)).where(_placed(shop_id, experiment, until_at))
    ).one()
    return row[0], row[0] - row[1]


def doubled_orders(
    connection: Connection, shop_id: int, experiment: Experiment, until_at: datetime
) -> int:
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
    found = (
        select(func.count()).select_from(o).where(_placed(shop_id, experiment, until_at), repeats)
    )
    return connection.scalar(found) or 0


def _orders_unseen(
    connection: Connection, shop_id: int, experiment: Experiment, until_at: datetime
) -> int:
    """Orders whose visitor is named, but of whom no browser told anything: the page ran our
    script, and something kept its events from reaching us."""
    o, e = tables.Order, tables.Event
    heard = exists().where(e.shop_id == o.shop_id, e.visitor == o.visitor)
    return (
        connection.scalar(
            select(func.count())
            .select_from(o)
            .where(
                _placed(shop_id, experiment, until_at), o.visitor.is_not(None), ~heard, ~o.erased
            )
        )
        or 0
    )


def lost_exposures(
    connection: Connection, shop_id: int, experiment: Experiment, until_at: datetime
) -> dict[str, int]:
    """Arm -> visitors who saw or clicked the tested shelf, but whose exposure never arrived."""
    e, x = tables.Event, tables.Exposure
    entered = exists().where(x.experiment_id == experiment.id, x.visitor == e.visitor)
    rows = connection.execute(
        select(e.arm, func.count(e.visitor.distinct()))
        .where(
            e.shop_id == shop_id,
            e.experiment_id == experiment.id,
            e.received_at >= experiment.started_at,
            e.received_at < until_at,
            e.type.in_(("view", "click", "cart")),
            e.visitor.is_not(None),
            ~entered,
        )
        .group_by(e.arm)
    )
    found: dict[str, int] = {str(arm): count for arm, count in rows}
    return {"control": found.get("control", 0), "treatment": found.get("treatment", 0)}


def _page_views(
    connection: Connection, shop_id: int, experiment: Experiment, until_at: datetime
) -> tuple[int, int]:
    e = tables.Event
    row = connection.execute(
        select(func.count(), func.count(e.visitor)).where(
            e.shop_id == shop_id,
            e.type == "product_view",
            e.received_at >= experiment.started_at,
            e.received_at < until_at,
        )
    ).one()
    return row[0], row[1]
