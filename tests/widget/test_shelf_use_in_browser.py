"""shelf.js fails in silence, and does what a shopper presses: in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from .storefront import (
    ARMS,
    TREATMENT,
    Reply,
    answer,
    dead,
    document,
    drawn,
    hung,
    says,
    seen,
    storefront,
)

pytestmark = pytest.mark.browser


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
        shop.page.click("#out")
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
        shop.pages["/product/1"] = document(
            before=shopify, shelves="<product-shelf placement=bought_together limit=2>"
        )
        with shop.page.expect_request("**/fr/cart/add.js") as added:
            shop.open()
            shop.page.locator(".shelf-all").click()
        assert added.value.post_data_json == {
            "items": [{"id": "100", "quantity": 1}, {"id": "101", "quantity": 1}]
        }


def bundle(*, own: str = "") -> str:
    return document(shelves=f'<product-shelf placement="bought_together" limit="4" {own}>')


def test_a_bundle_goes_into_the_cart_with_one_press(browser: Browser) -> None:
    page = bundle(own='variant="9" price="1250"')
    with storefront(browser, html=page, cart=says({"cart_hash": "h"})) as shop:
        shop.open()
        drawn(shop)
        # The third product has options to choose, so it is no part of it.
        button = shop.page.locator(".shelf-all")
        expect(button).to_have_text("Add this and 3 more to cart")
        expect(shop.page.locator(".shelf-sum")).to_have_text("£63.35")
        shop.page.get_by_role("button", name="Not for me: Jumbo bag").click()
        expect(button).to_have_accessible_name(
            "Add this and 2 more to cart: Regency cakestand, three tiers, Party bunting"
        )
        expect(shop.page.locator(".shelf-sum")).to_have_text("£47.40")
        button.click()
        expect(shop.page.get_by_role("status")).to_have_text(
            "Added to cart: Regency cakestand, three tiers, Party bunting"
        )
        added = [r.post_data for r in shop.requests if "wc-ajax=add_to_cart" in r.url]
        assert added == [f"product_id={product}&quantity=1" for product in ("9", "100", "103")]
        assert [e["item"] for e in shop.told() if e["type"] == "cart"] == ["100", "103"]
        heard = shop.page.evaluate("() => heard.filter((it) => it.name === 'add')")
        assert [[it["id"] for it in event["items"]] for event in heard] == [["100", "103"]]
        assert shop.shift() == 0


def test_a_bundle_that_the_cart_refuses_says_so(browser: Browser) -> None:
    with storefront(browser, html=bundle(), cart=says({"error": True})) as shop:
        shop.open()
        expect(shop.page.locator(".shelf-all")).to_have_text("Add 3 products to cart")
        shop.page.locator(".shelf-all").click()
        expect(shop.page.get_by_role("status")).to_have_text("The cart did not take everything")
        assert "cart" not in shop.types()


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
