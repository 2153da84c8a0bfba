"""What is asked of a WooCommerce shop: its products, orders and refunds, page by page.

Every walk is a generator of `Page`: save its rows and its cursor together, and hand the cursor
back to go on exactly there. `walk.py` decides the order, `parse.py` what a row means, `api.py`
how a question travels. Nothing is written, neither here nor (but for webhooks) at the shop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from connectors import http
from connectors.ahead import ahead
from connectors.errors import Unreadable
from connectors.woocommerce import parse
from connectors.woocommerce.api import Api
from connectors.woocommerce.check import check
from connectors.woocommerce.fields import id_of, id_or_none
from connectors.woocommerce.subscribe import Subscribed, subscribe
from connectors.woocommerce.walk import (
    CREATED,
    MODIFIED,
    Ask,
    Pace,
    Row,
    Stamps,
    Step,
    Walk,
    sweep,
    text_of,
)
from store.records import Category, Order, Page, Product, Refund, ShopFacts

# The default list leaves the trash out, so it is a second list to read.
LIVE_AND_TRASH: tuple[dict[str, str], ...] = ({}, {"status": "trash"})
# How many rows are asked for by name at once: a URL of 50 ids stays far below the 2,000
# characters that every proxy passes.
NAMED = 50

Found = TypeVar("Found", Product, Order, Refund)


class WooCommerce:
    """`allow_private`: whether the address may lie in a private network (an owner typed it);
    `session` and `pace` say how patient and how greedy we are."""

    def __init__(
        self,
        url: str,
        key: str,
        secret: str,
        *,
        allow_private: bool,
        session: http.Session | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._session = session or http.Session(allow_private=allow_private)
        self._api = Api(url, key, secret, self._session)
        self._pace = pace or Pace()
        self._currency: str | None = None

    def close(self) -> None:
        self._session.close()

    def check(self) -> ShopFacts:
        """What the shop says of itself; raises Misconfigured with exactly what is wrong."""
        return check(self._api)

    def subscribe(self, delivery_url: str, secret: str) -> Subscribed:
        """See that the shop tells us of changes; see `subscribe.py`."""
        return subscribe(self._api, delivery_url, secret)

    def orders_since(self) -> datetime | None:
        """Everything is shown to a key that may read."""
        return None

    def notes(self) -> tuple[str, ...]:
        return ()

    # --- what has changed since the cursor ---

    def products(self, cursor: str | None = None) -> Iterator[Page[Product]]:
        """Products changed since `cursor` (None: all), also drafts and the trash, with their
        variations. A variation's change counts as its product's."""
        steps = self._walk("products", parse.PRODUCT_FIELDS, MODIFIED, cursor)
        for step, read in ahead(self._products(steps)):
            yield _page("products", step, read)

    def orders(self, cursor: str | None = None) -> Iterator[Page[Order]]:
        """Orders changed since `cursor` (None: all) in every status, trash included."""
        for step in ahead(self._walk("orders", parse.ORDER_FIELDS, MODIFIED, cursor)):
            yield _page("orders", step, parse.order)

    def refunds(self, cursor: str | None = None) -> Iterator[Page[Refund]]:
        """Refunds made since `cursor` (None: all). A deleted one is found by `refund_ids`."""
        steps = self._walk("refunds", parse.REFUND_FIELDS, CREATED, cursor, phases=({},))
        for step, currencies in ahead((s, self._currencies(s.rows)) for s in steps):
            yield _page(
                "refunds",
                step,
                lambda row: parse.refund(row, currencies[str(row.get("parent_id"))]),  # noqa: B023
            )

    # --- what is there at all, and rows by name ---

    def product_ids(self, cursor: str | None = None) -> Iterator[Page[str]]:
        """The id of every product, trash included: what we know beside these is perhaps gone for
        good. Ask for it by `products_named` before believing that."""
        return self._ids("products", cursor)

    def order_ids(self, cursor: str | None = None) -> Iterator[Page[str]]:
        """The id of every order, trash included; see `product_ids`."""
        return self._ids("orders", cursor)

    def refund_ids(self, cursor: str | None = None) -> Iterator[Page[str]]:
        """The id of every refund; one that is missing was deleted, and its order does not say."""
        return self._ids("refunds", cursor, phases=({},))

    def products_named(self, ids: Iterable[str]) -> Iterator[Page[Product]]:
        """These products, wherever they are; one that no page holds is gone for good."""
        for step, read in self._products(self._named("products", parse.PRODUCT_FIELDS, ids)):
            yield _page("products", step, read)

    def orders_named(self, ids: Iterable[str]) -> Iterator[Page[Order]]:
        """These orders, wherever they are; one that no page holds is gone for good."""
        for step in self._named("orders", parse.ORDER_FIELDS, ids):
            yield _page("orders", step, parse.order)

    # --- a window, to compare with what is held ---

    def orders_placed(self, since: datetime, until: datetime) -> Iterator[Page[Order]]:
        for rows, total in self._placed(parse.ORDER_FIELDS, since, until):
            yield _page("orders", Step(rows, "", total), parse.order)

    def refunds_of(self, since: datetime, until: datetime) -> Iterator[Page[Refund]]:
        """No refund is older than its order, so those made since are enough."""
        found = self._placed("id,currency", since, until)
        currencies = {
            id_of(row, "id"): str(row.get("currency")) for rows, _ in found for row in rows
        }
        path, page = "refunds", 1
        while True:
            told = self._ask(path, parse.REFUND_FIELDS)(
                _between(since, None) | {"per_page": "100", "page": str(page)}
            )
            rows = [row for row in told.rows if str(row.get("parent_id")) in currencies]
            yield _page(
                path, Step(rows, "", told.total),
                lambda row: parse.refund(row, currencies[str(row["parent_id"])]),
            )  # fmt: skip
            if page * 100 >= told.total:
                return
            page += 1

    def _placed(
        self, fields: str, since: datetime, until: datetime
    ) -> Iterator[tuple[list[Row], int]]:
        """By id from the front: a row that is lost to a deletion meanwhile is asked for by name
        before anybody believes that it is gone."""
        ask = self._ask("orders", fields)
        for phase in LIVE_AND_TRASH:
            page = 1
            while True:
                told = ask(
                    {**phase, **_between(since, until), "per_page": "100", "page": str(page)}
                )
                yield told.rows, told.total
                if page * 100 >= told.total:
                    break
                page += 1

    # --- how ---

    def _ask(self, path: str, fields: str) -> Ask:
        return lambda params: self._api.list(path, {**params, "_fields": fields})

    def _walk(
        self,
        path: str,
        fields: str,
        stamps: Stamps,
        cursor: str | None,
        phases: Sequence[dict[str, str]] = LIVE_AND_TRASH,
    ) -> Iterator[Step]:
        return Walk(self._ask(path, fields), stamps, phases, pace=self._pace).steps(cursor)

    def _ids(
        self,
        path: str,
        cursor: str | None,
        phases: Sequence[dict[str, str]] = LIVE_AND_TRASH,
    ) -> Iterator[Page[str]]:
        for step in sweep(self._ask(path, "id"), phases, cursor):
            ids = tuple(id_of(row, "id") for row in step.rows)
            yield Page(ids, step.cursor, step.total)

    def _named(self, path: str, fields: str, ids: Iterable[str]) -> Iterator[Step]:
        wanted = list(dict.fromkeys(ids))
        ask = self._ask(path, fields)
        for start in range(0, len(wanted), NAMED):
            some = wanted[start : start + NAMED]
            for phase in LIVE_AND_TRASH:
                rows = ask({**phase, "include": ",".join(some), "per_page": "100"}).rows
                if rows:
                    yield Step(rows, "", len(wanted))

    def _products(self, steps: Iterator[Step]) -> Iterator[tuple[Step, Callable[[Row], Product]]]:
        """Each page with what reads its products, for which nothing need be asked any more: the
        shop's currency, its categories as they are now (WooCommerce does not tell when one was
        renamed, so they are asked for anew on each walk), and these products' variations."""
        found: tuple[str, dict[str, Category]] | None = None
        for step in steps:
            if found is None and step.rows:  # not before there is a product to read
                found = self.currency(), self._categories()
            yield step, _reader(found or ("", {}), self._variations(step.rows))

    def currency(self) -> str:
        """The currency of the shop's prices."""
        if self._currency is None:
            data = self._api.get("data/currencies/current").data
            if not isinstance(data, dict) or not isinstance(data.get("code"), str):
                raise Unreadable("wc/v3/data/currencies/current", "it names no currency.")
            self._currency = data["code"]
        return self._currency

    def _categories(self) -> dict[str, Category]:
        rows = self._all("products/categories", "id,name,parent", "id")
        return {one.id: one for one in map(parse.category, rows)}

    def _variations(self, rows: list[Row]) -> dict[str, list[Row]]:
        found = {}
        for row in rows:
            id = id_or_none(row, "id")
            if id and parse.needs_variations(row):
                path = f"products/{id}/variations"
                found[id] = list(self._all(path, parse.VARIATION_FIELDS, "id"))
        return found

    def _all(self, path: str, fields: str, orderby: str) -> Iterator[Row]:
        """A short list whole. Read by id from the front: a row lost to a change in this very
        moment comes back with that change."""
        ask, page = self._ask(path, fields), 1
        while True:
            params = {"orderby": orderby, "order": "asc", "per_page": "100", "page": str(page)}
            told = ask(params)
            yield from told.rows
            if page * 100 >= told.total:
                return
            page += 1

    def _currencies(self, refunds: list[Row]) -> dict[str, str]:
        """The currency of each refund's order: plugins let a shop sell in several."""
        ids = sorted({str(row.get("parent_id")) for row in refunds})
        ask = self._ask("orders", "id,currency")
        known: dict[str, str] = {}
        for start in range(0, len(ids), NAMED):
            some = ",".join(ids[start : start + NAMED])
            rows = ask({"include": some, "per_page": "100", "orderby": "id"}).rows
            known |= {str(row.get("id")): str(row["currency"]) for row in rows if "currency" in row}
        return {id: known.get(id) or self.currency() for id in ids}


def _reader(
    found: tuple[str, dict[str, Category]], variations: dict[str, list[Row]]
) -> Callable[[Row], Product]:
    return lambda row: parse.product(row, *found, variations.get(id_or_none(row, "id") or "", ()))


def _between(since: datetime, until: datetime | None) -> dict[str, str]:
    """Both ends are exclusive at the shop, and its times whole seconds."""
    params = {"after": text_of(since - timedelta(seconds=1))}
    if until is not None:
        params["before"] = text_of(until)
    return params | {"dates_are_gmt": "true", "orderby": "id", "order": "asc"}


def _page(path: str, step: Step, read: Callable[[Row], Found]) -> Page[Found]:
    """A page of what could be read; what could not is named, and holds up nobody else."""
    rows: list[Found] = []
    rejected: list[str] = []
    for row in step.rows:
        try:
            rows.append(read(row))
        except ValueError as error:
            rejected.append(f"{path}/{row.get('id', '?')}: {error}")
    return Page(tuple(rows), step.cursor, step.total, tuple(rejected))
