"""Paging, filters, `_fields` and refusals, as measured on a real shop."""

from __future__ import annotations

import json
from typing import Any

import pytest

ORDERS = 300


def test_walking_all_pages_gives_every_order_once_though_many_share_a_second(
    quiet_shop: Any,
) -> None:
    for orderby in ("modified", "date", "id"):
        seen: list[int] = []
        for page in range(1, 9):
            found = quiet_shop.get(
                f"/orders?per_page=41&page={page}&orderby={orderby}&order=asc&_fields=id"
            )
            seen += [row["id"] for row in found]
        assert len(seen) == len(set(seen)) == ORDERS


def test_the_default_is_ten_newest_first(quiet_shop: Any) -> None:
    rows = quiet_shop.get("/orders?_fields=id,date_created_gmt")
    dates = [row["date_created_gmt"] for row in rows]
    assert len(rows) == 10
    assert dates == sorted(dates, reverse=True)


def test_totals_are_in_the_headers_and_next_repeats_the_question(quiet_shop: Any) -> None:
    answer = quiet_shop.ask("/orders?per_page=100", in_query=True)
    assert answer.headers["X-WP-Total"] == str(ORDERS)
    assert answer.headers["X-WP-TotalPages"] == "3"
    link = answer.headers["Link"]
    assert link.startswith("<http://shop.test/wp-json/wc/v3/orders?")
    assert 'page=2>; rel="next"' in link
    assert "status%5B0%5D=any" in link
    assert "oauth_signature=" in link  # a spent one: following this link is refused


def test_past_the_end_orders_forget_their_totals_and_products_do_not(
    quiet_shop: Any, golden: Any
) -> None:
    _, real, body = golden.raw("orders-page-past-end")
    ours = quiet_shop.ask("/orders?per_page=100&page=9")
    assert ours.text == body
    assert ours.headers["X-WP-Total"] == real["X-WP-Total"] == "0"
    assert ours.headers["X-WP-TotalPages"] == real["X-WP-TotalPages"] == "0"
    assert 'page=0&status%5B0%5D=any>; rel="prev"' in ours.headers["Link"]
    products = quiet_shop.ask("/products?per_page=100&page=99")
    assert products.json == []
    assert products.headers["X-WP-Total"] == "3791"


def test_an_offset_moves_the_rows_but_not_the_number_of_pages(quiet_shop: Any) -> None:
    whole = quiet_shop.get("/orders?per_page=5&orderby=id&order=asc&_fields=id")
    moved = quiet_shop.ask("/orders?per_page=5&offset=3&orderby=id&order=asc&_fields=id")
    assert moved.json[:2] == whole[3:]
    assert moved.headers["X-WP-TotalPages"] == "60"


@pytest.mark.parametrize("per_page", ["101", "0", "-1"])
def test_per_page_out_of_bounds_is_refused_in_the_real_words(
    quiet_shop: Any, golden: Any, per_page: str
) -> None:
    _, _, real = golden.raw("err-400-per_page")
    for room in ("products", "orders"):
        answer = quiet_shop.ask(f"/{room}?per_page={per_page}")
        assert answer.status_code == 400
        assert answer.text == real


@pytest.mark.parametrize(
    "query",
    [
        "per_page=abc",
        "page=0",
        "orderby=nonsense",
        "status=wc-completed",
        "status=completed,nonsense",
        "modified_after=2026-01-01",
        "modified_after=1700000000",
        "modified_after=yesterday",
        "modified_after=2026-01-01T00:00:00+00:00",  # the + arrives as a space
        "modified_after=2026-13-45T00:00:00",
        "include=abc",
        "dates_are_gmt=perhaps&modified_after=2026-01-01T00:00:00",
    ],
)
def test_nonsense_is_a_400_that_names_the_parameter(quiet_shop: Any, query: str) -> None:
    answer = quiet_shop.ask(f"/orders?{query}")
    assert answer.status_code == 400
    assert answer.json["code"] == "rest_invalid_param"
    assert query.split("=")[0] in answer.json["data"]["params"]


