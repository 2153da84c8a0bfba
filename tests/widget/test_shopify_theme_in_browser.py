"""The Shopify blocks as a theme renders them, with shelf.js and shop.js, in a real browser.

The markup is that of the Liquid files (plugin/shopify/check/render.mjs); Shopify's own addresses
and script interfaces are played here.
"""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from .storefront import ROOT, THEMES, Storefront, answer, dead, drawn, says, storefront

pytestmark = [pytest.mark.browser, pytest.mark.node]

# What Shopify's own scripts put into the page; consent is asked for and may change.
SHOPIFY = """window.allowed = %s;
window.Shopify = {designMode: %s, locale: 'en', currency: {active: 'GBP'}, routes: {root: '/'},
  loadFeatures: (features, done) => setTimeout(() => {
    Shopify.customerPrivacy = {analyticsProcessingAllowed: () => allowed,
                               preferencesProcessingAllowed: () => allowed};
    done();
  }, 50)};"""
CHOOSE = """(yes) => { window.allowed = yes;
  document.dispatchEvent(new CustomEvent('visitorConsentCollected', {detail: {}})); }"""

PRODUCT = {"id": 7, "available": True, "has_only_default_variant": True,
           "price": 1250, "variants": [{"id": 9}]}  # fmt: skip

THEIRS = {"products": [
    {"title": f"Theirs {n}", "url": f"/products/theirs-{n}?pr_seq=x", "price": 995,
     "compare_at_price": None, "featured_image": f"/picture/{n}.svg?v=1"} for n in range(4)
]}  # fmt: skip


@pytest.fixture(scope="module")
def blocks() -> dict[str, dict[str, str]]:
    """Each block's HTML: on a shop's page, and in the theme editor."""
    assert (ROOT / "plugin/shopify/check/node_modules").is_dir(), (
        "`make lint` installs what this needs"
    )
    scopes: dict[str, Any] = {
        "alongside": {"product": PRODUCT},
        "also-bought": {"settings": {"product": PRODUCT}},
        "bought-together": {"settings": {"product": PRODUCT}},
    }
    made = {}
    for where, request in (("page", {}), ("editor", {"design_mode": True})):
        given = {name: {**scope, "request": request} for name, scope in scopes.items()}
        command = ["node", "plugin/shopify/check/render.mjs", json.dumps(given)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        made[where] = json.loads(done.stdout)
    return made


def page(parts: dict[str, str], *, allowed: bool = True, editor: bool = False) -> str:
    said = SHOPIFY % (json.dumps(allowed), json.dumps(editor))
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>A shop</title>"
        f"<style>{THEMES['plain']}</style><script>{said}</script>{parts['alongside']}</head>"
        f"<body><main><h1>Teapot</h1><p style='height:1500px'>A good one.</p>"
        f"<div id=section>{parts['also-bought']}</div>{parts['bought-together']}"
        "<form id=buy action='/cart/add' method=post target=frame><button>Buy</button></form>"
        "<iframe name=frame></iframe><p style='height:900px'>What follows.</p></main></body></html>"
    )


def attributes(shop: Storefront) -> list[dict[str, str]]:
    """Every attribute that the cart was told."""
    told = [r for r in shop.requests if r.url.endswith("/cart/update.js")]
    return [r.post_data_json["attributes"] for r in told]


def visitor(page: Page) -> str:
    return page.evaluate("() => alongside.visitor()")


def test_the_order_learns_of_its_visitor_by_the_cart(
    browser: Browser, blocks: dict[str, dict[str, str]]
) -> None:
    with storefront(browser, html=page(blocks["page"], allowed=False)) as shop:
        shop.open()
        shop.page.wait_for_function("() => window.Shopify.customerPrivacy")
        shop.scroll_to_shelf()
        drawn(shop)
        assert attributes(shop) == [], "nothing without consent"
        assert shop.stored() == {"local": {}, "session": {}, "cookie": {}}

        with shop.page.expect_response("**/cart/update.js"):
            shop.page.evaluate(CHOOSE, True)
        shop.page.wait_for_function("() => sessionStorage['alongside.cart']")
        known = visitor(shop.page)
        assert attributes(shop) == [{"__alongside_v": known}]
        with shop.page.expect_response("**/cart/update.js"):  # the cart may be a new one by now
            shop.page.evaluate("() => document.querySelector('#buy button').click()")
        assert attributes(shop) == [{"__alongside_v": known}] * 2

        with shop.page.expect_response("**/cart/update.js"):
            shop.page.evaluate(CHOOSE, False)
        shop.page.wait_for_function("() => !sessionStorage['alongside.cart']")
        assert attributes(shop)[2:] == [{"__alongside_v": ""}]
        assert shop.stored() == {"local": {}, "session": {}, "cookie": {}}
        assert shop.complaints == []


def test_a_visitor_who_never_comes_near_a_shelf_leaves_no_trace_in_the_cart(
    browser: Browser, blocks: dict[str, dict[str, str]]
) -> None:
    with storefront(browser, html=page(blocks["page"])) as shop:
        shop.open()
        shop.page.wait_for_function("() => alongside.visitor()")
        shop.page.wait_for_timeout(200)
        assert attributes(shop) == []


def test_when_we_are_away_shopifys_own_recommendations_take_the_place(
    browser: Browser, blocks: dict[str, dict[str, str]]
) -> None:
    asked: list[str] = []

    def theirs(route: Route) -> None:
        asked.append(route.request.url)
        says(THEIRS)(route)

    with storefront(browser, html=page(blocks["page"]), shelf=dead) as shop:
        shop.page.route("**/recommendations/products.json*", theirs)
        shop.open()
        shop.scroll_to_shelf()
        first = shop.page.locator("product-shelf").first
        expect(first.locator("li")).to_have_count(4)
        expect(first.locator("h2")).to_have_text("You may also like")
        expect(first.locator("li").first).to_contain_text("£9.95")
        link = first.get_by_role("link", name="Theirs 2")
        assert link.get_attribute("href") == "/products/theirs-2?pr_seq=x"
        assert "product_id=7&limit=8&intent=related" in asked[0]
        expect(first).to_be_visible()
        assert shop.shift() == 0


def only_also_bought(route: Route) -> None:
    """Whichever asks first: no product stands on a page twice, so the bundle gets none of these."""
    says(answer() if "placement=also_bought" in route.request.url else answer(items=0))(route)


def test_the_editor_shows_samples_until_there_is_a_shelf_and_again_after_a_reload(
    browser: Browser, blocks: dict[str, dict[str, str]]
) -> None:
    with storefront(browser, html=page(blocks["editor"], editor=True)) as shop:
        waiting: list[Route] = []
        shop.replies["shelf"] = waiting.append
        shop.open()
        sample = shop.page.locator("#section .alongside-sample")
        expect(sample).to_be_visible()
        shop.scroll_to_shelf()
        shop.page.wait_for_timeout(200)
        shop.replies["shelf"] = only_also_bought
        for route in waiting:
            only_also_bought(route)
        expect(sample).to_be_hidden()
        # The merchant changes a setting: the editor puts the section in anew.
        fresh = blocks["editor"]["also-bought"].replace('heading=""', 'heading="Ours"')
        shop.page.evaluate("(html) => { section.innerHTML = html }", fresh)
        expect(shop.page.locator("#section h2").first).to_have_text("Ours")
        expect(sample).to_be_hidden()
        assert shop.told() == []
        assert attributes(shop) == []
        assert shop.stored() == {"local": {}, "session": {}, "cookie": {}}
