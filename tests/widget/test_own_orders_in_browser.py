""" "Not this purchase" in the sheet of a logged-in shopper: in a real browser."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, Route, expect

from widget.purchases import WORDS

from .storefront import CORS, Reply, dead, document, drawn, says, storefront

pytestmark = pytest.mark.browser

BOUGHT = [
    {"id": "o2", "number": "1002", "placed_at": "2026-11-12T10:00:00Z", "kept_out": False,
     "items": ["Teapot", "Cake stand, <b>three</b> tiers"]},
    {"id": "o1", "number": "1001", "placed_at": "2026-10-01T10:00:00Z", "kept_out": True,
     "items": ["Alarm clock"]},
]  # fmt: skip


def own_orders(taken: bool = True) -> Reply:
    def reply(route: Route) -> None:
        if route.request.method == "GET":
            body = {"words": WORDS["en"], "orders": BOUGHT}
            route.fulfill(status=200, headers=CORS, json=body)
        else:
            route.fulfill(status=204 if taken else 429, headers=CORS)

    return reply


@pytest.mark.parametrize("width", [390, 1280])
def test_a_customer_keeps_an_order_out_of_their_taste_in_the_sheet(
    browser: Browser, width: int
) -> None:
    script = 'data-consent="full" data-customer="7.99.ab"'
    with storefront(browser, width, document(script=script), me=own_orders()) as shop:
        shop.open()
        drawn(shop)
        shop.page.get_by_role("button", name="Why am I seeing this?").click()
        sheet = shop.page.get_by_role("dialog", name="Why am I seeing this?")
        expect(sheet).to_contain_text("11/12/2026: Teapot, Cake stand, <b>three</b> tiers")
        shop.page.get_by_role("button", name="Not my taste").click()
        expect(shop.page.get_by_role("button", name="Kept out: count it again")).to_have_count(2)
        shop.page.get_by_role("button", name="Kept out: count it again").nth(1).click()
        expect(shop.page.get_by_role("button", name="Not my taste")).to_have_count(1)
        told = [json.loads(r.post_data or "") for r in shop.requests if "/me/orders" in r.url
                and r.method == "POST"]  # fmt: skip
        assert told == [
            {"customer": "7.99.ab", "order": "o2", "kept_out": True},
            {"customer": "7.99.ab", "order": "o1", "kept_out": False},
        ]
        assert not [r for r in shop.requests if r.method == "OPTIONS"], "no preflight"
        assert not shop.complaints


def test_what_could_not_be_noted_is_not_claimed(browser: Browser) -> None:
    script = 'data-consent="full" data-customer="7.99.ab"'
    with storefront(browser, html=document(script=script), me=own_orders(taken=False)) as shop:
        shop.open()
        drawn(shop)
        shop.page.get_by_role("button", name="Why am I seeing this?").click()
        with shop.page.expect_response("**/me/orders"):
            shop.page.get_by_role("button", name="Not my taste").click()
        expect(shop.page.get_by_role("button", name="Not my taste")).to_have_count(1)
        assert not [it for it in shop.complaints if "thrown" in it]


@pytest.mark.parametrize("me", [dead, says("<html>")])
def test_without_the_orders_the_sheet_is_as_good(browser: Browser, me: Reply) -> None:
    script = 'data-consent="full" data-customer="7.99.ab"'
    with storefront(browser, html=document(script=script), me=me) as shop:
        shop.open()
        drawn(shop)
        shop.page.get_by_role("button", name="Why am I seeing this?").click()
        sheet = shop.page.get_by_role("dialog", name="Why am I seeing this?")
        expect(sheet).to_contain_text("what you bought here while logged in")
        shop.page.keyboard.press("Escape")
        expect(sheet).to_have_count(0)
        assert not [it for it in shop.complaints if "thrown" in it]
