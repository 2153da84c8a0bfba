"""Ten thousand webhooks at once: how fast are they accepted, and how soon worked off?

A made WooCommerce shop changes orders and tells of each change to our own server (gunicorn, two
workers, eight connections); then the inbox is emptied as the clock does it. Once few orders change
again and again, so that each is asked for by its name; once so many different ones that a sync is
quicker. In the end every order here is as it stands at the shop. `python -m tests.bench.webhooks`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from werkzeug.wrappers import Request, Response

from connectors.woocommerce.client import WooCommerce
from scheduler import inbox
from scheduler import sync as syncing
from store import engine as engines
from store import schema, tables
from store.engine import reading, writing
from store.keys import Ring
from store.opening import Store
from store.reads import shops
from store.records import ShopFacts
from store.settings import Settings
from store.writes.shops import add_shop, add_shop_key
from tests.bench.load import cpu_s, drive
from tests.bench.server import Server, serve
from tests.connectors.fake_shop import KEY, SECRET, FakeShop, reply, served
from tests.shops import SECRET as RING_KEY

DELIVERIES, CONNECTIONS = 10_000, 8
STORMS = {"1,500 orders, again and again": 1_500, "10,000 different orders": 10_000}
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
HEAD = "{:<32} {:>12} {:>10} {:>12} {:>14} {:>10}\n"


class Shop(FakeShop):
    """Ten thousand orders, found by their ids at once."""

    def __init__(self) -> None:
        super().__init__()
        like = next(row for row in self.lists["orders"] if row["status"] == "completed")
        self.lists = {name: [] for name in self.lists}
        self.orders = {
            str(number): like
            | {
                "id": number,
                "number": str(number),
                "date_created_gmt": _text(BEGAN + timedelta(minutes=number)),
                "date_modified_gmt": _text(BEGAN + timedelta(minutes=number)),
            }
            for number in range(1, DELIVERIES + 1)
        }
        self.lists["orders"] = list(self.orders.values())

    def list(self, route: str, request: Request) -> Response:
        if route == "orders" and "include" in request.args:
            asked = request.args["include"].split(",") if "status" not in request.args else []
            rows = [self.orders[id] for id in asked if id in self.orders]
            return reply(rows, headers={"X-WP-Total": str(len(rows))})
        return super().list(route, request)

    def change(self, number: int) -> dict[str, Any]:
        row = self.orders[str(number)]
        status = "processing" if row["status"] == "completed" else "completed"
        row |= {"status": status, "date_modified_gmt": _text(datetime.now(UTC))}
        return row


def _text(at: datetime) -> str:
    return at.replace(tzinfo=None, microsecond=0).isoformat()


def measure() -> None:
    sys.stdout.write(
        HEAD.format("storm", "accepted/s", "p99 ms", "us of CPU", "worked off, s", "orders")
    )
    shop = Shop()
    with tempfile.TemporaryDirectory() as folder, served(shop) as url:
        shop.url = shop.home = url
        store_url = f"sqlite:///{Path(folder) / 'store.sqlite'}"
        store, here, secret = _connected(store_url, url)
        syncing.CONNECTORS["woocommerce"] = lambda *_: WooCommerce(
            url, KEY, SECRET, allow_private=True
        )
        syncing.sync(store, here, lambda *_: None)
        environment = {"DATABASE_URL": store_url, "SECRET_KEYS": RING_KEY}
        with serve(environment, workers=2) as server:
            for name, orders in STORMS.items():
                sent = [
                    _delivery(here.key, secret, n, shop.change(1 + n % orders))
                    for n in range(DELIVERIES)
                ]
                sys.stdout.write(_storm(name, server, store, here, shop, sent))
                sys.stdout.flush()


def _connected(store_url: str, url: str) -> tuple[Store, shops.Shop, str]:
    engine, ring = engines.open(store_url), Ring([RING_KEY])
    schema.upgrade(engine)
    settings = Settings(_env_file=None, secret_keys=RING_KEY)  # type: ignore[call-arg]
    with writing(engine) as connection:
        facts = ShopFacts("Stormy", url, "USD", "UTC")
        id, _ = add_shop(connection, ring, "woocommerce", facts, {"url": url}, BEGAN)
        add_shop_key(connection, ring, id, "webhook", datetime.now(UTC))
        secret = shops.webhook_secrets(connection, ring, id)[0]
        here = shops.by_id(connection, id)
    return Store(engine, ring, settings), here, secret


def _delivery(key: str, secret: str, number: int, row: dict[str, Any]) -> bytes:
    body = json.dumps(row | {"delivery": number}).encode()
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return (
        f"POST /webhooks/woocommerce/{key} HTTP/1.1\r\nHost: us.example\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        "X-WC-Webhook-Topic: order.updated\r\n"
        f"X-WC-Webhook-Delivery-ID: {number}\r\n"
        f"X-WC-Webhook-Signature: {base64.b64encode(digest).decode()}\r\n\r\n"
    ).encode() + body


def _storm(
    name: str, server: Server, store: Store, here: shops.Shop, shop: Shop, sent: list[bytes]
) -> str:
    before_s, began_s = cpu_s(server.pids()), time.monotonic()
    seen = drive(server.port, sent, CONNECTIONS)
    took_s, cost_s = time.monotonic() - began_s, cpu_s(server.pids()) - before_s
    if seen.statuses != {200: len(sent)}:
        raise RuntimeError(f"webhooks were answered {seen.statuses}")
    began_s = time.monotonic()
    while _waiting(store, here):
        if "a sync is asked for" in inbox.empty(store, here, lambda _: None):
            syncing.sync(store, here, lambda *_: None)
        time.sleep(0.1)  # as the clock: what was told just now is due in a moment
    off_s = time.monotonic() - began_s
    right = _right(store, here, shop)
    if right != len(shop.orders):
        raise RuntimeError(f"only {right} orders are as they stand at the shop")
    each = f"{cost_s / len(sent) * 1e6:.0f}"
    p99 = f"{1000 * seen.percentile(0.99):.0f}"
    return HEAD.format(name, f"{len(sent) / took_s:.0f}", p99, each, f"{off_s:.1f}", f"{right:,}")


def _waiting(store: Store, here: shops.Shop) -> int:
    n = tables.Notice
    with reading(store.engine) as connection:
        return connection.scalar(select(func.count()).where(n.shop_id == here.id)) or 0


def _right(store: Store, here: shops.Shop, shop: Shop) -> int:
    o = tables.Order
    with reading(store.engine) as connection:
        held = connection.execute(
            select(o.external_id, o.platform_status).where(o.shop_id == here.id)
        ).all()
    return sum(shop.orders[id]["status"] == status for id, status in held)


if __name__ == "__main__":
    measure()
