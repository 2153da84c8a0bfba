"""`flask doctor SHOP` compares every order with the shop's own account, and mends ours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from connectors.errors import TryLater
from plugin import reconcile
from plugin.findings import of_shop
from store import tables
from store.engine import writing
from store.reads import shops
from store.records import Order, OrderLine, Page, Refund, ShopFacts
from store.writes import orders as writes
from store.writes import refunds
from store.writes.shops import add_shop
from tests.commands import run
from tests.living import connect, demo_shop
from tests.plugin.site import Site

NOW = datetime.now(UTC).replace(microsecond=0)


def order(number: int, **changes: object) -> Order:
    at = NOW - timedelta(days=number % 5 + 1)
    facts: dict[str, object] = {
        "id": str(number), "placed_at": at, "updated_at": at, "currency": "GBP",
        "status": "paid", "total_minor": 1_000 + number,
        "lines": (OrderLine(f"{number}-1", None, 1, 1_000 + number),),
    }  # fmt: skip
    return Order(**(facts | changes))  # type: ignore[arg-type]


class Theirs:
    """The shop's own account, as its connector tells it."""

    def __init__(self, orders: list[Order], refunds: list[Refund]) -> None:
        self.orders, self.refunds, self.fault = orders, refunds, None

    def orders_since(self) -> datetime | None:
        return None

    def orders_placed(self, since: datetime, until: datetime) -> Iterator[Page[Order]]:
        if self.fault:
            raise self.fault
        yield Page(tuple(o for o in self.orders if since <= o.placed_at < until), "")

    def refunds_of(self, since: datetime, until: datetime) -> Iterator[Page[Refund]]:
        yield Page(tuple(self.refunds), "")

    def orders_named(self, ids: Iterable[str]) -> Iterator[Page[Order]]:
        wanted = set(ids)
        yield Page(tuple(o for o in self.orders if o.id in wanted), "")

    def close(self) -> None: ...


@pytest.fixture
def theirs(site: Site, monkeypatch: pytest.MonkeyPatch) -> Theirs:
    made = Theirs([order(n) for n in range(1, 11)], [Refund("r1", "3", NOW, NOW, 300, 50)])
    monkeypatch.setattr(reconcile, "by_kept_access", lambda store, shop: made)
    return made


@pytest.fixture
def shop(site: Site, theirs: Theirs) -> shops.Shop:
    with writing(site.store.engine) as connection:
        id, _ = add_shop(
            connection, site.store.ring, "woocommerce",
            ShopFacts("Gifts", "https://gifts.example", "GBP", "Europe/London"),
            {"key": "ck", "secret": "cs"}, NOW,
        )  # fmt: skip
        pepper = shops.keys(connection, site.store.ring, id, NOW).pepper
        writes.save_orders(connection, id, pepper, theirs.orders)
        refunds.save_refunds(connection, id, theirs.refunds)
        return shops.by_id(connection, id)


def said(site: Site, *line: str) -> str:
    return run(site.store, "doctor", "Gifts", *line).output


def codes(site: Site, shop: shops.Shop) -> set[str]:
    return {finding.code for finding in of_shop(site.store, shop, NOW)}


def test_what_agrees_is_said_in_one_line(site: Site, shop: shops.Shop) -> None:
    assert "Orders of 30 days: all 10 are as the shop says, to the penny." in said(site)
    assert "orders-differ" not in codes(site, shop)


