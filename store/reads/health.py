"""What could be wrong with a shop's data? Counts and instants that `flask doctor` judges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import ColumnElement, Connection, case, func, select

from store import tables
from store.reads.overview import Run


@dataclass(frozen=True, slots=True)
class Cards:
    """Of the products that may be shown and are in stock."""

    sellable: int
    without_price: int
    without_url: int
    without_image: int


def cards(connection: Connection, shop_id: int) -> Cards:
    p = tables.Product

    def number(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    row = connection.execute(
        select(
            func.count(),
            number(p.price_minor.is_(None)),
            number(p.url == ""),
            number(p.image_url == ""),
        ).where(p.shop_id == shop_id, p.withheld == "", p.in_stock)
    ).one()
    return Cards(*(int(value) for value in row))


@dataclass(frozen=True, slots=True)
class Lines:
    """Order lines since some instant, and those whose product the shop never told of."""

    lines: int
    unknown: int


def lines(connection: Connection, shop_id: int, since: datetime) -> Lines:
    o, line, p = tables.Order, tables.OrderLine, tables.Product
    row = connection.execute(
        select(
            func.count(),
            func.coalesce(
                func.sum(
                    case((line.product_id.is_(None), 1), (p.withheld == "unknown", 1), else_=0)
                ),
                0,
            ),
        )
        .select_from(line)
        .join(o, o.id == line.order_id)
        .outerjoin(p, p.id == line.product_id)
        .where(o.shop_id == shop_id, o.placed_at >= since)
    ).one()
    return Lines(int(row[0]), int(row[1]))


@dataclass(frozen=True, slots=True)
class Events:
    """What browsers told since some instant."""

    product_views: int
    exposures: int
    views: int
    clicks: int
    ahead_s: float | None  # by how much browsers' clocks are ahead of ours, at the median


# Enough that one shopper with a wrong clock does not move the median.
_NEWEST = 1_000


def events(connection: Connection, shop_id: int, since: datetime) -> Events:
    e = tables.Event
    mine = (e.shop_id == shop_id) & (e.received_at >= since)
    rows = connection.execute(select(e.type, func.count()).where(mine).group_by(e.type))
    counts: dict[str, int] = {row[0]: row[1] for row in rows}
    pairs = connection.execute(
        select(e.at, e.received_at)
        .where(mine, e.at.is_not(None))
        .order_by(e.received_at.desc())
        .limit(_NEWEST)
    )
    ahead = [(at - received).total_seconds() for at, received in pairs if at is not None]
    return Events(
        product_views=counts.get("product_view", 0),
        exposures=counts.get("exposure", 0),
        views=counts.get("view", 0),
        clicks=counts.get("click", 0),
        ahead_s=median(ahead) if ahead else None,
    )


def latest_runs(connection: Connection, shop_id: int) -> list[Run]:
    """The latest run of each job that ended."""
    r = tables.JobRun
    newest = (
        select(func.max(r.id)).where(r.shop_id == shop_id, r.outcome != "running").group_by(r.job)
    )
    rows = connection.execute(
        select(r.job, r.started_at, r.finished_at, r.outcome, r.detail)
        .where(r.id.in_(newest))
        .order_by(r.job)
    )
    return [Run(*row) for row in rows]


def clock_beat(connection: Connection) -> datetime | None:
    """When any job of any shop last gave a sign of life; None: never."""
    return connection.scalar(select(func.max(tables.JobRun.heartbeat_at)))


def cursors(connection: Connection, shop_id: int) -> set[str]:
    """The streams that know where to go on."""
    c = tables.Cursor
    return set(connection.scalars(select(c.stream).where(c.shop_id == shop_id)))


def owners(connection: Connection, shop_id: int) -> Sequence[str]:
    """E-mails of those who own the shop."""
    m, u = tables.Membership, tables.User
    return connection.scalars(
        select(u.email)
        .join(m, m.user_id == u.id)
        .where(m.shop_id == shop_id, m.role == "owner")
        .order_by(u.email)
    ).all()


def entries(connection: Connection, experiment_id: int) -> int:
    """How many visitors entered an experiment."""
    x = tables.Exposure
    return connection.scalar(select(func.count()).where(x.experiment_id == experiment_id)) or 0
