"""What erasing a person changes: rows that name them go, sums that others need stay unlinked.

`forget_customer` and `forget_visitor` are the doors: they erase, keep a certificate that names
nobody, and have models learn anew.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Delete, Update, delete, insert, select, update

from store import tables, upsert
from store.keys import DIGEST_BYTES
from store.records import CUSTOMERS_OWN
from store.writes import jobs
from store.writes.observed import reopen_days_of_visitor
from store.writes.units import touch_orders, touch_visitors

# How long the law and the platforms give.
ANSWER_WITHIN = timedelta(days=30)

# Table -> how many of its rows were deleted or emptied.
Touched = Counter[str]


def ask(
    connection: Connection,
    shop_id: int,
    kind: str,
    now: datetime,
    *,
    customer_id: int | None,
    orders: Sequence[str],
    external_id: str,
    via: str,
) -> int:
    """Somebody asked by law; returns the request's number."""
    return upsert.new_key(
        connection,
        tables.PrivacyRequest,
        shop_id=shop_id,
        kind=kind,
        external_id=external_id,
        customer_id=customer_id,
        orders=list(orders),
        via=via,
        asked_at=now,
        due_at=now + ANSWER_WITHIN,
    )


def carried_out(connection: Connection, number: int, outcome: str, now: datetime) -> None:
    """Done; what named a person goes."""
    r = tables.PrivacyRequest
    connection.execute(
        update(r)
        .where(r.id == number)
        .values(done_at=now, outcome=outcome, customer_id=None, orders=[])
    )


def erase_orders(connection: Connection, shop_id: int, external_ids: Sequence[str]) -> int:
    """Orders keep their amounts and lose whose they were, for good; how many there are."""
    o, line = tables.Order, tables.OrderLine
    chosen = (o.shop_id == shop_id) & o.external_id.in_(external_ids)
    touch_orders(connection, shop_id, external_ids)
    connection.execute(
        update(line).where(line.order_id.in_(select(o.id).where(chosen))).values(token=None)
    )
    done = connection.execute(
        update(o).where(chosen).values(customer_id=None, visitor=None, erased=True)
    )
    return done.rowcount


# --- forgetting ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Certificate:
    """That somebody was forgotten. The number is random: it names the erasure, not the person."""

    number: str
    kind: str  # customer or visitor
    at: datetime
    browsers: int
    touched: dict[str, int]


def forget_visitor(
    connection: Connection, shop_id: int, visitor: bytes, via: str, now: datetime
) -> Certificate:
    """Forget a browser. `via` says who asked: admin, command, shopper or a platform.

    Whoever ordered in it as a guest has no account by which to ask, so their orders from it lose
    whose they were as well.
    """
    guests = _guests(connection, shop_id, visitor)
    touched = erase_visitor(connection, shop_id, visitor)
    if guests:
        touched += _leave_guests(connection, shop_id, guests)
        jobs.ask(connection, shop_id, "train", now)
    return _certificate(connection, shop_id, "visitor", 1, touched, via, now)


def forget_customer(
    connection: Connection, shop_id: int, customer_id: int, via: str, now: datetime
) -> Certificate:
    """Forget a customer with their known browsers; models learn anew without them."""
    visitors, touched = erase_customer(connection, shop_id, customer_id)
    jobs.ask(connection, shop_id, "train", now)
    return _certificate(connection, shop_id, "customer", len(visitors), touched, via, now)


def _certificate(
    connection: Connection,
    shop_id: int,
    kind: str,
    browsers: int,
    touched: Touched,
    via: str,
    now: datetime,
) -> Certificate:
    found = Certificate(
        secrets.token_hex(8), kind, now, browsers, {k: n for k, n in touched.items() if n}
    )
    # A browser nobody has heard of leaves no line: anybody could write millions.
    if found.touched:
        connection.execute(
            insert(tables.Erasure).values(
                shop_id=shop_id,
                certificate=found.number,
                kind=kind,
                via=via,
                at=now,
                touched=found.touched,
            )
        )
    return found


