"""Many shelf questions from a CSV file, answered as the widget would answer them then.

A query's `at` is the instant of the request: a customer's purchases are those known before it.
Experiments and exploration play no part.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from store.errors import Explained
from store.reads import models, shelf, shopper
from store.reads.shop_config import ShopConfig
from store.records import Placement, Recommendation, ShelfLook
from widget.asked import MOST_BOUGHT, Asked, Plan
from widget.choosing import recommend

COLUMNS = ("query_id", "products", "customer", "cart", "at")

# All that a customer ever bought, for `novel`: more than any shopper has bought in one shop.
EVERYTHING = 100_000


class UnreadableQueries(Explained):
    """The query file is not of the form that docs/commands.md describes."""


class NothingLive(Explained):
    """The placement has no model yet."""


@dataclass(frozen=True, slots=True)
class Query:
    query_id: str
    products: tuple[str, ...]  # the newest first
    customer: str | None
    cart: tuple[str, ...]
    at: datetime | None


def read(path: Path) -> Iterator[Query]:
    """The queries of a file; the first that cannot be read ends it, named by its line."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        if rows.fieldnames is None or "query_id" not in rows.fieldnames:
            raise UnreadableQueries(f"{path} must begin with the header {','.join(COLUMNS)}.")
        for row in rows:
            try:
                yield _query(row)
            except ValueError as wrong:
                raise UnreadableQueries(f"{path}, line {rows.line_num}: {wrong}") from None


def _query(row: dict[str, str]) -> Query:
    at = (row.get("at") or "").strip()
    parsed = datetime.fromisoformat(at) if at else None
    if parsed is not None and parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    return Query(
        query_id=row["query_id"],
        products=_ids(row.get("products")),
        customer=(row.get("customer") or "").strip() or None,
        cart=_ids(row.get("cart")),
        at=parsed,
    )


def _ids(text: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in (text or "").split("|") if part.strip()))


def answer(
    connection: Connection,
    config: ShopConfig,
    placement: Placement,
    query: Query,
    k: int,
    default_at: datetime,
    *,
    novel: bool,
) -> list[Recommendation]:
    """The shelf that this question would have been shown."""
    live = config.live.get(placement)
    if live is None:
        raise NothingLive(
            f"{placement} has no model yet. Run `flask train {config.shop.key}` first."
        )
    products = query.products
    known = shelf.known_products(connection, config.shop.id, products)
    while products and products[0] not in known:  # the page is the newest that we know
        products = products[1:]
    buyer = None
    if query.customer:
        most = EVERYTHING if novel else MOST_BOUGHT
        buyer = shopper.buyer(connection, config, query.customer, query.at or default_at, most)
    asked = Asked(
        placement=placement,
        product=products[0] if products else None,
        recent=products[1:],
        cart=query.cart,
        buyer=buyer,
        novel=novel,
    )
    look = config.looks.get(placement, ShelfLook())
    plan = Plan(*live, k, variety=look.variety)
    return recommend(connection, config, asked, (plan,)).shelves[0]


def data_now(connection: Connection, shop_id: int, fallback: datetime) -> datetime:
    """The data's own now: the last order that the newest model knows."""
    every = models.every(connection, shop_id)
    return every[0].data_until if every else fallback
