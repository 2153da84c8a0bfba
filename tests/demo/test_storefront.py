"""A shopper's way through the pages, and what of it reaches the API."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demo import __main__ as commands
from demo import database
from demo.storefront import pictures

VISITOR = "0123456789abcdef0123456789abcdef"
ADDRESS = {
    "first_name": "Ada",
    "last_name": "Stone <b>",
    "email": "ada@example.org",
    "address_1": "1 High Street",
    "city": "York",
    "postcode": "YO1 7AA",
}


def page(shop: Any, path: str, status: int = 200) -> str:
    answer = shop.browser.get(path)
    assert answer.status_code == status
    return str(answer.text)


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no {name} in the page"
    return found[1]


def send(shop: Any, path: str, **form: object) -> Any:
    """A form of the page at `path`, with its token."""
    return shop.browser.post(
        path, data={"csrf_token": hidden(page(shop, path), "csrf_token")} | form
    )


@pytest.fixture
def popular(shop: Any) -> list[Any]:
    """The two products that most orders hold: (id, slug, name, price)."""
    return list(
        shop.sql("SELECT id, slug, name, price FROM products ORDER BY times_ordered DESC LIMIT 2")
    )


def fill(shop: Any, popular: list[Any]) -> None:
    for quantity, (_, slug, *_) in enumerate(popular, 2):
        assert send(shop, f"/product/{slug}/", quantity=quantity).status_code == 303


def test_from_the_home_page_to_an_order_in_the_api(shop: Any, popular: list[Any]) -> None:
    home = page(shop, "/")
    (first, slug, name, price), (second, *_) = popular
    assert f"/product/{slug}/" in home or "Bestsellers" in home
    fill(shop, popular)
    assert name.replace("'", "&#39;") in page(shop, "/cart/")
    form = page(shop, "/checkout/")
    assert re.findall(r'name="alongside_token" data-product="(\d+)"', form) == [
        str(first),
        str(second),
    ]
    placed = send(
        shop,
        "/checkout/",
        **ADDRESS,
        attempt=hidden(form, "attempt"),
        alongside_visitor=VISITOR,
        line_product=[first, second],
        alongside_token=["", "v1.token.of-the-second"],
    )
    assert placed.status_code == 303
    thanks = page(shop, placed.location)
    number = re.search(r"Order number <strong>(\d+)", thanks)
    assert number

    order = shop.get(f"/orders/{number[1]}")
    assert (order["status"], order["created_via"], order["customer_id"]) == (
        "processing",
        "checkout",
        0,
    )
    assert order["billing"]["email"] == "ada@example.org"
    assert order["billing"]["last_name"] == "Stone <b>"
    placed_at = datetime.fromisoformat(order["date_created_gmt"]).replace(tzinfo=UTC)
    assert timedelta(0) <= datetime.now(UTC) - placed_at < timedelta(minutes=2)
    assert [(m["key"], m["value"]) for m in order["meta_data"]] == [("_alongside_visitor", VISITOR)]
    bought = order["line_items"]
    assert [(line["product_id"], line["quantity"]) for line in bought] == [(first, 2), (second, 3)]
    assert bought[0]["meta_data"] == []
    assert [(m["key"], m["value"]) for m in bought[1]["meta_data"]] == [
        ("_alongside_token", "v1.token.of-the-second")
    ]
    assert bought[0]["total"] == f"{2 * float(price):.2f}"
    newest = shop.get("/orders?per_page=1&_fields=id")
    assert newest == [{"id": order["id"]}]
    assert "It is empty" in page(shop, "/cart/")


def test_an_order_without_marks_has_no_meta(shop: Any, popular: list[Any]) -> None:
    fill(shop, popular)
    send(shop, "/checkout/", **ADDRESS, alongside_visitor="", alongside_token=["", ""])
    order = shop.get("/orders?per_page=1")[0]
    assert order["meta_data"] == []
    assert [line["meta_data"] for line in order["line_items"]] == [[], []]


@pytest.mark.parametrize("visitor", ["short", "x" * 65, "<script>alert(1)</script>", "é" * 20])
def test_a_visitor_that_is_none_is_left_out(shop: Any, popular: list[Any], visitor: str) -> None:
    fill(shop, popular)
    send(shop, "/checkout/", **ADDRESS, alongside_visitor=visitor)
    assert shop.get("/orders?per_page=1")[0]["meta_data"] == []


def test_pressing_the_button_twice_places_one_order(shop: Any, popular: list[Any]) -> None:
    fill(shop, popular)
    before = len(shop.sql("SELECT id FROM orders"))
    form = page(shop, "/checkout/")
    sent = {**ADDRESS, "csrf_token": hidden(form, "csrf_token"), "attempt": hidden(form, "attempt")}
    answers = [shop.browser.post("/checkout/", data=sent) for _ in range(2)]
    assert answers[0].location == answers[1].location
    assert len(shop.sql("SELECT id FROM orders")) == before + 1


def test_a_form_with_faults_names_them_and_keeps_what_was_typed(
    shop: Any, popular: list[Any]
) -> None:
    fill(shop, popular)
    answer = send(shop, "/checkout/", **ADDRESS | {"email": "nonsense", "city": ""})
    assert answer.status_code == 422
    assert 'href="#email"' in answer.text
    assert 'href="#city"' in answer.text
    assert 'value="1 High Street"' in answer.text
    assert "Stone &lt;b&gt;" in answer.text


def test_a_form_without_its_token_is_refused(shop: Any, popular: list[Any]) -> None:
    for path in (f"/product/{popular[0][1]}/", "/cart/", "/checkout/"):
        assert shop.browser.post(path, data={"quantity": "1"}).status_code == 400
    assert shop.browser.get("/cart/").text.count('name="quantity-') == 0


def test_the_basket_can_be_changed_and_emptied(shop: Any, popular: list[Any]) -> None:
    fill(shop, popular)
    (first, *_), (second, *_) = popular
    send(shop, "/cart/", **{f"quantity-{first}": "7", f"quantity-{second}": "0"})
    html = page(shop, "/cart/")
    assert (
        f'name="quantity-{first}" type="number" inputmode="numeric" min="0" max="9999" value="7"'
        in html
    )
    assert f"quantity-{second}" not in html
    send(shop, "/cart/", remove=str(first))
    assert "It is empty" in page(shop, "/cart/")


def test_the_shelf_adds_to_the_basket_without_leaving_the_page(
    shop: Any, popular: list[Any]
) -> None:
    id = popular[0][0]
    added = shop.browser.post("/?wc-ajax=add_to_cart", data={"product_id": id, "quantity": 3})
    assert added.json["fragments"] == {}
    assert added.json["cart_hash"]
    assert 'value="3"' in page(shop, "/cart/")
    again = shop.browser.post("/?wc-ajax=add_to_cart", data={"product_id": id})
    assert again.json["cart_hash"] != added.json["cart_hash"]
    count = shop.browser.post("/?wc-ajax=get_refreshed_fragments").json["fragments"]
    assert ">4<" in count[".basket-count"]


def test_the_shelf_is_told_where_to_go_when_it_cannot_add(shop: Any, popular: list[Any]) -> None:
    id, slug, *_ = popular[0]
    shop.ask(f"/products/{id}", "PUT", json={"stock_status": "outofstock"})
    refused = shop.browser.post("/?wc-ajax=add_to_cart", data={"product_id": id}).json
    assert refused == {"error": True, "product_url": f"http://shop.test/product/{slug}/"}
    assert "Out of stock" in page(shop, f"/product/{slug}/")
    unknown = shop.browser.post("/?wc-ajax=add_to_cart", data={"product_id": "x"}).json
    assert unknown["error"] is True


def test_another_site_cannot_fill_the_basket(shop: Any, popular: list[Any]) -> None:
    answer = shop.browser.post(
        "/?wc-ajax=add_to_cart",
        data={"product_id": popular[0][0]},
        headers={"Origin": "http://elsewhere.test"},
    )
    assert answer.status_code == 403


def test_the_script_is_in_every_page_once_the_merchant_placed_it(
    shop: Any, popular: list[Any]
) -> None:
    id, slug, *_ = popular[0]
    paths = ["/", "/shop/", f"/product/{slug}/", "/cart/", "/?s=heart"]
    for path in paths:
        assert "product-shelf" not in page(shop, path)
    db = database.connect(shop.app.config["SHOP_FILE"])
    commands.place_script(db, "http://127.0.0.1:8000/shelf.js", "pk_demo")
    tag = (
        '<script src="http://127.0.0.1:8000/shelf.js" data-key="pk_demo" data-consent="full" defer'
    )
    for path in paths:
        assert page(shop, path).count(tag) == 1
    product = page(shop, f"/product/{slug}/")
    assert (
        f'<product-shelf placement="also_bought" product="{id}"'
        ' heading="Customers also bought"></product-shelf>'
    ) in product
    assert f'<product-shelf placement="similar" product="{id}"></product-shelf>' in product
    assert 'placement="you_might_like"' in page(shop, "/")
    assert 'placement="cart"' in page(shop, "/cart/")
    commands.place_script(db, None, None)
    db.close()
    assert "product-shelf" not in page(shop, "/")


def test_only_who_placed_an_order_sees_its_thank_you_page(shop: Any) -> None:
    id = shop.get("/orders?per_page=1&_fields=id")[0]["id"]
    for key in ("", "wc_order_guess", "é"):
        page(shop, f"/checkout/order-received/{id}/?key={key}", 404)


def test_a_category_is_sorted_and_paged(quiet_shop: Any) -> None:
    first = page(quiet_shop, "/product-category/home-living/?orderby=price")
    second = page(quiet_shop, "/product-category/home-living/?orderby=price&paged=2")
    shown = [re.findall(r'<li class="card">\s*<a href="([^"]+)"', html) for html in (first, second)]
    assert len(shown[0]) == len(shown[1]) == 24
    assert not set(shown[0]) & set(shown[1])
    prices = [float(text) for text in re.findall(r'class="price">£([\d.,]+)<', first)]
    assert prices == sorted(prices)
    assert page(quiet_shop, "/product-category/home-living/candles-lighting/")
    page(quiet_shop, "/product-category/candles-lighting/", 404)  # its address has its parent
    assert page(quiet_shop, "/product-category/garden/?orderby=x'&paged=99999999999999999999")


def test_every_word_of_a_search_counts(quiet_shop: Any) -> None:
    html = page(quiet_shop, "/?s=heart+t-light&post_type=product")
    titles = re.findall(r"<h2>([^<]+)</h2>", html)
    assert titles
    assert all("heart" in title.lower() and "t-light" in title.lower() for title in titles)
    assert "Nothing here" in page(quiet_shop, "/?s=qqqq")
    assert "<script>alert" not in page(quiet_shop, "/?s=<script>alert(1)</script>")


def test_a_product_tells_machines_what_it_tells_people(shop: Any, popular: list[Any]) -> None:
    id, slug, name, price = popular[0]
    html = page(shop, f"/product/{slug}/")
    found = re.search(r'<script type="application/ld\+json">(.+?)</script>', html)
    assert found
    told = json.loads(found[1])
    assert (told["name"], told["offers"]["price"]) == (name, price)
    assert told["offers"]["availability"].endswith("InStock")
    shop.ask(f"/products/{id}", "PUT", json={"name": "</script><script>alert(1)</script>"})
    assert "<script>alert(1)" not in page(shop, f"/product/{slug}/")
    assert shop.browser.get(f"/?p={id}").location == f"/product/{slug}/"


def test_what_is_no_longer_sold_has_no_page(shop: Any, popular: list[Any]) -> None:
    id, slug, *_ = popular[0]
    shop.ask(f"/products/{id}", "PUT", json={"status": "draft"})
    page(shop, f"/product/{slug}/", 404)
    assert slug not in page(shop, "/shop/")


def test_every_product_has_a_picture_of_its_own_colours(quiet_shop: Any) -> None:
    answer = quiet_shop.browser.get("/pictures/1500.svg")
    assert answer.mimetype == "image/svg+xml"
    assert "max-age" in answer.headers["Cache-Control"]
    etag = {"If-None-Match": answer.headers["ETag"]}
    assert quiet_shop.browser.get("/pictures/1500.svg", headers=etag).status_code == 304
    page(quiet_shop, "/pictures/1.svg", 404)
    for id, name in quiet_shop.sql("SELECT id, name FROM products WHERE id % 40 = 0"):
        ElementTree.fromstring(pictures.draw(id, name, "gifts"))  # noqa: S314
    assert pictures.draw(1, "Red Mug", "x") != pictures.draw(1, "Blue Mug", "x")
    assert "&lt;b&gt;" in pictures.draw(1, "<b>", "x")


def test_unknown_pages_say_so_kindly(quiet_shop: Any) -> None:
    assert "nothing here" in page(quiet_shop, "/nowhere/", 404)
