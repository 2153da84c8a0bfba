"""What is asked of a Shopify shop: its products, orders and refunds, page by page.

Every walk is a generator of `Page`: save its rows and its cursor together, and hand the cursor
back to go on exactly there. `walk.py` decides the order, `lists.py` asks for lists, `bulk.py`
fetches a large shop's first load, `parse.py` tells what a row means, `api.py` how a question
travels. Nothing is kept here, and nothing written at the shop but what its own pages need
(`storefront.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from connectors import http
from connectors.errors import TooMuch
from connectors.shopify import check, parse, queries, storefront
from connectors.shopify.api import VERSION, Api, Token
from connectors.shopify.fields import id_of
from connectors.shopify.lists import Lists, Orders, Products, Refunded, Source
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
        self._lists = Lists(self._api, self._session, self._pace, sleep)
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
        for step in self._walk(Products(self._lists), cursor):
            yield self._page("products", step, read)

    def orders(self, cursor: str | None = None) -> Iterator[Page[Order]]:
        """Orders changed since `cursor` (None: all that the shop shows us)."""
        self._scopes()
        for step in self._walk(Orders(self._lists), cursor):
            yield self._page("orders", step, parse.order)

    def refunds(self, cursor: str | None = None) -> Iterator[Page[Refund]]:
        """Refunds of orders changed since `cursor`. How many there are only the walk can tell."""
        for step in self._walk(Refunded(self._lists), cursor):
            refunds = self._lists.refunds_of(step.rows)
            yield self._page("refunds", Step(refunds, step.cursor, None), parse.refund)

    # --- what is there at all, and rows by name ---

    def product_ids(self, cursor: str | None = None) -> Iterator[Page[str]]:
        """The id of every product: one that is missing was deleted."""
        return self._ids(queries.PRODUCT_IDS, Products, cursor)

    def order_ids(self, cursor: str | None = None) -> Iterator[Page[str]]:
        """The id of every order that is shown to us (see `orders_since`)."""
        return self._ids(queries.ORDER_IDS, Orders, cursor)

    def refund_ids(self, cursor: str | None = None) -> Iterator[Page[str]]:
        """The id of every refund of the orders that are shown to us."""
        asked = self._lister(queries.REFUND_IDS, "orders")
        for step in sweep(asked, queries.REFUND_IDS_A_PAGE, cursor, None):
            ids = tuple(id_of(refund) for row in step.rows for refund in row.get("refunds") or ())
            yield Page(ids, step.cursor)

    def products_named(self, ids: Iterable[str]) -> Iterator[Page[Product]]:
        """These products; one that no page holds is gone for good."""
        read = self._product()
        for rows in self._lists.named(
            queries.PRODUCTS_NAMED, "Product", ids, queries.PRODUCTS_A_PAGE
        ):
            yield self._page("products", Step(rows, "", None), read)

    def orders_named(self, ids: Iterable[str]) -> Iterator[Page[Order]]:
        """These orders; one that no page holds is gone for good, or not shown to us."""
        for rows in self._lists.named(queries.ORDERS_NAMED, "Order", ids, queries.ORDERS_A_PAGE):
            yield self._page("orders", Step(rows, "", None), parse.order)

    # --- a window, to compare with what is held ---

    def orders_placed(self, since: datetime, until: datetime) -> Iterator[Page[Order]]:
        for rows in self._placed(Orders(self._lists), since, until):
            yield self._page("orders", Step(rows, "", None), parse.order)

    def refunds_of(self, since: datetime, until: datetime) -> Iterator[Page[Refund]]:
        for rows in self._placed(Refunded(self._lists), since, until):
            refunds = self._lists.refunds_of(rows)
            yield self._page("refunds", Step(refunds, "", None), parse.refund)

    def _placed(self, source: Source, since: datetime, until: datetime) -> Iterator[list[Row]]:
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
                sizes = self._lists.collection_sizes()
            return parse.product(row, sizes)

        return read

    def _walk(self, source: Source, cursor: str | None) -> Iterator[Step]:
        return Walk(source, self._api.now, self._pace).steps(cursor)

    def _ids(self, query: str, of: type[Source], cursor: str | None) -> Iterator[Page[str]]:
        total = self._lists.count(*of.counted)
        for step in sweep(self._lister(query, of.name), queries.IDS_A_PAGE, cursor, total):
            yield Page(tuple(id_of(row) for row in step.rows), step.cursor, step.total)

    def _lister(self, query: str, name: str) -> Callable[[str | None, int], Listing]:
        return lambda search, rows: self._lists.page(query, name, search, None, rows)

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


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
