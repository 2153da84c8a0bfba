"""What changes when orders and products are changed, refunded, trashed and deleted."""

from __future__ import annotations

from typing import Any

import pytest

OLD_S = 1_600_000_000


@pytest.fixture
def order(shop: Any) -> Any:
    """An order that was last changed long ago, so that a bump shows."""
    order = shop.get("/orders?per_page=1")[0]
    shop.sql("UPDATE orders SET modified_s = ? WHERE id = ?", OLD_S, order["id"])
    return shop.get(f"/orders/{order['id']}")


def bumped(shop: Any, order: Any) -> bool:
    now = shop.get(f"/orders/{order['id']}")
    return bool(now["date_modified_gmt"] != order["date_modified_gmt"])


def test_a_new_status_bumps_the_order_and_sets_its_dates(shop: Any, order: Any) -> None:
    shop.sql("UPDATE orders SET paid_s = NULL, completed_s = NULL WHERE id = ?", order["id"])
    waiting = shop.ask(f"/orders/{order['id']}", "PUT", json={"status": "on-hold"}).json
    assert (waiting["status"], waiting["date_paid"]) == ("on-hold", None)
    done = shop.ask(f"/orders/{order['id']}", "PUT", json={"status": "completed"}).json
    assert done["date_paid_gmt"] == done["date_completed_gmt"] is not None
    assert bumped(shop, order)
    assert shop.ask(f"/orders/{order['id']}", "PUT", json={"status": "sold"}).status_code == 400


def test_order_meta_is_added_and_replaced_by_key(shop: Any, order: Any) -> None:
    for value in ("1", "2"):
        shop.ask(
            f"/orders/{order['id']}", "PUT", json={"meta_data": [{"key": "k", "value": value}]}
        )
    (entry,) = shop.get(f"/orders/{order['id']}")["meta_data"]
    assert (entry["key"], entry["value"]) == ("k", "2")


def test_a_partial_refund_leaves_the_order_completed_and_bumps_it(shop: Any, order: Any) -> None:
    line = order["line_items"][0]
    refund = {"id": line["id"], "quantity": 1, "refund_total": line["price"]}
    made = shop.ask(
        f"/orders/{order['id']}/refunds", "POST", json={"line_items": [refund], "reason": "Broken"}
    ).json
    assert float(made["amount"]) == pytest.approx(line["price"], abs=0.006)
    back = made["line_items"][0]
    assert back["quantity"] == -1
    assert back["total"].startswith("-")
    assert back["meta_data"][0]["value"] == str(line["id"])
    after = shop.get(f"/orders/{order['id']}")
    assert after["status"] == "completed"
    assert after["total"] == order["total"]
    assert after["line_items"] == order["line_items"]
    assert after["refunds"] == [
        {"id": made["id"], "reason": "Broken", "total": f"-{made['amount']}", "total_tax": "0.00"}
    ]
    assert bumped(shop, order)


def test_giving_everything_back_makes_the_order_refunded(shop: Any, order: Any) -> None:
    made = shop.ask(f"/orders/{order['id']}/refunds", "POST", json={"amount": order["total"]})
    assert made.status_code == 201
    assert made.json["meta_data"][0]["value"] == "full"
    assert shop.get(f"/orders/{order['id']}")["status"] == "refunded"
    more = shop.ask(f"/orders/{order['id']}/refunds", "POST", json={"amount": "0.01"})
    assert (more.status_code, more.json["message"]) == (500, "Invalid refund amount.")


def test_deleting_a_refund_does_not_bump_the_order(shop: Any, order: Any) -> None:
    made = shop.ask(f"/orders/{order['id']}/refunds", "POST", json={"amount": "1.00"}).json
    shop.sql("UPDATE orders SET modified_s = ? WHERE id = ?", OLD_S, order["id"])
    path = f"/orders/{order['id']}/refunds/{made['id']}"
    assert shop.ask(path, "DELETE").status_code == 501
    assert shop.ask(f"{path}?force=true", "DELETE").status_code == 200
    assert shop.get("/refunds") == []
    assert not bumped(shop, order)


@pytest.mark.parametrize("amount", ["0", "-1", "much", "1e999"])
def test_a_refund_of_nothing_or_of_nonsense_is_refused(shop: Any, order: Any, amount: str) -> None:
    answer = shop.ask(f"/orders/{order['id']}/refunds", "POST", json={"amount": amount})
    assert answer.status_code in (400, 500)
    assert answer.json["code"].startswith(("rest_invalid", "woocommerce_rest"))
    assert shop.get("/refunds") == []