def test_each_difference_is_named_and_mended(site: Site, shop: shops.Shop, theirs: Theirs) -> None:
    with writing(site.store.engine) as connection:
        o, r = tables.Order, tables.Refund
        connection.execute(delete(tables.OrderLine).where(
            tables.OrderLine.external_id == "1-1"))  # fmt: skip
        connection.execute(delete(o).where(o.external_id == "1"))  # never came
        connection.execute(delete(r))  # nor did the refund of 3
    theirs.orders = [o for o in theirs.orders if o.id != "2"]  # deleted there for good
    theirs.orders[-1] = replace(
        theirs.orders[-1], status="cancelled", updated_at=NOW - timedelta(hours=1)
    )
    text = said(site)
    assert "4 of 9 are not what the shop says" in text
    assert "order 1: missing here" in text
    assert "order 2: missing there" in text
    assert "order 3: differs: refunds 0.00 here, 3.00 there; refunds without tax" in text
    assert "order 10: newer there: status paid here, cancelled there" in text
    assert "orders-differ" in text
    assert "orders 2 here, 1 there; gross 20.15 here, 10.05 there" in text  # a day of two orders
    assert "orders-differ" in codes(site, shop)
    told = json.loads(run(site.store, "doctor", "Gifts", "--json").stdout)
    assert [d["kind"] for d in told["orders"]["differences"]].count("differs") == 1
    assert told["orders"]["days"][0]["ours"]["orders"] in (1, 2)

    assert "all 9 are as the shop says" in said(site, "--mend")
    assert "orders-differ" not in codes(site, shop)
    assert "all 9 are as the shop says" in said(site)


def test_a_refund_that_the_shop_deleted_is_taken_back(
    site: Site, shop: shops.Shop, theirs: Theirs
) -> None:
    theirs.refunds = []
    assert "refunds 3.00 here, 0.00 there" in said(site)
    assert "all 10 are as the shop says" in said(site, "--mend")


def test_an_order_that_only_the_list_missed_is_not_gone(
    site: Site, shop: shops.Shop, theirs: Theirs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shifted(since: datetime, until: datetime) -> Iterator[Page[Order]]:
        yield Page(tuple(theirs.orders[1:]), "")

    monkeypatch.setattr(theirs, "orders_placed", shifted)
    said(site, "--mend")
    with site.reading() as connection:
        kept = connection.scalar(
            tables.Order.__table__.select().with_only_columns(tables.Order.status)
            .where(tables.Order.external_id == "1")
        )  # fmt: skip
    assert kept == "paid"


def test_a_shop_that_does_not_answer_is_a_finding(
    site: Site, shop: shops.Shop, theirs: Theirs
) -> None:
    theirs.fault = TryLater(60, "The shop is down.")  # type: ignore[assignment]
    assert "[shop-refuses]" in said(site)
    assert "[shop-refuses]" not in said(site, "--offline")


def test_what_comes_in_minutes_is_left_out(site: Site, shop: shops.Shop, theirs: Theirs) -> None:
    this_minute = datetime.now(UTC).replace(microsecond=0)  # NOW is as old as the run of the tests
    theirs.orders.append(order(11, placed_at=this_minute))
    assert "all 10 are as the shop says" in said(site)


def test_with_a_real_shop(site: Site, tmp_path: Path) -> None:
    """The demo shop over its API, with one amount changed here behind its back."""
    with demo_shop(tmp_path / "demo", max_orders=60) as demo:
        there = connect(site.store, demo)
        client = demo.client()
        with writing(site.store.engine) as connection:
            pepper = shops.keys(connection, site.store.ring, there.id, NOW).pepper
            for page in client.orders():
                writes.save_orders(connection, there.id, pepper, page.rows)
            for back in client.refunds():
                refunds.save_refunds(connection, there.id, back.rows)
        client.close()
        found = reconcile.reconcile_with(site.store, there, 400)
        assert found.orders > 50
        assert found.differences == ()
        with writing(site.store.engine) as connection:
            o = tables.Order
            victim = connection.scalar(o.__table__.select().with_only_columns(o.external_id))
            connection.execute(
                update(o).where(o.external_id == victim).values(total_minor=o.total_minor + 1)
            )
        found = reconcile.reconcile_with(site.store, there, 400)
        assert [(d.id, d.kind) for d in found.differences] == [(victim, "differs")]
        assert reconcile.reconcile_with(site.store, there, 400, mend=True).differences == ()
