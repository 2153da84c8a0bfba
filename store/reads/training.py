"""What a trainer learns from: every line that counts, as arrays, the catalogue beside it, and what
shoppers looked at (`viewing.py`) and clicked (`impressions.py`)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Connection, Subquery, case, func, select, type_coerce

from store import tables
from store.reads.impressions import impressions
from store.reads.viewing import page_views
from store.records import Catalogue, Impressions, Interactions, PageViews

_CHUNK = 50_000  # rows fetched at a time: bounds the Python objects alive at once


@dataclass(frozen=True, slots=True)
class TrainingData:
    catalogue: Catalogue
    interactions: Interactions
    page_views: PageViews | None  # None: none were told
    impressions: Impressions | None  # the same
    data_hash: str  # of everything above: the same hash and seed give the same lists


def training_data(
    connection: Connection, shop_id: int, until: datetime | None = None
) -> TrainingData:
    """Every line of orders that were neither cancelled nor tests, placed up to `until`; and the
    page views and clicks up to the last of them, the instant that training takes for its now."""
    products = catalogue(connection, shop_id)
    lines = _lines(connection, shop_id, until)
    order, product, customer, quantity, at_micros = lines.T
    _, dense_order = _dense(order)
    customer_keys, dense_customer = np.unique(customer[customer >= 0], return_inverse=True)
    known_customer = np.full(len(customer), -1, dtype=np.int32)
    known_customer[customer >= 0] = dense_customer
    interactions = Interactions(
        order=dense_order,
        product=np.searchsorted(products.keys, product).astype(np.int32),
        customer=known_customer,
        quantity=np.minimum(quantity, np.iinfo(np.int32).max).astype(np.int32),
        at_s=at_micros // 1_000_000,
        orders=int(dense_order[-1]) + 1 if len(dense_order) else 0,
        customer_keys=customer_keys,
    )
    now_s = int(interactions.at_s[-1]) if len(lines) else None
    viewed = None if now_s is None else page_views(connection, shop_id, products.keys, now_s)
    shown = None if now_s is None else impressions(connection, shop_id, products.keys, now_s)
    hashed = _fingerprint(products, lines, (viewed, shown))
    return TrainingData(products, interactions, viewed, shown, hashed)


def _dense(order: NDArray[np.int64]) -> tuple[int, NDArray[np.int64]]:
    """Numbers that count up each time the order changes; rows of an order lie together."""
    if not len(order):
        return 0, np.empty(0, dtype=np.int64)
    steps = np.concatenate(([0], np.cumsum(order[1:] != order[:-1])))
    return int(steps[-1]) + 1, steps.astype(np.int64)


def _lines(connection: Connection, shop_id: int, until: datetime | None) -> NDArray[np.int64]:
    """(order, product, customer or -1, quantity, microseconds) per line, oldest order first.

    What was given back was not bought: a line counts with the pieces that were kept, and not at all
    where none was, or where its whole price was paid back.
    """
    o, line = tables.Order, tables.OrderLine
    back = _given_back(shop_id)
    kept = line.quantity - func.coalesce(back.c.quantity, 0)
    statement = (
        select(
            o.id,
            line.product_id,
            case((o.kept_out, None), else_=o.customer_id),  # a gift is nobody's taste
            kept,
            type_coerce(o.placed_at, BigInteger),
        )
        .join(line, line.order_id == o.id)
        .outerjoin(
            back,
            (back.c.order_id == o.external_id) & (back.c.line_id == line.external_id),
        )
        .where(
            o.shop_id == shop_id,
            o.status != "cancelled",
            o.source != "test",
            line.product_id.is_not(None),
            kept > 0,
            back.c.amount_minor.is_(None)
            | (back.c.amount_minor < line.gross_minor - line.discount_minor)
            | (back.c.amount_minor == 0),
        )
        .order_by(o.placed_at, o.id, line.product_id, line.external_id)
    )
    if until is not None:
        statement = statement.where(o.placed_at <= until)
    result = connection.execution_options(yield_per=_CHUNK).execute(statement)
    parts = [
        np.array([(a, b, -1 if c is None else c, d, e) for a, b, c, d, e in rows], dtype=np.int64)
        for rows in result.partitions(_CHUNK)
    ]
    return np.concatenate(parts) if parts else np.empty((0, 5), dtype=np.int64)


def _given_back(shop_id: int) -> Subquery:
    """Pieces and money given back of each order line."""
    r, line = tables.Refund, tables.RefundLine
    return (
        select(
            r.order_external_id.label("order_id"),
            line.line_external_id.label("line_id"),
            func.sum(line.quantity).label("quantity"),
            func.sum(line.amount_minor).label("amount_minor"),
        )
        .join(line, line.refund_id == r.id)
        .where(r.shop_id == shop_id, line.line_external_id.is_not(None))
        .group_by(r.order_external_id, line.line_external_id)
        .subquery()
    )


def catalogue(connection: Connection, shop_id: int) -> Catalogue:
    """Every product the shop ever told of, in the order of the store's keys."""
    p, pc = tables.Product, tables.ProductCategory
    rows = connection.execute(
        select(
            p.id, p.title, p.vendor, p.product_type, p.tags, p.price_minor, p.in_stock, p.withheld
        )
        .where(p.shop_id == shop_id)
        .order_by(p.id)
    ).all()
    memberships = connection.execute(
        select(pc.product_id, pc.category_id)
        .join(p, p.id == pc.product_id)
        .where(p.shop_id == shop_id)
        .order_by(pc.product_id, pc.position)
    )
    categories: dict[int, list[str]] = {}
    for product, category in memberships:
        categories.setdefault(product, []).append(category)
    return Catalogue(
        keys=np.array([row.id for row in rows], dtype=np.int64),
        titles=[row.title for row in rows],
        vendors=[row.vendor for row in rows],
        types=[row.product_type for row in rows],
        tags=[tuple(row.tags) for row in rows],
        categories=[tuple(categories.get(row.id, ())) for row in rows],
        price_minor=np.array(
            [-1 if row.price_minor is None else row.price_minor for row in rows], dtype=np.int64
        ),
        recommendable=np.array([row.in_stock and not row.withheld for row in rows], dtype=np.bool_),
    )


def _fingerprint(
    catalogue: Catalogue,
    lines: NDArray[Any],
    told: Sequence[PageViews | Impressions | None],
) -> str:
    hashed = hashlib.blake2b(digest_size=16)
    for array in (catalogue.keys, catalogue.price_minor, catalogue.recommendable, lines):
        hashed.update(np.ascontiguousarray(array).tobytes())
    for texts in (catalogue.titles, catalogue.vendors, catalogue.types):
        hashed.update("\x00".join(texts).encode())
    hashed.update(repr((list(catalogue.tags), list(catalogue.categories))).encode())
    for it in told:
        for field in fields(it) if it is not None else ():
            hashed.update(np.ascontiguousarray(getattr(it, field.name)).tobytes())
    return hashed.hexdigest()