def erase_visitor(connection: Connection, shop_id: int, visitor: bytes) -> Touched:
    """Delete or empty every row of a visitor.

    Events and identities are deleted. Orders and exposures keep amounts and arms under one new
    random id that nothing links to, so that an experiment's sums stay what they were; the orders
    are locked, so that no later sync brings the old link back.
    """
    t = tables
    nobody = secrets.token_bytes(DIGEST_BYTES)
    # Who was one person with this visitor is counted anew, without them.
    touch_visitors(connection, shop_id, {nobody, *_others(connection, shop_id, visitor)})
    reopen_days_of_visitor(connection, shop_id, visitor)
    ours = select(t.Experiment.id).where(t.Experiment.shop_id == shop_id)
    orders = (t.Order.shop_id == shop_id) & (t.Order.visitor == visitor)
    clicked = t.OrderLine.order_id.in_(select(t.Order.id).where(orders))
    return _run(
        connection,
        events=delete(t.Event).where(t.Event.shop_id == shop_id, t.Event.visitor == visitor),
        unwanted=delete(t.Unwanted).where(
            t.Unwanted.shop_id == shop_id, t.Unwanted.visitor == visitor
        ),
        identities=delete(t.Identity).where(
            t.Identity.shop_id == shop_id, t.Identity.visitor == visitor
        ),
        touched=delete(t.Touched).where(t.Touched.shop_id == shop_id, t.Touched.visitor == visitor),
        exposures=update(t.Exposure)
        .where(t.Exposure.visitor == visitor, t.Exposure.experiment_id.in_(ours))
        .values(visitor=nobody),
        units=update(t.UnitRow)
        .where(t.UnitRow.visitor == visitor, t.UnitRow.experiment_id.in_(ours))
        .values(visitor=nobody),
        order_lines=update(t.OrderLine)
        .where(clicked, t.OrderLine.token.is_not(None))
        .values(token=None),
        checkouts=delete(t.Checkout).where(
            t.Checkout.shop_id == shop_id, t.Checkout.visitor == visitor
        ),
        orders=update(t.Order).where(orders).values(visitor=nobody, checkout=None, erased=True),
    )


def _guests(connection: Connection, shop_id: int, visitor: bytes) -> list[int]:
    """The customers without an account who ordered in this browser; their orders from it become
    nobody's."""
    i, d, o = tables.Identity, tables.CustomerDigest, tables.Order
    has_account = select(d.digest).where(d.customer_id == i.customer_id, d.account.is_not(False))
    found = connection.scalars(
        select(i.customer_id).where(
            i.shop_id == shop_id, i.visitor == visitor, ~has_account.exists()
        )
    ).all()
    connection.execute(
        update(o)
        .where(o.shop_id == shop_id, o.visitor == visitor, o.customer_id.in_(found))
        .values(customer_id=None)
    )
    return list(found)


def _leave_guests(connection: Connection, shop_id: int, guests: Sequence[int]) -> Touched:
    """Their own lists go; of whom no order is left, nothing is."""
    t = tables
    models = select(t.Model.id).where(t.Model.shop_id == shop_id)
    own = [f"{strategy}:{guest}" for strategy in CUSTOMERS_OWN for guest in guests]
    bought = select(t.Order.customer_id).where(t.Order.customer_id.in_(guests))
    gone = set(guests) - set(connection.scalars(bought))
    return _run(
        connection,
        lists=delete(t.ListRow).where(t.ListRow.model_id.in_(models), t.ListRow.slot.in_(own)),
        customer_digests=delete(t.CustomerDigest).where(t.CustomerDigest.customer_id.in_(gone)),
        identities=delete(t.Identity).where(
            t.Identity.shop_id == shop_id, t.Identity.customer_id.in_(gone)
        ),
        customers=delete(t.Customer).where(t.Customer.id.in_(gone)),
    )


