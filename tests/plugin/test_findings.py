"""`flask doctor`: each fault, planted once, gives exactly its finding and no other."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from plugin.commands.doctor import doctor
from store import schema
from store.engine import writing
from store.reads import damage, shops
from store.records import Image, Order, OrderLine, Product
from store.writes import catalogue, events, jobs, models, orders
from store.writes import experiments as experiment_writes
from store.writes import shops as shop_writes
from tests.plugin import trials
from tests.plugin.site import Site

VISITOR = b"v" * 16


def healthy(site: Site) -> shops.Shop:
    """A shop as it should be, now."""
    shop = site.shop("Lamps")
    site.user(roles={shop.id: "owner"})
    now = datetime.now(UTC)
    with writing(site.store.engine) as connection:
        run = jobs.start_run(connection, "sync", shop.id, now)
        jobs.finish_run(connection, run, "ok", "all", now)
        for stream in ("products", "orders", "refunds"):
            shop_writes.save_cursor(connection, shop.id, stream, "there", now)
        catalogue.save_products(connection, shop.id, products(10))
        pepper = shops.keys(connection, site.store.ring, shop.id, now).pepper
        orders.save_orders(
            connection, shop.id, pepper, [order(i, now, f"v{i:020}") for i in range(30)]
        )
        told = [event(kind, now) for kind in ("product_view", "exposure", "view", "click")] * 1
        told += [event("product_view", now) for _ in range(30)]
        events.save_events(connection, shop.id, told, now)
        model, _ = models.begin_model(connection, shop.id, now, "hash", 30, now)
        models.save_lists(connection, model, [("bestseller:", b"")])
        models.finish_model(
            connection, model, [], [("also_bought", "promoted", "", ["bestseller"])]
        )
    numbered = site.experiment(shop, started_at=now - timedelta(hours=2),
                               ends_at=now + timedelta(days=20))  # fmt: skip
    report = trials.run(site, numbered, 0)
    site.say_report(numbered, report.to_json(), now)
    with writing(site.store.engine) as connection:
        entry = event("exposure", now, experiment=numbered.experiment.id)
        events.save_events(connection, shop.id, [entry], now)
    return shop


def products(count: int, first: int = 1, **more: object) -> list[Product]:
    given = {
        "url": "https://l.example/1",
        "price_minor": 500,
        "image": Image("https://l.example/i"),
    }
    return [
        Product(
            id=str(i), title=f"Lamp {i}", currency="GBP", updated_at=datetime.now(UTC),
            **(given | more),  # type: ignore[arg-type]
        )
        for i in range(first, first + count)
    ]  # fmt: skip


def order(number: int, at: datetime, visitor: str | None, product: str = "1") -> Order:
    return Order(
        id=str(number), placed_at=at - timedelta(minutes=number), updated_at=at, currency="GBP",
        status="paid", total_minor=500, visitor=visitor,
        lines=(OrderLine(f"l{number}", product, 1, 500),),
    )  # fmt: skip


def event(
    kind: str, at: datetime, experiment: int | None = None, visitor: bytes = VISITOR
) -> events.Told:
    return events.Told(
        os.urandom(16), kind, visitor, None, "also_bought", at=at, nonce=os.urandom(12),  # type: ignore[arg-type]
        experiment_id=experiment, arm="control" if experiment else None,
    )  # fmt: skip


def found(site: Site) -> list[str]:
    result = site.app.test_cli_runner().invoke(doctor, ["--json"])
    codes = [finding["code"] for finding in json.loads(result.stdout)["findings"]]
    assert result.exit_code == (1 if codes else 0), result.output
    return codes


def test_a_healthy_shop_has_no_finding(site_on_both: Site) -> None:
    healthy(site_on_both)
    assert found(site_on_both) == []
    assert "Nothing is wrong" in site_on_both.app.test_cli_runner().invoke(doctor).output


def test_an_empty_installation_is_told_to_connect_a_shop(site: Site) -> None:
    assert found(site) == ["no-shop"]


NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=30)


def sql(statement: str, **values: object) -> Callable[[Site, shops.Shop], None]:
    def plant(site: Site, shop: shops.Shop) -> None:
        with writing(site.store.engine) as connection:
            connection.execute(text(statement), values)

    return plant


def save(make: Callable[[], list[Product]]) -> Callable[[Site, shops.Shop], None]:
    def plant(site: Site, shop: shops.Shop) -> None:
        with writing(site.store.engine) as connection:
            catalogue.save_products(connection, shop.id, make())

    return plant


def bought(
    number: int, visitor: str | None, product: str = "1"
) -> Callable[[Site, shops.Shop], None]:
    def plant(site: Site, shop: shops.Shop) -> None:
        now = datetime.now(UTC)
        with writing(site.store.engine) as connection:
            pepper = shops.keys(connection, site.store.ring, shop.id, now).pepper
            more = [
                order(100 + i, now, visitor and f"{visitor}{i:020}", product) for i in range(number)
            ]
            orders.save_orders(connection, shop.id, pepper, more)

    return plant


def ran(outcome: str, detail: str) -> Callable[[Site, shops.Shop], None]:
    def plant(site: Site, shop: shops.Shop) -> None:
        with writing(site.store.engine) as connection:
            run = jobs.start_run(connection, "train", shop.id, datetime.now(UTC))
            jobs.finish_run(connection, run, outcome, detail, datetime.now(UTC))

    return plant


def asked(site: Site, shop: shops.Shop) -> None:
    with writing(site.store.engine) as connection:
        jobs.ask(connection, shop.id, "sync", NOW - timedelta(minutes=20))


def due_for_hours(site: Site, shop: shops.Shop) -> None:
    with writing(site.store.engine) as connection:
        jobs.due(connection, shop.id, "train", NOW - timedelta(hours=2))


def skewed(site: Site, shop: shops.Shop) -> None:
    now = datetime.now(UTC)
    with writing(site.store.engine) as connection:
        late = [event("view", now + timedelta(minutes=12)) for _ in range(100)]
        events.save_events(connection, shop.id, late, now)


def unseen(site: Site, shop: shops.Shop) -> None:
    now = datetime.now(UTC)
    with writing(site.store.engine) as connection:
        connection.execute(text("DELETE FROM events WHERE type = 'view'"))
        events.save_events(connection, shop.id, [event("exposure", now) for _ in range(250)], now)


def older(column: str, table: str) -> Callable[[Site, shops.Shop], None]:
    micros = int(LONG_AGO.timestamp() * 1_000_000)
    return sql(f"UPDATE {table} SET {column} = :at", at=micros)  # noqa: S608 - our own words


def past_its_end(site: Site, shop: shops.Shop) -> None:
    older("started_at", "experiments")(site, shop)
    older("ends_at", "experiments")(site, shop)


def spoiled(site: Site, shop: shops.Shop) -> None:
    with writing(site.store.engine) as connection:
        models.publish(connection, shop.id, "also_bought", 1, ("bestseller",), "test", NOW)
        connection.execute(text("UPDATE lists SET entries = :x"), {"x": b"not twenty bytes"})


FAULTS: dict[str, Callable[[Site, shops.Shop], None]] = {
    "clock-silent": older("heartbeat_at", "job_runs"),
    "no-owner": sql("DELETE FROM memberships"),
    "never-synced": sql("UPDATE job_runs SET job = 'upkeep'"),
    "stale-sync": older("finished_at", "job_runs"),
    "cursor-missing": sql("DELETE FROM cursors WHERE stream = 'orders'"),
    "job-failed": ran("failed", "out of disk"),
    "job-cut-off": ran("cut off", "The process died."),
    "request-waiting": asked,
    "work-waits": due_for_hours,
    "nothing-sellable": sql("UPDATE products SET in_stock = false"),
    "no-price": save(lambda: products(10, price_minor=None)),
    "no-url": save(lambda: products(10, url="")),
    "no-image": save(lambda: products(10, image=None)),
    "unknown-products": bought(30, "w", "deleted"),
    "not-trained": sql("UPDATE models SET complete = false"),
    "unreadable-lists": spoiled,
    "old-model": older("trained_at", "models"),
    "old-data": older("data_until", "models"),
    "no-exposures": sql("DELETE FROM events WHERE type <> 'product_view'"),
    "never-seen": unseen,
    "clock-skew": skewed,
    "experiment-over": past_its_end,
    "orphan-orders": bought(40, None),
    "report-old": older("computed_at", "reports"),
    "secrets": sql("UPDATE shop_keys SET wrapped = :x WHERE kind = 'token'", x=b"not ours"),
}


@pytest.mark.parametrize("code", FAULTS)
def test_each_fault_gives_exactly_its_finding(site: Site, code: str) -> None:
    shop = healthy(site)
    FAULTS[code](site, shop)
    assert found(site) == [code]


def test_a_full_disk_and_a_damaged_file_are_told(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy(site)
    monkeypatch.setattr(damage, "free_bytes", lambda engine: 2**20)
    monkeypatch.setattr(damage, "file_damage", lambda connection: "row 7 missing from index")
    assert found(site) == ["disk-full", "damaged"]


def test_a_database_that_is_away_is_told_and_nothing_else(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(engine: Engine) -> bool:
        raise OperationalError("SELECT 1", None, ConnectionError("refused"))

    monkeypatch.setattr(schema, "is_current", away)
    assert found(site) == ["store-away"]


def test_an_experiment_that_nobody_enters_is_told(site: Site) -> None:
    shop = healthy(site)
    sql("DELETE FROM exposures")(site, shop)
    day_ago = int((NOW - timedelta(days=2)).timestamp() * 1_000_000)
    sql("UPDATE experiments SET started_at = :at", at=day_ago)(site, shop)
    assert found(site) == ["nobody-enters"]


def test_a_shop_without_orders_or_products_is_told_once_each(site: Site) -> None:
    shop = healthy(site)
    with writing(site.store.engine) as connection:
        experiment_writes.stop_experiment(connection, 1, NOW)
    sql("DELETE FROM order_lines")(site, shop)
    sql("DELETE FROM identities")(site, shop)
    sql("DELETE FROM orders")(site, shop)
    assert found(site) == ["no-orders"]
    sql("DELETE FROM product_categories")(site, shop)
    sql("DELETE FROM cards")(site, shop)
    sql("DELETE FROM products")(site, shop)
    assert found(site) == ["no-products"]


def test_a_database_of_another_version_is_told_first(site: Site) -> None:
    healthy(site)
    with site.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    assert found(site) == ["schema"]
