"""What do we hold about one person? The whole of it, in words a person can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from store import tables
from store.packing import unpack
from store.records import slot


def visitor_data(connection: Connection, shop_id: int, visitor: bytes) -> dict[str, Any]:
    """Events, arms and what a visitor does not want to see: never orders or a customer, which need
    more proof than an id.

    The shape is the same for a visitor nobody has heard of.
    """
    e, x, t, p = tables.Event, tables.Exposure, tables.Experiment, tables.Product
    u, page = tables.Unwanted, aliased(tables.Product)
    events = connection.execute(
        select(e.type, p.external_id, page.external_id, e.placement, e.arm, e.received_at)
        .outerjoin(p, p.id == e.product_id)
        .outerjoin(page, page.id == e.page_id)
        .where(e.shop_id == shop_id, e.visitor == visitor)
        .order_by(e.received_at)
    )
    arms = connection.execute(
        select(t.number, x.arm, x.entered_at)
        .join(t, t.id == x.experiment_id)
        .where(t.shop_id == shop_id, x.visitor == visitor)
        .order_by(t.number)
    )
    unwanted = connection.execute(
        select(p.external_id, u.dismissed, u.told_at)
        .join(p, p.id == u.product_id)
        .where(u.shop_id == shop_id, u.visitor == visitor)
        .order_by(u.told_at, p.external_id)
    )
    return {
        "events": [
            {
                "type": kind,
                "item": item,
                "page": of_page,
                "placement": placement,
                "arm": arm,
                "at": at,
            }
            for kind, item, of_page, placement, arm, at in events
        ],
        "experiments": [
            {"experiment": number, "arm": arm, "entered_at": at} for number, arm, at in arms
        ],
        "unwanted": [
            {"item": item, "why": "dismissed" if dismissed else "ignored", "at": at}
            for item, dismissed, at in unwanted
        ],
    }


@dataclass(frozen=True, slots=True)
class Requested:
    """What somebody asked by law, as the clock carries it out."""

    number: int
    kind: str
    customer_id: int | None
    orders: tuple[str, ...]
    via: str
    done_at: datetime | None


def request(connection: Connection, shop_id: int, number: int) -> Requested | None:
    r = tables.PrivacyRequest
    row = connection.execute(
        select(r.kind, r.customer_id, r.orders, r.via, r.done_at).where(
            r.shop_id == shop_id, r.id == number
        )
    ).first()
    if row is None:
        return None
    return Requested(number, row[0], row[1], tuple(row[2]), row[3], row[4])


def customer_key(connection: Connection, shop_id: int, hashed: bytes) -> int | None:
    """The customer known by this hash of an account id or an e-mail address."""
    d = tables.CustomerDigest
    return connection.scalar(select(d.customer_id).where(d.shop_id == shop_id, d.digest == hashed))


def customer_data(connection: Connection, shop_id: int, customer_id: int) -> dict[str, Any]:
    """Orders of a customer, and what is held about each of their browsers.

    Names and addresses are not here because they never are in this store.
    """
    o, line, i, p = tables.Order, tables.OrderLine, tables.Identity, tables.Product
    rows = connection.execute(
        select(
            o.number, o.external_id, o.placed_at, o.status, o.currency, o.total_minor, o.kept_out,
            p.external_id.label("product"), line.title, line.quantity, line.gross_minor,
            line.discount_minor,
        )
        .join(line, line.order_id == o.id)
        .outerjoin(p, p.id == line.product_id)
        .where(o.shop_id == shop_id, o.customer_id == customer_id)
        .order_by(o.placed_at, o.id, line.external_id)
    )  # fmt: skip
    orders: dict[str, dict[str, Any]] = {}
    for row in rows:
        order = orders.setdefault(
            row.external_id,
            {
                "id": row.external_id,
                "number": row.number,
                "placed_at": row.placed_at,
                "status": row.status,
                "currency": row.currency,
                "total_minor": row.total_minor,
                "kept_out_of_taste": row.kept_out,
                "lines": [],
            },
        )
        order["lines"].append(
            {
                "product": row.product,
                "title": row.title,
                "quantity": row.quantity,
                "gross_minor": row.gross_minor,
                "discount_minor": row.discount_minor,
            }
        )
    visitors = connection.scalars(
        select(i.visitor).where(i.shop_id == shop_id, i.customer_id == customer_id)
    ).all()
    return {
        "orders": list(orders.values()),
        "browsers": [visitor_data(connection, shop_id, bytes(visitor)) for visitor in visitors],
        "personal_list": _personal(connection, shop_id, customer_id),
    }


def _personal(connection: Connection, shop_id: int, customer_id: int) -> list[str]:
    """Products that the newest model lists for this customer."""
    m, stored, p = tables.Model, tables.ListRow, tables.Product
    entries = connection.scalar(
        select(stored.entries)
        .join(m, m.id == stored.model_id)
        .where(m.shop_id == shop_id, stored.slot == slot("personal", customer_id))
        .order_by(m.version.desc())
        .limit(1)
    )
    keys = [product for product, *_ in unpack(bytes(entries))] if entries else []
    rows = connection.execute(select(p.id, p.external_id).where(p.id.in_(keys)))
    named = {row[0]: row[1] for row in rows}
    return [named[key] for key in keys if key in named]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A certificate as it was kept."""

    certificate: str
    kind: str
    via: str
    at: datetime
    touched: Mapping[str, int]


def erasures(connection: Connection, shop_id: int, limit: int = 200) -> list[Forgotten]:
    """The newest first."""
    x = tables.Erasure
    rows = connection.execute(
        select(x.certificate, x.kind, x.via, x.at, x.touched)
        .where(x.shop_id == shop_id)
        .order_by(x.id.desc())
        .limit(limit)
    )
    return [Forgotten(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the platform passed on for a shopper, or for a shop that left."""

    number: int
    kind: str  # data_request, redact, shop_redact
    customer: int | None  # the store's key; None once it is done, or where nothing is held
    asked_at: datetime
    done_at: datetime | None
    outcome: str


def requests(connection: Connection, shop_id: int) -> list[Asked]:
    """Open ones first, then the newest."""
    r = tables.PrivacyRequest
    rows = connection.execute(
        select(r.id, r.kind, r.customer_id, r.asked_at, r.done_at, r.outcome)
        .where(r.shop_id == shop_id)
        .order_by(r.done_at.is_not(None), r.id.desc())
        .limit(200)
    )
    return [Asked(*row) for row in rows]
