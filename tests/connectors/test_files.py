"""Are CSV files of every make read into the same records, and what cannot be read named by line?"""

from __future__ import annotations

import gzip
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import files
from connectors.errors import Misconfigured, Unreadable
from connectors.exports.share import share_out
from connectors.files import Reject
from store.records import Category, Order, Product

AT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path):
    def write(text: str | bytes, name: str = "file.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def orders(path, currency="GBP", timezone="UTC", **more) -> list[Order]:
    found = list(files.orders(path, currency, timezone, AT, **more))
    assert not [one for one in found if isinstance(one, Reject)]
    return found


def products(path, currency="GBP", timezone="UTC") -> list[Product]:
    found = list(files.products(path, currency, timezone, AT))
    assert not [one for one in found if isinstance(one, Reject)]
    return found


def rejects(found) -> list[tuple[int, str]]:
    return [(one.line, one.reason) for one in found if isinstance(one, Reject)]


# --- our plain form ------------------------------------------------------------------------------

ORDERS = """order_id,customer_id,placed_at,product_id,quantity,unit_price,currency,status,visitor_id
A1,c1,2026-03-01T10:00:00Z,p1,2,1.50,EUR,paid,0123456789abcdef
A1,c1,2026-03-01T10:00:00Z,p2,1,0.99,EUR,paid,0123456789abcdef
A2,,2026-03-01T12:00:00+02:00,p1,,3,,pending,
"""


def test_plain_orders_are_read_a_row_per_line(file) -> None:
    first, second = orders(file(ORDERS))
    assert (first.id, first.number, first.customer_id, first.currency) == ("A1", "A1", "c1", "EUR")
    assert first.placed_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert [(x.product_id, x.quantity, x.gross_minor) for x in first.lines] == [
        ("p1", 2, 300),
        ("p2", 1, 99),
    ]
    assert (first.total_minor, first.status, first.visitor) == (399, "paid", "0123456789abcdef")
    assert len({line.id for line in first.lines}) == 2
    assert (second.customer_id, second.visitor) == (None, None)
    assert (second.placed_at.hour, second.currency, second.status) == (10, "GBP", "placed")
    assert (second.lines[0].quantity, second.total_minor) == (1, 300)
    assert first.updated_at == AT  # a file speaks for the moment it is read in


def test_three_columns_are_enough(file) -> None:
    [order] = orders(file("order_id,placed_at,product_id\n1,2026-03-01,p1\n"), "JPY")
    assert (order.total_minor, order.status, order.currency) == (0, "paid", "JPY")
    assert order.lines[0].quantity == 1


def test_an_instant_without_an_offset_is_the_shops_own_time(file) -> None:
    path = file("order_id,placed_at,product_id\n1,2026-07-01 10:00:00,p1\n")
    assert orders(path, timezone="America/New_York")[0].placed_at.hour == 14
    assert orders(path, timezone="+05:30")[0].placed_at.hour == 4
    with pytest.raises(Misconfigured, match="no time zone called 'Mars/Base'"):
        orders(path, timezone="Mars/Base")


def test_pieces_times_price_are_rounded_once(file) -> None:
    path = file("order_id,placed_at,product_id,quantity,unit_price\n1,2026-01-01,p,8,0.125\n")
    assert orders(path)[0].total_minor == 100


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",2026-01-01,p,1,1", "order_id is empty"),
        ("1,,p,1,1", "placed_at is empty"),
        ("1,01/02/2026,p,1,1", "placed_at: '01/02/2026' is not an instant"),
        ("1,2062-01-01,p,1,1", "placed_at: '2062-01-01' lies in the future"),
        ("1,0001-01-01T00:00:00+14:00,p,1,1", "is not an instant"),
        ("1,2026-01-01,,1,1", "product_id is empty"),
        ("1,2026-01-01,p,-1,1", "quantity: '-1' is not at least one"),
        ("1,2026-01-01,p,0,1", "quantity: '0' is not at least one"),
        ("1,2026-01-01,p,many,1", "quantity: 'many' is not a number"),
        ("1,2026-01-01,p,NaN,1", "quantity: 'NaN' is not a number"),
        ("1,2026-01-01,p,5000000000,1", "is more than 1,000,000 pieces"),
        ('1,2026-01-01,p,1,"1,50"', "write decimals with a point"),
        ("1,2026-01-01,p,1,-2", "unit_price: '-2' is below zero"),
        ("1,2026-01-01,p,1,1,extra", "6 cells under 5 columns"),
        ("1,2026-01-01,\udce9,1,1", "not UTF-8"),
        ("1,2026-01-01," + "x" * 201 + ",1,1", "product_id is longer than 200"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_the_rest_is_read(file, row, reason) -> None:
    head = "order_id,placed_at,product_id,quantity,unit_price\n9,2026-01-01,p,1,1\n"
    text = f"{head}{row}\n10,2026-01-01,p,1,1\n"
    found = list(files.orders(file(text.encode("utf-8", "surrogateescape")), "GBP", "UTC", AT))
    [(line, said)] = rejects(found)
    assert line == 3
    assert reason in said
    assert [order.id for order in found if isinstance(order, Order)] == ["9", "10"]


def test_a_bad_line_leaves_the_rest_of_its_order(file) -> None:
    path = file(ORDERS.replace("p2,1,0.99", "p2,1,free"))
    found = list(files.orders(path, "GBP", "UTC", AT))
    assert rejects(found) == [(3, "unit_price: 'free' is not an amount")]
    assert [len(o.lines) for o in found if isinstance(o, Order)] == [1, 1]


def test_an_order_in_two_currencies_is_refused_where_it_changes(file) -> None:
    path = file(ORDERS.replace("0.99,EUR", "0.99,USD"))
    [(line, reason)] = rejects(files.orders(path, "GBP", "UTC", AT))
    assert (line, reason) == (3, "currency: the order began in EUR, and has only one")


def test_rows_of_an_order_need_not_stand_together(file) -> None:
    together = orders(file(ORDERS))
    lines = ORDERS.splitlines()
    apart = orders(file("\n".join([lines[0], lines[1], lines[3], lines[2]]), "apart.csv"))
    assert sorted(apart, key=lambda o: o.id) == together


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_every_make_of_csv_is_the_same(file, separator, ends, mark, pack) -> None:
    text = mark + ORDERS.replace(",", separator).replace("\n", ends)
    assert orders(file(pack(text.encode()), "any name")) == orders(file(ORDERS, "as usual"))


def test_quoted_newlines_and_short_rows_are_read_and_lines_still_counted(file) -> None:
    path = file('product_id,title,tags\n1,"A\nB, ""C""",x|y\n2,D\n\n,E\n')
    found = list(files.products(path, "GBP", "UTC", AT))
    one, two = (p for p in found if isinstance(p, Product))
    assert (one.title, one.tags, two.title, two.tags) == ('A B, "C"', ("x", "y"), "D", ())
    assert rejects(found) == [(6, "product_id is empty")]


def test_a_quote_that_is_never_closed_does_not_take_memory_or_hide_itself(file) -> None:
    rows = "".join(f"{n},2026-01-01,p\n" for n in range(70_000))
    path = file(f'order_id,placed_at,product_id\nx,2026-01-01,"oh\n{rows}')
    found = rejects(files.orders(path, "GBP", "UTC", AT))
    assert any(reason.startswith("a quote is never closed") for _, reason in found)


def test_a_damaged_or_empty_or_unknown_file_is_named(file, tmp_path) -> None:
    whole = gzip.compress(ORDERS.encode() * 50)
    for text, said in [
        (whole[: len(whole) // 2], "breaks off or is damaged"),
        (b"", "the file is empty"),
        (ORDERS.encode("utf-16"), "UTF-16"),
        (b"a,b,c\n1,2,3\n", "not that of an order file we know"),
    ]:
        with pytest.raises(Unreadable, match=said):
            list(files.orders(file(text), "GBP", "UTC", AT))
    with pytest.raises(Misconfigured, match="cannot be opened"):
        files.orders(tmp_path / "nowhere.csv", "GBP")


def test_a_large_file_needs_no_more_memory_than_a_small_one(file) -> None:
    rows = "".join(
        f"{n // 10},c{n % 97},2026-01-01T{n // 900 % 24:02}:00:00Z,p{n % 501},1,{n % 40}.99\n"
        for n in range(10_000)
    )
    path = file("order_id,customer_id,placed_at,product_id,quantity,unit_price\n" + rows)
    tracemalloc.start()
    count = sum(1 for _ in files.orders(path, "GBP", "UTC", AT))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 1_000
    assert peak < 2 * 2**20


def test_plain_products_are_read(file) -> None:
    path = file(
        "product_id,title,vendor,product_type,tags,price,compare_at_price,currency,url,image_url,"
        "in_stock,published_at\n"
        "p1, Blue  mug ,Acme,Mugs,blue|gift,12.50,15,EUR,https://s/p1,https://s/p1.jpg,false,"
        "2026-01-01T00:00:00Z\n"
        "p2,Cup,,,,,,,,,,\n"
    )
    mug, cup = products(path)
    assert mug == Product(
        id="p1",
        title="Blue mug",
        currency="EUR",
        updated_at=AT,
        url="https://s/p1",
        vendor="Acme",
        product_type="Mugs",
        tags=("blue", "gift"),
        categories=(Category("Mugs", "Mugs"),),
        price_minor=1250,
        compare_at_minor=1500,
        image=mug.image,
        in_stock=False,
        published_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert mug.image
    assert mug.image.url == "https://s/p1.jpg"
    assert (cup.price_minor, cup.in_stock, cup.withheld, cup.currency) == (None, True, "", "GBP")


def test_a_product_that_stands_twice_is_read_once(file) -> None:
    found = list(files.products(file("product_id,title\n1,A\n2,B\n1,C\n"), "GBP", "UTC", AT))
    assert rejects(found) == [(4, "product 1 stood 2 lines above already")]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_with_a_reason(tmp_path_factory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "file"
    head = b"order_id,placed_at,product_id,quantity,unit_price\n"
    path.write_bytes(head + data)
    for one in files.orders(path, "GBP", "UTC", AT):
        assert isinstance(one, Order) or (one.reason and one.line > 1)


# --- Shopify -------------------------------------------------------------------------------------

SHOPIFY_PRODUCTS = """Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,\
Option1 Value,\
Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,\
Variant Compare At Price,Image Src,Gift Card,Status
tee,Plain tee,<p>x</p>,Acme,Shirts,"blue, cotton",true,Size,S,TEE-S,shopify,0,deny,20.00,25.00,\
https://s/t.jpg,false,active
tee,,,,,,,,M,TEE-M,shopify,3,deny,22.00,,,,
tee,,,,,,,,,,,,,,,https://s/t2.jpg,,
mug,Mug,,Acme,,,true,Title,Default Title,MUG,shopify,0,deny,9.99,,,false,active
old,Old lamp,,,,,true,,,LAMP,,,,5.00,,,false,archived
card,Gift card,,,,,true,,,,,,,10.00,,,true,active
off,Not online,,,,,false,,,,,,,10.00,,,false,active
"""

SHOPIFY_NEW = """Title,URL handle,Vendor,Type,Tags,Published on online store,Status,SKU,Price,\
Compare-at price,Inventory quantity,Continue selling when out of stock,Product image URL
Plain tee,tee,Acme,Shirts,,TRUE,Active,TEE-S,20.00,,1,DENY,https://s/t.jpg
,tee,,,,,,TEE-M,22.00,,0,DENY,
"""

SHOPIFY_ORDERS = """Name,Email,Financial Status,Currency,Subtotal,Shipping,Taxes,Total,\
Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,\
Lineitem discount,Cancelled at,Note Attributes,Id,Source
#1001,Ann@Example.com,paid,EUR,57.00,5.00,6.00,68.00,5.00,2026-02-01 10:00:00 -0500,2,\
Plain tee - S,20.00,TEE-S,0.00,,__alongside_v: 0123456789abcdef0123456789abcdef,5551,web
#1001,,,,,,,,,2026-02-01 10:00:00 -0500,1,Plain tee - M,22.00,TEE-M,0.00,,,,
#1002,bob@example.com,refunded,EUR,9.99,0.00,1.67,9.99,0.00,2026-02-02 10:00:00 -0500,1,Mug,9.99,,\
0.00,,,5552,pos
#1003,,pending,EUR,5.00,0.00,0.00,5.00,0.00,2026-02-03 10:00:00 -0500,1,Mystery,5.00,,0.00,\
2026-02-04 10:00:00 -0500,,5553,1424624
"""


def test_shopifys_products_are_read(file) -> None:
    tee, mug, old, card, off = products(file(SHOPIFY_PRODUCTS))
    assert (tee.id, tee.title, tee.vendor, tee.tags) == (
        "tee",
        "Plain tee",
        "Acme",
        ("blue", "cotton"),
    )
    assert (tee.price_minor, tee.compare_at_minor, tee.price_varies) == (2000, 2500, True)
    assert tee.in_stock
    assert tee.categories == (Category("Shirts", "Shirts"),)
    assert (mug.in_stock, mug.withheld) == (False, "")
    assert [old.withheld, card.withheld, off.withheld] == ["archived", "gift card", "hidden"]
    [new] = products(file(SHOPIFY_NEW, "new.csv"))
    assert (new.id, new.price_minor, new.price_varies, new.in_stock) == ("tee", 2000, True, True)


def test_shopifys_orders_are_read_and_reconcile_to_the_penny(file) -> None:
    catalogue = file(SHOPIFY_PRODUCTS, "products.csv")
    paid, taxed, gone = orders(file(SHOPIFY_ORDERS), products=catalogue)
    assert (paid.id, paid.number, paid.email) == ("5551", "#1001", "ann@example.com")
    assert paid.placed_at == datetime(2026, 2, 1, 15, tzinfo=UTC)
    assert [line.product_id for line in paid.lines] == ["tee", "tee"]
    assert [line.gross_minor for line in paid.lines] == [4000, 2200]
    assert sum(line.discount_minor for line in paid.lines) == paid.discount_minor == 500
    assert (paid.total_minor, paid.fees_minor, paid.visitor) == (6800, 0, "0123456789abcdef" * 2)
    assert (taxed.status, taxed.source) == ("paid", "pos")
    # Prices with tax: what the line is worth is without it.
    assert (taxed.lines[0].gross_minor, taxed.tax_minor, taxed.total_minor) == (832, 167, 999)
    assert taxed.lines[0].product_id == "mug"
    assert (gone.status, gone.source, gone.lines[0].product_id) == ("cancelled", "manual", None)
    for order in (paid, taxed, gone):
        net = sum(line.gross_minor - line.discount_minor for line in order.lines)
        rest = order.tax_minor + order.shipping_minor + order.fees_minor
        assert order.total_minor == net + rest


def test_orders_that_name_only_titles_need_the_products_file(file) -> None:
    with pytest.raises(Misconfigured, match="--products"):
        files.orders(file(SHOPIFY_ORDERS), "EUR")
    plain = file("product_id,title\n1,A\n", "plain.csv")
    with pytest.raises(Misconfigured, match="holds no SKUs"):
        files.orders(file(SHOPIFY_ORDERS), "EUR", products=plain)


@given(st.integers(0, 10**6), st.lists(st.integers(-5, 10**5), min_size=1, max_size=12))
def test_what_is_shared_out_adds_up(amount: int, weights: list[int]) -> None:
    parts = share_out(amount, weights)
    assert sum(parts) == amount
    assert min(parts) >= 0
    whole = sum(max(0, w) for w in weights)
    for part, weight in zip(parts, weights, strict=True):
        assert not whole or abs(part - amount * max(0, weight) / whole) < 1


# --- WooCommerce ---------------------------------------------------------------------------------

WOO_PRODUCTS = """ID,Type,SKU,Name,Published,"Visibility in catalog","Date sale price starts",\
"Date sale price ends","In stock?",Stock,"Sale price","Regular price",Categories,Tags,Images,\
Parent,"External URL",Brands
10,simple,MUG,Blue &amp; <b>white</b> mug,1,visible,,,1,,8.00,10.00,"Kitchen > Mugs, Gifts","a, b",\
"https://s/1.jpg, https://s/2.jpg",,,Acme
11,simple,OLD,Ended sale,1,visible,2026-01-01,2026-02-01,0,,8.00,10.00,,,,,,
12,variable,TEE,Tee,1,visible,,,1,,,,Shirts,,,,,
13,variation,TEE-S,Tee - S,1,visible,,,0,,,20.00,,,,id:12,,
14,variation,TEE-M,Tee - M,1,visible,,,backorder,,18.00,22.00,,,,TEE,,
15,variation,X,Lost,1,visible,,,1,,,22.00,,,,id:999,,
16,"simple, virtual",,Draft,-1,visible,,,1,,,5,,,,,,
17,simple,,Private,0,visible,,,1,,,5,,,,,,
18,simple,,Hidden,1,hidden,,,1,,,5,,,,,,
19,external,,Elsewhere,1,visible,,,1,,,5,,,,,https://x,
20,simple,,No price,1,visible,,,1,,,,,,,,,
21,variable,,No variation,1,visible,,,1,,,,,,,,,
22,simple,,Comma,1,visible,,,1,,,"5,00",,,,,,
"""


def test_woocommerces_products_are_read(file) -> None:
    found = list(files.products(file(WOO_PRODUCTS), "GBP", "UTC", AT))
    assert [line for line, _ in rejects(found)] == [14, 7]  # a comma price, a lost variation
    by_id = {p.id: p for p in found if isinstance(p, Product)}
    mug, tee = by_id["10"], by_id["12"]
    assert (mug.title, mug.vendor, mug.tags) == ("Blue & white mug", "Acme", ("a", "b"))
    assert (mug.price_minor, mug.compare_at_minor, mug.cart_id) == (800, 1000, "10")
    assert [c.id for c in mug.categories] == ["Kitchen > Mugs", "Kitchen", "Gifts"]
    assert mug.categories[0].parent_id == "Kitchen"
    assert (by_id["11"].price_minor, by_id["11"].compare_at_minor) == (1000, None)
    assert (tee.price_minor, tee.compare_at_minor, tee.price_varies) == (1800, 2200, True)
    assert (tee.in_stock, tee.cart_id) == (True, None)
    assert {id: by_id[id].withheld for id in ("16", "17", "18", "19", "20", "21")} == {
        "16": "draft",
        "17": "private",
        "18": "hidden",
        "19": "external",
        "20": "not for sale",
        "21": "not for sale",
    }


WOO_ORDERS = """order_id,order_date,status,customer_id,billing_email,order_currency,order_total,\
total_tax,shipping_total,item_product_id,item_name,item_quantity,item_subtotal,item_total,item_total_tax
501,2026-03-01 09:00:00,completed,7,A@example.com,GBP,31.00,3.00,2.00,10,Mug,2,20.00,18.00,2.00
501,2026-03-01 09:00:00,completed,7,A@example.com,GBP,31.00,3.00,2.00,12,Tee,1,8.00,8.00,1.00
502,2026-03-02 09:00:00,wc-pending,0,b@example.com,GBP,10.00,,,0,Deleted,1,10.00,10.00,0
"""

ADVANCED = """Order Number,Order Status,Order Date,Email (Billing),Order Total Amount,\
Order Shipping Amount,Order Total Tax Amount,SKU,Item Name,Quantity (- Refund),Item Cost
600,Processing,2026-03-03 10:00,c@example.com,26.00,0,0,TEE-S,Tee - S,1,20.00
,,,,,,,MUG,Mug,1,6.00
"""


def test_the_usual_order_exports_of_woocommerce_are_read(file) -> None:
    first, second = orders(file(WOO_ORDERS))
    assert (first.customer_id, first.email, first.status) == ("7", "a@example.com", "paid")
    assert [(x.product_id, x.gross_minor, x.discount_minor) for x in first.lines] == [
        ("10", 2000, 200),
        ("12", 800, 0),
    ]
    assert (first.total_minor, first.tax_minor, first.shipping_minor) == (3100, 300, 200)
    assert first.fees_minor == 0
    assert (second.customer_id, second.status) == (None, "placed")
    assert (second.lines[0].product_id, second.lines[0].title) == (None, "Deleted")


def test_an_export_with_skus_finds_its_products_in_the_product_export(file) -> None:
    catalogue = file(WOO_PRODUCTS, "products.csv")
    [order] = orders(file(ADVANCED), products=catalogue)
    assert (order.id, order.status, order.total_minor) == ("600", "paid", 2600)
    assert [line.product_id for line in order.lines] == ["12", "10"]
    with pytest.raises(Misconfigured, match="--products"):
        files.orders(file(ADVANCED), "GBP")
