"""Is what Shopify's webhooks tell taken for what it is, and nothing else believed?"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.errors import Unreadable
from connectors.shopify.api import VERSION
from connectors.shopify.webhooks import COMPLIANCE_TOPICS, TOPICS, Person, is_genuine, shop_of, told

# Made with Shopify's own library over these bytes.
BODY = (
    '{"id":820982911946154508,"test":false,"note_attributes":[{"name":"_recs_visitor",'
    '"value":"v_1"}],"title":"Café"}'
).encode()
DIGEST = "FFrt4tKfutTPnnBJQJww8gaymdyW9gzEZ800PAOxc4E="


def test_a_genuine_body_is_believed() -> None:
    assert len(BODY) == 113
    assert is_genuine(BODY, DIGEST, ["hush"])
    assert is_genuine(BODY, DIGEST, ["the new secret", "hush"])  # an hour after it was changed


def test_nothing_else_is() -> None:
    assert not is_genuine(BODY + b" ", DIGEST, ["hush"])
    assert not is_genuine(BODY.replace(b"1", b"2"), DIGEST, ["hush"])
    assert not is_genuine(BODY, DIGEST[:-2] + "A=", ["hush"])
    assert not is_genuine(BODY, DIGEST, ["other"])
    assert not is_genuine(BODY, DIGEST, [])
    assert not is_genuine(BODY, "", ["hush"])
    assert not is_genuine(BODY, None, ["hush"])
    assert not is_genuine(BODY, "é", ["hush"])
    # Anybody can sign with an empty secret.
    with_nothing = base64.b64encode(hmac.new(b"", BODY, hashlib.sha256).digest()).decode()
    assert not is_genuine(BODY, with_nothing, [""])


def headers(topic: str, **changes: str) -> dict[str, str]:
    return {
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": "x.myshopify.com",
        "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "X-Shopify-Triggered-At": "2026-11-22T02:30:27.877041743Z",
    } | changes


def read(topic: str, row: object):
    return told(headers(topic), json.dumps(row).encode())


def test_a_call_says_what_where_and_when() -> None:
    found = read("products/update", {"id": 788032119674292922, "updated_at": "2026-11-22"})
    assert found.topic == "products/update"
    assert found.shop == "x.myshopify.com"
    assert found.id == "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"
    assert found.triggered_at == datetime(2026, 11, 22, 2, 30, 27, 877041, tzinfo=UTC)
    assert found.ask_products == ("788032119674292922",)


def test_headers_may_come_in_any_case() -> None:
    lower = {name.lower(): value for name, value in headers("orders/create").items()}
    assert told(lower, b'{"id": 7}').ask_orders == ("7",)
    assert shop_of(lower) == "x.myshopify.com"
    assert shop_of({"X-Shopify-Shop-Domain": "evil.example"}) is None
    assert shop_of({}) is None


def test_orders_are_asked_for_by_name_and_refunds_read_on() -> None:
    assert read("orders/create", {"id": 5, "refunds": []}).ask_refunds is False
    found = read("orders/updated", {"id": 5, "refunds": [{"id": 9}]})
    assert (found.ask_orders, found.ask_refunds) == (("5",), True)
    found = read("refunds/create", {"id": 9, "order_id": 5})
    assert (found.ask_orders, found.ask_refunds) == (("5",), True)


def test_what_was_deleted_is_gone() -> None:
    assert read("products/delete", {"id": 5}).gone_products == ("5",)
    assert read("orders/delete", {"id": 5}).gone_orders == ("5",)


def test_an_uninstall_says_when() -> None:
    found = read("app/uninstalled", {"id": 548380009, "domain": None})
    assert found.uninstalled
    assert found.triggered_at.year == 2026


def test_a_shop_that_changed_is_checked_again() -> None:
    assert read("shop/update", {"id": 1}).ask_shop
    assert read("app/scopes_update", {"id": 1, "current": ["read_products"]}).ask_shop


def test_requests_of_the_privacy_laws_name_ids_alone() -> None:
    row = {
        "shop_id": 954889,
        "shop_domain": "x.myshopify.com",
        "customer": {"id": 191167, "email": "john@example.com", "phone": None},
        "orders_to_redact": [299938, 280263],
    }
    found = read("customers/redact", row)
    assert found.privacy == "erase"
    assert found.person == Person("191167", ("299938", "280263"))
    assert "john" not in repr(found)
    row = {"customer": None, "orders_requested": [1], "data_request": {"id": 9999}}
    found = read("customers/data_request", row | {"shop_domain": "x.myshopify.com"})
    assert (found.privacy, found.person) == ("tell", Person(None, ("1",), "9999"))
    found = read("shop/redact", {"shop_id": 954889, "shop_domain": "x.myshopify.com"})
    assert (found.privacy, found.person) == ("erase shop", None)


@pytest.mark.parametrize("topic", COMPLIANCE_TOPICS)
def test_what_the_law_asks_is_asked_by_the_shop_that_the_signed_body_names(topic: str) -> None:
    row = {"shop_domain": "other.myshopify.com", "orders_to_redact": []}
    with pytest.raises(Unreadable, match="another shop"):
        read(topic, row)


def test_a_request_for_data_under_another_topic_erases_nobody() -> None:
    row = {"shop_domain": "x.myshopify.com", "customer": {"id": 7}, "orders_requested": []}
    assert read("customers/redact", row).privacy is None


def test_every_topic_we_subscribe_to_tells_something() -> None:
    silent = read("collections/update", {"id": 1})
    for topic in (*TOPICS, *COMPLIANCE_TOPICS):
        row = {"id": 1, "order_id": 1, "orders_to_redact": [], "shop_domain": "x.myshopify.com"}
        found = read(topic, row)
        assert found != silent.__class__(topic, found.shop, found.id, found.triggered_at), topic


def test_the_app_subscribes_to_what_we_understand_in_our_version() -> None:
    path = Path("plugin/shopify/shopify.app.toml")
    webhooks = tomllib.loads(path.read_text(encoding="utf-8"))["webhooks"]
    assert webhooks["api_version"] == VERSION
    topics = {t for one in webhooks["subscriptions"] for t in one.get("topics", ())}
    # A bulk operation is asked about until it ends, because telling of it is not guaranteed.
    assert topics <= {*TOPICS, "bulk_operations/finish"}
    laws = {t for one in webhooks["subscriptions"] for t in one.get("compliance_topics", ())}
    assert laws == set(COMPLIANCE_TOPICS)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"id": 0}', b'{"id": "5"}', b'{"id": true}', b"\xff"]
)
def test_a_body_that_cannot_be_read_says_so(body: bytes) -> None:
    with pytest.raises(Unreadable, match="webhook orders/updated"):
        told(headers("orders/updated"), body)


@pytest.mark.parametrize(
    "changes",
    [
        {"X-Shopify-Shop-Domain": "evil.example"},
        {"X-Shopify-Topic": ""},
        {"X-Shopify-Triggered-At": "yesterday"},
        {"X-Shopify-Triggered-At": "2026-11-22T02:30:27"},
    ],
)
def test_a_call_without_its_headers_is_not_read(changes: dict[str, str]) -> None:
    with pytest.raises(Unreadable):
        told(headers("orders/updated", **changes), b'{"id": 5}')
