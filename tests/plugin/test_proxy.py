"""Under the shop's own address: the storefront's answer, for whom Shopify says and nobody else."""

from __future__ import annotations

import hmac
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from werkzeug.test import Client, TestResponse

import wsgi
from store import tables
from store.engine import writing
from store.opening import Store
from store.reads import shops
from store.reads.shops import Shop
from store.writes import shops as shop_writes
from tests.shops import NOW
from widget import customer

SECRET, DOMAIN = "the app's secret", "gifts.myshopify.com"


@pytest.fixture
def site(store: Store, shop: Shop) -> Iterator[Client]:
    """The whole web application, on the trained shop as one of Shopify's."""
    changes = {"shopify_client_id": "app-1", "shopify_client_secret": (_Secret(SECRET),)}
    store = replace(store, settings=store.settings.model_copy(update=changes))
    with writing(store.engine) as connection:
        connection.execute(update(tables.Shop).values(platform="shopify", domain=DOMAIN))
        shop_writes.save_credentials(
            connection, store.ring, shop.id, {"url": f"https://{DOMAIN}", "client_id": "app-1"}, NOW
        )
    return Client(wsgi.create_app(store))


class _Secret:
    def __init__(self, secret: str) -> None:
        self._secret = secret

    def get_secret_value(self) -> str:
        return self._secret


def ask(
    site: Client, path: str, method: str = "GET", secret: str = SECRET, **query: str
) -> TestResponse:
    """As Shopify passes a request on."""
    told = {
        "shop": DOMAIN, "logged_in_customer_id": "", "path_prefix": "/apps/alongside",
        "timestamp": str(int(time.time())),
    } | {k: v for k, v in query.items() if k != "data"}  # fmt: skip
    text = "".join(f"{name}={told[name]}" for name in sorted(told))
    told["signature"] = hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()
    return site.open(
        f"/proxy/shopify/{path}", method=method, query_string=told, data=query.get("data")
    )


def test_a_shelf_is_the_storefronts_own(site: Client, shop: Shop) -> None:
    answer = ask(site, "shelf", placement="also_bought", product="p0")
    direct = site.get(f"/v1/{shop.key}/shelf?placement=also_bought&product=p0")
    assert answer.status_code == 200
    assert answer.json
    assert direct.json
    assert answer.json["items"] == direct.json["items"] != []
    assert (
        answer.headers["Cache-Control"] == direct.headers["Cache-Control"] == "public, max-age=60"
    )
    assert ask(site, "shelf", placement="nonsense").status_code == 422


def test_a_customer_is_whom_shopify_names_and_never_whom_the_page_does(
    site: Client, store: Store, shop: Shop
) -> None:
    told = ask(site, "customer", logged_in_customer_id="17850").json
    assert told
    with store.engine.connect() as connection:
        keys = shops.keys(connection, store.ring, shop.id, shop.now())
    assert customer.read(keys.customer, told["customer"], shop.now()) == "17850"
    assert (told["key"], told["api"]) == (shop.key, store.settings.base_url)
    nobody = ask(site, "customer")
    assert nobody.json
    assert nobody.json["customer"] is None
    assert nobody.headers["Cache-Control"] == "private, no-store"
    # Somebody else's proof in the page's own parameter is left out: the answer is for everyone.
    forged = ask(site, "shelf", placement="also_bought", product="p0", customer=told["customer"])
    assert forged.headers["Cache-Control"].startswith("public")
    own = ask(site, "shelf", placement="also_bought", product="p0", logged_in_customer_id="17850")
    assert own.headers["Cache-Control"] == "private, no-store"


def test_events_pass_through(site: Client) -> None:
    token = (ask(site, "shelf", placement="also_bought", product="p0").json or {})["token"]
    event = {"id": str(uuid.uuid4()), "type": "exposure", "token": token, "item": None, "at": None}
    answer = ask(
        site, "shelf/events", "POST", data=json.dumps({"visitor": None, "events": [event]})
    )
    assert (answer.status_code, answer.json) == (202, {"accepted": 1, "rejected": []})


@pytest.mark.parametrize(
    "query",
    [
        {"secret": "not ours"},
        {"timestamp": str(int(time.time()) - 3_600)},
        {"timestamp": ""},
        {"shop": "evil.example"},
    ],
)
@pytest.mark.parametrize("path", ["shelf", "customer"])
def test_what_shopify_did_not_sign_just_now_is_refused(
    site: Client, path: str, query: dict[str, str]
) -> None:
    answer = ask(site, path, placement="also_bought", **query)
    assert answer.status_code in (401, 404)
    assert answer.content_type == "application/problem+json"
    assert site.get(f"/proxy/shopify/{path}?shop={DOMAIN}").status_code == 401


def test_a_shop_that_is_not_connected_is_not_there(site: Client, store: Store) -> None:
    assert ask(site, "shelf", shop="other.myshopify.com").status_code == 404
    with writing(store.engine) as connection:
        connection.execute(update(tables.Shop).values(uninstalled_at=NOW))
    assert ask(site, "customer").status_code == 404


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(["placement", "product", "recent", "limit", "logged_in_customer_id", "x"]),
        st.text(max_size=20) | st.sampled_from(["also_bought", "p0", "8", "²"]),
    )
)
def test_whatever_the_page_asks_the_answer_is_a_documented_one(
    site: Client, query: dict[str, str]
) -> None:
    assert ask(site, "shelf", **query).status_code in (200, 422)
    assert ask(site, "customer", **query).status_code == 200
