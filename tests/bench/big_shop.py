"""A shop of any size for the benches: products, cards and lists written as rows, nothing trained.

Every product has three lists of 24 random others, which is the worst case for a cache: nothing
that two requests read lies close together.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import numpy as np
import orjson
from sqlalchemy import Connection, Engine, select

from store import schema, tables
from store.engine import reading, writing
from store.keys import Ring
from store.reads import shops
from store.records import LIST_WIDTH, ShopFacts, slot
from store.tables import to_micros
from store.writes import experiments, models
from store.writes.shops import add_shop

STRATEGIES = ("blend", "bought_together", "similar", "bestseller")
CATEGORIES = 50
BATCH = 20_000
PRODUCT = """
id shop_id external_id title url vendor product_type tags price_minor compare_at_minor price_varies
currency image_url image_width image_height in_stock withheld cart_id published_at updated_at
"""
_ENTRY = np.dtype([("product", "<i8"), ("score", "<f4"), ("support", "<i4"), ("strength", "<f4")])


def external(number: int) -> str:
    """A product's id as Shopify writes them."""
    return str(7_000_000_000_000 + 137 * number)


def make(engine: Engine, ring: Ring, products: int, *, tested: bool = True) -> shops.Shop:
    """An empty store becomes one with a shop of so many products, a model live and a test on it."""
    schema.upgrade(engine)
    now = datetime.now(UTC)
    with writing(engine) as connection:
        facts = ShopFacts("Big shop", "https://shop.example", "GBP", "Europe/London")
        shop_id, _ = add_shop(connection, ring, "files", facts, {}, now)
        model, _ = models.begin_model(connection, shop_id, now, "", 0, now)
    _pour(engine, "products", PRODUCT, _products(shop_id, products, to_micros(now)))
    categories = ((shop_id, f"c{n}", f"Kind {n}", None) for n in range(CATEGORIES))
    _pour(engine, "categories", "shop_id external_id name parent_id", categories)
    main = ((n, 0, f"c{n % CATEGORIES}") for n in _keys(products))
    _pour(engine, "product_categories", "product_id position category_id", main)
    _pour(engine, "cards", "product_id external_id sellable group_key body", _cards(products))
    _pour(engine, "lists", "model_id slot entries", _lists(model, products))
    with writing(engine) as connection:
        models.finish_model(connection, model, (), [("also_bought", "promoted", "", STRATEGIES)])
        models.publish(connection, shop_id, "also_bought", model, STRATEGIES, "bench", now)
        if tested:
            _start_test(connection, shop_id, now)
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("PRAGMA optimize")
    with reading(engine) as connection:
        return shops.by_id(connection, shop_id)


def _start_test(connection: Connection, shop_id: int, now: datetime) -> None:
    experiments.start_experiment(
        connection,
        shop_id,
        placement="also_bought",
        against="bestsellers",
        metric="cvr",
        started_at=now - timedelta(minutes=1),
        ends_at=now + timedelta(days=28),
        window_s=7 * 86_400,
        cap_minor=None,
        planned_visitors=1_000,
        planned_conversions=30,
    )


def _keys(products: int) -> range:
    return range(1, products + 1)


def _products(shop_id: int, products: int, now: int) -> Iterator[tuple[Any, ...]]:
    for n in _keys(products):
        yield (
            n, shop_id, external(n), _title(n), _url(n), "Maker", "Lamp", "[]", 1_295, None, False,
            "GBP", "", None, None, True, "", str(n), None, now,
        )  # fmt: skip


def _title(n: int) -> str:
    return f"Lamp of glass and oak, number {n}"


def _url(n: int) -> str:
    return f"https://shop.example/products/lamp-of-glass-and-oak-number-{n}"


def _cards(products: int) -> Iterator[tuple[Any, ...]]:
    for n in _keys(products):
        item = {
            "id": external(n), "title": _title(n), "url": _url(n),
            "image": f"https://cdn.shop.example/files/lamp-{n}.jpg", "price_minor": 1_295,
            "compare_at_minor": None, "currency": "GBP", "variant": str(n),
        }  # fmt: skip
        yield n, external(n), n % 40 != 0, n, orjson.dumps(item).decode()[:-1]


def _lists(model: int, products: int) -> Iterator[tuple[int, str, bytes]]:
    random = np.random.default_rng(7)
    ordered = sorted(map(str, _keys(products)))  # as the key sorts them: the table is written once
    shops_own = [f"bestseller:{end}" for end in ("", *(f"c{n}" for n in range(CATEGORIES)))]
    yield from _packed(model, sorted(shops_own), products, random)
    for strategy in ("blend", "bought_together", "similar"):
        for start in range(0, products, BATCH):
            names = [slot(strategy, key) for key in ordered[start : start + BATCH]]  # type: ignore[arg-type]
            yield from _packed(model, names, products, random)


def _packed(
    model: int, names: list[str], products: int, random: np.random.Generator
) -> Iterator[tuple[int, str, bytes]]:
    rows = np.empty((len(names), LIST_WIDTH), _ENTRY)
    rows["product"] = random.integers(1, products + 1, rows.shape)
    rows["score"] = np.sort(random.random(rows.shape, np.float32))[:, ::-1]
    rows["support"] = random.integers(3, 400, rows.shape)
    rows["strength"] = 1.5
    for name, row in zip(names, rows, strict=True):
        yield model, name, row.tobytes()


def _pour(engine: Engine, table: str, columns: str, rows: Iterator[tuple[Any, ...]]) -> None:
    names = columns.split()
    mark = "?" if engine.dialect.paramstyle == "qmark" else "%s"
    statement = (
        f"INSERT INTO {table} ({', '.join(names)}) "  # noqa: S608 - our own names
        f"VALUES ({', '.join([mark] * len(names))})"
    )
    while batch := list(islice(rows, BATCH)):
        with writing(engine) as connection:
            connection.exec_driver_sql(statement, batch)


def running_experiment(connection: Connection, shop_id: int) -> int | None:
    e = tables.Experiment
    return connection.scalar(select(e.id).where(e.shop_id == shop_id, e.stopped_at.is_(None)))
