"""A shop that fails, changes and is cut off at random while it is synced, by a seed.

`disturbed` lets processes sync until they get through: each is killed with SIGKILL after a random
question (at once, or while it saves what it got), or ends on a fault. Meanwhile questions fail in
every way that shops and networks know, and rows change, come and go, so that pages shift.
"""

from __future__ import annotations

import copy
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from werkzeug.wrappers import Request, Response

from connectors import http
from connectors.errors import ConnectorError
from connectors.shop import Shop
from connectors.shopify.client import Shopify
from connectors.shopify.walk import Pace as ShopifyPace
from connectors.woocommerce.client import WooCommerce
from connectors.woocommerce.walk import Pace
from scheduler import sync as syncing
from store import engine as engines
from store import tables
from store.engine import reading, writing
from store.opening import Store
from store.reads import shops
from store.records import Platform, ShopFacts
from store.writes.shops import add_shop
from tests.connectors.fake_shop import KEY, SECRET, FakeShop, served
from tests.connectors.shopify import made
from tests.connectors.shopify.fake import FakeShopify
from tests.connectors.shopify.faults import broken_off, dropped, html, status, truncated
from tests.connectors.shopify.made import Back, Bought, stamp
from tests.shops import NOW

KILLS = 3
FAULTS = 12  # of each run; then the shop is well and a sync gets through
FAULT_EACH = 0.12  # the share of questions that fail
CHANGE_EACH = 0.15  # the share of questions before which something changes in the shop
READ_S = 1.0


def silent(request: Request) -> Response:
    time.sleep(1.3 * READ_S)
    return Response("{}")


def bad_gateway(request: Request) -> Response:
    return Response("<html><h1>502 Bad Gateway</h1></html>", 502, mimetype="text/html")


KINDS: tuple[Callable[[Request], Response], ...] = (
    status(429), status(429, **{"Retry-After": "1"}), status(500), status(502), bad_gateway,
    status(503), silent, html, truncated, broken_off, dropped,
)  # fmt: skip


class Disturbed:
    """Stands before the shop; `victim` is the process that is to die."""

    def __init__(self, fake: Any, change: Callable[[random.Random], None], seed: int) -> None:
        self.fake = fake
        self.change = change
        self.rng = random.Random(seed)
        self.faults = 0
        self.failed = 0
        self.changed = 0
        self.victim = 0
        self.dies_in = 0  # questions until then; 0: it lives
        self.quiet = True

    def __call__(self, environ: Any, start: Any) -> Any:
        if self.quiet:
            return self.fake(environ, start)
        if self.rng.random() < CHANGE_EACH:
            self.change(self.rng)
            self.changed += 1
        if self.victim and self.dies_in:
            self.dies_in -= 1
            if not self.dies_in:
                after_s = self.rng.choice((0.0, 0.004, 0.02))
                threading.Timer(after_s, _kill, (self.victim,)).start()
        if self.faults and self.rng.random() < FAULT_EACH:
            self.faults -= 1
            self.failed += 1
            response = self.rng.choice(KINDS)(Request(environ))
            return response(environ, start)
        return self.fake(environ, start)


def _kill(victim: int) -> None:
    with suppress(ProcessLookupError):  # it was through before its time
        os.kill(victim, signal.SIGKILL)


# --- two shops -----------------------------------------------------------------------------------


def _woocommerce() -> tuple[Any, Callable[[random.Random], None]]:
    fake = FakeShop()

    def change(rng: random.Random) -> None:
        at = fake.now().replace(tzinfo=None, microsecond=0)
        name = rng.choice(("products", "orders", "orders"))
        rows = fake.lists[name]
        place = rng.randrange(len(rows))
        row = rows[place] | {"date_modified_gmt": at.isoformat()}
        kind = rng.random()
        if kind < 0.1 and len(rows) > 20:
            del rows[place]
        elif kind < 0.25:
            new = copy.deepcopy(row) | {"id": 9_000 + len(rows) * 10 + rng.randrange(10)}
            rows.append(new | {"date_created_gmt": at.isoformat()})
        elif name == "products":
            rows[place] = row | {"name": f"Renamed {rng.randrange(1_000)}"}
        else:
            rows[place] = row | {"status": rng.choice(("processing", "completed", "on-hold"))}

    return fake, change


def _shopify() -> tuple[Any, Callable[[random.Random], None]]:
    back = (Back(((0, 1),)), Back(((1, 1),), after_days=4))
    orders = [
        made.order(n, (Bought(n % 17 + 1, 2), Bought(n % 5 + 20)), refunds=back[: n % 3])
        for n in range(1, 61)
    ]
    fake = FakeShopify([made.product(n) for n in range(1, 91)], orders)
    numbers = iter(range(1_000, 10**6))

    def change(rng: random.Random) -> None:
        name = rng.choice(("products", "orders", "orders"))
        rows = fake.lists[name]
        row = rng.choice(rows)
        kind = rng.random()
        if kind < 0.1 and len(rows) > 20:
            rows.remove(row)
        elif kind < 0.25:
            number = next(numbers)
            at = fake.now() - timedelta(seconds=1)
            new = made.product(number) if name == "products" else made.order(number, at=at)
            rows.append(new | {"updatedAt": stamp(fake.now())})
        elif name == "products":
            fake.touch(row, title=f"Renamed {rng.randrange(1_000)}")
        elif kind < 0.5:
            number = int(row["id"].rpartition("/")[2])
            now = fake.now()
            (one,) = made.order(number, at=now, refunds=(Back(((0, 1),), after_days=0),))["refunds"]
            one["id"] = made.gid("Refund", next(numbers))
            one["order"] = row
            row["refunds"].append(one)
            fake.touch(row, displayFinancialStatus="PARTIALLY_REFUNDED")
        else:
            fake.touch(row, displayFinancialStatus=rng.choice(("PAID", "PENDING", "AUTHORIZED")))

    return fake, change


