"""Does a Shopify shop arrive whole, stay so, and lose only what its owner deleted?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from connectors.errors import Misconfigured
from connectors.shopify import tokens
from connectors.shopify.access import App, Grant
from connectors.shopify.client import Shopify
from connectors.shopify.walk import Pace
from scheduler import inbox
from scheduler import sync as syncing
from scheduler.sync import sync
from store import tables
from store.engine import reading, writing
from store.opening import Store
from store.reads import shops
from store.records import ShopFacts
from store.writes import inbox as inbox_writes
from store.writes.shops import add_shop
from tests.connectors.fake_shop import served
from tests.connectors.shopify import made
from tests.connectors.shopify.fake import APP_ID, APP_SECRET, DOMAIN, FakeShopify
from tests.connectors.shopify.made import Back, Bought, stamp
from tests.shops import NOW

LONG_AGO = NOW - timedelta(days=400)


@pytest.fixture
def fake() -> Iterator[FakeShopify]:
    recent = datetime.now(UTC) - timedelta(days=30)
    orders = [
        made.order(
            n,
            (Bought(n % 9 + 1, 2), Bought(n % 5 + 10)),
            at=(LONG_AGO if n <= 5 else recent) + timedelta(hours=n),
            refunds=(Back(((0, 1),)),) if n % 3 == 0 else (),
        )
        for n in range(1, 31)
    ]
    shop = FakeShopify([made.product(n) for n in range(1, 21)], orders)
    with served(shop) as url:
        shop.url = url
        yield shop


def connect(store: Store, fake: FakeShopify, ends_in: timedelta = timedelta(days=1)) -> shops.Shop:
    grant = Grant("token-1", frozenset(), datetime.now(UTC) + ends_in)
    credentials = tokens.kept(fake.url, App(APP_ID, APP_SECRET), grant)
    with writing(store.engine) as connection:
        facts = ShopFacts("Made", "https://shop.example", "GBP", "Europe/London")
        shop_id, _ = add_shop(
            connection, store.ring, "shopify", facts,
            credentials | {"allow_private": "yes"}, NOW, domain=DOMAIN,
        )  # fmt: skip
        return shops.by_id(connection, shop_id)


def quiet(stream: str, read: int, total: int | None) -> None:
    pass


def test_a_shop_arrives_whole_and_a_second_sync_changes_nothing(
    any_store: Store, fake: FakeShopify
) -> None:
    shop = connect(any_store, fake)
    first = sync(any_store, shop, quiet)
    assert first.saved == {"products": 20, "orders": 30, "refunds": 10}
    assert (first.rejected, first.notes) == ([], ())
    assert sync(any_store, shop, quiet).saved == {"products": 0, "orders": 0, "refunds": 0}
    full = sync(any_store, shop, quiet, full=True)
    assert full.gone == {"products": 0, "orders": 0, "refunds": 0}


def test_what_was_deleted_is_found_by_a_sweep(store: Store, fake: FakeShopify) -> None:
    shop = connect(store, fake)
    sync(store, shop, quiet)
    gone = fake.lists["orders"].pop(2)
    assert gone["refunds"]
    del fake.lists["products"][0]
    swept = sync(store, shop, quiet, sweep=True)
    assert swept.gone == {"products": 1, "orders": 1, "refunds": 1}


def test_orders_that_shopify_no_longer_shows_are_kept(store: Store, fake: FakeShopify) -> None:
    shop = connect(store, fake)
    sync(store, shop, quiet)
    fake.scopes.remove("read_all_orders")
    del fake.lists["orders"][20]
    swept = sync(store, shop, quiet, sweep=True)
    assert swept.gone["orders"] == 1
    assert swept.gone["refunds"] == 1  # the deleted order's
    assert "60 days" in swept.notes[0]
    o = tables.Order
    with reading(store.engine) as connection:
        old = o.placed_at < LONG_AGO + timedelta(days=1)
        assert list(connection.scalars(select(o.status).where(old))) == ["paid"] * 5


def test_a_token_near_its_end_is_renewed_once_for_a_whole_sync(
    store: Store, fake: FakeShopify
) -> None:
    shop = connect(store, fake, ends_in=timedelta(minutes=1))
    sync(store, shop, quiet)
    assert fake.granted == 1
    with reading(store.engine) as connection:
        opened = shops.credentials(connection, store.ring, shop.id)
    assert opened["access_token"] == "token-2"
    assert opened["allow_private"] == "yes"
    sync(store, shop, quiet)
    assert fake.granted == 1


def test_a_private_address_is_not_asked_unless_allowed(store: Store, fake: FakeShopify) -> None:
    shop = connect(store, fake)
    with writing(store.engine) as connection:
        opened = shops.credentials(connection, store.ring, shop.id)
        del opened["allow_private"]
        syncing.shop_writes.save_credentials(connection, store.ring, shop.id, opened, NOW)
    with pytest.raises(Misconfigured):
        sync(store, shop, quiet)
    assert fake.asked == []


def test_progress_is_shown_while_shopify_puts_a_large_shop_together(
    store: Store, fake: FakeShopify, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = connect(store, fake)
    real = syncing.CONNECTORS["shopify"]

    def in_bulk(*given: object) -> Shopify:
        connector = real(*given)  # type: ignore[arg-type]
        assert isinstance(connector, Shopify)
        connector._pace = connector._lists._pace = Pace(bulk_above=5, ask_s=0.001)
        return connector

    monkeypatch.setitem(syncing.CONNECTORS, "shopify", in_bulk)
    told: list[tuple[str, int, int | None]] = []
    done = sync(store, shop, lambda *one: told.append(one))
    assert done.saved == {"products": 20, "orders": 30, "refunds": 10}
    assert [one for one in told if one[0] == "orders"][:2] == [("orders", 0, 30)] * 2
    assert told[-1][0] == "refunds"


def test_a_product_that_comes_out_at_its_hour_is_seen(store: Store, fake: FakeShopify) -> None:
    """Its coming out is no change that Shopify stamps."""
    soon = stamp(datetime.now(UTC) + timedelta(days=1))
    fake.lists["products"][4].update(onlineStoreUrl=None, publishedAt=soon)
    shop = connect(store, fake)
    sync(store, shop, quiet)
    p = tables.Product
    with reading(store.engine) as connection:
        assert shops.products_withheld(connection, shop.id, "future") == ["5"]
    fake.lists["products"][4]["onlineStoreUrl"] = "https://shop.example/products/p5"
    sync(store, shop, quiet)
    with reading(store.engine) as connection:
        assert connection.scalar(select(p.withheld).where(p.external_id == "5")) == ""


def test_a_notice_of_an_order_that_shopify_does_not_show_cancels_nothing(
    store: Store, fake: FakeShopify
) -> None:
    """Without read_all_orders an old order cannot be asked for, though its changes are told of."""
    shop = connect(store, fake)
    sync(store, shop, quiet)
    fake.scopes.remove("read_all_orders")
    deleted = fake.lists["orders"].pop(25)
    earlier = datetime.now(UTC) - timedelta(minutes=1)
    with writing(store.engine) as connection:
        ids = ["1", "2", deleted["id"].rpartition("/")[2]]
        inbox_writes.tell(connection, shop.id, "order", ids, earlier)
    assert inbox.empty(store, shop, lambda words: None) == "1 gone"
    o = tables.Order
    with reading(store.engine) as connection:
        gone = select(o.external_id).where(o.platform_status == "deleted")
        assert list(connection.scalars(gone)) == [ids[2]]
