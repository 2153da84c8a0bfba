"""What erasing a person changes: rows that name them go, sums that others need stay unlinked."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from store import tables, upsert
from store.keys import DIGEST_BYTES
from store.records import CUSTOMERS_OWN
from store.writes.units import touch_visitors

# How long the law and the platforms give.
ANSWER_WITHIN = timedelta(days=30)


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
    connection.execute(
        update(line).where(line.order_id.in_(select(o.id).where(chosen))).values(token=None)
    )
    done = connection.execute(
        update(o).where(chosen).values(customer_id=None, visitor=None, erased=True)
    )
    return done.rowcount


def erase_visitor(connection: Connection, shop_id: int, visitor: bytes) -> None:
    """Forget a visitor.

    Events and identities are deleted. Orders and exposures keep amounts and arms under one new
    random id that nothing links to, so that an experiment's sums stay what they were; the orders
    are locked, so that no later sync brings the old link back.
    """
    t = tables
    nobody = secrets.token_bytes(DIGEST_BYTES)
    # Who was one person with this visitor is counted anew, without them.
    touch_visitors(connection, shop_id, {nobody, *_others(connection, shop_id, visitor)})
    connection.execute(
        delete(t.Touched).where(t.Touched.shop_id == shop_id, t.Touched.visitor == visitor)
    )
    connection.execute(
        delete(t.Event).where(t.Event.shop_id == shop_id, t.Event.visitor == visitor)
    )
    connection.execute(
        delete(t.Identity).where(t.Identity.shop_id == shop_id, t.Identity.visitor == visitor)
    )
    ours = select(t.Experiment.id).where(t.Experiment.shop_id == shop_id)
    connection.execute(
        update(t.Exposure)
        .where(t.Exposure.visitor == visitor, t.Exposure.experiment_id.in_(ours))
        .values(visitor=nobody)
    )
    orders = (t.Order.shop_id == shop_id) & (t.Order.visitor == visitor)
    tokens = t.OrderLine.order_id.in_(select(t.Order.id).where(orders))
    connection.execute(update(t.OrderLine).where(tokens).values(token=None))
    connection.execute(update(t.Order).where(orders).values(visitor=nobody, erased=True))
    connection.execute(
        update(t.UnitRow)
        .where(t.UnitRow.visitor == visitor, t.UnitRow.experiment_id.in_(ours))
        .values(visitor=nobody)
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


def erase_customer(connection: Connection, shop_id: int, customer_id: int) -> list[bytes]:
    """Forget a customer and their visitors; returns those visitors' hashes (erased as well).

    Personal lists go at once, in every model; what a model learned from them goes with the next
    training, which no longer sees the links.
    """
    t = tables
    visitors = list(
        connection.scalars(
            select(t.Identity.visitor).where(
                t.Identity.shop_id == shop_id, t.Identity.customer_id == customer_id
            )
        )
    )
    for visitor in visitors:
        erase_visitor(connection, shop_id, bytes(visitor))
    connection.execute(
        update(t.Order)
        .where(t.Order.shop_id == shop_id, t.Order.customer_id == customer_id)
        .values(customer_id=None, erased=True)
    )
    models = select(t.Model.id).where(t.Model.shop_id == shop_id)
    own = [f"{strategy}:{customer_id}" for strategy in CUSTOMERS_OWN]
    connection.execute(
        delete(t.ListRow).where(t.ListRow.model_id.in_(models), t.ListRow.slot.in_(own))
    )
    connection.execute(delete(t.CustomerDigest).where(t.CustomerDigest.customer_id == customer_id))
    connection.execute(delete(t.Customer).where(t.Customer.id == customer_id))
    return [bytes(visitor) for visitor in visitors]
