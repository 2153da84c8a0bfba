"""Does Shopify's notice get in when it is the app's, and is the law's kept as a request?"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select
from werkzeug.test import TestResponse

from connectors.shopify.webhooks import COMPLIANCE_TOPICS, TOPICS
from store import tables
from store.engine import writing
from store.keys import digest
from store.reads import shops
from store.records import ShopFacts
from store.writes.shops import add_shop, save_credentials
from tests.plugin.site import NOON, Site, open_site
from tests.plugin.test_webhooks import inbox

SECRET, OWN, DOMAIN = "the app's secret", "a secret of the shop's own", "gifts.myshopify.com"


@pytest.fixture
def site(sqlite_url: str) -> Iterator[Site]:
    app = {"shopify_client_id": "app-1", "shopify_client_secret": SECRET}
    store = open_site(sqlite_url, base_url="https://recs.example", **app)
    yield Site(store)
    store.engine.dispose()


def connected(site: Site, domain: str = DOMAIN, **credentials: str) -> shops.Shop:
    opened = {"url": f"https://{domain}", "access_token": "t"} | credentials
    facts = ShopFacts(domain, "https://gifts.example", "GBP", "Europe/London")
    with writing(site.store.engine) as connection:
        id, _ = add_shop(connection, site.store.ring, "shopify", facts, opened, NOON)
        return shops.by_id(connection, id)


def send(
    site: Site,
    topic: str,
    row: Any,
    *,
    secret: str = SECRET,
    domain: str = DOMAIN,
    id: str = "w1",
    **headers: str,
) -> TestResponse:
    body = row if isinstance(row, bytes) else json.dumps(row).encode()
    made = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    sent = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": base64.b64encode(made).decode(),
        "X-Shopify-Shop-Domain": domain,
        "X-Shopify-Webhook-Id": id,
        "X-Shopify-Triggered-At": "2026-11-22T02:30:27.877041743Z",
        "Content-Type": "application/json",
    }
    return site.browser().post("/webhooks/shopify", data=body, headers=sent | headers)


def test_what_it_names_is_kept(site: Site) -> None:
    connected(site)
    for number, (topic, row) in enumerate(
        [
            ("orders/updated", {"id": 5, "email": "john@example.com", "refunds": [{"id": 1}]}),
            ("products/update", {"id": 6, "title": "A lamp"}),
            ("products/delete", {"id": 7}),
            ("orders/delete", {"id": 8}),
            ("refunds/create", {"id": 9, "order_id": 10}),
            ("shop/update", {"id": 1}),
        ]
    ):
        assert send(site, topic, row, id=str(number)).status_code == 200
    assert inbox(site) == {
        ("order", "5"), ("refunds", ""), ("product", "6"), ("product", "7"), ("order", "8"),
        ("order", "10"), ("shop", ""),
    }  # fmt: skip


@pytest.mark.parametrize(
    "headers",
    [{"X-Shopify-Hmac-Sha256": ""}, {"X-Shopify-Hmac-Sha256": "AAAA"}, {"secret": "another"}],
)
def test_without_the_right_signature_nothing_gets_in(site: Site, headers: dict[str, str]) -> None:
    connected(site)
    for topic in (*TOPICS, *COMPLIANCE_TOPICS):
        assert send(site, topic, {"id": 5}, **headers).status_code == 401  # type: ignore[arg-type]
    assert inbox(site) == set()


def test_a_shop_with_an_app_of_its_own_signs_with_that_apps_secret(site: Site) -> None:
    connected(site, client_id="another-app", client_secret=OWN)
    assert send(site, "orders/create", {"id": 5}).status_code == 401
    assert send(site, "orders/create", {"id": 5}, secret=OWN).status_code == 200


def test_for_an_hour_after_a_change_both_secrets_are_good(site: Site) -> None:
    shop = connected(site, client_id="app-1", client_secret="the old one")
    assert send(site, "orders/create", {"id": 5}, secret="the old one").status_code == 200
    assert send(site, "orders/create", {"id": 6}).status_code == 200
    with writing(site.store.engine) as connection:
        save_credentials(connection, site.store.ring, shop.id, {}, NOON)
    assert send(site, "orders/create", {"id": 7}, secret="the old one").status_code == 401


def test_where_there_is_no_secret_nothing_is_believed(sqlite_url: str) -> None:
    store = open_site(sqlite_url)
    site = Site(store)
    connected(site)
    assert send(site, "orders/create", {"id": 5}, secret="").status_code == 401
    store.engine.dispose()


def test_a_shop_nobody_connected_is_answered_and_left(site: Site) -> None:
    assert send(site, "orders/create", {"id": 5}).status_code == 200
    assert send(site, "orders/create", {"id": 5}, domain="evil.example").status_code == 422
    assert inbox(site) == set()


def test_a_repeat_is_answered_and_ignored(site: Site) -> None:
    connected(site)
    assert send(site, "orders/create", {"id": 5}).status_code == 200
    with writing(site.store.engine) as connection:
        connection.execute(delete(tables.Notice))
    assert send(site, "orders/create", {"id": 5}).status_code == 200
    assert inbox(site) == set()


def test_an_uninstall_from_before_the_shop_came_back_is_old_news(site: Site) -> None:
    shop = connected(site)
    assert shop.connected_at == NOON
    before = (NOON - timedelta(seconds=1)).isoformat()
    send(site, "app/uninstalled", {"id": 1}, id="a", **{"X-Shopify-Triggered-At": before})
    assert inbox(site) == set()
    after = (NOON + timedelta(seconds=1)).isoformat()
    send(site, "app/uninstalled", {"id": 1}, id="b", **{"X-Shopify-Triggered-At": after})
    assert inbox(site) == {("uninstalled", "")}


def asked(site: Site) -> list[tuple[Any, ...]]:
    r = tables.PrivacyRequest
    with site.reading() as connection:
        rows = connection.execute(
            select(r.kind, r.external_id, r.customer_id, r.orders, r.via, r.done_at).order_by(r.id)
        )
        return [tuple(row) for row in rows]


def a_customer(site: Site, shop: shops.Shop, id: str) -> int:
    with writing(site.store.engine) as connection:
        pepper = shops.keys(connection, site.store.ring, shop.id, NOON).pepper
        made = connection.execute(insert(tables.Customer).values(shop_id=shop.id))
        key = int(made.inserted_primary_key[0])
        connection.execute(
            insert(tables.CustomerDigest).values(
                shop_id=shop.id, digest=digest(pepper, "customer", id), customer_id=key
            )
        )
    return key


def test_what_the_law_asks_is_kept_by_number_alone(site: Site) -> None:
    shop = connected(site)
    john = a_customer(site, shop, "191167")
    row = {
        "shop_id": 954889,
        "shop_domain": DOMAIN,
        "customer": {"id": 191167, "email": "john@example.com", "phone": "555-625-1199"},
    }
    for id in ("a", "a", "b"):  # one of them twice
        more = {"orders_requested": [299938], "data_request": {"id": 9999}}
        assert send(site, "customers/data_request", row | more, id=id).status_code == 200
    send(site, "customers/redact", row | {"orders_to_redact": [299938, 280263]}, id="c")
    send(site, "shop/redact", {"shop_id": 954889, "shop_domain": DOMAIN}, id="d")
    assert asked(site) == [
        ("data_request", "9999", john, ["299938"], "shopify", None),
        ("data_request", "9999", john, ["299938"], "shopify", None),
        ("redact", "", john, ["299938", "280263"], "shopify", None),
        ("shop_redact", "", None, [], "shopify", None),
    ]
    assert inbox(site) == {("privacy", "3"), ("privacy", "4")}  # a person answers the first two


def test_another_shops_request_is_refused(site: Site) -> None:
    connected(site)
    connected(site, "other.myshopify.com")
    row = {"shop_domain": "other.myshopify.com", "customer": {"id": 1}, "orders_to_redact": []}
    assert send(site, "customers/redact", row).status_code == 422
    assert asked(site) == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    topic=st.sampled_from([*TOPICS, *COMPLIANCE_TOPICS, "x/y", ""]),
    row=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "order_id", "refunds", "customer", "orders_to_redact", "orders_requested",
                 "data_request"]
            ),
            inner,
        ),
        max_leaves=8,
    ),
    at=st.sampled_from(["", "yesterday", "2026-11-22T02:30:27", "9999-12-31T23:59:59-14:00"]),
)  # fmt: skip
def test_whatever_a_genuine_body_holds_the_answer_is_a_documented_one(
    site: Site, topic: str, row: Any, at: str
) -> None:
    with site.reading() as connection:
        if not shops.every(connection):
            connected(site)
    if isinstance(row, dict):
        row["shop_domain"] = DOMAIN
    id = str(datetime.now(UTC).timestamp())
    answer = send(site, topic, row, id=id, **{"X-Shopify-Triggered-At": at})
    assert answer.status_code in (200, 422)
