"""A shop is connected by its owner's approval: each step once, and nothing to whoever guesses."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, expect
from sqlalchemy import select, update
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from connectors.errors import Misconfigured
from plugin.install import asked
from plugin.install import woocommerce as room
from store import tables
from store.reads import health, shops
from store.records import ShopFacts
from tests.living import demo_shop
from tests.plugin.site import Site, open_site, send, words

SHOP = "https://gifts.example"
BACK = f"{SHOP}/wp-admin/admin.php?page=wc-settings"
KEYS = {"consumer_key": "ck_" + "a" * 40, "consumer_secret": "cs_" + "b" * 40}


@pytest.fixture
def site(sqlite_url: str) -> Iterator[Site]:
    store = open_site(sqlite_url, base_url="https://recs.example")
    yield Site(store)
    store.engine.dispose()


@pytest.fixture(autouse=True)
def working_keys(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Keys are tried at a shop that always lets us in; a test of real ones is below."""
    tried: list[dict[str, str]] = []

    def check(url: str, credentials: dict[str, str]) -> ShopFacts:
        tried.append(credentials)
        return ShopFacts("Gifts", url, "GBP", "Europe/London")

    monkeypatch.setattr(room, "_tried", check)
    return tried


def begin(site: Site, client: FlaskClient, **query: str) -> dict[str, str]:
    """As far as the shop's own page: what that is asked for."""
    query = {"shop": SHOP, "return": BACK, "state": "n0nce"} | query
    found = client.get("/install/woocommerce", query_string=query)
    assert found.status_code == 302
    page = found.headers["Location"]
    answer = send(
        client, page, "/admin/connect/woocommerce",
        shop=query["shop"], **{"return": query["return"]}, state=query["state"],
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    there = urlsplit(answer.headers["Location"])
    assert f"{there.scheme}://{there.netloc}{there.path}" == f"{query['shop']}/wc-auth/v1/authorize"
    return dict(parse_qsl(there.query))


def hand_over(client: FlaskClient, word: str, **more: Any) -> TestResponse:
    body = {"key_id": 4, "user_id": word, **KEYS, "key_permissions": "read_write"} | more
    return client.post(
        "/install/woocommerce/callback",
        data=json.dumps(body),
        content_type="application/json;charset=UTF-8",
    )


def come_back(client: FlaskClient, word: str, success: str = "1") -> TestResponse:
    return client.get(
        "/install/woocommerce/return", query_string={"success": success, "user_id": word}
    )


def code_of(answer: TestResponse) -> str:
    assert answer.status_code == 302, answer.text
    target = urlsplit(answer.headers["Location"])
    query = parse_qs(target.query)
    assert answer.headers["Location"].startswith(f"{SHOP}/wp-admin/admin.php?")
    assert (query["page"], query["state"]) == (["wc-settings"], ["n0nce"])
    return query["alongside_code"][0]


def exchange(client: FlaskClient, code: str) -> TestResponse:
    return client.post("/install/woocommerce/exchange", json={"code": code})


def test_the_whole_trip(site: Site, working_keys: list[dict[str, str]]) -> None:
    anna = site.user("anna@example.com")
    browser, server = site.browser(anna), site.browser()
    asked_for = begin(site, browser)
    assert asked_for["scope"] == "read_write"
    assert asked_for["callback_url"] == "https://recs.example/install/woocommerce/callback"
    assert asked_for["return_url"] == "https://recs.example/install/woocommerce/return"
    word = asked_for["user_id"]
    assert len(word) >= 43  # 256 bits
    answer = hand_over(server, word)
    assert answer.status_code == 200
    code = code_of(come_back(browser, word))
    assert working_keys[0]["key"] == KEYS["consumer_key"]
    with site.reading() as connection:
        shop = shops.every(connection)[0]
        opened = shops.credentials(connection, site.store.ring, shop.id)
        keys = shops.keys(connection, site.store.ring, shop.id, shop.now())
        assert health.owners(connection, shop.id) == ["anna@example.com"]
    assert (shop.name, shop.platform, shop.url) == ("Gifts", "woocommerce", SHOP)
    assert opened == {"url": SHOP, "key": KEYS["consumer_key"], "secret": KEYS["consumer_secret"]}
    told = exchange(server, code)
    assert told.json == {
        "public_key": shop.key,
        "customer_key": keys.customer[0].decode(),
        "report_token": keys.report[0].decode(),
    }
    assert told.headers["Cache-Control"] == "no-store"
    report = server.get(
        f"/api/{shop.key}/report",
        headers={"Authorization": f"Bearer {told.json['report_token']}"},
    )
    assert report.status_code == 404  # opened; it has no experiment yet


def test_each_step_happens_once(site: Site) -> None:
    browser, server = site.browser(site.user()), site.browser()
    word = begin(site, browser)["user_id"]
    assert hand_over(server, word).status_code == 200
    assert hand_over(server, word, consumer_key="ck_another").status_code == 403
    code = code_of(come_back(browser, word))
    assert come_back(browser, word).status_code == 410
    assert hand_over(server, word).status_code == 403
    assert exchange(server, code).status_code == 200
    assert exchange(server, code).status_code == 403
    with site.reading() as connection:
        row = connection.execute(select(tables.Install)).one()
        assert len(shops.every(connection)) == 1
    assert row.wrapped is None  # the key lies with the shop now, and only there


def test_a_stranger_begins_at_the_log_in_and_comes_to_the_same_page(site: Site) -> None:
    query = {"shop": SHOP, "return": BACK, "state": "n0nce"}
    client = site.browser()
    page = client.get("/install/woocommerce", query_string=query).headers["Location"]
    to_log_in = client.get(page)
    assert to_log_in.status_code == 302
    wanted = parse_qs(urlsplit(to_log_in.headers["Location"]).query)["next"][0]
    assert wanted == page
    shown = site.browser(site.user()).get(wanted)
    assert "Connect gifts.example?" in words(shown)
    assert f"form-action 'self' {SHOP}" in shown.headers["Content-Security-Policy"]


def test_guesses_are_refused_and_counted(site: Site) -> None:
    client = site.browser()
    assert hand_over(client, "guess").status_code == 403
    assert come_back(client, "guess").status_code == 404
    assert exchange(client, "guess").status_code == 403
    assert [exchange(client, "guess").status_code for _ in range(25)][-1] == 429
    assert [hand_over(client, "guess").status_code for _ in range(25)][-1] == 429


def test_what_took_too_long_is_over(site: Site) -> None:
    browser, server = site.browser(site.user()), site.browser()
    word = begin(site, browser)["user_id"]
    i = tables.Install
    with site.store.engine.begin() as connection:
        connection.execute(update(i).values(expires_at=i.created_at))
    assert hand_over(server, word).status_code == 403
    assert come_back(browser, word).status_code == 410
    word = begin(site, browser)["user_id"]
    hand_over(server, word)
    code = code_of(come_back(browser, word))
    with site.store.engine.begin() as connection:
        connection.execute(update(i).values(code_expires_at=i.created_at))
    assert exchange(server, code).status_code == 403


def test_a_denied_key_leads_back_and_leaves_nothing(site: Site) -> None:
    browser = site.browser(site.user())
    word = begin(site, browser)["user_id"]
    answer = come_back(browser, word, success="0")
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (query["alongside_error"], query["state"]) == (["denied"], ["n0nce"])
    with site.reading() as connection:
        assert shops.every(connection) == []


def test_a_key_that_does_not_work_is_explained_and_may_be_mended(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, server = site.browser(site.user()), site.browser()
    word = begin(site, browser)["user_id"]
    answer = come_back(browser, word)
    assert answer.status_code == 409
    assert "has not handed over its key" in words(answer)
    hand_over(server, word)

    def refused(url: str, credentials: dict[str, str]) -> ShopFacts:
        raise Misconfigured("The key may only write.", "Give it Read/Write.")

    monkeypatch.setattr(room, "_tried", refused)
    answer = come_back(browser, word)
    assert answer.status_code == 409
    assert "The key may only write. Give it Read/Write." in words(answer)
    assert "alongside_error=failed&amp;state=n0nce" in answer.text
    monkeypatch.undo()
    monkeypatch.setattr(room, "_tried", lambda url, _: ShopFacts("Gifts", url, "GBP", "UTC"))
    code_of(come_back(browser, word))


def test_a_connected_shop_gets_the_new_key_and_keeps_everything(site: Site) -> None:
    anna = site.user("anna@example.com")
    browser, server = site.browser(anna), site.browser()
    shop = site.shop("Mine", url=SHOP)
    with site.store.engine.begin() as connection:
        connection.execute(
            tables.Membership.__table__.insert().values(
                user_id=anna.id, shop_id=shop.id, role="owner"
            )
        )
    site.products(shop, ["A lamp"])
    assert "connected already, as Mine" in words(
        browser.get("/admin/connect/woocommerce", query_string={"shop": SHOP})
    )
    word = begin(site, browser)["user_id"]
    hand_over(server, word)
    told = exchange(server, code_of(come_back(browser, word)))
    assert told.json
    assert told.json["public_key"] == shop.key
    with site.reading() as connection:
        assert len(shops.every(connection)) == 1
        assert shops.counts(connection, shop.id).products == 1
        opened = shops.credentials(connection, site.store.ring, shop.id)
    assert opened["key"] == KEYS["consumer_key"]


def test_nobody_takes_another_owners_shop(site: Site) -> None:
    shop = site.shop("Theirs", url="https://www.gifts.example/")
    site.owner_of(shop)
    browser, server = site.browser(site.user("mallory@example.com")), site.browser()
    word = begin(site, browser)["user_id"]
    hand_over(server, word)
    answer = come_back(browser, word)
    assert answer.status_code == 409
    assert "has another owner" in words(answer)
    with site.reading() as connection:
        assert shops.credentials(connection, site.store.ring, shop.id) == {}


def test_a_shop_of_another_currency_is_another_shop(site: Site) -> None:
    shop = site.shop("Mine", url=SHOP, currency="EUR")
    browser, server = site.owner_of(shop), site.browser()
    word = begin(site, browser)["user_id"]
    hand_over(server, word)
    assert "sells in GBP" in words(come_back(browser, word))


def test_without_https_the_page_says_what_to_do(site: Site) -> None:
    store = open_site(str(site.store.engine.url), base_url="http://recs.example")
    plain = Site(store)
    page = plain.browser(site.user()).get("/admin/connect/woocommerce", query_string={"shop": SHOP})
    assert "hands keys to https addresses only" in words(page)
    store.engine.dispose()


@pytest.mark.parametrize(
    ("shop", "back", "state"),
    [
        ("", "", ""),
        ("javascript:alert(1)", "", ""),
        ("https://", "", ""),
        ("https://user:pw@gifts.example", "", ""),
        ("https://gifts.example/?x=1", "", ""),
        ("https://gifts.example:99999", "", ""),
        (SHOP, "https://evil.example/wp-admin/", "n"),
        (SHOP, "https://gifts.example@evil.example/", "n"),
        (SHOP, "https://gifts.example\\@evil.example/", "n"),
        (SHOP, "//gifts.example/wp-admin/", "n"),
        (SHOP, BACK, ""),
        (SHOP, BACK, "a b"),
        (SHOP, BACK, "n" * 201),
        ("https://gifts.example/" + "a" * 500, "", ""),
    ],
)
def test_what_cannot_be_right_is_refused(site: Site, shop: str, back: str, state: str) -> None:
    answer = site.browser().get(
        "/install/woocommerce", query_string={"shop": shop, "return": back, "state": state}
    )
    assert answer.status_code == 422


def test_a_shop_is_known_however_its_address_is_written() -> None:
    assert asked.read(" gifts.example/ ", "", "").shop == SHOP
    assert asked.read("HTTPS://Gifts.Example/shop/", "", "").shop == "https://gifts.example/shop"
    assert asked.read("http://127.0.0.1:8100", "", "").shop == "http://127.0.0.1:8100"
    assert asked.read(SHOP, BACK, "n").back == BACK


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(["shop", "return", "state", "user_id", "success", "x"]),
        st.text(max_size=40)
        | st.sampled_from([SHOP, BACK, "1", "https://[::1", "http://é.example"]),
    )
)
def test_whatever_a_query_holds_the_answer_is_a_documented_one(
    site: Site, query: dict[str, str]
) -> None:
    client = site.browser()
    assert client.get("/install/woocommerce", query_string=query).status_code in (302, 422)
    back = client.get("/install/woocommerce/return", query_string=query)
    assert back.status_code in (404, 429)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=40)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(["user_id", "consumer_key", "consumer_secret", "code"]), inner
            )
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_whatever_is_posted_the_answer_is_a_documented_one(site: Site, body: bytes) -> None:
    client = site.browser()
    taken = client.post("/install/woocommerce/callback", data=body)
    assert taken.status_code in (403, 422, 429)
    kind = "application/json"
    given = client.post("/install/woocommerce/exchange", data=body, content_type=kind)
    assert given.status_code in (403, 422, 429)


