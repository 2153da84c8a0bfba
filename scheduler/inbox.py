"""Ask a shop for what its webhooks named, and save what it says now.

The same questions and the same saving as a sync, only for single rows and within seconds. So it may
be cut off, repeated or left out: a sync brings what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from connectors.shop import Shop as Connector
from scheduler import facts, lawful
from scheduler.sync import CONNECTORS
from store.engine import reading, writing
from store.opening import Store
from store.reads import inbox as reads
from store.reads import shops
from store.reads.inbox import Named
from store.records import Page
from store.writes import catalogue, jobs, orders, refunds
from store.writes import inbox as writes
from store.writes import shops as shop_writes

# Names of one question and one transaction: what WooCommerce takes in an address.
BATCH = 50
# Named one by one this many take longer than a walk over what changed, which reads 100 at once.
TOO_MANY = 2_000

_OUT, _NOT_OUT = "the app was uninstalled", "still installed, though told that we are not"
# Kinds that a sync finds by itself.
ROWS = ("product", "order", "refunds")


def empty(store: Store, shop: shops.Shop, say: Callable[[str], None]) -> str:
    """Everything that is due; what came of it in words."""
    with reading(store.engine) as connection:
        names = reads.waiting(connection, shop.id).names
    if names > TOO_MANY:
        return _leave_to_a_sync(store, shop)
    work = _Work(store, shop)
    try:
        while taken := _take(store, shop):
            work.on(taken)
            with writing(store.engine) as connection:
                writes.done(connection, shop.id, taken, _now())
            say(str(work))
    finally:
        work.close()
    return str(work)


def _now() -> datetime:
    return datetime.now(UTC)


def _take(store: Store, shop: shops.Shop) -> list[Named]:
    with writing(store.engine) as connection:
        return writes.take(connection, shop.id, BATCH, _now())


def _leave_to_a_sync(store: Store, shop: shops.Shop) -> str:
    with writing(store.engine) as connection:
        left = writes.give_up(connection, shop.id, ROWS)
        jobs.ask(connection, shop.id, "sync", _now())
    return f"{left:,} notices at once: a sync is asked for instead"


class _Work:
    """What one run does with a batch of names, and how much it has done."""

    def __init__(self, store: Store, shop: shops.Shop) -> None:
        self._store = store
        self._shop = shop
        with reading(store.engine) as connection:
            self._pepper = shops.keys(connection, store.ring, shop.id, shop.now()).pepper
        self._saved = {"products": 0, "orders": 0, "refunds": 0}
        self._gone = 0
        self._rejected: list[str] = []
        self._notes: tuple[str, ...] = ()

    @cached_property
    def connector(self) -> Connector:
        """Made when there is something to ask: a request of the law comes to shops that left."""
        with reading(self._store.engine) as connection:
            opened = shops.credentials(connection, self._store.ring, self._shop.id)
        return CONNECTORS[self._shop.platform](self._shop, opened, self._store)

    def close(self) -> None:
        if "connector" in self.__dict__:
            self.connector.close()

    def __str__(self) -> str:
        parts = [f"{count:,} {of}" for of, count in self._saved.items() if count]
        parts += [f"{self._gone:,} gone"] if self._gone else []
        if self._rejected:
            parts.append(f"{len(self._rejected):,} not readable, the first: {self._rejected[0]}")
        return ", ".join((*parts, *self._notes)) or "nothing new"

    def on(self, taken: Sequence[Named]) -> None:
        by_kind: dict[str, list[str]] = {}
        for one in taken:
            by_kind.setdefault(one.kind, []).append(one.external_id)
        for number in by_kind.pop("privacy", ()):
            self._notes += lawful.carry_out(self._store, self._shop, int(number))
        if self._shop.uninstalled_at is not None:
            return  # nothing else can be asked any more
        if "uninstalled" in by_kind:
            out = facts.are_we_out(self._store, self._shop, self.connector)
            self._notes += (_OUT if out else _NOT_OUT,)
            if out:
                return
        if ids := by_kind.get("product"):
            self._rows(
                "products", self.connector.products_named(ids), ids,
                catalogue.save_products, catalogue.withdraw_products,
            )  # fmt: skip
        if ids := by_kind.get("order"):
            self._rows(
                "orders", self.connector.orders_named(ids), ids,
                lambda c, shop_id, rows: orders.save_orders(c, shop_id, self._pepper, rows),
                orders.cancel_orders,
            )  # fmt: skip
        if "refunds" in by_kind:
            self._refunds()
        if "shop" in by_kind:
            self._notes += facts.check_again(self._store, self._shop, self.connector)

    def _rows(
        self,
        of: str,
        pages: Iterator[Page[Any]],
        asked: Sequence[str],
        save: Callable[[Connection, int, Sequence[Any]], int],
        gone: Callable[[Connection, int, Sequence[str], str], None],
    ) -> None:
        """Save what is there; what was asked for and is nowhere was deleted for good.

        Where something could not be read, nothing is believed gone: it may be that.
        """
        there: set[str] = set()
        unreadable = False
        for page in pages:
            with writing(self._store.engine) as connection:
                self._saved[of] += save(connection, self._shop.id, page.rows)
            there.update(row.id for row in page.rows)
            self._rejected += page.rejected
            unreadable |= bool(page.rejected)
        missing = [] if unreadable else [one for one in asked if one not in there]
        if missing and of == "orders" and (since := self.connector.orders_since()):
            with reading(self._store.engine) as connection:
                shown = shops.external_ids(connection, self._shop.id, of, since)
            missing = [one for one in missing if one in shown]
        if missing:
            with writing(self._store.engine) as connection:
                gone(connection, self._shop.id, missing, "deleted")
            self._gone += len(missing)

    def _refunds(self) -> None:
        """Those made since the last sync: none can be asked for by its order."""
        shop = self._shop
        with reading(self._store.engine) as connection:
            cursor = shops.cursor(connection, shop.id, "refunds")
        if cursor is None:
            return  # the first sync is still to come and reads them all
        for page in self.connector.refunds(cursor):
            with writing(self._store.engine) as connection:
                self._saved["refunds"] += refunds.save_refunds(connection, shop.id, page.rows)
                shop_writes.save_cursor(connection, shop.id, "refunds", page.cursor, shop.now())
            self._rejected += page.rejected
