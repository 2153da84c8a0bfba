"""What changes when a shop tells of its products: rows, variants, categories and ready cards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, delete, select, update

from store import tables
from store.engine import CHUNK, literal_in
from store.records import Product
from store.upsert import insert, newest
from store.writes import rules

_OLDEST = datetime(1970, 1, 1, tzinfo=UTC)

# Literal, as what a shelf reads is. The first is asked with every page of orders: an index answers
# it without a look at the rows.
_KEYS = "SELECT external_id, id FROM products WHERE shop_id = ? AND external_id IN (...)"
_DATED = (
    "SELECT external_id, id, updated_at FROM products WHERE shop_id = ? AND external_id IN (...)"
)


def save_products(connection: Connection, shop_id: int, products: Sequence[Product]) -> int:
    """Save what a shop told; returns how many were new or newer than what we had.

    Saving twice is saving once; an older copy never overwrites a newer one.
    """
    latest = newest(products)
    if not latest:
        return 0
    _upsert(connection, shop_id, latest.values())
    keys = product_keys(connection, shop_id, list(latest))
    won = [p for p in latest.values() if keys[p.id][1] == p.updated_at]
    if not won:
        return 0
    ids = [keys[p.id][0] for p in won]
    for table in (tables.Variant, tables.ProductCategory):
        connection.execute(
            delete(table).where(table.product_id == bindparam("gone")), [{"gone": i} for i in ids]
        )
    _insert_parts(connection, shop_id, [(keys[p.id][0], p) for p in won])
    _save_cards(connection, [(keys[p.id][0], p) for p in won])
    rules.rematch(connection, shop_id, ids)
    return len(won)


def product_keys(
    connection: Connection, shop_id: int, external_ids: Sequence[str]
) -> dict[str, tuple[int, datetime]]:
    """The store's key and the last change of each product that we know."""
    found = literal_in(connection, _DATED, (shop_id,), external_ids)
    return {external: (key, tables.from_micros(at)) for external, key, at in found}


def ensure_products(
    connection: Connection, shop_id: int, named: dict[str, str], currency: str
) -> dict[str, int]:
    """Keys of the products that orders name (id -> title), making a withheld row where needed.

    Such a row has the oldest date there is, so the first real copy replaces it.
    """
    ids = list(named)
    known = _keys(connection, shop_id, ids)
    missing = [
        _row(
            shop_id,
            Product(
                id=external,
                title=title or external,
                currency=currency,
                updated_at=_OLDEST,
                in_stock=False,
                withheld="unknown",
            ),
        )
        for external, title in named.items()
        if external not in known
    ]
    if missing:
        statement = insert(connection, tables.Product).on_conflict_do_nothing()
        connection.execute(statement, missing)
        known = _keys(connection, shop_id, ids)
    return known


def _keys(connection: Connection, shop_id: int, ids: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = dict(literal_in(connection, _KEYS, (shop_id,), ids))
    return found


def withdraw_products(
    connection: Connection, shop_id: int, external_ids: Sequence[str], why: str
) -> None:
    """Never show these again (deleted, trashed), until the shop tells of them anew."""
    p, c = tables.Product, tables.Card
    for start in range(0, len(external_ids), CHUNK):
        some = external_ids[start : start + CHUNK]
        chosen = (p.shop_id == shop_id) & p.external_id.in_(some)
        connection.execute(update(p).where(chosen).values(withheld=why))
        connection.execute(
            update(c).where(c.product_id.in_(select(p.id).where(chosen))).values(sellable=False)
        )


def save_groups(connection: Connection, groups: dict[int, int]) -> None:
    """Which near-duplicates share one place on a shelf: product key -> group key."""
    c = tables.Card
    if groups:
        connection.execute(
            update(c).where(c.product_id == bindparam("p")).values(group_key=bindparam("g")),
            [{"p": product, "g": group} for product, group in groups.items()],
        )


def _row(shop_id: int, product: Product) -> dict[str, Any]:
    image = product.image
    return {
        "shop_id": shop_id,
        "external_id": product.id,
        "title": product.title,
        "url": product.url,
        "vendor": product.vendor,
        "product_type": product.product_type,
        "tags": list(product.tags),
        "price_minor": product.price_minor,
        "compare_at_minor": product.compare_at_minor,
        "cost_minor": product.cost_minor,
        "price_varies": product.price_varies,
        "currency": product.currency,
        "image_url": image.url if image else "",
        "image_width": image.width if image else None,
        "image_height": image.height if image else None,
        "in_stock": product.in_stock,
        "withheld": product.withheld,
        "cart_id": product.cart_id,
        "published_at": product.published_at,
        "updated_at": product.updated_at,
    }


def _upsert(connection: Connection, shop_id: int, products: Any) -> None:
    rows = [_row(shop_id, product) for product in products]
    statement = insert(connection, tables.Product)
    told = statement.excluded
    kept = ("shop_id", "external_id")
    statement = statement.on_conflict_do_update(
        index_elements=kept,
        set_={name: told[name] for name in rows[0] if name not in kept},
        where=told.updated_at >= tables.Product.updated_at,
    )
    connection.execute(statement, rows)


def _insert_parts(connection: Connection, shop_id: int, won: Sequence[tuple[int, Product]]) -> None:
    variants = [
        {
            "product_id": key,
            "external_id": variant.id,
            "title": variant.title,
            "price_minor": variant.price_minor,
            "in_stock": variant.in_stock,
        }
        for key, product in won
        for variant in {v.id: v for v in product.variants}.values()
    ]
    if variants:
        connection.execute(insert(connection, tables.Variant), variants)
    memberships = [
        {"product_id": key, "position": position, "category_id": category.id}
        for key, product in won
        for position, category in enumerate(product.categories)
    ]
    if memberships:
        connection.execute(insert(connection, tables.ProductCategory), memberships)
    named = {c.id: c for _, product in won for c in product.categories}
    if named:
        statement = insert(connection, tables.Category)
        statement = statement.on_conflict_do_update(
            index_elements=("shop_id", "external_id"),
            set_={"name": statement.excluded.name, "parent_id": statement.excluded.parent_id},
        )
        connection.execute(
            statement,
            [
                {
                    "shop_id": shop_id,
                    "external_id": category.id,
                    "name": category.name,
                    "parent_id": category.parent_id,
                }
                for category in named.values()
            ],
        )


def card_body(product: Product) -> str:
    """The product's JSON object on a shelf, without the closing brace: a reason follows it."""
    image = product.image
    item: dict[str, Any] = {
        "id": product.id,
        "title": product.title,
        "url": product.url,
        "image": image.url if image else None,
        "price_minor": product.price_minor,
        "compare_at_minor": product.compare_at_minor,
        "currency": product.currency,
        "variant": product.cart_id,
    }
    if product.price_varies:
        item["from"] = True
    if image and image.width and image.height:
        item |= {"width": image.width, "height": image.height}
    if image and image.srcset:
        item["srcset"] = image.srcset
    return orjson.dumps(item).decode()[:-1]


def _save_cards(connection: Connection, won: Sequence[tuple[int, Product]]) -> None:
    if not won:
        return
    statement = insert(connection, tables.Card)
    told = statement.excluded
    statement = statement.on_conflict_do_update(  # group_key stays what training made it
        index_elements=("product_id",),
        set_={"sellable": told.sellable, "body": told.body},
    )
    connection.execute(
        statement,
        [
            {
                "product_id": key,
                "external_id": product.id,
                "sellable": product.in_stock and not product.withheld,
                "group_key": key,
                "body": card_body(product),
            }
            for key, product in won
        ],
    )
