"""Every answer has the keys and types of the answers recorded from a real shop."""

from __future__ import annotations

import json
from typing import Any

import pytest

Shape = Any
# Where the real type depends on the row: recorded once as one of these, ours may be another.
EITHER = {("null", "str"), ("int", "float")}


def shape(value: Any) -> Shape:
    """Keys and types, recursively; a list has the shape of its elements taken together."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [merged([shape(inner) for inner in value])] if value else []
    return "null" if value is None else type(value).__name__


def merged(shapes: list[Shape]) -> Shape:
    first, *rest = shapes
    for other in rest:
        if isinstance(first, dict) and isinstance(other, dict):
            first = {
                key: merged([part[key] for part in (first, other) if key in part])
                for key in {**first, **other}
            }
        elif first in ("null", []):
            first = other
    return first


def differences(ours: Shape, real: Shape, path: str = "") -> list[str]:
    if isinstance(ours, dict) and isinstance(real, dict):
        found = [f"{path}.{key} is missing" for key in real.keys() - ours.keys()]
        found += [f"{path}.{key} is not in the real answer" for key in ours.keys() - real.keys()]
        for key in ours.keys() & real.keys():
            found += differences(ours[key], real[key], f"{path}.{key}")
        return found
    if isinstance(ours, list) and isinstance(real, list):
        return differences(ours[0], real[0], f"{path}[]") if ours and real else []
    if path.endswith(".image.id"):
        return []  # "206", 0 or "" in the real shop
    same = ours == real or tuple(sorted((str(ours), str(real)))) in {
        tuple(sorted(pair)) for pair in EITHER
    }
    return [] if same else [f"{path} is {ours}, really {real}"]


def without(value: Any, *keys: str) -> Any:
    return {key: inner for key, inner in value.items() if key not in keys}


def test_the_comparison_sees_a_missing_key_and_a_wrong_type() -> None:
    real = shape({"a": "1.00", "b": [{"c": 1}]})
    assert differences(shape({"a": 1.0, "b": [{"c": 1}]}), real) == [".a is float, really str"]
    assert differences(shape({"a": "", "b": [{}]}), real) == [".b[].c is missing"]


def test_an_order_has_the_shape_of_a_real_order(shop: Any, golden: Any) -> None:
    real = json.loads(golden.raw("orders-modified_after")[2])
    ours = shop.get("/orders?per_page=20")
    with_customer = [order for order in ours if order["customer_id"]]
    assert differences(shape(with_customer), shape(real)) == []


def test_a_guests_order_has_the_shape_of_a_real_one(shop: Any, golden: Any) -> None:
    real = json.loads(golden.raw("order-guest-with-deleted-product")[2])
    guest = next(order for order in shop.get("/orders?per_page=100&customer=0"))
    assert shop.ask(f"/products/{guest['line_items'][0]['product_id']}?force=true", "DELETE")
    ours = shop.get(f"/orders/{guest['id']}")
    assert differences(shape(ours), shape(real)) == []
    assert ours["customer_id"] == 0
    assert ours["billing"]["email"].endswith("@example.net")
    deleted = ours["line_items"][0]
    assert (deleted["product_id"], deleted["sku"], deleted["image"]["id"]) == (0, None, 0)
    assert deleted["name"] == guest["line_items"][0]["name"]


def test_a_product_has_the_shape_of_a_real_simple_product(quiet_shop: Any, golden: Any) -> None:
    real = json.loads(golden.raw("products-page1-per5")[2])
    simple = [product for product in real if product["type"] == "simple"]
    assert simple
    assert differences(shape(quiet_shop.get("/products?per_page=5")), shape(simple)) == []


def test_categories_have_the_shape_of_real_ones(quiet_shop: Any, golden: Any) -> None:
    real = json.loads((golden.folder / "categories.json").read_text())
    ours = quiet_shop.get("/products/categories?per_page=100")
    assert differences(shape(ours), shape(real)) == []
    tops = {category["id"] for category in ours if category["parent"] == 0}
    assert {category["parent"] for category in ours} - {0} <= tops


def test_a_customer_has_the_shape_of_a_real_one(quiet_shop: Any, golden: Any) -> None:
    real = json.loads(golden.raw("customer")[2])
    (some,) = quiet_shop.sql("SELECT max(customer_id) FROM orders")[0]
    ours = quiet_shop.get(f"/customers/{some}")
    assert differences(shape(ours), shape(real)) == []
    assert ours["email"] == f"customer-{some}@example.org"


@pytest.mark.parametrize("id", [0, 999999])
def test_nobody_is_not_a_customer(quiet_shop: Any, id: int) -> None:
    answer = quiet_shop.ask(f"/customers/{id}")
    assert (answer.status_code, answer.json["code"]) == (404, "wc_user_invalid_id")


def test_the_currency_and_the_settings_have_real_shapes(quiet_shop: Any, golden: Any) -> None:
    real = json.loads((golden.folder / "currency.json").read_text())
    assert differences(shape(quiet_shop.get("/data/currencies/current")), shape(real)) == []
    settings = {row["id"]: row for row in quiet_shop.get("/settings/general")}
    real_settings = {
        row["id"]: row for row in json.loads((golden.folder / "settings-general.json").read_text())
    }
    assert settings.keys() <= real_settings.keys()
    for id, ours in settings.items():
        assert (
            differences(
                shape(without(ours, "options")), shape(without(real_settings[id], "options"))
            )
            == []
        )
    assert settings["woocommerce_currency"]["value"] == "GBP"


def test_refunds_have_real_shapes_in_both_lists(shop: Any, golden: Any) -> None:
    order = shop.get("/orders?per_page=1")[0]
    line = order["line_items"][0]
    made = shop.ask(
        f"/orders/{order['id']}/refunds",
        "POST",
        json={
            "reason": "Broken",
            "line_items": [{"id": line["id"], "quantity": 1, "refund_total": line["total"]}],
        },
    )
    assert made.status_code == 201
    real_of_one = json.loads(golden.raw("order-refunds")[2])
    ours_of_one = shop.get(f"/orders/{order['id']}/refunds")
    assert differences(shape(ours_of_one), shape(real_of_one)) == []
    real_of_all = json.loads((golden.folder / "refunds.json").read_text())
    assert differences(shape(shop.get("/refunds")), shape(real_of_all)) == []


def test_headers_are_those_of_the_real_shop(quiet_shop: Any, golden: Any) -> None:
    _, real, _ = golden.raw("orders-modified_after")
    ours = quiet_shop.ask("/orders?per_page=3&page=2").headers
    server = {"Server", "Date", "Transfer-Encoding", "Connection"}  # the web server's own
    assert real.keys() - server <= set(ours.keys())
    for name in ("Content-Type", "Cache-Control", "Expires", "Access-Control-Expose-Headers"):
        assert ours[name] == real[name]


def test_bytes_are_escaped_as_php_escapes_them(quiet_shop: Any) -> None:
    body = quiet_shop.ask("/orders?per_page=1").data
    assert body.isascii()
    assert b'"currency_symbol":"\\u00a3"' in body
    assert b"http:\\/\\/shop.test\\/" in body
