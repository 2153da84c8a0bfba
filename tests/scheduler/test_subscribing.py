"""A shop's webhooks are made once, found again when it switched them off, and arrive as names."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, Client
from sqlalchemy import select, update
from werkzeug.serving import make_server

from connectors.woocommerce.webhooks import TOPICS
from demo import build, database
from demo.api import access
from demo.api import webhooks as demo_webhooks
from demo.app import create_app as create_shop
from demo.deliver import send_waiting
from plugin.app import create_app
from scheduler import jobs, subscribing
from store import tables
from store.engine import reading, writing
from store.opening import Store
from store.reads import shops
from store.reads.shops import Shop
from store.records import ShopFacts
from store.writes import shops as writes
from store.writes.shops import add_shop
from tests.scheduler.test_inbox import left


class World:
    """The demo shop, the merchant's application and a store, all on real sockets."""

    def __init__(self, store: Store, shop: Shop, demo: Any) -> None:
        self.store, self.shop, self.demo = store, shop, demo

    def sql(self, statement: str, *values: object) -> list[sqlite3.Row]:
        db = database.connect(self.demo.config["SHOP_FILE"])
        try:
            return db.execute(statement, values).fetchall()
        finally:
            db.close()

    def asked(self, path: str, **body: Any) -> None:
        """As the shop's manager changes something."""
        opened = self._keys()
        signer = Client(*opened, signature_method=SIGNATURE_HMAC_SHA256, signature_type="QUERY")
        method = "PUT" if body else "DELETE"
        home = self.demo.config["SHOP_HOME"]
        address, _, _ = signer.sign(f"{home}/wp-json/wc/v3{path}", method)
        answer = self.demo.test_client().open(address, method=method, json=body or None)
        assert answer.status_code == 200, answer.text

    def _keys(self) -> tuple[str, str]:
        with reading(self.store.engine) as connection:
            opened = shops.credentials(connection, self.store.ring, self.shop.id)
        return opened["key"], opened["secret"]


@contextmanager
def served(app: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def connected(store: Store, url: str, key: str, secret: str) -> Shop:
    with writing(store.engine) as connection:
        shop_id, _ = add_shop(
            connection, store.ring, "woocommerce", ShopFacts("Demo", url, "GBP", "Europe/London"),
            {"key": key, "secret": secret, "allow_private": "yes"}, datetime.now(UTC),
        )  # fmt: skip
        return shops.by_id(connection, shop_id)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    build.ensure(folder, max_orders=30)
    return folder


@pytest.fixture
def world(store: Store, built: Path, tmp_path: Path) -> Iterator[World]:
    shutil.copytree(built, tmp_path / "demo")
    demo = create_shop(tmp_path / "demo")
    with served(create_app(store)) as ours, served(demo) as theirs:
        demo.config["SHOP_HOME"] = theirs
        db = database.connect(demo.config["SHOP_FILE"])
        key, secret = access.new_key(db)
        db.close()
        told = store.settings.model_copy(update={"base_url": ours})
        store = replace(store, settings=told)
        yield World(store, connected(store, theirs, key, secret), demo)


def test_webhooks_are_made_once_and_what_they_tell_is_saved(world: World) -> None:
    store, shop = world.store, world.shop
    assert subscribing.is_due(store, shop)
    assert subscribing.renew(store, shop) == "8 webhooks on, 8 made"
    assert subscribing.renew(store, shop) == "8 webhooks on"
    assert not subscribing.is_due(store, shop)
    assert len(world.sql("SELECT id FROM webhooks WHERE status = 'active'")) == 8
    assert send_waiting(world.demo) == 8  # the pings
    assert left(store) == []
    order = world.sql("SELECT id FROM orders WHERE status = 'completed' LIMIT 1")[0]["id"]
    world.asked(f"/orders/{order}", status="cancelled")
    product = world.sql("SELECT id FROM products WHERE status = 'publish' LIMIT 1")[0]["id"]
    world.asked(f"/products/{product}")  # into the trash
    assert send_waiting(world.demo) >= 2
    assert {("order", str(order)), ("product", str(product))} <= {row[:2] for row in left(store)}
    with writing(store.engine) as connection:
        connection.execute(update(tables.Notice).values(due_at=datetime.now(UTC)))
    jobs.run(store, "inbox", shop.id)
    assert left(store) == []
    o, p = tables.Order, tables.Product
    with reading(store.engine) as connection:
        assert connection.scalar(select(o.status).where(o.external_id == str(order))) == "cancelled"
        assert connection.scalar(select(p.withheld).where(p.external_id == str(product))) == "trash"


def test_what_the_shop_switched_off_is_switched_on_again(world: World) -> None:
    subscribing.renew(world.store, world.shop)
    world.sql("UPDATE webhooks SET status = 'disabled' WHERE topic LIKE 'order.%'")
    said = subscribing.renew(world.store, world.shop)
    assert said == "8 webhooks on, 4 had been switched off"
    assert len(world.sql("SELECT id FROM webhooks WHERE status = 'active'")) == 8


def test_a_key_that_may_only_read_makes_none_and_says_so(world: World) -> None:
    db = database.connect(world.demo.config["SHOP_FILE"])
    key, secret = access.new_key(db, "read")
    db.close()
    shop = connected_again(world, key, secret)
    said = subscribing.renew(world.store, shop)
    assert said.startswith("no webhooks: The shop does not let our key make webhooks")
    assert not subscribing.is_due(world.store, shop)
    assert world.sql("SELECT id FROM webhooks") == []


def connected_again(world: World, key: str, secret: str) -> Shop:
    with writing(world.store.engine) as connection:
        credentials = {"key": key, "secret": secret, "allow_private": "yes"}
        writes.save_credentials(
            connection, world.store.ring, world.shop.id, credentials, datetime.now(UTC)
        )
    return world.shop


def test_a_public_shop_cannot_reach_a_private_server(world: World) -> None:
    shop = replace(world.shop, url="https://gifts.example")
    assert "cannot be reached from the shop" in subscribing.renew(world.store, shop)


def test_it_is_asked_again_after_a_day(world: World) -> None:
    subscribing.renew(world.store, world.shop)
    tomorrow = replace(
        world.shop, simulated=True, clock_at=datetime.now(UTC) + timedelta(days=1, minutes=1)
    )
    assert subscribing.is_due(world.store, tomorrow)
    assert not subscribing.is_due(world.store, replace(world.shop, platform="shopify"))


def test_all_topics_are_those_a_shop_knows() -> None:
    assert all(demo_webhooks.TOPIC.fullmatch(topic) for topic in TOPICS)
