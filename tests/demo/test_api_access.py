"""Credentials: what a real shop accepts on http and https, and in which words it refuses."""

from __future__ import annotations

import time
from base64 import b64encode
from typing import Any

import pytest
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1

PRODUCTS = "/wp-json/wc/v3/products"


def basic(key: str, secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{key}:{secret}'.encode()).decode()}"}


def test_over_http_basic_is_as_good_as_no_key(quiet_shop: Any, golden: Any) -> None:
    real = golden.raw("err-401-no-auth")[2]
    without = quiet_shop.browser.get(PRODUCTS)
    with_basic = quiet_shop.browser.get(PRODUCTS, headers=basic(quiet_shop.key, quiet_shop.secret))
    in_query = quiet_shop.browser.get(
        f"{PRODUCTS}?consumer_key={quiet_shop.key}&consumer_secret={quiet_shop.secret}"
    )
    for answer in (without, with_basic, in_query):
        assert (answer.status_code, answer.text) == (401, real)
        assert "WWW-Authenticate" not in answer.headers


def test_over_https_basic_and_the_query_work(quiet_shop: Any, golden: Any) -> None:
    ask = quiet_shop.browser.get
    secure = {"base_url": "https://shop.test"}
    good = basic(quiet_shop.key, quiet_shop.secret)
    assert ask(f"{PRODUCTS}?per_page=1", headers=good, **secure).status_code == 200
    keys = f"consumer_key={quiet_shop.key}&consumer_secret={quiet_shop.secret}"
    assert ask(f"{PRODUCTS}?per_page=1&{keys}", **secure).status_code == 200
    wrong = ask(PRODUCTS, headers=basic(quiet_shop.key, "cs_wrong"), **secure)
    assert (wrong.status_code, wrong.text) == (401, golden.raw("err-401-bad-secret")[2])
    unknown = ask(PRODUCTS, headers=basic("ck_unknown", "cs_x"), **secure)
    assert unknown.text == golden.raw("err-401-no-auth")[2]


@pytest.mark.parametrize("in_query", [True, False])
@pytest.mark.parametrize("options", [{}, {"signature_method": SIGNATURE_HMAC_SHA1}])
def test_both_ways_and_both_methods_of_oauth_work(
    quiet_shop: Any, in_query: bool, options: dict[str, str]
) -> None:
    path = "/products?per_page=1&search=set%20of%203&_fields=id,name"
    assert quiet_shop.ask(path, in_query=in_query, **options).status_code == 200


def test_a_wrong_secret_is_told(shop: Any) -> None:
    shop.secret = "cs_wrong"
    answer = shop.ask("/products")
    assert answer.status_code == 401
    assert answer.json["code"] == "woocommerce_rest_authentication_error"
    assert answer.json["message"].startswith("Invalid signature")


def test_an_unknown_key_is_told(shop: Any) -> None:
    shop.key = "ck_unknown"
    assert shop.ask("/products").json["message"] == "Consumer key is invalid."


def test_the_signature_is_over_the_shops_own_address(shop: Any) -> None:
    shop.app.config["SHOP_HOME"] = "https://elsewhere.test"
    assert shop.ask("/products").json["message"].startswith("Invalid signature")


def test_a_query_that_was_changed_on_the_way_is_refused(shop: Any) -> None:
    answer = shop.ask("/products?per_page=1", in_query=True)
    changed = answer.request.url.replace("per_page=1", "per_page=2")
    assert shop.browser.get(changed).json["message"].startswith("Invalid signature")


@pytest.mark.parametrize("minutes", [-20, 20])
def test_a_clock_twenty_minutes_off_is_refused(quiet_shop: Any, minutes: int) -> None:
    then = str(int(time.time()) + minutes * 60)
    assert quiet_shop.ask("/products", timestamp=then).json["message"] == "Invalid timestamp."


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_ten_minutes_off_is_forgiven(quiet_shop: Any, minutes: int) -> None:
    then = str(int(time.time()) + minutes * 60)
    assert quiet_shop.ask("/products?per_page=1", timestamp=then).status_code == 200


def test_a_nonce_works_once(shop: Any) -> None:
    assert shop.ask("/products?per_page=1", nonce="same").status_code == 200
    again = shop.ask("/products?per_page=1", nonce="same")
    assert again.status_code == 401
    assert again.json["message"] == "Invalid nonce - nonce has already been used."


def test_half_an_oauth_request_names_what_is_missing(quiet_shop: Any) -> None:
    answer = quiet_shop.browser.get(f"{PRODUCTS}?oauth_consumer_key={quiet_shop.key}")
    assert answer.status_code == 401
    assert "oauth_nonce" in answer.json["message"]


def test_a_key_does_only_what_it_was_given_for(shop: Any) -> None:
    shop.new_key("read")
    write = shop.ask("/products/1001", "PUT", json={"name": "Other"})
    assert write.status_code == 401
    assert write.json["message"] == "The API key provided does not have write permissions."
    assert shop.ask("/products?per_page=1").status_code == 200
    shop.new_key("write")
    assert "read permissions" in shop.ask("/products").json["message"]


def test_plain_permalinks_are_refused_even_with_good_keys(quiet_shop: Any) -> None:
    answer = quiet_shop.browser.get("/?rest_route=/wc/v3/products")
    assert answer.status_code == 401