def test_a_trashed_order_leaves_the_lists_but_not_its_address(shop: Any, order: Any) -> None:
    path = f"/orders/{order['id']}"
    assert shop.ask(path, "DELETE").json["status"] == "trash"
    assert shop.get(path)["status"] == "trash"
    for status in ("any", "any,trash"):
        listed = shop.get(f"/orders?per_page=100&status={status}&_fields=id")
        assert order["id"] not in [row["id"] for row in listed]
    assert shop.get("/orders?status=trash&_fields=id") == [{"id": order["id"]}]
    assert shop.ask(path, "DELETE").status_code == 410


def test_an_order_deleted_for_good_leaves_no_trace(shop: Any, order: Any) -> None:
    path = f"/orders/{order['id']}"
    assert shop.ask(f"{path}?force=true", "DELETE").json["id"] == order["id"]
    gone = shop.ask(path)
    assert (gone.status_code, gone.json["code"]) == (404, "woocommerce_rest_shop_order_invalid_id")
    assert shop.sql("SELECT count(*) FROM order_lines WHERE order_id = ?", order["id"]) == [(0,)]


def test_a_price_changes_and_any_put_bumps_the_product(shop: Any) -> None:
    before = shop.get("/products/1001")
    changed = shop.ask("/products/1001", "PUT", json={"regular_price": "12.5"}).json
    assert (changed["price"], changed["regular_price"]) == ("12.5", "12.5")  # as typed
    assert changed["date_modified_gmt"] > before["date_modified_gmt"]
    sale = shop.ask("/products/1001", "PUT", json={"sale_price": "9"}).json
    assert (sale["price"], sale["regular_price"], sale["on_sale"]) == ("9", "12.5", True)
    shop.sql("UPDATE products SET modified_s = ? WHERE id = 1001", OLD_S)
    assert shop.ask("/products/1001", "PUT", json={}).json["date_modified_gmt"] > "2026"


@pytest.mark.parametrize(
    "values",
    [{"status": "gone"}, {"stock_status": "maybe"}, {"regular_price": "-1"}, {"sale_price": "x"}],
)
def test_a_product_refuses_values_it_cannot_have(shop: Any, values: dict[str, str]) -> None:
    answer = shop.ask("/products/1001", "PUT", json=values)
    assert (answer.status_code, answer.json["code"]) == (400, "rest_invalid_param")


def test_drafts_are_listed_unless_published_ones_are_asked_for(shop: Any) -> None:
    shop.ask("/products/1001", "PUT", json={"status": "draft"})
    listed = shop.ask("/products?per_page=1").headers["X-WP-Total"]
    published = shop.ask("/products?per_page=1&status=publish").headers["X-WP-Total"]
    assert (listed, published) == ("3791", "3790")
    assert shop.get("/products?exclude_status=publish&_fields=id") == [{"id": 1001}]
    assert shop.ask("/products?status=publish,draft").status_code == 400


def test_a_renamed_product_keeps_its_name_on_old_orders(shop: Any, order: Any) -> None:
    line = order["line_items"][0]
    shop.ask(f"/products/{line['product_id']}", "PUT", json={"name": "A new name"})
    assert shop.get(f"/orders/{order['id']}")["line_items"][0]["name"] == line["name"]


def test_a_trashed_product_is_found_only_where_one_looks_for_it(shop: Any, order: Any) -> None:
    line = order["line_items"][0]
    path = f"/products/{line['product_id']}"
    assert shop.ask(path, "DELETE").json["slug"].endswith("__trashed")
    assert shop.get(path)["status"] == "trash"
    assert shop.get(f"/products?sku={line['sku']}") == []
    for query in ("status=trash", "include_status=trash"):
        assert [row["id"] for row in shop.get(f"/products?{query}&_fields=id")] == [
            line["product_id"]
        ]
    kept = shop.get(f"/orders/{order['id']}")["line_items"][0]
    assert kept["product_id"] == line["product_id"]
    assert shop.ask(path, "DELETE").status_code == 410


def test_a_body_that_is_no_json_object_is_a_400(shop: Any) -> None:
    for data in (b"{", b"[]", b"\xff"):
        answer = shop.ask("/products/1001", "PUT", data=data, content_type="application/json")
        assert answer.status_code == 400
