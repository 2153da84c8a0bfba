"""What shelf.js asks, tells and keeps in each state of consent: the network log of a browser."""

from __future__ import annotations

import json
import re
import threading

import pytest
from playwright.sync_api import Browser
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from .storefront import (
    APP,
    DIST,
    TREATMENT,
    answer,
    document,
    drawn,
    says,
    seen,
    storefront,
)

pytestmark = pytest.mark.browser


def test_without_consent_one_request_goes_out_and_nothing_is_kept(browser: Browser) -> None:
    page = document(script='data-cart="5,6" data-customer="9.1.x"', before="window.dataLayer = []")
    with storefront(browser, html=page, shelf=says(answer(**TREATMENT))) as shop:
        shop.open()
        drawn(shop)
        seen(shop)
        assert shop.asked() == [
            {"placement": "also_bought", "product": "1", "locale": "en", "limit": "8"}
        ]
        ours = [r.url for r in shop.requests if r.url.startswith(APP)]
        assert len(ours) == 2, "the script and the shelf, nothing else"
        assert shop.stored() == {"local": {}, "session": {}, "cookie": {}}
        assert shop.page.evaluate("() => dataLayer") == []


def test_in_a_session_the_tab_remembers_and_nobody_is_named(browser: Browser) -> None:
    page = document(script='data-consent="session" data-cart="5,6" data-customer="9.1.x"')
    with storefront(browser, html=page) as shop:
        shop.open()
        drawn(shop)
        seen(shop)
        asked = shop.asked()[0]
        assert asked["recent"] == "1"
        assert asked["cart"] == "5,6"
        assert "visitor" not in asked
        assert "customer" not in asked
        assert shop.types() == ["product_view", "view"]
        assert {event["visitor"] for event in shop.told()} == {None}
        assert shop.stored()["local"] == {}
        assert list(shop.stored()["session"]) == ["alongside"]


def test_with_full_consent_the_visitor_is_known_again_on_the_next_page(browser: Browser) -> None:
    page = document(script='data-consent="full" data-customer="9.1.x"')
    with storefront(browser, html=page, shelf=says(answer(**TREATMENT))) as shop:
        shop.open()
        drawn(shop)
        seen(shop)
        shop.open()
        drawn(shop)
        visitors = {asked["visitor"] for asked in shop.asked()}
        assert len(visitors) == 1
        assert {asked["customer"] for asked in shop.asked()} == {"9.1.x"}
        assert {event["visitor"] for event in shop.told()} == visitors
        assert shop.types()[:3] == ["product_view", "exposure", "view"]
        assert shop.stored()["session"] == {}
        assert shop.stored()["cookie"] == {}


GPC = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {value: true});"
KEPT = "localStorage.alongside = JSON.stringify({visitor: 'a'.repeat(32), recent: ['7']});"


def wp(*allowed: str) -> str:
    return f"window.wp_has_consent = (it) => {list(allowed)}.includes(it);"


def shopify(measure: str, remember: str) -> str:
    return (
        f"window.Shopify = {{customerPrivacy: {{analyticsProcessingAllowed: () => {measure}, "
        f"preferencesProcessingAllowed: () => {remember}}}}};"
    )


# Who speaks, what is left of an earlier visit, and what may go out and be kept then.
SPEAKERS = {
    "nobody": ("", "none"),
    "the hook": ("window.alongside = {consent: 'session'};", "session"),
    "global_privacy_control": (GPC + wp("statistics", "preferences"), "none"),
    "wordpress_refused": (wp(), "none"),
    "wordpress_anonymous": (wp("statistics-anonymous"), "session"),
    "wordpress_full": (wp("statistics", "preferences"), "full"),
    "shopify_refused": (shopify("false", "true"), "none"),
    "shopify_full": (shopify("true", "true"), "full"),
}


@pytest.mark.parametrize("speaker", SPEAKERS)
def test_what_goes_out_and_is_kept_is_what_was_allowed_and_nothing_else(
    browser: Browser, speaker: str
) -> None:
    before, state = SPEAKERS[speaker]
    page = document(script='data-cart="5" data-customer="9.1.x"', before=KEPT + before)
    with storefront(browser, html=page, shelf=says(answer(**TREATMENT))) as shop:
        shop.open()
        drawn(shop)
        asked, stored = shop.asked()[0], shop.stored()
        assert shop.page.evaluate("() => alongside.consent()") == state
        for personal in ("visitor", "customer"):
            assert (personal in asked) == (state == "full")
        for of_the_session in ("recent", "cart"):
            assert (of_the_session in asked) == (state != "none")
        assert bool(shop.types()) == (state != "none")
        # What an earlier visit left is kept, moved or erased; where nobody spoke, it waits.
        waits = speaker == "nobody"
        assert ("alongside" in stored["local"]) == (state == "full" or waits)
        assert ("alongside" in stored["session"]) == (state == "session")
        assert stored["cookie"] == {}
        withdrawn = state != "full" and not waits
        assert shop.erased() == (["a" * 32] if withdrawn else [])
        ours = {r.url.partition("?")[0].rpartition("/")[2] for r in shop.requests if APP in r.url}
        expected = {"shelf.js", "shelf"} | ({"events"} if state != "none" else set())
        assert ours == expected | ({"me"} if withdrawn else set())


def test_a_withdrawal_is_done_at_once_here_and_on_the_server(browser: Browser) -> None:
    with storefront(browser) as shop:
        shop.open()
        drawn(shop)
        visitor = shop.asked()[0]["visitor"]
        shop.page.evaluate("() => alongside.consent('none')")
        assert shop.stored() == {"local": {}, "session": {}, "cookie": {}}
        shop.page.wait_for_timeout(200)
        assert shop.erased() == [visitor]
        told = len(shop.told())
        shop.scroll_to_shelf()
        shop.page.wait_for_timeout(1500)
        assert len(shop.told()) == told, "nothing more is told"


def test_events_leave_with_the_page(browser: Browser, httpserver: HTTPServer) -> None:
    """A request that outlives its page is hidden from Playwright: a real server must see it."""
    application = httpserver.url_for("").rstrip("/")
    heard = threading.Event()

    def events(request: Request) -> Response:
        assert request.content_type == "text/plain;charset=UTF-8"
        if [event["type"] for event in json.loads(request.data)["events"]] == ["product_view"]:
            heard.set()
        return Response('{"accepted": 1, "rejected": []}', 202)

    httpserver.expect_request("/shelf.js").respond_with_data((DIST / "shelf.js").read_text())
    httpserver.expect_request("/v1/pk_test/shelf").respond_with_json(answer())
    httpserver.expect_request("/v1/pk_test/shelf/events").respond_with_handler(events)
    html = document().replace(APP, application)
    httpserver.expect_request("/page").respond_with_data(html, content_type="text/html")
    httpserver.expect_request("/elsewhere").respond_with_data("gone")
    httpserver.expect_request(re.compile("/picture/.*")).respond_with_data("", 404)
    page = browser.new_page()
    page.goto(application + "/page")
    page.wait_for_selector("product-shelf li")
    page.goto(application + "/elsewhere")
    assert heard.wait(5), "the product_view was lost with its page"
    page.close()
