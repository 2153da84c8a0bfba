"""What a shop's webhooks named is asked for, once, and saved as the shop says it now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from connectors.errors import AccessRevoked, Misconfigured, TryLater
from scheduler import inbox as work
from scheduler import jobs
from store import tables
from store.engine import reading, writing
from store.opening import Store
from store.reads import inbox as reads
from store.reads import shops
from store.records import Order, Page, Product, Refund, ShopFacts
from store.writes import inbox, privacy
from store.writes import shops as shop_writes
from tests.shops import NOW, fill, made_orders, product


def later() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=10)


class Fake:
    """A shop's API that holds what a test puts there, and notes what it was asked for."""

    def __init__(self) -> None:
        self.there: dict[str, list[Any]] = {"products": [], "orders": [], "refunds": []}
        self.rejected: tuple[str, ...] = ()
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.faults: list[Exception] = []
        self.closed = False
        self.since: datetime | None = None
        self.facts = ShopFacts("Small shop", "https://shop.example", "GBP", "Europe/London")

    def _named(self, of: str, ids: Iterable[str]) -> Iterator[Page[Any]]:
        wanted = tuple(ids)
        self.asked.append((of, wanted))
        if self.faults:
            raise self.faults.pop(0)
        rows = tuple(row for row in self.there[of] if row.id in wanted)
        yield Page(rows, "", None, self.rejected)

    def products_named(self, ids: Iterable[str]) -> Iterator[Page[Product]]:
        return self._named("products", ids)

    def orders_named(self, ids: Iterable[str]) -> Iterator[Page[Order]]:
        return self._named("orders", ids)

    def refunds(self, cursor: str | None = None) -> Iterator[Page[Refund]]:
        self.asked.append(("refunds", (cursor or "",)))
        yield Page(tuple(self.there["refunds"]), "after")

    def orders_since(self) -> datetime | None:
        return self.since

    def check(self) -> ShopFacts:
        if self.faults:
            raise self.faults.pop(0)
        return self.facts

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def fake(any_store: Store, monkeypatch: pytest.MonkeyPatch) -> Fake:
    made = Fake()
    monkeypatch.setitem(work.CONNECTORS, "files", lambda shop, opened, store: made)  # type: ignore[arg-type]
    return made


@pytest.fixture
def shop(any_store: Store) -> shops.Shop:
    return fill(any_store, trained=False)


def told(store: Store, shop: shops.Shop, kind: str, *ids: str, at: datetime | None = None) -> None:
    with writing(store.engine) as connection:
        inbox.tell(connection, shop.id, kind, ids, at or datetime.now(UTC) - timedelta(minutes=1))


def left(store: Store) -> list[tuple[str, str, int]]:
    n = tables.Notice
    with reading(store.engine) as connection:
        return [tuple(row) for row in connection.execute(
            select(n.kind, n.external_id, n.tries).order_by(n.kind, n.external_id)
        )]  # fmt: skip


def status(store: Store, id: str) -> tuple[str, str]:
    o = tables.Order
    with reading(store.engine) as connection:
        row = connection.execute(
            select(o.status, o.platform_status).where(o.external_id == id)
        ).one()
    return row[0], row[1]


def test_what_was_named_is_asked_for_and_saved(
    any_store: Store, shop: shops.Shop, fake: Fake
) -> None:
    fake.there["products"] = [product(1, title="A lamp, renamed", updated_at=NOW)]
    fake.there["orders"] = [replace(made_orders(1)[0], status="cancelled", updated_at=NOW)]
    told(any_store, shop, "product", "p1")
    told(any_store, shop, "order", "o0")
    told(any_store, shop, "product", "p1")
    said = work.empty(any_store, shop, lambda words: None)
    assert said == "1 products, 1 orders"
    assert fake.asked == [("products", ("p1",)), ("orders", ("o0",))]
    assert fake.closed
    assert left(any_store) == []
    assert status(any_store, "o0")[0] == "cancelled"
    with reading(any_store.engine) as connection:
        p = tables.Product
        title = connection.scalar(select(p.title).where(p.external_id == "p1"))
    assert title == "A lamp, renamed"


