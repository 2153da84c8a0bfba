"""A Shopify shop is connected by what Shopify signed, and by nothing that anybody else says."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from connectors import http
from plugin.install import shopify as room
from store.engine import writing
from store.reads import shops
from store.writes import shops as shop_writes
from tests.connectors.fake_shop import served
from tests.connectors.shopify import made
from tests.connectors.shopify.fake import APP_ID, APP_SECRET, FakeShopify
from tests.plugin.site import Site, open_site, send, words

DOMAIN = "gifts.myshopify.com"
HOME = f"https://{DOMAIN}"
OLD, NOT_OURS = "the secret from before with 32 bytes", "a secret of somebody else with 32 bytes"


@pytest.fixture
def site(sqlite_url: str) -> Iterator[Site]:
    app = {"shopify_client_id": APP_ID, "shopify_client_secret": f"{APP_SECRET},{OLD}"}
    store = open_site(sqlite_url, base_url="https://recs.example", **app)
    yield Site(store)
    store.engine.dispose()


@pytest.fixture
def shopify(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeShopify]:
    """Shopify, reached under the shop's own domain."""
    fake = FakeShopify([made.product(1)], [])
    with served(fake) as url:

        class ToTheFake(http.Session):
            def post(
                self, asked: str, data: Mapping[str, Any], headers: Mapping[str, str]
            ) -> http.Answer:
                assert asked.startswith(f"{HOME}/")
                return super().post(asked.replace(HOME, url), data, headers)

        monkeypatch.setattr(room, "_session", lambda: ToTheFake(allow_private=True))
        yield fake


def signed(query: dict[str, str], secret: str = APP_SECRET) -> str:
    """As Shopify signs the app's own address and the way back from consent."""
    query = {"timestamp": str(int(time.time())), "shop": DOMAIN} | query
    text = urlencode(sorted(query.items()))
    return urlencode(
        query | {"hmac": hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()}
    )


def session_token(secret: str = APP_SECRET, **claims: Any) -> str:
    now = int(time.time())
    told = {
        "iss": f"{HOME}/admin", "dest": HOME, "aud": APP_ID, "sub": "42",
        "exp": now + 60, "nbf": now, "iat": now, "jti": "1", "sid": "1",
    } | claims  # fmt: skip
    return jwt.encode(told, secret, algorithm="HS256")


def begin(site: Site) -> dict[str, str]:
    answer = site.browser().get(f"/install/shopify?{signed({})}")
    assert answer.status_code == 302, answer.text
    target = urlsplit(answer.headers["Location"])
    assert (target.netloc, target.path) == (DOMAIN, "/admin/oauth/authorize")
    return dict(parse_qsl(target.query))


def come_back(site: Site, state: str, **more: str) -> TestResponse:
    query = {"code": "c0de", "state": state, "host": "aG9zdA"} | more
    return site.browser().get(f"/install/shopify/callback?{signed(query)}")


def the_shop(site: Site) -> tuple[shops.Shop, dict[str, str]]:
    with site.reading() as connection:
        (shop,) = shops.every(connection)
        return shop, shops.credentials(connection, site.store.ring, shop.id)


def test_by_consent(site: Site, shopify: FakeShopify) -> None:
    asked = begin(site)
    assert asked["redirect_uri"] == "https://recs.example/install/shopify/callback"
    assert asked["client_id"] == APP_ID
    answer = come_back(site, asked["state"])
    assert answer.status_code == 302, answer.text
    shop, opened = the_shop(site)
    assert (shop.platform, shop.domain, shop.currency) == ("shopify", DOMAIN, "GBP")
    assert opened["url"] == HOME
    assert opened["refresh_token"] == "refresh-2"
    assert shopify.metafields["alongside.api"] == "https://recs.example"
    assert shopify.pixel is not None


def test_whoever_shopify_vouched_for_becomes_the_first_owner_and_nobody_after(
    site: Site, shopify: FakeShopify
) -> None:
    door = urlsplit(come_back(site, begin(site)["state"]).headers["Location"]).path
    assert door.startswith("/admin/invitation/")
    proof = {"Authorization": f"Bearer {session_token()}"}
    told = site.browser().post("/install/shopify/session", headers=proof).json
    assert told
    newer = urlsplit(told["log_in"]).path
    browser = site.browser()
    assert browser.get(door).status_code == 410  # only the newest opens
    person = {
        "email": "new@gifts.example",
        "password": "a long enough one",
        "again": "a long enough one",
    }
    assert send(browser, newer, **person).status_code == 303
    shop, _ = the_shop(site)
    assert browser.get(f"/admin/shops/{shop.key}/people/").status_code == 200
    told = site.browser().post("/install/shopify/session", headers=proof).json
    assert told
    assert told["log_in"] == ""
    assert (
        come_back(site, begin(site)["state"])
        .headers["Location"]
        .endswith(f"/admin/shops/{shop.key}/")
    )


def test_each_state_is_good_once_and_for_its_shop_alone(site: Site, shopify: FakeShopify) -> None:
    state = begin(site)["state"]
    assert come_back(site, state, shop="other.myshopify.com").status_code == 401
    assert come_back(site, "guess").status_code == 401
    assert come_back(site, state).status_code == 302
    assert come_back(site, state).status_code == 401
    assert shopify.granted == 1


