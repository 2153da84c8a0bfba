"""What `flask import` saves of files; how they are read is `tests/connectors/test_files.py`'s."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from scheduler.importing import import_orders, import_products
from store import tables
from store.engine import reading, writing
from store.opening import Store
from store.reads import shops
from store.records import ShopFacts
from store.writes.shops import add_shop
from tests.shops import NOW

PRODUCTS = """\
Handle,Title,Vendor,Type,Tags,Published,Variant SKU,Variant Price,Status
mug,Red mug,Acme,Mug,,true,M1,5.00,active
"""
ORDERS = """\
Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Created at,\
Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku
#1001,a@shop.example,paid,2026-11-01 10:00:00 +0100,EUR,5.00,0,0,5.00,2026-11-01 10:00:00 +0100,\
1,Red mug,5.00,M1
"""


def quiet(stream: str, read: int, total: int | None) -> None:
    """Nobody watches."""


def test_shopifys_orders_find_their_products_by_sku(store: Store, tmp_path: Path) -> None:
    products, orders = tmp_path / "products.csv", tmp_path / "orders.csv"
    products.write_text(PRODUCTS)
    orders.write_text(ORDERS)
    with writing(store.engine) as connection:
        facts = ShopFacts("Files", "", "EUR", "Europe/Berlin")
        shop_id, _ = add_shop(connection, store.ring, "files", facts, {}, NOW)
    with reading(store.engine) as connection:
        shop = shops.by_id(connection, shop_id)

    assert import_products(store, shop, products, None, quiet).saved == 1
    assert import_orders(store, shop, orders, products, None, quiet).saved == 1

    line, product = tables.OrderLine, tables.Product
    with reading(store.engine) as connection:
        bought = connection.scalars(
            select(product.title).join(line, line.product_id == product.id)
        ).all()
    assert bought == ["Red mug"]
