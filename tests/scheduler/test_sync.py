"""A sync ends in the same rows, however often it was killed, and whatever happened meanwhile."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from connectors.errors import TryLater
from connectors.woocommerce.client import WooCommerce
from connectors.woocommerce.walk import Pace
from scheduler import sync as syncing
from scheduler.sync import Synced, sync
from store import tables
from store.engine import reading
from store.opening import Store
from store.reads import shops
from store.reads.shops import Shop
from store.records import Page, Product
from tests.connectors.fake_shop import KEY, SECRET, FakeShop, served
from tests.living import DemoShop, connect, environment

# `make prove` kills 20 times, the clock among them; here once. (`test_interrupted.py` kills more
# often, and more cheaply, without the start of a program each time.)
KILLS = int(os.environ.get("PROVE_KILLS", "1"))


def quiet(stream: str, read: int, total: int | None) -> None:
    pass


def everything(store: Store, shop_id: int) -> list[list[tuple[Any, ...]]]:
    """All that a sync leaves, without the keys that the database chose itself."""
    p, o, line, c = tables.Product, tables.Order, tables.OrderLine, tables.Card
    with reading(store.engine) as connection:
        products = connection.execute(
            select(
                p.external_id, p.title, p.url, p.price_minor, p.image_url, p.in_stock, p.withheld,
                p.cart_id, p.updated_at, c.body, c.sellable,
            )
            .join(c, c.product_id == p.id)
            .where(p.shop_id == shop_id)
            .order_by(p.external_id)
        )  # fmt: skip
        orders = connection.execute(
            select(
                o.external_id, o.placed_at, o.updated_at, o.status, o.source, o.total_minor,
                line.external_id, p.external_id.label("product"), line.quantity, line.gross_minor,
                line.discount_minor,
            )
            .join(line, line.order_id == o.id)
            .join(p, p.id == line.product_id)
            .where(o.shop_id == shop_id)
            .order_by(o.external_id, line.external_id)
        )  # fmt: skip
        found = [[tuple(row) for row in products], [tuple(row) for row in orders]]
        digests = connection.execute(select(tables.CustomerDigest.customer_id)).all()
        found.append([(len(digests), len({row[0] for row in digests}))])
    return found


def test_a_shop_arrives_whole_and_a_second_sync_changes_nothing(
    any_store: Store, demo: DemoShop
) -> None:
    shop = connect(any_store, demo)
    first = sync(any_store, shop, quiet)
    assert first.saved == {"products": 3_791, "orders": 400, "refunds": 0}
    assert first.rejected == []
    before = everything(any_store, shop.id)
    assert sync(any_store, shop, quiet).saved == {"products": 0, "orders": 0, "refunds": 0}
    assert everything(any_store, shop.id) == before


@pytest.fixture
def fake() -> Iterator[FakeShop]:
    """A shop of few rows, where a page is small, too."""
    shop = FakeShop()
    with served(shop) as url:
        shop.url = shop.home = url
        yield shop


def connect_to(store: Store, fake: FakeShop) -> Shop:
    return connect(store, DemoShop(fake.url, Path(), KEY, SECRET))


def small_pages(fake: FakeShop) -> WooCommerce:
    pace = Pace(page_rows=10, window_rows=40)
    return WooCommerce(fake.url, KEY, SECRET, allow_private=True, pace=pace)


def test_everything_asked_for_anew_changes_nothing(any_store: Store, fake: FakeShop) -> None:
    shop = connect_to(any_store, fake)
    sync(any_store, shop, quiet)
    before = everything(any_store, shop.id)
    full = sync(any_store, shop, quiet, full=True)
    assert full.gone == {"products": 0, "orders": 0, "refunds": 0}
    assert everything(any_store, shop.id) == before


def test_progress_tells_how_many_there_are(store: Store, fake: FakeShop) -> None:
    shop = connect_to(store, fake)
    told: dict[str, tuple[int, int | None]] = {}
    sync(store, shop, lambda stream, read, total: told.update({stream: (read, total)}))
    orders = len(fake.lists["orders"])
    assert told["orders"] == (orders, orders)


def test_a_sync_killed_at_random_points_ends_in_the_rows_of_an_undisturbed_one(
    store: Store, demo: DemoShop, tmp_path: Any
) -> None:
    undisturbed = connect(store, demo, "undisturbed")
    sync(store, undisturbed, quiet)
    disturbed = connect(store, demo, "disturbed")
    moments = random.Random(20_261_121)
    # Saved in small portions, so that there is always something between two of them to die in.
    start = "from scheduler import sync; sync.TOGETHER = 150; import flask.cli as c; c.main()"
    command = [sys.executable, "-c", start, "sync", disturbed.key]
    clock = [sys.executable, "-m", "scheduler"]
    for kill in range(KILLS):
        # Each third time it is the clock that dies; its child, which syncs, ends by itself.
        child = subprocess.Popen(
            clock if kill % 3 == 2 else command,
            env=environment(store),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        # Somewhere in its own part of the 4,191 rows, so that each kill finds work being done.
        _wait_for_rows(store, disturbed.id, int((kill + moments.random()) / KILLS * 4_000))
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    done = subprocess.run(command, env=environment(store), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows, expected = everything(store, disturbed.id), everything(store, undisturbed.id)
    assert rows[:2] == expected[:2]


def _wait_for_rows(store: Store, shop_id: int, rows: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with reading(store.engine) as connection:
            counts = shops.counts(connection, shop_id)
        if counts.products + counts.orders > rows:
            return
        time.sleep(0.01)


class Flaky:
    """The real client, but the second page of products fails each time, as busy shops do."""

    def __init__(self, real: WooCommerce) -> None:
        self._real = real
        self.failures = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def products(self, cursor: str | None = None) -> Iterator[Page[Product]]:
        for count, page in enumerate(self._real.products(cursor)):
            if count == 1:
                self.failures += 1
                raise TryLater(0, "The shop is busy.")
            yield page


def test_a_busy_shop_is_asked_again_from_where_we_were(
    store: Store, fake: FakeShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = connect_to(store, fake)
    flaky = Flaky(small_pages(fake))
    monkeypatch.setitem(syncing.CONNECTORS, "woocommerce", lambda *_: flaky)
    done = sync(store, shop, quiet)
    assert flaky.failures > 10  # each page but the first of a walk failed once
    assert done.saved["products"] == len(fake.lists["products"])


def test_a_shop_that_stays_busy_is_left_with_what_arrived_saved(
    store: Store, fake: FakeShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = connect_to(store, fake)

    class Away(Flaky):
        def products(self, cursor: str | None = None) -> Iterator[Any]:
            if cursor is None:
                yield next(self._real.products(cursor))
            self.failures += 1
            raise TryLater(0, "The shop is away.")

    away = Away(small_pages(fake))
    monkeypatch.setitem(syncing.CONNECTORS, "woocommerce", lambda *_: away)
    with pytest.raises(TryLater):
        sync(store, shop, quiet)
    assert away.failures == 1 + syncing.CLOCKS.times
    with reading(store.engine) as connection:
        assert shops.counts(connection, shop.id).products == len(next(away._real.products()).rows)


def test_pages_saved_together_are_saved_with_the_cursor_after_them_or_not_at_all(
    store: Store, fake: FakeShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = connect_to(store, fake)
    monkeypatch.setitem(syncing.CONNECTORS, "woocommerce", lambda *_: small_pages(fake))
    monkeypatch.setattr(syncing, "TOGETHER", 25)
    monkeypatch.setattr(syncing, "TOGETHER_S", 3_600.0)
    real, saves = syncing.shop_writes.save_cursor, 0

    def dies(*given: Any) -> None:
        nonlocal saves
        saves += 1
        if saves == 3:
            raise OSError("The disk is full.")
        real(*given)

    monkeypatch.setattr(syncing.shop_writes, "save_cursor", dies)
    with pytest.raises(OSError, match="disk"):
        sync(store, shop, quiet)
    with reading(store.engine) as connection:
        saved = shops.counts(connection, shop.id).products
        cursor = shops.cursor(connection, shop.id, "products")
    assert 20 <= saved < len(fake.lists["products"])
    left = sum(len(page.rows) for page in small_pages(fake).products(cursor))
    assert saved + left == len(fake.lists["products"])


def test_what_a_sync_did_is_said_in_words() -> None:
    done = Synced({"products": 1_234, "orders": 0}, {"products": 2}, ["order 7: no date"])
    assert str(done) == (
        "1,234 products, 0 orders, 2 products gone, 1 not readable, the first: order 7: no date"
    )
