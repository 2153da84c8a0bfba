"""Bring a shop's products, orders and refunds into the store: page by page, exactly once.

Pages are saved together with the cursor after them in one transaction, so a sync that dies goes on
after what it saved, and a page that comes twice changes nothing.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from connectors.errors import ConnectorError, TryLater
from connectors.opening import PLATFORMS, open_shop
from connectors.shop import Shop as Connector
from store.engine import reading, writing
from store.errors import Explained
from store.opening import Store
from store.reads import shops
from store.records import Page
from store.writes import catalogue, orders, refunds
from store.writes import shops as shop_writes
from store.writes.secrets import renewed_under_lock


@dataclass(frozen=True, slots=True)
class Patience:
    """How a busy shop is waited for; one that stays busy is left to the next run, which resumes."""

    times: int = 6
    longest_s: int = 60


CLOCKS = Patience()
# A person at a terminal would rather be told.
PERSONS = Patience(times=2, longest_s=5)


def _open(shop: shops.Shop, opened: dict[str, str], store: Store) -> Connector:
    locked = renewed_under_lock(store, shop)
    return open_shop(shop.platform, shop.url, opened, store.settings, locked)


Opener = Callable[[shops.Shop, dict[str, str], Store], Connector]
CONNECTORS: dict[str, Opener] = dict.fromkeys(PLATFORMS, _open)


class NothingToSync(Explained):
    """A shop of files has no API; its orders come by `flask import`."""


@dataclass
class Synced:
    """What a sync did: rows new or newer by stream, what could not be read, and what the owner
    should know."""

    saved: dict[str, int] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    rejected: list[str] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [f"{count:,} {stream}" for stream, count in self.saved.items()]
        parts += [f"{count:,} {stream} gone" for stream, count in self.gone.items() if count]
        if self.rejected:
            parts.append(f"{len(self.rejected):,} not readable, the first: {self.rejected[0]}")
        return ", ".join(parts)


SWEPT = "swept"  # the cursor that holds when the last sweep ended

# Told after each page: the stream, rows read so far, and how many there are (None: not known).
Progress = Callable[[str, int, int | None], None]

# Pages are saved together until they hold so many rows, an order's lines among them: what a save
# costs beside its rows is shared by more of them, and an order costs a third less. It takes a
# fifth of a second, which is as long as a shopper's event may have to wait.
TOGETHER = 10_000
# But none is kept back longer than this: a shop that is slow to answer gives one page at a time,
# and each is saved as it comes.
TOGETHER_S = 1.0


@dataclass(frozen=True, slots=True)
class _Stream:
    """One kind of row: how the shop is asked for it, how it is saved, and the name of its parts,
    which are rows, too."""

    name: str
    pages: Callable[..., Iterator[Page[Any]]]
    save: Callable[[Connection, Sequence[Any]], int]
    parts: str

    def rows_of(self, page: Page[Any]) -> int:
        return sum([1 + len(getattr(row, self.parts)) for row in page.rows])


def sync(
    store: Store,
    shop: shops.Shop,
    progress: Progress,
    *,
    full: bool = False,
    sweep: bool = False,
    patience: Patience = CLOCKS,
) -> Synced:
    """What changed since the saved cursors; with `full`, everything.

    `sweep` (part of `full`) also looks for what the shop deleted for good.
    """
    if shop.platform not in CONNECTORS:
        raise NothingToSync(
            f"{shop.name} has no API to ask. Bring its data with `flask import {shop.key} ...`."
        )
    with reading(store.engine) as connection:
        opened = shops.credentials(connection, store.ring, shop.id)
        pepper = shops.keys(connection, store.ring, shop.id, shop.now()).pepper
    if full:
        with writing(store.engine) as connection:
            shop_writes.forget_cursors(connection, shop.id)
    connector = CONNECTORS[shop.platform](shop, opened, store)
    synced = Synced()
    streams = (
        _Stream("products", connector.products, lambda c, p: catalogue.save_products(c, shop.id, p),
                "variants"),
        _Stream("orders", connector.orders, lambda c, o: orders.save_orders(c, shop.id, pepper, o),
                "lines"),
        _Stream("refunds", connector.refunds, lambda c, r: refunds.save_refunds(c, shop.id, r),
                "lines"),
    )  # fmt: skip
    try:
        for stream in streams:
            with _seldom_tidied():
                _read(store, shop, stream, progress, synced, patience)
        _ask_again(store, shop, connector)
        if full or sweep:
            _sweep(store, shop, connector, progress, synced)
            with writing(store.engine) as connection:
                at = shop.now().isoformat()
                shop_writes.save_cursor(connection, shop.id, SWEPT, at, shop.now())
        synced.notes = connector.notes()
    finally:
        connector.close()
    return synced


# More objects than a page makes, so that none is in the middle of one when Python tidies up.
OBJECTS = 100_000


@contextmanager
def _seldom_tidied() -> Iterator[None]:
    """A page's objects go when the next one comes, and none of them form circles. But there are so
    many that Python would search all it ever made for circles, page after page: a fifth of the
    time."""
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _read(
    store: Store,
    shop: shops.Shop,
    stream: _Stream,
    progress: Progress,
    synced: Synced,
    patience: Patience,
) -> None:
    with reading(store.engine) as connection:
        cursor = shops.cursor(connection, shop.id, stream.name)
    read, waits = 0, 0
    synced.saved[stream.name] = 0
    while True:
        try:
            for pages in _together(stream, stream.pages(cursor)):
                with writing(store.engine) as connection:
                    rows = [row for page in pages for row in page.rows]
                    synced.saved[stream.name] += stream.save(connection, rows)
                    cursor = pages[-1].cursor
                    shop_writes.save_cursor(connection, shop.id, stream.name, cursor, shop.now())
                waits = 0
                read += len(rows)
                synced.rejected += [fault for page in pages for fault in page.rejected]
                progress(stream.name, read, pages[-1].total)
            return
        except TryLater as busy:
            waits += 1
            if waits > patience.times:
                raise
            time.sleep(min(busy.after_s, patience.longest_s))


def _together(stream: _Stream, pages: Iterator[Page[Any]]) -> Iterator[list[Page[Any]]]:
    """Pages that are saved in one transaction. A fault is raised after what came before it; a page
    without rows says how far the shop is, which is to be known at once."""
    held: list[Page[Any]] = []
    rows, since_s = 0, time.monotonic()
    try:
        for page in pages:
            held.append(page)
            rows += stream.rows_of(page)
            late = time.monotonic() - since_s >= TOGETHER_S
            if rows >= TOGETHER or late or not page.rows:
                yield held
                held, rows, since_s = [], 0, time.monotonic()
    except ConnectorError:
        if held:
            yield held
        raise
    if held:
        yield held


def _ask_again(store: Store, shop: shops.Shop, connector: Connector) -> None:
    """Products that come out at a time set before: shops do not stamp that as a change."""
    with reading(store.engine) as connection:
        coming = shops.products_withheld(connection, shop.id, "future")
    for page in connector.products_named(coming):
        with writing(store.engine) as connection:
            catalogue.save_products(connection, shop.id, page.rows)


def _sweep(
    store: Store, shop: shops.Shop, connector: Connector, progress: Progress, synced: Synced
) -> None:
    """Find what the shop deleted for good: platforms leave no trace of it but its absence.

    What a walk did not show is asked for by name before it is believed gone: rows move while we
    walk. A refund cannot be asked for so; a sync of all refunds has just seen those that exist.
    """
    for name, ids, named, withdraw in (
        ("products", connector.product_ids, connector.products_named, _withdraw_products),
        ("orders", connector.order_ids, connector.orders_named, _cancel_orders),
        ("refunds", connector.refund_ids, None, refunds.withdraw_refunds),
    ):
        there: set[str] = set()
        for page in ids():
            there.update(page.rows)
            progress(f"{name} still there", len(there), page.total)
        since = None if name == "products" else connector.orders_since()
        with reading(store.engine) as connection:
            missing = sorted(shops.external_ids(connection, shop.id, name, since) - there)
        if named is not None and missing:
            for found in named(missing):
                there.update(row.id for row in found.rows)
            missing = [identifier for identifier in missing if identifier not in there]
        with writing(store.engine) as connection:
            withdraw(connection, shop.id, missing)
        synced.gone[name] = len(missing)


def _withdraw_products(connection: Connection, shop_id: int, ids: Sequence[str]) -> None:
    catalogue.withdraw_products(connection, shop_id, ids, "deleted")


def _cancel_orders(connection: Connection, shop_id: int, ids: Sequence[str]) -> None:
    orders.cancel_orders(connection, shop_id, ids, "deleted")