SHOPS: dict[Platform, Callable[[], tuple[Any, Callable[[random.Random], None]]]] = {
    "woocommerce": _woocommerce,
    "shopify": _shopify,
}


def _client(platform: Platform, url: str, seed: int) -> Shop:
    limits = http.Limits(connect_s=2, read_s=READ_S, tries=2, longest_wait_s=2)
    session = http.Session(allow_private=True, limits=limits, sleep=lambda seconds: None)
    if platform == "woocommerce":
        pace = Pace(page_rows=13, window_rows=40)
        return WooCommerce(url, KEY, SECRET, allow_private=True, session=session, pace=pace)
    # Each other shop is read in bulk.
    bulk = ShopifyPace(bulk_above=30 if seed % 2 else 10_000, ask_s=0.001, bulk_rows=20)
    return Shopify(
        url, lambda refused: "token-1", session=session, pace=bulk, sleep=lambda seconds: None
    )


# --- syncing it ----------------------------------------------------------------------------------


@contextmanager
def shop_in_trouble(platform: Platform, seed: int) -> Iterator[tuple[Disturbed, str]]:
    fake, change = SHOPS[platform]()
    rng = random.Random(seed)
    fake.clock_s = rng.choice((0, 0, -540, 540, 45))  # either clock may be wrong
    trouble = Disturbed(fake, change, seed)
    with served(trouble) as url:
        fake.url = fake.home = url
        yield trouble, url


def new_shop(store: Store, platform: Platform, name: str) -> shops.Shop:
    with writing(store.engine) as connection:
        facts = ShopFacts(name, "https://shop.example", "GBP", "UTC")
        return shops.by_id(
            connection, add_shop(connection, store.ring, platform, facts, {"url": "x"}, NOW)[0]
        )


def sync(store: Store, shop: shops.Shop, url: str, seed: int, *, sweep: bool = False) -> None:
    platform: Platform = shop.platform  # type: ignore[assignment]
    before, together = syncing.CONNECTORS[platform], syncing.TOGETHER
    syncing.CONNECTORS[platform] = lambda *_: _client(platform, url, seed)
    # Each page by itself, a few together, or as many as come within a second.
    syncing.TOGETHER = (1, 60, together)[seed % 3]
    try:
        patience = syncing.Patience(times=3, longest_s=0)
        syncing.sync(store, shop, lambda *_: None, sweep=sweep, patience=patience)
    finally:
        syncing.CONNECTORS[platform], syncing.TOGETHER = before, together


def disturbed(store: Store, shop: shops.Shop, trouble: Disturbed, url: str, seed: int) -> list[str]:
    """How each process ended: killed, failed, through."""
    ends: list[str] = []
    kills = KILLS
    trouble.quiet, trouble.faults = False, FAULTS
    while not ends or ends[-1] != "through" or kills:
        trouble.dies_in = trouble.rng.randint(1, 30) if kills else 0
        child = os.fork()
        if not child:
            _as_child(store, shop, url, seed)
        trouble.victim = child
        _, how = os.waitpid(child, 0)
        trouble.victim = 0
        if os.WIFSIGNALED(how):
            assert os.WTERMSIG(how) == signal.SIGKILL
            kills -= 1
            ends.append("killed")
        else:
            assert os.WEXITSTATUS(how) in (0, 3), "the sync ended in a way nobody foresaw"
            ends.append("through" if os.WEXITSTATUS(how) == 0 else "failed")
        if len(ends) > 20:
            trouble.faults = 0
    trouble.quiet = True
    return ends


def _as_child(store: Store, shop: shops.Shop, url: str, seed: int) -> None:
    """Never returns. Its own connections: those of its parent are not to be shared."""
    code = 9
    try:
        own = Store(engines.open(store.engine.url), store.ring, store.settings)
        sync(own, shop, url, seed)
        code = 0
    except ConnectorError:
        code = 3
    finally:
        os._exit(code)


def rows(store: Store, shop_id: int) -> list[list[tuple[Any, ...]]]:
    """All that a sync leaves of what is still there, without keys that the database chose."""
    p, o, line, r, back = (
        tables.Product, tables.Order, tables.OrderLine, tables.Refund, tables.RefundLine,
    )  # fmt: skip
    asked = [
        select(
            p.external_id, p.title, p.url, p.price_minor, p.image_url, p.in_stock, p.withheld,
            p.cart_id, p.updated_at,
        ).where(p.shop_id == shop_id, p.withheld.not_in(("unknown", "deleted")))
        .order_by(p.external_id),
        select(
            o.external_id, o.placed_at, o.updated_at, o.status, o.source, o.total_minor,
            line.external_id, line.quantity, line.gross_minor, line.discount_minor, line.tax_minor,
        ).join(line, line.order_id == o.id)
        .where(o.shop_id == shop_id, o.platform_status != "deleted")
        .order_by(o.external_id, line.external_id),
        select(
            r.external_id, r.order_external_id, r.refunded_at, r.total_minor, r.tax_minor,
            back.line_external_id, back.quantity, back.amount_minor,
        ).outerjoin(back, back.refund_id == r.id)
        .where(r.shop_id == shop_id)
        .order_by(r.external_id, back.position),
    ]  # fmt: skip
    with reading(store.engine) as connection:
        return [[tuple(row) for row in connection.execute(one)] for one in asked]