def test_in_the_frame_the_page_proves_who_looks(site: Site, shopify: FakeShopify) -> None:
    page = site.browser().get(f"/install/shopify?{signed({'embedded': '1', 'host': 'aG9zdA'})}")
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert f"frame-ancestors https://{DOMAIN} https://admin.shopify.com" in policy
    assert "script-src 'self' https://cdn.shopify.com;" in policy
    assert "X-Frame-Options" not in page.headers
    assert f'<meta name="shopify-api-key" content="{APP_ID}">' in page.text
    assert "app-bridge.js" in page.text
    for _ in range(2):  # the second time nothing has to be exchanged any more
        told = site.browser().post(
            "/install/shopify/session", headers={"Authorization": f"Bearer {session_token()}"}
        )
        assert told.status_code == 200, told.text
        shop, opened = the_shop(site)
        assert told.json
        assert told.json["public_key"] == shop.key
        assert (told.json["shop"], told.json["connected"]) == (DOMAIN, True)
    assert shopify.granted == 1
    assert opened["access_token"] == "token-2"


def test_a_shop_that_comes_back_keeps_everything(site: Site, shopify: FakeShopify) -> None:
    proof = {"Authorization": f"Bearer {session_token()}"}
    site.browser().post("/install/shopify/session", headers=proof)
    shop, _ = the_shop(site)
    with writing(site.store.engine) as connection:
        shop_writes.uninstall(
            connection, site.store.ring, shop.id, {"url": HOME}, datetime.now(UTC)
        )
    told = site.browser().post("/install/shopify/session", headers=proof)
    assert told.json
    assert told.json["public_key"] == shop.key
    back, opened = the_shop(site)
    assert back.uninstalled_at is None
    assert back.connected_at
    assert shop.connected_at
    assert back.connected_at > shop.connected_at
    assert "access_token" in opened


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-app"},
        {"exp": 1},
        {"dest": "https://evil.example"},
        {"iss": "https://other.myshopify.com/admin"},
        {"secret": NOT_OURS},
    ],
)
def test_a_session_token_that_is_not_ours_opens_nothing(
    site: Site, shopify: FakeShopify, claims: dict[str, Any]
) -> None:
    answer = site.browser().post(
        "/install/shopify/session",
        headers={"Authorization": f"Bearer {session_token(**claims)}"},
    )
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert shopify.granted == 0


def test_an_address_that_shopify_did_not_sign_begins_nothing(site: Site) -> None:
    client = site.browser()
    good = signed({})
    assert client.get("/install/shopify").status_code == 401
    assert client.get(f"/install/shopify?{good}&extra=1").status_code == 401
    assert client.get(f"/install/shopify?{signed({}, NOT_OURS)}").status_code == 401
    assert client.get(f"/install/shopify?{signed({'shop': 'evil.example'})}").status_code == 401
    assert client.get(f"/install/shopify?{signed({}, OLD)}").status_code == 302
    hour_ago, week_ago = (str(int(time.time()) - s) for s in (3_600, 7 * 86_400))
    # The admin's page may stay open; the way back from consent is used at once.
    assert client.get(f"/install/shopify?{signed({'timestamp': hour_ago})}").status_code == 302
    assert client.get(f"/install/shopify?{signed({'timestamp': week_ago})}").status_code == 401
    state = begin(site)["state"]
    assert come_back(site, state, timestamp=hour_ago).status_code == 401


def test_what_the_shop_does_not_grant_is_said(site: Site, shopify: FakeShopify) -> None:
    shopify.scopes.remove("read_orders")
    answer = come_back(site, begin(site)["state"])
    assert answer.status_code == 409
    assert "read_orders" in words(answer)
    told = site.browser().post(
        "/install/shopify/session", headers={"Authorization": f"Bearer {session_token()}"}
    )
    assert told.status_code == 409
    assert told.json
    assert "read_orders" in told.json["detail"]


def test_a_server_without_an_app_says_what_to_set(sqlite_url: str) -> None:
    store = open_site(sqlite_url)
    answer = Site(store).browser().get(f"/install/shopify?{signed({})}")
    assert answer.status_code == 404
    assert "SHOPIFY_CLIENT_ID" in words(answer)
    store.engine.dispose()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(["hmac", "shop", "timestamp", "state", "code", "host", "embedded"]),
        st.text(max_size=20) | st.sampled_from([DOMAIN, "1", "9" * 30, "²", "-1"]),
    )
)
def test_whatever_a_query_holds_the_answer_is_a_documented_one(
    site: Site, query: dict[str, str]
) -> None:
    for path in ("/install/shopify", "/install/shopify/callback"):
        assert site.browser().get(path, query_string=query).status_code == 401
        # As if Shopify itself had signed nonsense.
        text = urlencode(sorted((k, v) for k, v in query.items() if k != "hmac"))
        made = hmac.new(APP_SECRET.encode(), text.encode("utf-8", "replace"), hashlib.sha256)
        answer = site.browser().get(path, query_string=query | {"hmac": made.hexdigest()})
        assert answer.status_code in (200, 302, 401, 429)
