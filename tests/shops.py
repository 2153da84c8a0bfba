"""A small shop for tests: made orders with a pattern to find, synced, trained, ready to be asked.

Products p0 .. p39 come in pairs that are bought together (p0 with p1, p2 with p3, ...); lower pairs
sell more; p39 is sold out, p38 hidden. Customers c0 .. c59 buy every few days for 120 days.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from scheduler.train import train
from store import settings
from store.engine import reading, writing
from store.keys import Ring
from store.opening import Store
from store.reads import shops
from store.records import Category, Image, Order, OrderLine, Product, ShopFacts
from store.writes import catalogue, orders
from store.writes.shops import add_shop

SECRET = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
NAME = "Small shop"
NOW = datetime.now(UTC).replace(microsecond=0)
LAMPS, VASES = Category("10", "Lamps"), Category("20", "Vases")


def open_store(engine: Engine) -> Store:
    made = settings.Settings(
        database_url=str(engine.url.render_as_string(hide_password=False)),
        secret_keys=SECRET,  # type: ignore[arg-type] # as the environment gives it
        storefront_rate="off",
        _env_file=None,  # type: ignore[call-arg]
    )
    return Store(engine, Ring([SECRET]), made)


def product(number: int, **changes: object) -> Product:
    kind, category = ("Lamp", LAMPS) if number % 4 < 2 else ("Vase", VASES)
    facts: dict[str, object] = {
        "id": f"p{number}",
        "title": f"{kind} of {'glass oak clay steel wool'.split()[number % 5]} no {number}",
        "currency": "GBP",
        "updated_at": NOW - timedelta(days=200),
        "url": f"https://shop.example/p{number}",
        "categories": (category,),
        "price_minor": 500 + 25 * number,
        "image": Image(f"https://shop.example/p{number}.svg", 600, 600),
        "in_stock": number != 39,
        "withheld": "hidden" if number == 38 else "",
        "cart_id": f"p{number}",
    }
    return Product(**(facts | changes))  # type: ignore[arg-type]


def made_orders(count: int = 600, seed: int = 7) -> list[Order]:
    random_ = random.Random(seed)
    found = []
    for number in range(count):
        pair = min(int(random_.expovariate(0.25)), 19)
        bought = {2 * pair, 2 * pair + 1}
        if random_.random() < 0.3:
            bought.add(random_.randrange(40))
        at = NOW - timedelta(days=120) * (1 - number / count) - timedelta(hours=1)
        lines = tuple(OrderLine(f"{number}-{p}", f"p{p}", 1, 500 + 25 * p) for p in sorted(bought))
        found.append(
            Order(
                id=f"o{number}",
                placed_at=at,
                updated_at=at,
                currency="GBP",
                status="paid",
                total_minor=sum(line.gross_minor for line in lines),
                lines=lines,
                customer_id=f"c{number % 60}" if number % 4 else None,
            )
        )
    return found


def add_empty(store: Store, name: str) -> int:
    """A shop without anything; its row's id."""
    facts = ShopFacts(name, "https://shop.example", "GBP", "Europe/London")
    with writing(store.engine) as connection:
        return add_shop(connection, store.ring, "files", facts, {}, NOW)[0]


def fill(
    store: Store, name: str = NAME, *, trained: bool = True, orders_seed: int = 7
) -> shops.Shop:
    """The shop in this store, with its products and orders, and its first model."""
    with writing(store.engine) as connection:
        facts = ShopFacts(name, "https://shop.example", "GBP", "Europe/London")
        shop_id, _ = add_shop(connection, store.ring, "files", facts, {}, NOW)
        pepper = shops.keys(connection, store.ring, shop_id, NOW).pepper
        catalogue.save_products(connection, shop_id, [product(n) for n in range(40)])
        made = made_orders(seed=orders_seed)
        orders.save_orders(connection, shop_id, pepper, made)
    with reading(store.engine) as connection:
        shop = shops.by_id(connection, shop_id)
    if trained:
        train(store, shop, lambda step: None)
    return shop
