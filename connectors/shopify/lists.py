"""How is a list of Shopify's asked for: counted, by pages, by names, in bulk?

Rows come as plain objects, their inner lists whole: what did not come with a row is asked for after
it. In which order lists are read is `walk.py`'s, what a row means `parse.py`'s.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from connectors import http
from connectors.errors import TooMuch, Unreadable
from connectors.shopify import bulk, queries
from connectors.shopify.api import Api
from connectors.shopify.fields import gid, id_of
from connectors.shopify.walk import Listing, Pace, Row


class Lists:
    def __init__(
        self,
        api: Api,
        session: http.Session,
        pace: Pace,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._api = api
        self._session = session
        self._pace = pace
        self._sleep = sleep

    def count(self, query: str, name: str, search: str | None = None) -> int:
        told = self._api.ask(query, {"query": search}).get(name)
        if not isinstance(told, dict) or type(told.get("count")) is not int:
            raise Unreadable("admin/api", f"{name} is not a number.")
        return int(told["count"])

    def page(
        self, query: str, name: str, search: str | None, after: str | None, rows: int
    ) -> Listing:
        asked = {"first": rows, "after": after, "query": search}
        found = _connection(self._api.ask(query, asked).get(name), name)
        return Listing([self._whole(row) for row in found.rows], found.after)

    def named(self, query: str, kind: str, ids: Iterable[str], most: int) -> Iterator[list[Row]]:
        """Rows by their names, in pages as large as Shopify manages."""
        left = [gid(kind, id) for id in dict.fromkeys(ids) if id.isdecimal()]
        while left:
            try:
                nodes = self._api.ask(query, {"ids": left[:most]}).get("nodes") or ()
            except TooMuch:
                if most == 1:
                    raise
                most = max(1, most // 2)
                continue
            left = left[most:]
            # What is gone comes as null, what is of another kind as an empty object.
            found = [self._whole(row) for row in nodes if isinstance(row, dict) and row.get("id")]
            if found:
                yield found

    def refunds_of(self, orders: Iterable[Row]) -> list[Row]:
        """The refunds that these orders name, each whole."""
        ids = [id_of(refund) for row in orders for refund in row.get("refunds") or ()]
        pages = self.named(queries.REFUNDS_NAMED, "Refund", ids, queries.REFUNDS_A_PAGE)
        return [row for page in pages for row in page]

    def collection_sizes(self) -> dict[str, int]:
        """How many products lie in each collection."""
        sizes: dict[str, int] = {}
        after: str | None = None
        while True:
            found = self.page(queries.COLLECTIONS, "collections", None, after, queries.IDS_A_PAGE)
            for row in found.rows:
                sizes[id_of(row)] = int((row.get("productsCount") or {}).get("count") or 0)
            after = found.after
            if after is None:
                return sizes

    def begin_bulk(self, query: str) -> tuple[str, datetime]:
        return bulk.begin(self._api, query)

    def bulk(self, operation: str, done: int) -> Iterator[tuple[list[Row], int]]:
        return bulk.rows(self._api, self._session, operation, done, self._pace, self._sleep)

    def _whole(self, row: Row) -> Row:
        """The row with its inner lists as lists, what did not come with it asked for."""
        for name, (query, rows) in queries.REST.items():
            if isinstance(row.get(name), dict):
                inner = _connection(row[name], name)
                all_of_them = inner.rows
                while inner.after:
                    asked = {"id": row["id"], "first": rows, "after": inner.after}
                    inner = _connection(
                        (self._api.ask(query, asked).get("node") or {}).get(name), name
                    )
                    all_of_them += inner.rows
                row[name] = all_of_them
        for name in ("orderAdjustments", "refundShippingLines"):
            if isinstance(row.get(name), dict):
                row[name] = row[name].get("nodes")
        return row


def _connection(told: Any, name: str) -> Listing:
    more = told.get("pageInfo") if isinstance(told, dict) else None
    if not isinstance(more, dict) or not isinstance(told.get("nodes"), list):
        raise Unreadable("admin/api", f"{name} is not a list.")
    rows = [row for row in told["nodes"] if isinstance(row, dict)]
    after = more.get("endCursor") if more.get("hasNextPage") else None
    return Listing(rows, after if isinstance(after, str) else None)


# --- the three that are walked -------------------------------------------------------------------


class Source:
    """One list of the shop, as `walk.Source` wants it."""

    name: str
    query: str
    counted: tuple[str, str]
    whole: str
    page_rows: int

    def __init__(self, lists: Lists) -> None:
        self._lists = lists

    def count(self, search: str | None) -> int:
        return self._lists.count(*self.counted, search)

    def page(self, search: str | None, after: str | None, rows: int) -> Listing:
        return self._lists.page(self.query, self.name, search, after, rows)

    def begin_bulk(self) -> tuple[str, datetime]:
        return self._lists.begin_bulk(self.whole)

    def bulk(self, operation: str, done: int) -> Iterator[tuple[list[Row], int]]:
        return self._lists.bulk(operation, done)


class Products(Source):
    name, query, whole = "products", queries.PRODUCTS, queries.BULK_PRODUCTS
    counted = (queries.PRODUCTS_COUNT, "productsCount")
    page_rows = queries.PRODUCTS_A_PAGE


class Orders(Source):
    name, query, whole = "orders", queries.ORDERS, queries.BULK_ORDERS
    counted = (queries.ORDERS_COUNT, "ordersCount")
    page_rows = queries.ORDERS_A_PAGE


class Refunded(Orders):
    """Orders again, but only which refunds they have."""

    query, whole = queries.REFUNDED, queries.BULK_REFUNDED
    page_rows = queries.REFUND_IDS_A_PAGE