@pytest.mark.browser
def test_in_a_browser_with_a_real_shop(
    browser: Browser, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the merchant pages to the shop's approval and back, with the shop's real API."""
    monkeypatch.undo()
    with demo_shop(tmp_path / "demo", max_orders=20) as demo, _served(sqlite_url) as (site, url):
        context = browser.new_context(viewport={"width": 390, "height": 844})
        anna = site.user()
        client = site.browser(anna)
        cookie = client.get_cookie("alongside_admin", path="/admin")
        assert cookie
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": f"{url}/admin"}])
        page = context.new_page()
        page.goto(f"{url}/install/woocommerce?shop={demo.url}")
        page.get_by_role("button", name="Continue at the shop").click()
        expect(page.get_by_role("heading")).to_contain_text("would like to connect to your shop")
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_role("status")).to_contain_text("The shop is connected")
        context.close()
        with site.reading() as connection:
            shop = shops.every(connection)[0]
            opened = shops.credentials(connection, site.store.ring, shop.id)
        assert (shop.name, shop.url) == ("Marlow & Finch", demo.url)
        assert opened["key"] != demo.key  # one of our own


@contextmanager
def _served(sqlite_url: str) -> Iterator[tuple[Site, str]]:
    """The merchant's application on a port of its own, which is its BASE_URL."""
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    store = open_site(sqlite_url, allow_private_hosts=True, base_url=url)
    site = Site(store)
    server = make_server("127.0.0.1", 0, site.app, threaded=True, fd=listening.fileno())
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site, url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        listening.close()
        store.engine.dispose()