def test_what_is_nowhere_any_more_was_deleted(
    any_store: Store, shop: shops.Shop, fake: Fake
) -> None:
    told(any_store, shop, "product", "p1", "p2")
    told(any_store, shop, "order", "o0")
    fake.there["products"] = [product(2)]
    assert work.empty(any_store, shop, lambda words: None) == "1 products, 2 gone"
    assert status(any_store, "o0") == ("cancelled", "deleted")
    with reading(any_store.engine) as connection:
        p, c = tables.Product, tables.Card
        rows = connection.execute(
            select(p.external_id, p.withheld, c.sellable)
            .join(c, c.product_id == p.id)
            .where(p.external_id.in_(("p1", "p2")))
            .order_by(p.external_id)
        ).all()
    assert [tuple(row) for row in rows] == [("p1", "deleted", False), ("p2", "", True)]


def test_an_order_that_is_only_not_shown_to_us_is_not_gone(
    any_store: Store, shop: shops.Shop, fake: Fake
) -> None:
    fake.since = NOW - timedelta(days=60)
    told(any_store, shop, "order", "o0")  # 120 days old
    assert work.empty(any_store, shop, lambda words: None) == "nothing new"
    assert status(any_store, "o0")[0] == "paid"


def test_what_could_not_be_read_is_not_believed_deleted(
    any_store: Store, shop: shops.Shop, fake: Fake
) -> None:
    fake.rejected = ("orders/o0: total is missing",)
    told(any_store, shop, "order", "o0")
    assert "1 not readable, the first: orders/o0" in work.empty(any_store, shop, lambda _: None)
    assert status(any_store, "o0")[0] == "paid"


def test_an_older_copy_never_overwrites_a_newer_one(
    any_store: Store, shop: shops.Shop, fake: Fake
) -> None:
    old = made_orders(1)[0]
    fake.there["orders"] = [
        replace(old, status="cancelled", updated_at=old.updated_at - timedelta(1))
    ]
    told(any_store, shop, "order", "o0")
    assert work.empty(any_store, shop, lambda _: None) == "nothing new"
    assert status(any_store, "o0")[0] == "paid"


def test_refunds_are_read_on_from_where_the_sync_stopped(
    any_store: Store, shop: shops.Shop, fake: Fake
) -> None:
    fake.there["refunds"] = [Refund("r1", "o0", NOW, NOW, 500)]
    told(any_store, shop, "refunds", "")
    assert work.empty(any_store, shop, lambda _: None) == "nothing new"
    assert fake.asked == []  # the first sync reads them all
    with writing(any_store.engine) as connection:
        shop_writes.save_cursor(connection, shop.id, "refunds", "before", NOW)
    told(any_store, shop, "refunds", "")
    assert work.empty(any_store, shop, lambda _: None) == "1 refunds"
    assert fake.asked == [("refunds", ("before",))]
    with reading(any_store.engine) as connection:
        assert shops.cursor(connection, shop.id, "refunds") == "after"


def test_a_shop_that_is_busy_keeps_its_notices_for_later(
    any_store: Store, shop: shops.Shop, fake: Fake
) -> None:
    told(any_store, shop, "order", "o0")
    fake.faults = [TryLater(30, "Busy.")]
    with pytest.raises(TryLater):
        work.empty(any_store, shop, lambda _: None)
    assert left(any_store) == [("order", "o0", 1)]
    now = datetime.now(UTC)
    with reading(any_store.engine) as connection:
        assert reads.shops_due(connection, now) == set()
        assert reads.shops_due(connection, now + timedelta(minutes=2)) == {shop.id}
        assert reads.waiting(connection, shop.id).most_tries == 1


