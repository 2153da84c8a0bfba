"""The raw facts of a split test: who entered, who belongs together, what they bought and clicked.

Each question is asked of everybody in an experiment (`everyone`) or only of the people around some
visitors and customers (`around`): what was touched since the last count. `experiments.persons`
makes units of the answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import BigInteger, ColumnElement, Connection, and_, func, select, type_coerce

from store import tables
from store.reads.revenue import chunks, net_orders, net_orders_of
from store.records import Entered, Experiment, NetOrder

# Earlier orders tell who is new, and what a visitor would have spent anyway (CUPED).
BEFORE = timedelta(days=90)
# A click is credited with what is bought of its product for so long.
ATTRIBUTED_WITHIN = timedelta(days=7)
# More pages in one minute than anybody reads: a robot, by a rule that cannot see the arms.
ROBOT_PAGES_A_MINUTE = 30
_MINUTE = 60_000_000


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that units follow from."""

    entries: list[Entered]
    links: list[tuple[bytes, int]]
    orders: list[NetOrder]
    clicks: dict[bytes, int]
    attributed_minor: dict[bytes, int]
    robots: set[bytes]


def everyone(connection: Connection, shop_id: int, experiment: Experiment) -> Facts:
    i, x = tables.Identity, tables.Exposure
    # Whoever has one link to somebody who entered belongs to them, over any number of steps.
    every = connection.execute(select(i.visitor, i.customer_id).where(i.shop_id == shop_id))
    return Facts(
        entries=_entries(connection, x.experiment_id == experiment.id),
        links=[(bytes(visitor), customer) for visitor, customer in every],
        orders=net_orders(connection, shop_id, experiment.started_at - BEFORE),
        clicks=_clicks(connection, shop_id, experiment.id, None),
        attributed_minor=_attributed(connection, shop_id, experiment.id, None),
        robots=robots(connection, shop_id, None),
    )


def around(
    connection: Connection,
    shop_id: int,
    experiment: Experiment,
    visitors: Collection[bytes],
    customers: Collection[int],
) -> Facts:
    """The same, of the whole persons that these visitors and customers are part of."""
    visitors, customers, links = _persons(connection, shop_id, set(visitors), set(customers))
    x = tables.Exposure
    entries = [
        entry
        for part in chunks(visitors)
        for entry in _entries(
            connection, and_(x.experiment_id == experiment.id, x.visitor.in_(part))
        )
    ]
    here = {entry.visitor for entry in entries}
    return Facts(
        entries=entries,
        links=links,
        orders=net_orders_of(
            connection, shop_id, experiment.started_at - BEFORE, visitors, customers
        ),
        clicks=_clicks(connection, shop_id, experiment.id, here),
        attributed_minor=_attributed(connection, shop_id, experiment.id, here),
        robots=robots(connection, shop_id, here),
    )


def _persons(
    connection: Connection, shop_id: int, visitors: set[bytes], customers: set[int]
) -> tuple[set[bytes], set[int], list[tuple[bytes, int]]]:
    """Everybody whom identities join to these, over any number of steps, and those links."""
    i = tables.Identity
    links: set[tuple[bytes, int]] = set()
    new_visitors, new_customers = set(visitors), set(customers)
    while new_visitors or new_customers:
        found: set[tuple[bytes, int]] = set()
        for column, wanted in ((i.visitor, new_visitors), (i.customer_id, new_customers)):
            for part in chunks(wanted):
                rows = connection.execute(
                    select(i.visitor, i.customer_id).where(i.shop_id == shop_id, column.in_(part))
                )
                found |= {(bytes(visitor), customer) for visitor, customer in rows}
        links |= found
        new_visitors = {visitor for visitor, _ in found} - visitors
        new_customers = {customer for _, customer in found} - customers
        visitors |= new_visitors
        customers |= new_customers
    return visitors, customers, sorted(links)


def _entries(connection: Connection, chosen: ColumnElement[bool]) -> list[Entered]:
    x = tables.Exposure
    rows = connection.execute(
        select(x.visitor, x.arm, x.entered_at, x.device, x.led_by)
        .where(chosen)
        .order_by(x.entered_at, x.visitor)
    )
    return [
        Entered(bytes(visitor), arm, at, device or "", led_by or "")  # type: ignore[arg-type] # only arms are stored
        for visitor, arm, at, device, led_by in rows
    ]


