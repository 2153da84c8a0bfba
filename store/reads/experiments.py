"""What a split test is made of: the experiment, who entered it, and what they did afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, and_, exists, func, select, type_coerce

from store import tables
from store.errors import Explained
from store.reads.revenue import net_orders
from store.records import Arm, Experiment, Unit


class UnknownExperiment(Explained):
    """The shop has no experiment with this number."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """An experiment with the number under which people know it."""

    number: int
    experiment: Experiment


def _select() -> Any:
    e = tables.Experiment
    return select(
        e.number, e.id, e.placement, e.against, e.metric, e.salt, e.share, e.started_at, e.ends_at,
        e.window_s, e.cap_minor, e.planned_visitors, e.planned_conversions, e.stopped_at,
    )  # fmt: skip


def _numbered(row: Any) -> Numbered:
    return Numbered(row[0], Experiment(*row[1:]))


def every(connection: Connection, shop_id: int) -> list[Numbered]:
    """The newest first."""
    e = tables.Experiment
    rows = connection.execute(_select().where(e.shop_id == shop_id).order_by(e.number.desc()))
    return [_numbered(row) for row in rows]


def by_number(connection: Connection, shop_id: int, number: int) -> Numbered:
    found = every(connection, shop_id)
    for numbered in found:
        if numbered.number == number:
            return numbered
    there = ", ".join(str(n.number) for n in found) or "none yet"
    raise UnknownExperiment(f"Experiment {number} is not this shop's. Its experiments: {there}.")


def running(connection: Connection, shop_id: int, now: datetime) -> list[Experiment]:
    """Those that visitors are still entering: until they are stopped."""
    return [
        n.experiment
        for n in every(connection, shop_id)
        if n.experiment.stopped_at is None and n.experiment.started_at <= now
    ]


def rival_models(
    connection: Connection, shop_id: int, experiments: Iterable[Experiment]
) -> dict[int, int]:
    """Experiment -> the model its control arm sees, for those against another version."""
    m = tables.Model
    rivals = {}
    for experiment in experiments:
        if experiment.against.isdecimal():
            model = connection.scalar(
                select(m.id).where(m.shop_id == shop_id, m.version == int(experiment.against))
            )
            if model is not None:
                rivals[experiment.id] = model
    return rivals


# Revenue before entry, for CUPED and for checking that the arms started equal.
BEFORE_S = 90 * 86_400


@dataclass(frozen=True, slots=True)
class _Bought:
    at: datetime
    net_minor: int


def units(connection: Connection, shop_id: int, experiment: Experiment) -> list[Unit]:
    """Everybody who entered, devices of one customer together, with their orders in the window.

    The arm is that of a unit's earliest exposure. All of the unit's orders count, net of refunds
    and without cancelled ones: those carrying one of its visitor ids, and those of its customer.
    """
    entries = _entries(connection, experiment.id)
    customers = _customers(connection, shop_id, [visitor for visitor, _, _ in entries])
    root_of = _roots(customers)
    first: dict[bytes | int, tuple[str, datetime]] = {}
    arms: dict[bytes | int, set[str]] = {}
    for visitor, arm, entered_at in entries:  # oldest first
        root = root_of.get(visitor, visitor)
        first.setdefault(root, (arm, entered_at))
        arms.setdefault(root, set()).add(arm)
    bought = _bought(connection, shop_id, experiment, customers, root_of)
    clicks = _clicks(connection, shop_id, experiment.id, root_of)
    found = []
    for root, (arm, entered_at) in first.items():
        inside, before = [], 0
        # Shops tell an order's instant in whole seconds, cut off: so is the entry for comparing.
        since = entered_at.replace(microsecond=0)
        for order in bought.get(root, ()):
            after_s = (order.at - since).total_seconds()
            if 0 <= after_s < experiment.window_s:
                inside.append(order.net_minor)
            elif -BEFORE_S <= after_s < 0:
                before += order.net_minor
        found.append(
            Unit(
                arm=arm,  # type: ignore[arg-type] # only arms are ever stored
                entered_at=entered_at,
                orders=len(inside),
                revenue_minor=sum(inside),
                before_minor=before,
                clicks=clicks.get(root, 0),
                crossed=len(arms[root]) > 1,
            )
        )
    return found


def _entries(connection: Connection, experiment_id: int) -> list[tuple[bytes, str, datetime]]:
    x = tables.Exposure
    rows = connection.execute(
        select(x.visitor, x.arm, x.entered_at)
        .where(x.experiment_id == experiment_id)
        .order_by(x.entered_at, x.visitor)
    )
    return [(bytes(visitor), arm, at) for visitor, arm, at in rows]


def _customers(
    connection: Connection, shop_id: int, visitors: Sequence[bytes]
) -> dict[bytes, list[int]]:
    """Visitor -> the customers they turned out to be (two, where people share a browser)."""
    wanted = set(visitors)
    i = tables.Identity
    found: dict[bytes, list[int]] = {}
    rows = connection.execute(
        select(i.visitor, i.customer_id).where(i.shop_id == shop_id).order_by(i.customer_id)
    )
    for visitor, customer in rows:
        if bytes(visitor) in wanted:
            found.setdefault(bytes(visitor), []).append(customer)
    return found


def _roots(customers: dict[bytes, list[int]]) -> dict[bytes | int, bytes | int]:
    """Visitors and customers -> one name for all that are the same person (union-find)."""
    parent: dict[bytes | int, bytes | int] = {}

    def root(node: bytes | int) -> bytes | int:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for visitor, theirs in customers.items():
        for customer in theirs:
            parent[root(visitor)] = root(customer)
    return {node: root(node) for node in list(parent)}


def _bought(
    connection: Connection,
    shop_id: int,
    experiment: Experiment,
    customers: dict[bytes, list[int]],
    root_of: dict[bytes | int, bytes | int],
) -> dict[bytes | int, list[_Bought]]:
    """Person -> paid orders that a shopper placed, from 90 days before the start on."""
    since = experiment.started_at - timedelta(seconds=BEFORE_S)
    known_customers = {customer for theirs in customers.values() for customer in theirs}
    found: dict[bytes | int, list[_Bought]] = {}
    for bought in net_orders(connection, shop_id, since):
        person: bytes | int | None = None
        if bought.customer in known_customers:
            person = root_of[bought.customer]
        elif bought.visitor is not None:
            person = root_of.get(bought.visitor, bought.visitor)
        if person is not None:
            found.setdefault(person, []).append(_Bought(bought.placed_at, bought.net_minor))
    return found


def _clicks(
    connection: Connection,
    shop_id: int,
    experiment_id: int,
    root_of: dict[bytes | int, bytes | int],
) -> dict[bytes | int, int]:
    e = tables.Event
    rows = connection.execute(
        select(e.visitor, func.count())
        .where(
            e.shop_id == shop_id,
            e.experiment_id == experiment_id,
            e.type == "click",
            e.visitor.is_not(None),
        )
        .group_by(e.visitor)
    )
    found: dict[bytes | int, int] = {}
    for visitor, count in rows:
        who = bytes(visitor or b"")
        person = root_of.get(who, who)
        found[person] = found.get(person, 0) + count
    return found


# --- beside the test: what clicks account for, and what nobody saw -------------------------------

ATTRIBUTED_WITHIN = timedelta(days=7)


def attributed_minor(connection: Connection, shop_id: int, experiment: Experiment) -> int:
    """Revenue of products bought within 7 days after a click on them in the treatment's shelf.

    An accounting figure, net of refunds: much of it would have been bought anyway.
    """
    o, line, e, r, back = (
        tables.Order, tables.OrderLine, tables.Event, tables.Refund, tables.RefundLine,
    )  # fmt: skip
    window = int(ATTRIBUTED_WITHIN.total_seconds() * 1_000_000)
    click_at = type_coerce(e.received_at, BigInteger)
    placed_at = type_coerce(o.placed_at, BigInteger) + 999_999  # the shop cuts off the fraction
    clicked = exists().where(
        e.shop_id == shop_id,
        e.visitor == o.visitor,
        e.type == "click",
        e.experiment_id == experiment.id,
        e.arm == "treatment",
        e.product_id == line.product_id,
        click_at <= placed_at,
        click_at > placed_at - window,
    )
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
    total = connection.scalar(
        select(func.sum(line.gross_minor - line.discount_minor - returned))
        .join(o, o.id == line.order_id)
        .where(o.shop_id == shop_id, o.status == "paid", o.source == "shopper", clicked)
    )
    return int(total or 0)


def orders_seen(
    connection: Connection, shop_id: int, experiment: Experiment, until_at: datetime
) -> tuple[int, int]:
    """(shoppers' orders in the time of the test, those among them without a visitor)."""
    o = tables.Order
    inside = and_(
        o.shop_id == shop_id,
        o.status == "paid",
        o.source == "shopper",
        o.placed_at >= experiment.started_at,
        o.placed_at < until_at,
    )
    everything = connection.scalar(select(func.count()).select_from(o).where(inside)) or 0
    unseen = connection.scalar(
        select(func.count()).select_from(o).where(inside, o.visitor.is_(None))
    )
    return everything, unseen or 0


# --- what was said so far -------------------------------------------------------------------------


def judged_days(connection: Connection, experiment_id: int) -> list[tuple[str, str, str]]:
    """(day, running state, judgement) as stored, the oldest first."""
    v = tables.VerdictDay
    rows = connection.execute(
        select(v.day, v.running, v.verdict).where(v.experiment_id == experiment_id).order_by(v.day)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def report_body(connection: Connection, experiment_id: int) -> tuple[str, datetime] | None:
    """The stored report's JSON and when it was computed; None: not yet."""
    r = tables.ReportRow
    row = connection.execute(
        select(r.body, r.computed_at).where(r.experiment_id == experiment_id)
    ).first()
    return None if row is None else (row[0], row[1])


def tallied_days(connection: Connection, experiment_id: int) -> list[tuple[str, Arm, str]]:
    """(day of entry, arm, sums) as last counted, the oldest day first."""
    t = tables.TallyRow
    rows = connection.execute(
        select(t.day, t.arm, t.sums).where(t.experiment_id == experiment_id).order_by(t.day, t.arm)
    )
    return [(row[0], row[1], row[2]) for row in rows]  # type: ignore[misc] # we wrote it
