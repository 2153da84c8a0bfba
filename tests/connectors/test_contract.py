"""Does every connector keep the promises of `connectors.shop.Shop`?

A connector joins by one entry in PLATFORMS: how to serve a shop of at least 30 orders on loopback
with small pages, how to change one of its orders, and how to make it fail once.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from connectors import http
from connectors.errors import ConnectorError, Misconfigured, TryLater
from connectors.exports.rows import zone
from connectors.shop import Shop
from connectors.shopify.client import Shopify
from connectors.shopify.walk import Pace as ShopifyPace
from connectors.woocommerce.client import WooCommerce
from connectors.woocommerce.walk import Pace
from store.records import Order, Product, Refund, ShopFacts
from tests.connectors.fake_shop import KEY, SECRET, FakeShop, reply, served
from tests.connectors.shopify import made
from tests.connectors.shopify.fake import FakeShopify
from tests.connectors.shopify.faults import status
from tests.connectors.shopify.made import Back, Bought


@dataclass
class Bench:
    """A shop that runs, and what a test may do to it."""

    connect: Callable[[bool], Shop]  # whether private addresses are allowed
    change_an_order: Callable[[], str]  # its id
    fail_once: Callable[[], None]
    asked: Callable[[], int]  # how many questions reached it


@contextmanager
def woocommerce() -> Iterator[Bench]:
    fake = FakeShop()
    # Nothing is stamped in the future, as a scheduled product is (see test_client).
    fake.lists["products"] = [
        row | {"date_modified_gmt": "2026-11-21T21:14:05"} if row["status"] == "future" else row
        for row in fake.lists["products"]
    ]
    sessions = []

    def connect(allow_private: bool) -> Shop:
        limits = http.Limits(connect_s=2, read_s=2, tries=1)
        sessions.append(http.Session(allow_private=allow_private, limits=limits))
        pace = Pace(page_rows=13, window_rows=40)
        return WooCommerce(
            fake.url, KEY, SECRET, allow_private=allow_private, session=sessions[-1], pace=pace
        )

    def change_an_order() -> str:
        at = fake.now() + timedelta(seconds=1)
        stamp = at.replace(tzinfo=None, microsecond=0).isoformat()
        fake.lists["orders"][7] = fake.lists["orders"][7] | {"date_modified_gmt": stamp}
        return str(fake.lists["orders"][7]["id"])

    def fail_once() -> None:
        fake.faults = [reply({}, 503)]

    with served(fake) as url:
        fake.url = fake.home = url
        yield Bench(connect, change_an_order, fail_once, lambda: len(fake.asked))
    for session in sessions:
        session.close()


@contextmanager
def shopify(pace: ShopifyPace | None = None) -> Iterator[Bench]:
    refunded = (Back(((0, 1),), shipping=True), Back(((1, 1),), after_days=5))
    orders = [
        made.order(n, (Bought(1, 2), Bought(2)), shipping_minor=500, refunds=refunded[: n % 3])
        for n in range(1, 34)
    ]
    fake = FakeShopify([made.product(n) for n in range(1, 71)], orders)
    sessions = []

    def connect(allow_private: bool) -> Shop:
        limits = http.Limits(connect_s=2, read_s=2, tries=1)
        sessions.append(http.Session(allow_private=allow_private, limits=limits))
        return Shopify(fake.url, lambda refused: "token-1", session=sessions[-1], pace=pace)

    def change_an_order() -> str:
        fake.touch(fake.lists["orders"][7])
        return str(fake.lists["orders"][7]["id"]).rpartition("/")[2]

    def fail_once() -> None:
        fake.faults = [status(503)]

    with served(fake) as url:
        fake.url = url
        yield Bench(connect, change_an_order, fail_once, lambda: len(fake.asked))
    for session in sessions:
        session.close()


def shopify_in_bulk() -> AbstractContextManager[Bench]:
    return shopify(ShopifyPace(bulk_above=10, ask_s=0.001, bulk_rows=13))


PLATFORMS = [woocommerce, shopify, shopify_in_bulk]


@pytest.fixture(params=PLATFORMS, ids=lambda platform: platform.__name__)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with request.param() as bench:
        yield bench


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.connect(True)


WALKS = pytest.mark.parametrize("walk", ["products", "orders", "refunds"])
EVERY = pytest.mark.parametrize(
    "walk", ["products", "orders", "refunds", "product_ids", "order_ids", "refund_ids"]
)


def rows(pages) -> list:
    return [row for page in pages for row in page.rows]


def name(row) -> str:
    return row if isinstance(row, str) else row.id


@EVERY
def test_a_walk_asks_nothing_before_it_is_read(bench: Bench, shop: Shop, walk: str) -> None:
    pages = getattr(shop, walk)()
    assert bench.asked() == 0
    next(pages)
    assert bench.asked() > 0


@EVERY
def test_a_walk_resumes_after_any_of_its_pages(shop: Shop, walk: str) -> None:
    pages = list(getattr(shop, walk)())
    all_of_them = {name(row) for row in rows(pages)}
    assert all_of_them
    for at in range(0, len(pages), max(1, len(pages) // 4)):
        before = {name(row) for row in rows(pages[: at + 1])}
        after = {name(row) for row in rows(getattr(shop, walk)(pages[at].cursor))}
        assert before | after == all_of_them


@EVERY
def test_a_quiet_walk_names_nothing_twice(shop: Shop, walk: str) -> None:
    names = [name(row) for row in rows(getattr(shop, walk)())]
    assert len(names) == len(set(names))


@WALKS
def test_a_finished_walk_has_nothing_to_add(shop: Shop, walk: str) -> None:
    *_, last = getattr(shop, walk)()
    again = list(getattr(shop, walk)(last.cursor))
    assert rows(again) == []
    assert rows(getattr(shop, walk)(again[-1].cursor)) == []


@WALKS
def test_cursors_are_short_texts_and_the_total_is_known(shop: Shop, walk: str) -> None:
    pages = list(getattr(shop, walk)())
    assert all(isinstance(page.cursor, str) and len(page.cursor) < 1_000 for page in pages)
    if pages[-1].total is None:  # only Shopify's refunds, which nobody counts
        assert walk == "refunds"
    else:
        assert pages[-1].total == len(rows(pages))
        assert pages[0].total
    assert not any(page.rejected for page in pages)


def test_what_changed_comes_again(bench: Bench, shop: Shop) -> None:
    *_, last = shop.orders()
    changed = bench.change_an_order()
    assert changed in {order.id for order in rows(shop.orders(last.cursor))}


@WALKS
@pytest.mark.parametrize("seed", range(3))
def test_a_walk_that_keeps_breaking_ends_with_the_rows_of_a_quiet_one(
    bench: Bench, shop: Shop, walk: str, seed: int
) -> None:
    quiet = {name(row): row for row in rows(getattr(shop, walk)())}
    rng, saved, cursor = random.Random(seed), {}, None
    while True:
        try:
            for page in getattr(bench.connect(True), walk)(cursor):
                saved |= {name(row): row for row in page.rows}
                cursor = page.cursor
                if rng.random() < 0.3:
                    bench.fail_once()
            break
        except TryLater:
            continue
    assert saved == quiet


def test_records_are_in_our_units(shop: Shop) -> None:
    for product in rows(shop.products()):
        assert isinstance(product, Product)
        assert product.title == " ".join(product.title.split())
        assert product.updated_at.utcoffset() == timedelta(0)
        assert product.price_minor is None or product.price_minor >= 0
        assert product.variants or not product.price_varies
    for order in rows(shop.orders()):
        assert isinstance(order, Order)
        assert order.placed_at.utcoffset() == timedelta(0)
        net = sum(line.gross_minor - line.discount_minor for line in order.lines)
        rest = order.tax_minor + order.shipping_minor + order.fees_minor
        assert order.total_minor == net + rest
        assert len({line.id for line in order.lines}) == len(order.lines)
        assert order.email is None or order.email == order.email.lower().strip()
    for refund in rows(shop.refunds()):
        assert isinstance(refund, Refund)
        assert refund.total_minor > 0
        assert all(line.amount_minor >= 0 and line.quantity >= 0 for line in refund.lines)


def test_a_sweep_names_what_walks_bring(shop: Shop) -> None:
    for ids, walk in (("product_ids", "products"), ("order_ids", "orders")):
        assert set(rows(getattr(shop, ids)())) == {r.id for r in rows(getattr(shop, walk)())}
    assert set(rows(shop.refund_ids())) == {r.id for r in rows(shop.refunds())}


def test_rows_are_found_by_name_and_those_gone_for_good_are_not(shop: Shop) -> None:
    products, orders = rows(shop.products()), rows(shop.orders())
    some = [p.id for p in products[:70]]
    assert {p.id: p for p in rows(shop.products_named([*some, "999999999"]))} == {
        p.id: p for p in products[:70]
    }
    assert rows(shop.orders_named([orders[0].id])) == [orders[0]]
    assert rows(shop.orders_named([])) == []


def test_a_check_tells_what_the_shop_is(shop: Shop) -> None:
    facts = shop.check()
    assert isinstance(facts, ShopFacts)
    assert facts.name
    assert len(facts.currency) == 3
    assert datetime.now(UTC).astimezone(zone(facts.timezone))


def test_a_shop_that_shows_everything_has_nothing_to_note(shop: Shop) -> None:
    next(shop.orders())
    assert shop.orders_since() is None
    assert shop.notes() == ()


def test_a_private_address_is_not_asked_unless_allowed(bench: Bench) -> None:
    shop = bench.connect(False)
    with pytest.raises(Misconfigured):
        shop.check()
    with pytest.raises(ConnectorError):
        next(shop.products())
    assert bench.asked() == 0


def test_a_window_holds_the_orders_placed_in_it_with_all_their_refunds(bench: Bench) -> None:
    shop = bench.connect(True)
    orders = {o.id: o for page in shop.orders() for o in page.rows}
    refunds = {r.id: r for page in shop.refunds() for r in page.rows}
    placed = sorted(order.placed_at for order in orders.values())
    since, until = placed[len(placed) // 4], placed[-len(placed) // 4]
    inside = {id: o for id, o in orders.items() if since <= o.placed_at < until}
    assert inside
    assert {o.id: o for page in shop.orders_placed(since, until) for o in page.rows} == inside
    back = {r.id: r for page in shop.refunds_of(since, until) for r in page.rows}
    assert back == {id: r for id, r in refunds.items() if r.order_id in inside}
