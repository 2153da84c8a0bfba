"""Does a shop's notice get in when it is genuine, and only then, and never twice?"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.test import TestResponse

from store import tables
from store.reads import shops
from tests.plugin.site import Site


def secret_of(site: Site, shop: shops.Shop) -> str:
    with site.reading() as connection:
        return shops.webhook_secrets(connection, site.store.ring, shop.id)[0]


def inbox(site: Site) -> set[tuple[str, str]]:
    n = tables.Notice
    with site.reading() as connection:
        return {(kind, id) for kind, id in connection.execute(select(n.kind, n.external_id))}


def send(
    client: FlaskClient,
    shop: shops.Shop,
    secret: str,
    topic: str,
    body: bytes,
    delivery: str = "d1",
    **headers: str,
) -> TestResponse:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    sent = {
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Signature": base64.b64encode(digest).decode(),
        "X-WC-Webhook-Delivery-ID": delivery,
        "Content-Type": "application/json",
    }
    return client.post(f"/webhooks/woocommerce/{shop.key}", data=body, headers=sent | headers)


def order(id: int = 417, **more: Any) -> bytes:
    return json.dumps({"id": id, "line_items": [], "refunds": []} | more).encode()


def test_a_genuine_notice_is_kept_as_a_name_and_nothing_of_its_body(site: Site) -> None:
    shop = site.shop()
    body = order(billing={"email": "anna@example.com"}, refunds=[{"id": 9}])
    answer = send(site.browser(), shop, secret_of(site, shop), "order.updated", body)
    assert (answer.status_code, answer.data) == (200, b"")
    assert inbox(site) == {("order", "417"), ("refunds", "")}
    file = Path(str(site.store.engine.url.database))
    for part in file.parent.glob(f"{file.name}*"):
        assert b"anna@example.com" not in part.read_bytes()


@pytest.mark.parametrize(
    "headers",
    [
        {"X-WC-Webhook-Signature": ""},
        {"X-WC-Webhook-Signature": "AAAA"},
        {"X-WC-Webhook-Signature": "é"},
    ],
)
def test_without_the_right_signature_nothing_gets_in(site: Site, headers: dict[str, str]) -> None:
    shop = site.shop()
    answer = send(site.browser(), shop, secret_of(site, shop), "order.updated", order(), **headers)
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert inbox(site) == set()


def test_a_changed_byte_is_refused(site: Site) -> None:
    shop = site.shop()
    secret = secret_of(site, shop)
    genuine = send(site.browser(), shop, secret, "order.updated", order())
    signature = genuine.request.headers["X-WC-Webhook-Signature"]
    answer = send(
        site.browser(), shop, secret, "order.updated", order(418),
        **{"X-WC-Webhook-Signature": signature},
    )  # fmt: skip
    assert answer.status_code == 401
    assert inbox(site) == {("order", "417")}


def test_another_shops_secret_opens_nothing(site: Site) -> None:
    shop, other = site.shop(), site.shop("Other")
    assert send(
        site.browser(), shop, secret_of(site, other), "order.updated", order()
    ).status_code == 401  # fmt: skip


def test_a_shop_without_a_secret_refuses_all(site: Site) -> None:
    shop = site.shop()
    with site.store.engine.begin() as connection:
        connection.execute(
            tables.ShopKey.__table__.delete().where(tables.ShopKey.kind == "webhook")
        )
    assert send(site.browser(), shop, "", "order.updated", order()).status_code == 401


def test_the_ping_is_answered_and_believed_nothing(site: Site) -> None:
    shop = site.shop()
    answer = site.browser().post(
        f"/webhooks/woocommerce/{shop.key}",
        data=b"webhook_id=3",
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 200
    assert inbox(site) == set()


def test_a_delivery_that_comes_again_is_answered_and_ignored(site: Site) -> None:
    shop = site.shop()
    secret = secret_of(site, shop)
    assert send(site.browser(), shop, secret, "order.updated", order()).status_code == 200
    with site.store.engine.begin() as connection:
        connection.execute(tables.Notice.__table__.delete())  # as when it was carried out
    assert send(site.browser(), shop, secret, "order.updated", order()).status_code == 200
    assert inbox(site) == set()


def test_two_orders_of_one_second_have_one_delivery_id_and_both_count(site: Site) -> None:
    shop = site.shop()
    secret = secret_of(site, shop)
    for id in (417, 418):
        send(site.browser(), shop, secret, "order.created", order(id), delivery="same")
    assert inbox(site) == {("order", "417"), ("order", "418")}


def test_a_storm_over_one_product_is_one_row(site: Site) -> None:
    shop = site.shop()
    secret, client = secret_of(site, shop), site.browser()
    for stock in range(50):
        body = json.dumps({"id": 34, "type": "simple", "stock_quantity": stock}).encode()
        assert send(client, shop, secret, "product.updated", body, f"d{stock}").status_code == 200
    assert inbox(site) == {("product", "34")}


def test_what_concerns_us_not_is_answered_and_left(site: Site) -> None:
    shop = site.shop()
    answer = send(site.browser(), shop, secret_of(site, shop), "customer.updated", b'{"id": 1}')
    assert answer.status_code == 200
    assert inbox(site) == set()


def test_genuine_but_unreadable_is_said_so(site: Site) -> None:
    shop = site.shop()
    answer = send(site.browser(), shop, secret_of(site, shop), "order.updated", b"[]")
    assert answer.status_code == 422
    assert answer.json
    assert "an object was expected" in answer.json["detail"]


def test_a_longer_body_than_any_shop_sends_is_refused(site: Site) -> None:
    shop = site.shop()
    secret = secret_of(site, shop)
    fits = order(note="x" * 1_000_000)
    assert send(site.browser(), shop, secret, "order.updated", fits).status_code == 200
    longer = order(note="x" * (4 * 2**20))
    assert send(site.browser(), shop, secret, "order.updated", longer).status_code == 413


def test_no_such_shop(site: Site) -> None:
    files = site.shop("Files", platform="files")
    for key in ("pk_nobody", files.key):
        answer = site.browser().post(f"/webhooks/woocommerce/{key}", data=b"webhook_id=1")
        assert answer.status_code == 404


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    topic=st.text(max_size=30) | st.sampled_from(["order.updated", "product.deleted"]),
    body=st.binary(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["id", "type", "refunds", "parent_id"]), inner)
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
)
def test_whatever_a_genuine_body_holds_the_answer_is_a_documented_one(
    site: Site, topic: str, body: bytes
) -> None:
    with site.reading() as connection:
        shop = next(iter(shops.every(connection)), None)
    shop = shop or site.shop()
    topic = "".join(letter for letter in topic if letter.isprintable() and ord(letter) < 256)
    answer = send(site.browser(), shop, secret_of(site, shop), topic, body)
    assert answer.status_code in (200, 422)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200), signature=st.text(max_size=60), key=st.text(max_size=20))
def test_whatever_a_stranger_sends_is_refused(
    site: Site, body: bytes, signature: str, key: str
) -> None:
    with site.reading() as connection:
        shop = next(iter(shops.every(connection)), None)
    shop = shop or site.shop()
    signature = "".join(
        letter for letter in signature if letter.isprintable() and ord(letter) < 256
    )
    answer = site.browser().post(
        f"/webhooks/woocommerce/{shop.key}",
        data=body,
        headers={"X-WC-Webhook-Topic": "order.updated", "X-WC-Webhook-Signature": signature},
    )
    assert answer.status_code == 401
