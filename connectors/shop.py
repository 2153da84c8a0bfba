"""What can be asked of a shop, whatever platform it runs on?

`tests/connectors/test_contract.py` holds every connector to these sentences; docs/connectors.md
tells how to add one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Protocol

from store.records import Order, Page, Product, Refund, ShopFacts


class Shop(Protocol):
    """Questions end in records or in an error of `connectors.errors`; nothing is ever written.

    A walk (`products`, `orders`, `refunds`) yields pages of what changed since a cursor, None
    meaning everything. Each page's cursor resumes exactly after it, in a later process too; the
    last page's cursor is where the next walk begins. Rows may come twice, never not at all.
    """

    def check(self) -> ShopFacts:
        """What the shop says of itself; raises Misconfigured with what is wrong and its mend."""

    def products(self, cursor: str | None = None) -> Iterator[Page[Product]]: ...

    def orders(self, cursor: str | None = None) -> Iterator[Page[Order]]: ...

    def refunds(self, cursor: str | None = None) -> Iterator[Page[Refund]]: ...

    def product_ids(self, cursor: str | None = None) -> Iterator[Page[str]]:
        """Every id there is. What we know beside these is perhaps gone: ask for it by name."""

    def order_ids(self, cursor: str | None = None) -> Iterator[Page[str]]: ...

    def refund_ids(self, cursor: str | None = None) -> Iterator[Page[str]]:
        """Every id there is; a refund that is not among them was deleted."""

    def products_named(self, ids: Iterable[str]) -> Iterator[Page[Product]]:
        """These products, wherever they are; what no page holds is gone for good."""

    def orders_named(self, ids: Iterable[str]) -> Iterator[Page[Order]]: ...

    def orders_placed(self, since: datetime, until: datetime) -> Iterator[Page[Order]]:
        """The orders placed from `since` on and before `until`, whatever became of them."""

    def refunds_of(self, since: datetime, until: datetime) -> Iterator[Page[Refund]]:
        """The refunds of those orders, whenever they were made."""

    def orders_since(self) -> datetime | None:
        """Orders placed before this are there, but not shown to us: missing them says nothing.
        None: all are shown."""

    def notes(self) -> tuple[str, ...]:
        """What the owner should know of what was asked so far, though nothing stops for it."""

    def close(self) -> None: ...