def _others(connection: Connection, shop_id: int, visitor: bytes) -> set[bytes]:
    """The other devices of the customers that a visitor turned out to be."""
    i = tables.Identity
    theirs = select(i.customer_id).where(i.shop_id == shop_id, i.visitor == visitor)
    rows = connection.scalars(
        select(i.visitor).where(
            i.shop_id == shop_id, i.customer_id.in_(theirs), i.visitor != visitor
        )
    )
    return {bytes(other) for other in rows}


def erase_customer(
    connection: Connection, shop_id: int, customer_id: int
) -> tuple[list[bytes], Touched]:
    """Delete or empty every row of a customer and their visitors; returns those visitors' hashes.

    Personal lists go at once, in every model; what a model learned from them goes with the next
    training, which no longer sees the links.
    """
    t = tables
    visitors = [
        bytes(visitor)
        for visitor in connection.scalars(
            select(t.Identity.visitor).where(
                t.Identity.shop_id == shop_id, t.Identity.customer_id == customer_id
            )
        )
    ]
    touched = Touched()
    for visitor in visitors:
        touched += erase_visitor(connection, shop_id, visitor)
    touched += _run(
        connection,
        orders=update(t.Order)
        .where(t.Order.shop_id == shop_id, t.Order.customer_id == customer_id)
        .values(customer_id=None, checkout=None, erased=True),
        lists=_own_lists(shop_id, customer_id),
        customer_digests=delete(t.CustomerDigest).where(
            t.CustomerDigest.customer_id == customer_id
        ),
        customers=delete(t.Customer).where(t.Customer.id == customer_id),
    )
    return visitors, touched


def _run(connection: Connection, **changes: Delete | Update) -> Touched:
    return Touched({table: connection.execute(it).rowcount for table, it in changes.items()})


# --- what is not taste ----------------------------------------------------------------------------


def keep_out(
    connection: Connection,
    shop_id: int,
    order_id: str,
    out: bool,
    customer: bytes | None = None,
) -> bool:
    """Whether an order says something of its buyer's taste; False: there is no such order.

    With `customer`, the keyed hash of an account id, only an order of theirs. A gift, or what was
    bought for the office, goes on counting for what is bought together. Personal lists that learned
    from it go at once; until the next training makes new ones, the other purchases lead the shelf.
    """
    o, d = tables.Order, tables.CustomerDigest
    chosen = (o.shop_id == shop_id) & (o.external_id == order_id)
    if customer is not None:
        theirs = select(d.customer_id).where(d.shop_id == shop_id, d.digest == customer)
        chosen &= o.customer_id.in_(theirs)
    row = connection.execute(select(o.id, o.customer_id, o.kept_out).where(chosen)).first()
    if row is None:
        return False
    if row.kept_out != out:
        connection.execute(update(o).where(o.id == row.id).values(kept_out=out))
        if out and row.customer_id is not None:
            connection.execute(_own_lists(shop_id, row.customer_id))
    return True


def _own_lists(shop_id: int, customer_id: int) -> Delete:
    """A customer's personal lists go, in every model."""
    t = tables
    models = select(t.Model.id).where(t.Model.shop_id == shop_id)
    own = [f"{strategy}:{customer_id}" for strategy in CUSTOMERS_OWN]
    return delete(t.ListRow).where(t.ListRow.model_id.in_(models), t.ListRow.slot.in_(own))


# --- what a platform passed on --------------------------------------------------------------------


def answered(
    connection: Connection, shop_id: int, number: int, outcome: str, now: datetime
) -> bool:
    """Somebody told the shopper what is held: the request forgets who it was.

    False: there is no such request, or it was answered already.
    """
    r = tables.PrivacyRequest
    changed = connection.execute(
        update(r)
        .where(r.shop_id == shop_id, r.id == number, r.kind == "data_request", r.done_at.is_(None))
        .values(done_at=now, outcome=outcome, customer_id=None, orders=[])
    )
    return changed.rowcount == 1