def _clicks(
    connection: Connection, shop_id: int, experiment_id: int, visitors: Collection[bytes] | None
) -> dict[bytes, int]:
    e = tables.Event
    mine = and_(
        e.shop_id == shop_id,
        e.experiment_id == experiment_id,
        e.type == "click",
        e.visitor.is_not(None),
    )
    found: dict[bytes, int] = {}
    for chosen in _narrowed(mine, visitors):
        rows = connection.execute(select(e.visitor, func.count()).where(chosen).group_by(e.visitor))
        found |= {bytes(visitor): count for visitor, count in rows if visitor is not None}
    return found


def _attributed(
    connection: Connection, shop_id: int, experiment_id: int, visitors: Collection[bytes] | None
) -> dict[bytes, int]:
    """Visitor -> revenue of products bought within 7 days after a click on them in treatment.

    An accounting figure, net of refunds: much of it would have been bought anyway.
    """
    o, line, e, r, back = (
        tables.Order, tables.OrderLine, tables.Event, tables.Refund, tables.RefundLine,
    )  # fmt: skip
    window = int(ATTRIBUTED_WITHIN.total_seconds() * 1_000_000)
    click_at = type_coerce(e.received_at, BigInteger)
    placed_at = type_coerce(o.placed_at, BigInteger) + 999_999  # the shop cuts off the fraction
    returned = (
        select(func.coalesce(func.sum(back.amount_minor), 0))
        .join(r, r.id == back.refund_id)
        .where(
            r.shop_id == shop_id,
            r.order_external_id == o.external_id,
            back.line_external_id == line.external_id,
        )
        .scalar_subquery()
    )
    clicked = and_(
        e.shop_id == shop_id,
        e.type == "click",
        e.experiment_id == experiment_id,
        e.arm == "treatment",
    )
    found: dict[bytes, int] = {}
    for chosen in _narrowed(clicked, visitors):
        # Each line once, however often its product was clicked.
        lines = (
            select(
                e.visitor.label("visitor"),
                line.order_id,
                line.external_id,
                (line.gross_minor - line.discount_minor - returned).label("net"),
            )
            .select_from(e)
            .join(o, and_(o.shop_id == e.shop_id, o.visitor == e.visitor))
            .join(line, and_(line.order_id == o.id, line.product_id == e.product_id))
            .where(
                chosen,
                o.status == "paid",
                o.source == "shopper",
                click_at <= placed_at,
                click_at > placed_at - window,
            )
            .distinct()
            .subquery()
        )
        rows = connection.execute(
            select(lines.c.visitor, func.sum(lines.c.net)).group_by(lines.c.visitor)
        )
        found |= {bytes(visitor): int(net) for visitor, net in rows if visitor is not None}
    return found


def robots(connection: Connection, shop_id: int, visitors: Collection[bytes] | None) -> set[bytes]:
    """Visitors who opened more than `ROBOT_PAGES_A_MINUTE` product pages within one minute."""
    e = tables.Event
    minute = type_coerce(e.received_at, BigInteger) // _MINUTE
    pages = and_(e.shop_id == shop_id, e.type == "product_view", e.visitor.is_not(None))
    found: set[bytes] = set()
    for chosen in _narrowed(pages, visitors):
        rows = connection.scalars(
            select(e.visitor)
            .where(chosen)
            .group_by(e.visitor, minute)
            .having(func.count() > ROBOT_PAGES_A_MINUTE)
        )
        found |= {bytes(visitor) for visitor in rows if visitor is not None}
    return found


def _narrowed(
    chosen: ColumnElement[bool], visitors: Collection[bytes] | None
) -> Iterable[ColumnElement[bool]]:
    """The condition for everybody, or once for each part of these visitors."""
    if visitors is None:
        yield chosen
        return
    for part in chunks(visitors):
        yield and_(chosen, tables.Event.visitor.in_(part))
