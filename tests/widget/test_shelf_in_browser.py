"""shelf.js in a real browser: what it asks and keeps, that it moves nothing, and that it fails
in silence. What needs no layout is tested in widget/test/ with jsdom."""

from __future__ import annotations

import json
import os
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from .storefront import (
    APP,
    CONTROL,
    DIST,
    HEAD,
    KEY,
    THEMES,
    TREATMENT,
    Reply,
    Storefront,
    answer,
    dead,
    document,
    hung,
    item,
    says,
    storefront,
)

pytestmark = pytest.mark.browser

PICTURES = Path(os.environ.get("SHELF_SCREENSHOTS", ".ci-artifacts/shelf"))
WIDTHS = (390, 1280)


def drawn(shop: Storefront) -> None:
    shop.page.wait_for_selector("product-shelf li")


def seen(shop: Storefront) -> None:
    """Half of the shelf was in sight for a second, and the events are out."""
    shop.scroll_to_shelf()
    shop.page.wait_for_function("() => heard.some((it) => it.name === 'view')")
    shop.page.evaluate("() => new Promise((done) => setTimeout(done, 1100))")


def scroll_through(shop: Storefront) -> None:
    """Down past the shelf and up again, in steps as a shopper's."""
    shop.page.evaluate("""async () => {
      const frame = () => new Promise((done) => requestAnimationFrame(done));
      for (const step of [...Array(14).fill(200), ...Array(14).fill(-200)]) {
        scrollBy({top: step, behavior: 'instant'});
        await frame();
        await frame();
      }
    }""")


# --- what each state of consent asks, tells and keeps ---------------------------------------------


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


# --- nothing moves --------------------------------------------------------------------------------

ARMS: dict[str, Reply] = {
    "treatment": says(answer(**TREATMENT)),
    "control": says(answer(0, **CONTROL)),
    "nobody_eligible": says(answer(0, eligible=False)),
    "dead": dead,
    "hung": hung,
    "garbage": says("<!doctype html><p>Maintenance"),
}


@pytest.mark.parametrize("above", [900, 100], ids=["below_the_fold", "in_the_first_screen"])
@pytest.mark.parametrize("arm", ARMS)
def test_nothing_moves(browser: Browser, arm: str, above: int) -> None:
    with storefront(browser, html=document(above=above), shelf=ARMS[arm]) as shop:
        shop.open()
        scroll_through(shop)
        assert shop.shift() == 0
        expect(shop.page.locator("product-shelf li")).to_have_count(8 if arm == "treatment" else 0)


