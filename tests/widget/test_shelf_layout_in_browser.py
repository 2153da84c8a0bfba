"""shelf.js moves nothing on the page, and is right on every theme: measured in a real browser."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Route, expect

from .storefront import (
    APP,
    ARMS,
    CONTROL,
    HEAD,
    KEY,
    THEMES,
    answer,
    dead,
    document,
    drawn,
    item,
    says,
    scroll_through,
    storefront,
)

pytestmark = pytest.mark.browser

PICTURES = Path(os.environ.get("SHELF_SCREENSHOTS", ".ci-artifacts/shelf"))
WIDTHS = (390, 1280)


# --- nothing moves --------------------------------------------------------------------------------


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
        shop.replies["shelf.js"] = lambda route: route.abort("blockedbyclient")
        shop.open()
        shop.page.wait_for_load_state()
        assert shop.page.evaluate("() => document.querySelector('product-shelf').offsetHeight") == 0
        assert shop.shift() == 0


# --- how it looks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES)
def test_it_is_right_on_every_theme(browser: Browser, theme: str) -> None:
    """axe finds nothing, everything fits its place, and a picture is kept for people to look at."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    shelves = (
        '<div id=shelves><product-shelf placement="also_bought"></product-shelf>'
        '<product-shelf placement="bought_together" limit="3" variant="9" price="1250">'
        "</product-shelf></div>"
    )
    with storefront(browser, html=document(theme=theme, shelves=shelves), shelf=both) as shop:
        shop.open()
        shop.scroll_to_shelf()
        shop.page.wait_for_selector(".shelf-all")
        for width in (1280, 768, 390):
            shop.page.set_viewport_size({"width": width, "height": 800})
            shop.scroll_to_shelf()
            shop.page.wait_for_function("() => [...document.images].every((it) => it.complete)")
            shop.page.locator("#shelves").screenshot(path=PICTURES / f"{theme}-{width}.png")
            assert shop.page.evaluate(FAULTS) == []
        found = Axe().run(shop.page, context="#shelves")
        assert [it["id"] for it in found.response["violations"]] == []
        shop.page.locator(".shelf-why").first.click()
        shop.page.screenshot(path=PICTURES / f"{theme}-390-why.png")
        found = Axe().run(shop.page, context="dialog")
        assert [it["id"] for it in found.response["violations"]] == []


def test_the_small_buttons_look_as_on_a_page_without_rules_for_buttons(browser: Browser) -> None:
    look = """() => ['why', 'turn', 'dismiss'].map((name) => {
        const {backgroundColor, borderTopWidth, paddingTop, textTransform, cursor} =
            getComputedStyle(document.querySelector(`.shelf-${name}`));
        return [backgroundColor, borderTopWidth, paddingTop, textTransform, cursor];
    })"""
    looks = []
    for theme in ("plain", "heavy"):
        with storefront(browser, html=document(theme=theme)) as shop:
            shop.open()
            shop.scroll_to_shelf()
            drawn(shop)
            looks.append(shop.page.evaluate(look))
            shop.page.locator(".shelf-why").focus()
            outline = "() => getComputedStyle(document.activeElement).outlineStyle"
            assert shop.page.evaluate(outline) == "solid"
    assert looks[0] == looks[1]


def both(route: Route) -> None:
    """A shelf of eight; a bundle of other products, the third of which has options."""
    bundle = "placement=bought_together" in route.request.url
    says(answer(6, 8, title="Often bought together", limit=3) if bundle else answer())(route)


# What is taller than its place, sticks out of its cell, or is too small to hit.
FAULTS = """() => {
  const faults = [];
  const box = (it) => it.getBoundingClientRect();
  for (const shelf of document.querySelectorAll('product-shelf')) {
    if (shelf.scrollHeight > shelf.clientHeight) faults.push('the shelf overflows');
    const list = shelf.querySelector('.shelf-list');
    if (list.scrollHeight > list.clientHeight) faults.push('the list overflows');
    const all = shelf.querySelector('.shelf-all');
    if (all && (box(all).top < box(list).bottom
        || box(all).bottom > box(shelf.querySelector('.shelf-why')).top))
      faults.push('the button of the bundle covers something');
  }
  if (document.documentElement.scrollWidth > innerWidth) faults.push('the page scrolls sideways');
  for (const cell of document.querySelectorAll('.shelf-item')) {
    if (box(cell.querySelector('.shelf-picture')).height < 60) faults.push('a picture is squeezed');
    for (const it of cell.querySelectorAll('*'))
      if (box(it).right > box(cell).right + 1 || box(it).left < box(cell).left - 1
          || box(it).bottom > box(cell).bottom + 1) faults.push(`${it.className} sticks out`);
  }
  for (const it of document.querySelectorAll('product-shelf :is(a, button)'))
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
