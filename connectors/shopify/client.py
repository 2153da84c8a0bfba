"""What is asked of a Shopify shop: its products, orders and refunds, page by page.

Every walk is a generator of `Page`: save its rows and its cursor together, and hand the cursor
back to go on exactly there. `walk.py` decides the order, `bulk.py` fetches a large shop's first
load, `parse.py` tells what a row means, `api.py` how a question travels. Nothing is kept
here, and nothing written at the shop but what its own pages need (`storefront.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from connectors import http
from connectors.errors import TooMuch, Unreadable
from connectors.shopify import bulk, check, parse, queries, storefront
from connectors.shopify.api import VERSION, Api, Token
from connectors.shopify.fields import gid, id_of
from connectors.shopify.walk import Listing, Pace, Row, Step, Walk, sweep
from store.records import Order, Page, Product, Refund, ShopFacts

# Without read_all_orders a shop shows the orders of so many days; one less, for the hours between.
SHOWN = timedelta(days=59)

Found = TypeVar("Found", Product, Order, Refund)


class Shopify:
    """`shop_url`: the shop's permanent address. `token` gives the token as it stands saved, and
    renews it when one was refused. `session` and `pace` say how patient and how greedy we are."""

    def __init__(
        self,
        shop_url: str,
        token: Token,
        *,
        allow_private: bool = False,
        session: http.Session | None = None,
        pace: Pace | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._session = session or http.Session(allow_private=allow_private)
        self._api = Api(shop_url, token, self._session, sleep=sleep)
        self._pace = pace or Pace()
        self._sleep = sleep
        self._granted: frozenset[str] | None = None

    def close(self) -> None:
        self._session.close()

    def check(self) -> ShopFacts:
        """What the shop says of itself; raises Misconfigured with exactly what is wrong."""
        return check.check(self._api)

    def orders_since(self) -> datetime | None:
        """Orders from before this instant are there but not shown to us; None: all are shown."""
        return None if check.WHOLE in self._scopes() else self._api.now() - SHOWN

    def notes(self) -> tuple[str, ...]:
        """What the owner should know, though nothing stops for it."""
        found = []
        if self._granted is not None and check.WHOLE not in self._granted:
            found.append(
                "Shopify shows this app the orders of the last 60 days only. For older ones add "
                f"the scope {check.WHOLE} to the app and ask Shopify to approve it."
            )
        if self._api.version != VERSION:
            found.append(
                f"Shopify no longer answers with version {VERSION} of its API but with "
                f"{self._api.version}. Update this application."
            )
        return tuple(found)

    def tell_storefront(self, told: storefront.Told) -> tuple[str, ...]:
        """The shop's pages learn where we are; gives what its owner should know."""
        return storefront.tell(self._api, told)

    def _scopes(self) -> frozenset[str]:
        if self._granted is None:
            self._granted = check.granted(self._api.ask(queries.SHOP))
        return self._granted

    # --- what has changed since the cursor ---

    def products(self, cursor: str | None = None) -> Iterator[Page[Product]]:
        """Products changed since `cursor` (None: all), in every state. A sale is a change, too."""
        read = self._product()
        for step in self._walk(_Products(self), cursor):
            yield self._page("products", step, read)

    def orders(self, cursor: str | None = None) -> Iterator[Page[Order]]:
        """Orders changed since `cursor` (None: all that the shop shows us)."""
        self._scopes()
        for step in self._walk(_Orders(self), cursor):
            yield self._page("orders", step, parse.order)

    def refunds(self, cursor: str | None = None) -> Iterator[Page[Refund]]:
        """Refunds of orders changed since `cursor`. How many there are only the walk can tell."""
        for step in self._walk(_Refunded(self), cursor):
            rows = self._refunds(_refund_gids(step.rows))
            yield self._page("refunds", Step(rows, step.cursor, None), parse.refund)

    # --- what is there at all, and rows by name ---

    def product_ids(self, cursor: str | None = None) -> Iterator[Page[str]]:
        """The id of every product: one that is missing was deleted."""
        count = self._count(queries.PRODUCTS_COUNT, "productsCount", None)
        return self._ids(queries.PRODUCT_IDS, "products", queries.IDS_A_PAGE, cursor, count)

    def order_ids(self, cursor: str | None = None) -> Iterator[Page[str]]:
        """The id of every order that is shown to us (see `orders_since`)."""
        count = self._count(queries.ORDERS_COUNT, "ordersCount", None)
        return self._ids(queries.ORDER_IDS, "orders", queries.IDS_A_PAGE, cursor, count)

    def refund_ids(self, cursor: str | None = None) -> Iterator[Page[str]]:
        """The id of every refund of the orders that are shown to us."""
        asked = self._lister(queries.REFUND_IDS, "orders")
        for step in sweep(asked, queries.REFUND_IDS_A_PAGE, cursor, None):
            ids = tuple(id_of(refund) for row in step.rows for refund in row.get("refunds") or ())
            yield Page(ids, step.cursor)

    def products_named(self, ids: Iterable[str]) -> Iterator[Page[Product]]:
        """These products; one that no page holds is gone for good."""
        read = self._product()
        for rows in self._named(queries.PRODUCTS_NAMED, "Product", ids, queries.PRODUCTS_A_PAGE):
            yield self._page("products", Step(rows, "", None), read)

    def orders_named(self, ids: Iterable[str]) -> Iterator[Page[Order]]:
        """These orders; one that no page holds is gone for good, or not shown to us."""
        for rows in self._named(queries.ORDERS_NAMED, "Order", ids, queries.ORDERS_A_PAGE):
            yield self._page("orders", Step(rows, "", None), parse.order)

    # --- a window, to compare with what is held ---

    def orders_placed(self, since: datetime, until: datetime) -> Iterator[Page[Order]]:
        for rows in self._placed(_Orders(self), since, until):
            yield self._page("orders", Step(rows, "", None), parse.order)

    def refunds_of(self, since: datetime, until: datetime) -> Iterator[Page[Refund]]:
        for rows in self._placed(_Refunded(self), since, until):
            refunds = self._refunds(_refund_gids(rows))
            yield self._page("refunds", Step(refunds, "", None), parse.refund)

    def _placed(self, source: _Source, since: datetime, until: datetime) -> Iterator[list[Row]]:
        """By the day an order counts for, which an import sets back (`parse.order`)."""
        search = f"processed_at:>='{_stamp(since)}' processed_at:<'{_stamp(until)}'"
        after, rows = None, source.page_rows
        while True:
            try:
                told = source.page(search, after, rows)
            except TooMuch:
                if rows == 1:
                    raise
                rows = max(1, rows // 2)
                continue
            yield told.rows
            if told.after is None:
                return
            after = told.after

    # --- how ---

    def _product(self) -> Callable[[Row], Product]:
        """Reads products, with the sizes of collections as they are now."""
        sizes: dict[str, int] | None = None

        def read(row: Row) -> Product:
            nonlocal sizes
            if sizes is None:  # not before there is a product to read
                sizes = self._sizes()
            return parse.product(row, sizes)

        return read

    def _sizes(self) -> dict[str, int]:
        sizes: dict[str, int] = {}
        after: str | None = None
        while True:
            asked = {"first": queries.IDS_A_PAGE, "after": after}
            found = _connection(self._api.ask(queries.COLLECTIONS, asked).get("collections"), "")
            for row in found.rows:
                sizes[id_of(row)] = int((row.get("productsCount") or {}).get("count") or 0)
            after = found.after
            if after is None:
                return sizes

    def _walk(self, source: _Source, cursor: str | None) -> Iterator[Step]:
        return Walk(source, self._api.now, self._pace).steps(cursor)

    def _ids(
        self, query: str, name: str, rows: int, cursor: str | None, count: Callable[[], int]
    ) -> Iterator[Page[str]]:
        total = count()
        for step in sweep(self._lister(query, name), rows, cursor, total):
            yield Page(tuple(id_of(row) for row in step.rows), step.cursor, step.total)

    def _lister(self, query: str, name: str) -> Callable[[str | None, int], Listing]:
        return lambda search, rows: self.listed(query, name, search, None, rows)

    def _count(self, query: str, name: str, search: str | None) -> Callable[[], int]:
        return lambda: self.count(query, name, search)

    def count(self, query: str, name: str, search: str | None) -> int:
        told = self._api.ask(query, {"query": search}).get(name)
        if not isinstance(told, dict) or type(told.get("count")) is not int:
            raise Unreadable("admin/api", f"{name} is not a number.")
        return int(told["count"])

    def listed(
        self, query: str, name: str, search: str | None, after: str | None, rows: int
    ) -> Listing:
        asked = {"first": rows, "after": after, "query": search}
        found = _connection(self._api.ask(query, asked).get(name), name)
        return Listing([self._whole(row) for row in found.rows], found.after)

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

    def _named(self, query: str, kind: str, ids: Iterable[str], most: int) -> Iterator[list[Row]]:
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

    def _refunds(self, gids: Sequence[str]) -> list[Row]:
        ids = [one.rpartition("/")[2] for one in gids]
        pages = self._named(queries.REFUNDS_NAMED, "Refund", ids, queries.REFUNDS_A_PAGE)
        return [row for page in pages for row in page]

    def begin_bulk(self, query: str) -> tuple[str, datetime]:
        return bulk.begin(self._api, query)

    def bulk(self, operation: str, done: int) -> Iterator[tuple[list[Row], int]]:
        return bulk.rows(self._api, self._session, operation, done, self._pace, self._sleep)

    def _page(self, name: str, step: Step, read: Callable[[Row], Found]) -> Page[Found]:
        """A page of what could be read; what could not is named, and holds up nobody else."""
        rows: list[Found] = []
        rejected: list[str] = []
        for row in step.rows:
            try:
                rows.append(read(row))
            except ValueError as error:
                rejected.append(f"{name}/{str(row.get('id', '?')).rpartition('/')[2]}: {error}")
        return Page(tuple(rows), step.cursor, step.total, tuple(rejected))


def _connection(told: Any, name: str) -> Listing:
    more = told.get("pageInfo") if isinstance(told, dict) else None
    if not isinstance(more, dict) or not isinstance(told.get("nodes"), list):
        raise Unreadable("admin/api", f"{name} is not a list.")
    rows = [row for row in told["nodes"] if isinstance(row, dict)]
    after = more.get("endCursor") if more.get("hasNextPage") else None
    return Listing(rows, after if isinstance(after, str) else None)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _refund_gids(orders: Iterable[Row]) -> list[str]:
    return [str(refund["id"]) for row in orders for refund in row.get("refunds") or ()]


# --- the three lists -----------------------------------------------------------------------------


class _Source:
    """One list of the shop, as `walk.Source` wants it."""

    name: str
    query: str
    counted: tuple[str, str]
    whole: str
    page_rows: int

    def __init__(self, shop: Shopify) -> None:
        self._shop = shop

    def count(self, search: str | None) -> int:
        return self._shop.count(*self.counted, search)

    def page(self, search: str | None, after: str | None, rows: int) -> Listing:
        return self._shop.listed(self.query, self.name, search, after, rows)

    def begin_bulk(self) -> tuple[str, datetime]:
        return self._shop.begin_bulk(self.whole)

    def bulk(self, operation: str, done: int) -> Iterator[tuple[list[Row], int]]:
        return self._shop.bulk(operation, done)


class _Products(_Source):
    name, query, whole = "products", queries.PRODUCTS, queries.BULK_PRODUCTS
    counted = (queries.PRODUCTS_COUNT, "productsCount")
    page_rows = queries.PRODUCTS_A_PAGE


class _Orders(_Source):
    name, query, whole = "orders", queries.ORDERS, queries.BULK_ORDERS
    counted = (queries.ORDERS_COUNT, "ordersCount")
    page_rows = queries.ORDERS_A_PAGE


class _Refunded(_Orders):
    """Orders again, but only which refunds they have."""

    query, whole = queries.REFUNDED, queries.BULK_REFUNDED
    page_rows = queries.REFUND_IDS_A_PAGE