@pytest.mark.parametrize("layout", ["carousel", "grid"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_late_answer_moves_nothing_in_sight(browser: Browser, layout: str, width: int) -> None:
    shelf = f'<product-shelf placement="also_bought" layout="{layout}"></product-shelf>'
    head = HEAD.replace("28em", "52em") if layout == "grid" else HEAD
    with storefront(browser, width, document(above=50, shelves=shelf, head=head)) as shop:
        waiting: list[Any] = []
        shop.replies["shelf"] = waiting.append
        shop.open()
        shop.page.wait_for_timeout(300)
        says(answer(5))(waiting[0])
        drawn(shop)
        shop.page.wait_for_timeout(200)
        assert shop.shift() == 0


def test_a_place_kept_for_nothing_is_given_back_out_of_sight(browser: Browser) -> None:
    with storefront(browser, html=document(above=900), shelf=says(answer(0, **CONTROL))) as shop:
        shop.open()
        expect(shop.page.locator("product-shelf")).to_be_hidden()
        assert shop.page.evaluate("() => document.querySelector('product-shelf').offsetHeight") == 0


def test_a_place_in_sight_is_given_back_once_it_has_been_scrolled_away(browser: Browser) -> None:
    page = document(above=100).replace("<main>", "<main><p style='height:2000px'>Long</p>")
    with storefront(browser, html=page, shelf=dead) as shop:
        waiting: list[Any] = []
        shop.replies["shelf"] = waiting.append
        shop.open()
        shop.page.mouse.wheel(0, 1700)  # the shelf is in sight before the answer fails
        shop.page.wait_for_timeout(300)
        dead(waiting[0])
        shop.page.wait_for_timeout(200)
        shelf = shop.page.locator("product-shelf")
        expect(shelf).to_be_visible()
        shop.page.mouse.wheel(0, -1700)
        expect(shelf).to_be_hidden()
        assert shop.shift() == 0


def test_a_blocked_script_leaves_no_gap(browser: Browser) -> None:
    with storefront(browser, html=document(above=900)) as shop:
        shop.replies["/shelf.js"] = lambda route: route.abort("blockedbyclient")
        shop.open()
        shop.page.wait_for_load_state()
        assert shop.page.evaluate("() => document.querySelector('product-shelf').offsetHeight") == 0
        assert shop.shift() == 0


# --- it fails in silence --------------------------------------------------------------------------


@pytest.mark.parametrize("arm", ["dead", "hung", "garbage"])
def test_a_failure_is_silent_and_holds_no_click(browser: Browser, arm: str) -> None:
    link = "<a id=out href=/elsewhere>Out</a>"
    page = document(above=100).replace("<main>", f"<main>{link}")
    replies = {"shelf": ARMS[arm], "events": ARMS[arm], "me": ARMS[arm]}
    with storefront(browser, html=page, **replies) as shop:
        shop.open()
        shop.page.wait_for_timeout(1500)
        # The browser itself notes a failed request; no script can keep it from that.
        own = [text for text in shop.complaints if "Failed to load resource: net::" not in text]
        assert own == []
        assert len(shop.complaints) <= 3, "the shelf, the events, and the events by beacon"
        shop.page.click("#out", timeout=2000)
        assert shop.page.url.endswith("/elsewhere")


def test_a_slow_answer_is_given_up_and_never_drawn(browser: Browser) -> None:
    with storefront(browser, html=document(above=900), shelf=hung) as shop:
        shop.open()
        expect(shop.page.locator("product-shelf")).to_be_hidden(timeout=8000)
        assert shop.complaints == []


def test_a_click_on_a_product_is_told_and_not_held(browser: Browser) -> None:
    with storefront(browser, shelf=says(answer(**TREATMENT)), events=hung) as shop:
        shop.open()
        drawn(shop)
        shop.page.locator(".shelf-link").nth(2).click()
        assert shop.page.url.endswith("/product/102")
        clicks = [event for event in shop.told() if event["type"] == "click"]
        assert [(event["item"], event["token"]) for event in clicks] == [
            ("102", "token-of-this-shelf")
        ]


# --- what a shopper does with it ------------------------------------------------------------------


def test_turning_scrolls_the_list_and_reaches_its_end(browser: Browser) -> None:
    for theme in ("plain", "rtl"):
        with storefront(browser, html=document(theme=theme)) as shop:
            shop.page.emulate_media(reduced_motion="reduce")
            shop.open()
            drawn(shop)
            last = shop.page.locator(".shelf-item").last
            shop.scroll_to_shelf()
            expect(last).not_to_be_in_viewport()
            shop.page.get_by_role("button", name="Next").click()
            expect(last).to_be_in_viewport()
            shop.page.get_by_role("button", name="Previous").click()
            expect(shop.page.locator(".shelf-item").first).to_be_in_viewport(ratio=1)


def test_where_everything_fits_there_is_nothing_to_turn(browser: Browser) -> None:
    with storefront(browser, shelf=says(answer(3))) as shop:
        shop.open()
        drawn(shop)
        expect(shop.page.locator(".shelf-turn")).to_have_count(0)


def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser) -> None:
    with storefront(browser, shelf=says(answer(3))) as shop:
        shop.open()
        drawn(shop)
        names = []
        for _ in range(10):
            shop.page.keyboard.press("Tab")
            names.append(
                shop.page.evaluate(
                    "() => document.activeElement.ariaLabel || document.activeElement.innerText"
                )
            )
            assert shop.page.evaluate(
                "() => getComputedStyle(document.activeElement).outlineStyle !== 'none'"
            )
        assert names[1:3] == [
            "Add to cart: Regency cakestand, three tiers",
            "Not for me: Regency cakestand, three tiers",
        ]
        assert names[-1] == "Why am I seeing this?"


def test_adding_to_a_woocommerce_cart_tells_the_shop_the_page_and_us(browser: Browser) -> None:
    jquery = """window.triggered = [];
    window.jQuery = () => ({trigger: (name, [parts, hash]) =>
      triggered.push([name, parts, hash])});"""
    cart = says({"fragments": {"div.cart": "1"}, "cart_hash": "h"})
    with storefront(browser, html=document(before=jquery), cart=cart) as shop:
        shop.open()
        drawn(shop)
        shop.page.get_by_role("button", name="Add to cart: Jumbo bag").click()
        expect(shop.page.get_by_role("status")).to_have_text(
            "Added to cart: Jumbo bag red retrospot"
        )
        added = next(r for r in shop.requests if "wc-ajax=add_to_cart" in r.url)
        assert added.post_data == "product_id=101&quantity=1"
        assert shop.page.evaluate("() => triggered") == [["added_to_cart", {"div.cart": "1"}, "h"]]
        assert [e["item"] for e in shop.told() if e["type"] == "cart"] == ["101"]
        assert shop.page.evaluate("() => heard.filter((it) => it.name === 'add').length") == 1
        assert shop.page.evaluate("() => alongside.token('101')") == "token-of-this-shelf"


def test_adding_to_a_shopify_cart_uses_its_own_address(browser: Browser) -> None:
    shopify = "window.Shopify = {routes: {root: '/fr/'}}"
    with storefront(browser, html=document(before=shopify)) as shop:
        shop.page.route("**/fr/cart/add.js", says({"items": []}))
        with shop.page.expect_request("**/fr/cart/add.js") as added:
            shop.open()
            drawn(shop)
            shop.page.locator("button.shelf-buy").first.click()
        assert added.value.post_data_json == {"items": [{"id": "100", "quantity": 1}]}
        expect(shop.page.get_by_role("status")).to_contain_text("Added to cart")


@pytest.mark.parametrize("cart", [dead, says({"error": True, "product_url": "/x"})])
def test_what_the_cart_refuses_can_be_bought_on_its_own_page(browser: Browser, cart: Reply) -> None:
    with storefront(browser, cart=cart) as shop:
        shop.open()
        drawn(shop)
        shop.page.locator("button.shelf-buy").first.click()
        shop.page.wait_for_url("**/product/100")
        assert "cart" not in shop.types()


def test_not_for_me_is_told_kept_and_obeyed_on_the_next_page(browser: Browser) -> None:
    with storefront(browser) as shop:
        shop.open()
        drawn(shop)
        shop.page.get_by_role("button", name="Not for me: Party bunting").click()
        expect(shop.page.locator(".shelf-item")).to_have_count(7)
        expect(shop.page.get_by_role("status")).to_contain_text("Party bunting")
        assert [e["item"] for e in shop.told() if e["type"] == "dismiss"] == ["103"]
        focused = shop.page.evaluate("() => document.activeElement.ariaLabel")
        assert focused == "Add to cart: Lunch bag, black skull"
        shop.open()
        drawn(shop)
        expect(shop.page.locator(".shelf-item")).to_have_count(7)
        assert "Party bunting" not in shop.page.locator("product-shelf").inner_text()


def test_the_sheet_says_what_is_kept_switches_off_and_on(browser: Browser) -> None:
    with storefront(browser, html=document(script='data-consent="full" data-cart="5"')) as shop:
        shop.open()
        drawn(shop)
        visitor = shop.asked()[0]["visitor"]
        shop.page.get_by_role("button", name="Why am I seeing this?").click()
        sheet = shop.page.get_by_role("dialog", name="Why am I seeing this?")
        expect(sheet).to_contain_text(visitor)
        expect(sheet).to_contain_text("the product on this page")
        expect(sheet).to_contain_text("what is in your cart")
        shop.page.get_by_role("button", name="Switch off and erase").click()
        expect(sheet).to_contain_text("Nothing is kept or sent about you")
        assert shop.stored()["local"] == {"alongside.off": "1"}
        shop.page.keyboard.press("Escape")
        expect(sheet).to_have_count(0)
        assert shop.page.evaluate("() => document.activeElement.className") == "shelf-why"
        assert shop.erased() == [visitor]

        shop.open()
        drawn(shop)
        assert "visitor" not in shop.asked()[-1]
        shop.page.get_by_role("button", name="Why am I seeing this?").click()
        shop.page.get_by_role("button", name="Switch on again").click()
        assert shop.page.evaluate("() => alongside.visitor()") not in (None, visitor)


def test_lists_and_choices_reach_the_data_layer(browser: Browser) -> None:
    with storefront(browser, html=document(before="window.dataLayer = []")) as shop:
        shop.open()
        drawn(shop)
        seen(shop)
        shop.page.evaluate(
            "() => addEventListener('click', (event) => event.preventDefault(), true)"
        )
        shop.page.locator(".shelf-link").nth(1).click()
        pushed = [it for it in shop.page.evaluate("() => dataLayer") if "event" in it]
        assert [it["event"] for it in pushed] == ["view_item_list", "select_item"]
        assert len(pushed[0]["ecommerce"]["items"]) == 8
        assert pushed[1]["ecommerce"] == {
            "item_list_id": "also_bought",
            "item_list_name": "Customers also bought",
            "items": [
                {"item_id": "101", "item_name": "Jumbo bag red retrospot", "index": 1,
                 "price": 15.95}
            ],
        }  # fmt: skip


def test_more_is_only_fetched_for_an_interaction(browser: Browser) -> None:
    with storefront(browser) as shop:
        shop.open()
        drawn(shop)
        seen(shop)
        assert not [r for r in shop.requests if "shelf-more" in r.url]


# --- how it looks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES)
def test_it_is_right_on_every_theme(browser: Browser, theme: str) -> None:
    """axe finds nothing, everything fits its place, and a picture is kept for people to look at."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with storefront(browser, html=document(theme=theme)) as shop:
        shop.open()
        drawn(shop)
        for width in (1280, 768, 390):
            shop.page.set_viewport_size({"width": width, "height": 800})
            shop.scroll_to_shelf()
            shop.page.wait_for_function("() => [...document.images].every((it) => it.complete)")
            shop.page.locator("product-shelf").screenshot(path=PICTURES / f"{theme}-{width}.png")
            assert shop.page.evaluate(FAULTS) == []
        found = Axe().run(shop.page, context="product-shelf")
        assert [it["id"] for it in found.response["violations"]] == []
        shop.page.locator(".shelf-why").click()
        shop.page.screenshot(path=PICTURES / f"{theme}-390-why.png")
        found = Axe().run(shop.page, context="dialog")
        assert [it["id"] for it in found.response["violations"]] == []


# What is taller than its place, sticks out of its cell, or is too small to hit.
FAULTS = """() => {
  const faults = [];
  const box = (it) => it.getBoundingClientRect();
  const shelf = document.querySelector('product-shelf');
  if (shelf.scrollHeight > shelf.clientHeight) faults.push('the shelf overflows');
  const list = document.querySelector('.shelf-list');
  if (list.scrollHeight > list.clientHeight) faults.push('the list overflows');
  if (document.documentElement.scrollWidth > innerWidth) faults.push('the page scrolls sideways');
  for (const cell of document.querySelectorAll('.shelf-item')) {
    if (box(cell.querySelector('.shelf-picture')).height < 60) faults.push('a picture is squeezed');
    for (const it of cell.querySelectorAll('*'))
      if (box(it).right > box(cell).right + 1 || box(it).left < box(cell).left - 1
          || box(it).bottom > box(cell).bottom + 1) faults.push(`${it.className} sticks out`);
  }
  for (const it of shelf.querySelectorAll('a, button'))
    if (box(it).width < 24 || box(it).height < 24) faults.push(`${it.className} is too small`);
  return faults;
}"""


def test_one_product_and_long_words_do_not_break_it(browser: Browser) -> None:
    items = [item(0, title="Donaudampfschifffahrtsgesellschaftskapitän" * 2, reason="")]
    with storefront(browser, 390, shelf=says(answer(items=0) | {"items": items})) as shop:
        shop.open()
        drawn(shop)
        assert shop.page.evaluate(FAULTS) == []


def test_a_strict_content_security_policy_is_no_obstacle(browser: Browser) -> None:
    policy = f"default-src 'self'; script-src {APP}; connect-src {APP}; style-src 'none'"
    html = (
        f"<!doctype html><html lang=en><title>A shop</title><meta charset=utf-8>"
        f'<meta http-equiv=Content-Security-Policy content="{policy}"><main>'
        f"<product-shelf placement=similar></product-shelf></main>"
        f'<script src="{APP}/shelf.js" data-key="{KEY}"></script>'
    )
    with storefront(browser, html=html) as shop:
        shop.open()
        drawn(shop)
        height = shop.page.evaluate("() => document.querySelector('product-shelf').offsetHeight")
        assert height == 28 * 16
        shop.page.locator(".shelf-why").click()
        expect(shop.page.get_by_role("dialog")).to_be_visible()
        assert shop.complaints == []