def test_unknown_things_are_refused_in_the_real_words(quiet_shop: Any, golden: Any) -> None:
    missing = quiet_shop.ask("/products/999999")
    assert (missing.status_code, missing.text) == (404, golden.raw("err-404-product")[2])
    assert quiet_shop.ask("/orders/1").json["code"] == "woocommerce_rest_shop_order_invalid_id"
    nowhere = quiet_shop.browser.get("/wp-json/wc/v3/nothing")
    assert (nowhere.status_code, nowhere.json["code"]) == (404, "rest_no_route")
    assert quiet_shop.ask("/orders", "PATCH").json["code"] == "rest_no_route"


def test_fields_cut_objects_but_not_lists(quiet_shop: Any) -> None:
    (row,) = quiet_shop.get("/orders?per_page=1&_fields=id,billing.email,line_items.product_id")
    assert row.keys() == {"id", "billing"}
    assert row["billing"].keys() == {"email"}
    assert quiet_shop.get("/orders?per_page=1&_fields=nothing") == [[]]
    single = quiet_shop.get(f"/orders/{row['id']}?_fields=id")
    assert single.keys() == {"id", "_links"}


def test_include_and_exclude_choose_rows(quiet_shop: Any) -> None:
    ids = [row["id"] for row in quiet_shop.get("/orders?per_page=4&_fields=id")]
    kept = quiet_shop.get(f"/orders?include={ids[0]},{ids[2]}&_fields=id")
    assert {row["id"] for row in kept} == {ids[0], ids[2]}
    left = quiet_shop.get(f"/orders?per_page=100&exclude={ids[0]}&_fields=id")
    assert ids[0] not in {row["id"] for row in left}
    some = quiet_shop.get("/products?include=1001,1002&orderby=id&order=asc&_fields=id")
    assert some == [{"id": 1001}, {"id": 1002}]


def test_products_are_found_by_category_sku_and_words(quiet_shop: Any) -> None:
    parent = next(
        c for c in quiet_shop.get("/products/categories?per_page=100") if c["slug"] == "home-living"
    )
    found = quiet_shop.ask(f"/products?category={parent['id']}&per_page=1")
    assert found.headers["X-WP-Total"] == str(parent["count"])  # with its children's
    (product,) = quiet_shop.get("/products?sku=22423")
    assert product["name"] == "Regency Cakestand 3 Tier"
    assert quiet_shop.get("/products?search=regency%20cakestand&_fields=id") == [
        {"id": product["id"]}
    ]


def test_variations_of_a_simple_or_missing_product_are_an_empty_list(quiet_shop: Any) -> None:
    for id in (1001, 999999):
        answer = quiet_shop.ask(f"/products/{id}/variations")
        assert (answer.status_code, answer.json) == (200, [])
        assert answer.headers["X-WP-Total"] == "0"


def test_related_products_are_shuffled_on_every_call(quiet_shop: Any) -> None:
    seen = {json.dumps(quiet_shop.get("/products/1100")["related_ids"]) for _ in range(8)}
    assert len(seen) > 1


def test_discovery_needs_no_key(quiet_shop: Any) -> None:
    index = quiet_shop.browser.get("/wp-json/").json
    assert "wc/v3" in index["namespaces"]
    assert index["timezone_string"] == "Europe/London"
    routes = quiet_shop.browser.get("/wp-json/wc/v3").json["routes"]
    assert r"/wc/v3/orders/(?P<id>[\d]+)" in routes


def test_prices_of_lines_are_numbers_and_other_money_is_text(quiet_shop: Any) -> None:
    for order in quiet_shop.get("/orders?per_page=50"):
        total = 0
        for line in order["line_items"]:
            assert isinstance(line["price"], int | float)
            assert abs(line["price"] * line["quantity"] - float(line["total"])) <= 0.0051
            total += round(float(line["total"]) * 100)
        assert order["total"] == f"{total / 100:.2f}"


def test_dp_asks_for_other_decimals(quiet_shop: Any) -> None:
    (order,) = quiet_shop.get("/orders?per_page=1&dp=4")
    assert len(order["total"].split(".")[1]) == 4
    assert len(order["line_items"][0]["total"].split(".")[1]) == 4