def test_waits_grow_and_end_at_a_quarter_of_a_day(any_store: Store, shop: shops.Shop) -> None:
    n, now = tables.Notice, datetime.now(UTC)
    told(any_store, shop, "order", "o0")
    waits = []
    for _ in range(30):
        with writing(any_store.engine) as connection:
            connection.execute(update(n).values(due_at=now))
            assert len(inbox.take(connection, shop.id, 10, now)) == 1
            due = connection.scalar(select(n.due_at))
            assert due
            waits.append(due - now)
    assert waits[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert waits[-1] == timedelta(hours=6)


def test_what_is_told_while_it_is_asked_for_is_asked_for_again(
    any_store: Store, shop: shops.Shop
) -> None:
    told(any_store, shop, "order", "o0")
    now = datetime.now(UTC)
    with writing(any_store.engine) as connection:
        taken = inbox.take(connection, shop.id, 10, now)
    told(any_store, shop, "order", "o0", at=now)
    with writing(any_store.engine) as connection:
        inbox.done(connection, shop.id, taken, now)
    assert left(any_store) == [("order", "o0", 0)]
    with reading(any_store.engine) as connection:
        assert reads.shops_due(connection, later()) == {shop.id}


def test_a_flood_of_names_becomes_one_sync(
    any_store: Store, shop: shops.Shop, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "TOO_MANY", 100)
    told(any_store, shop, "product", *(f"p{n}" for n in range(101)))
    told(any_store, shop, "uninstalled", "")
    assert work.empty(any_store, shop, lambda _: None).startswith("101 notices at once")
    assert left(any_store) == [("uninstalled", "", 0)]  # no sync would find that
    assert fake.asked == []
    with reading(any_store.engine) as connection:
        asked = connection.scalars(select(tables.Request.job)).all()
    assert asked == ["sync"]


def test_the_clock_sees_what_waits_and_only_where_it_can_ask(
    any_store: Store, shop: shops.Shop
) -> None:
    job = next(job for job in jobs.TIMETABLE if job.name == "inbox")
    told(any_store, shop, "order", "o0")
    with reading(any_store.engine) as connection:
        assert job.waits(connection, later()) == {shop.id}
    assert not job.for_shop(shop)  # of files: nobody to ask
    assert job.for_shop(replace(shop, platform="woocommerce"))
    # The law's requests come to a shop that left, too.
    assert job.for_shop(replace(shop, platform="shopify", uninstalled_at=NOW))
    sync = next(job for job in jobs.TIMETABLE if job.name == "sync")
    assert not sync.for_shop(replace(shop, platform="shopify", uninstalled_at=NOW))


def test_old_deliveries_are_forgotten(any_store: Store, shop: shops.Shop) -> None:
    for day in range(5):
        with writing(any_store.engine) as connection:
            at = NOW - timedelta(days=day)
            assert inbox.is_new(connection, shop.id, f"d{day}", "t", b"", at)
            assert not inbox.is_new(connection, shop.id, f"d{day}", "t", b"", at)
    with writing(any_store.engine) as connection:
        assert inbox.forget_deliveries(connection, NOW - inbox.REPEATS_FOR) == 2
        assert inbox.forget_deliveries(connection, NOW - inbox.REPEATS_FOR) == 0


# --- access, facts, and what the law asks ---------------------------------------------------------


def again(store: Store, shop: shops.Shop) -> shops.Shop:
    with reading(store.engine) as connection:
        return shops.by_id(connection, shop.id)


@pytest.mark.parametrize("fault", [AccessRevoked("gone."), Misconfigured("Gone.", "Again.")])
def test_an_uninstall_is_believed_when_the_shop_refuses_us(
    any_store: Store, shop: shops.Shop, fake: Fake, fault: Exception
) -> None:
    with writing(any_store.engine) as connection:
        opened = {"url": "https://x.myshopify.com", "client_secret": "s", "access_token": "t"}
        shop_writes.save_credentials(connection, any_store.ring, shop.id, opened, NOW)
    told(any_store, shop, "uninstalled", "")
    told(any_store, shop, "order", "o0")
    fake.faults = [fault]
    assert work.empty(any_store, shop, lambda _: None) == "the app was uninstalled"
    assert fake.asked == []
    assert again(any_store, shop).uninstalled_at is not None
    with reading(any_store.engine) as connection:
        left_of_it = shops.credentials(connection, any_store.ring, shop.id)
        assert shops.counts(connection, shop.id).orders == 600  # kept until the shop asks
    assert left_of_it == {"url": "https://x.myshopify.com", "client_secret": "s"}


def test_an_uninstall_that_is_none_changes_nothing(
    any_store: Store, shop: shops.Shop, fake: Fake
) -> None:
    told(any_store, shop, "uninstalled", "")
    assert "still installed" in work.empty(any_store, shop, lambda _: None)
    assert again(any_store, shop).uninstalled_at is None


def test_a_shop_that_moved_is_known_by_its_new_address(
    any_store: Store, shop: shops.Shop, fake: Fake
) -> None:
    fake.facts = ShopFacts("Renamed", "https://new.example", "GBP", "Europe/Paris")
    told(any_store, shop, "shop", "")
    work.empty(any_store, shop, lambda _: None)
    now = again(any_store, shop)
    assert (now.name, now.url, now.timezone) == (shop.name, "https://new.example", "Europe/Paris")
    fake.facts = ShopFacts("Renamed", "https://new.example", "EUR", "Europe/Paris")
    told(any_store, shop, "shop", "")
    assert "the shop now says EUR" in work.empty(any_store, shop, lambda _: None)
    assert again(any_store, shop).currency == "GBP"


def by_law(store: Store, shop: shops.Shop, kind: str, **more: Any) -> int:
    given = {"customer_id": None, "orders": [], "external_id": "", "via": "shopify"} | more
    with writing(store.engine) as connection:
        number = privacy.ask(connection, shop.id, kind, NOW, **given)
        inbox.tell(connection, shop.id, "privacy", [str(number)], NOW)
    return number


def test_redacting_erases_the_customer_and_the_orders_that_are_named(
    any_store: Store, shop: shops.Shop, fake: Fake
) -> None:
    o, r = tables.Order, tables.PrivacyRequest
    with reading(any_store.engine) as connection:
        anna = connection.scalar(select(o.customer_id).where(o.external_id == "o1"))
        guest = connection.scalar(select(o.external_id).where(o.customer_id.is_(None)).limit(1))
    assert anna
    assert guest
    number = by_law(any_store, shop, "redact", customer_id=anna, orders=[guest])
    assert work.empty(any_store, shop, lambda _: None) == "a request to erase: erased"
    with reading(any_store.engine) as connection:
        assert not connection.scalars(select(o.id).where(o.customer_id == anna)).all()
        erased = set(connection.scalars(select(o.external_id).where(o.erased)))
        row = connection.execute(select(r).where(r.id == number)).one()
        asked = connection.scalars(select(tables.Request.job)).all()
    assert {"o1", guest} <= erased
    assert (row.customer_id, row.orders, row.outcome) == (None, [], "erased")
    assert row.done_at is not None
    assert asked == ["train"]
    # A later copy of the order brings nobody back, and asking twice is asking once.
    fake.there["orders"] = [replace(made_orders(2)[1], updated_at=datetime.now(UTC))]
    told(any_store, shop, "order", "o1")
    told(any_store, shop, "privacy", str(number))
    assert work.empty(any_store, shop, lambda _: None) == "1 orders"
    with reading(any_store.engine) as connection:
        assert connection.scalar(select(o.customer_id).where(o.external_id == "o1")) is None


def test_nobody_known_is_nothing_to_erase(any_store: Store, shop: shops.Shop, fake: Fake) -> None:
    by_law(any_store, shop, "redact")
    assert work.empty(any_store, shop, lambda _: None) == "a request to erase: nothing was held"


def test_a_shop_that_left_is_forgotten_and_one_that_is_back_is_not(
    any_store: Store, shop: shops.Shop, fake: Fake
) -> None:
    by_law(any_store, shop, "shop_redact")
    assert "which is connected" in work.empty(any_store, shop, lambda _: None)
    by_law(any_store, shop, "shop_redact")
    with writing(any_store.engine) as connection:
        shop_writes.uninstall(connection, any_store.ring, shop.id, {}, NOW)
    assert work.empty(any_store, again(any_store, shop), lambda _: None) == "the shop was forgotten"
    with reading(any_store.engine) as connection:
        assert shops.every(connection) == []
        assert connection.scalars(select(tables.Order.id)).all() == []
