"""What `flask import` saves of files; how they are read is `tests/connectors/test_files.py`'s."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from scheduler.importing import import_orders, import_products
from store import tables
from store.engine import reading, writing
from store.opening import Store
from store.reads import shops
from store.reads.shops import Shop
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


def files_shop(store: Store) -> Shop:
    with writing(store.engine) as connection:
        facts = ShopFacts("Files", "", "EUR", "Europe/Berlin")
        shop_id, _ = add_shop(connection, store.ring, "files", facts, {}, NOW)
    with reading(store.engine) as connection:
        return shops.by_id(connection, shop_id)


def test_shopifys_orders_find_their_products_by_sku(store: Store, tmp_path: Path) -> None:
    products, orders = tmp_path / "products.csv", tmp_path / "orders.csv"
    products.write_text(PRODUCTS)
    orders.write_text(ORDERS)
    shop = files_shop(store)
    assert import_products(store, shop, products, None, quiet).saved == 1
    assert import_orders(store, shop, orders, products, None, quiet).saved == 1

    line, product = tables.OrderLine, tables.Product
    with reading(store.engine) as connection:
        bought = connection.scalars(
            select(product.title).join(line, line.product_id == product.id)
        ).all()
    assert bought == ["Red mug"]


def test_rows_that_cannot_be_read_are_written_with_the_reason_and_without_the_person(
    store: Store, tmp_path: Path
) -> None:
    shop = files_shop(store)
    orders, rejects = tmp_path / "orders.csv", tmp_path / "rejects.csv"
    orders.write_text(
        "order_id,customer_id,placed_at,product_id,quantity,note\n"
        "1,eve@shop.example,2026-11-01,mug,many,leave it with Eve\n"
        "2,eve@shop.example,2026-11-01,mug,1,\n"
        "3,2026-11-01,mug,eve@shop.example,eve@shop.example,\n"
        "4,Eve,2026-11-01,mug,1,a,b,c\n"
        "6,Eve,2026-11-01,mug,eve@shop.example,\n"
    )
    done = import_orders(store, shop, orders, None, rejects, quiet)
    assert (done.read, done.rejected, done.rejects) == (1, 4, rejects)
    assert sorted(rejects.read_text().splitlines()) == [
        "2,quantity: 'many' is not a number,1,,2026-11-01,mug,many,",
        "4,placed_at: 'mug' is not an instant like 2026-01-31T10:00:00Z,3,,mug,,,",
        "5,8 cells under 6 columns",
        "6,quantity: '(an address)' is not a number,6,,2026-11-01,mug,,",
        "line,reason,order_id,customer_id,placed_at,product_id,quantity,note",
    ]


def test_a_product_that_cannot_be_read_is_written_whole(store: Store, tmp_path: Path) -> None:
    products = tmp_path / "products.csv"
    products.write_text("product_id,title,price\n1,Mug,free\n2,Jug,2.00\n")
    done = import_products(store, files_shop(store), products, None, quiet)
    assert done.rejects is not None
    assert done.rejects.read_text().splitlines() == [
        "line,reason,product_id,title,price",
        "2,price: 'free' is not an amount,1,Mug,free",
    ]
