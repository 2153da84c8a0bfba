"""The merchant's way in a real browser: set up, log in, look, act, at a phone's and a desk's width.

Every page is checked by axe, must not scroll sideways, and must load nothing but our own files.
Screenshots go to the folder SCREENSHOTS names, where a person wants to look at them.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

import wsgi
from plugin import passwords
from store.engine import writing
from store.opening import Store
from store.reads import rules as rule_reads
from store.reads.shops import Shop
from store.records import Category, Rule, ShelfLook
from store.writes import catalogue, jobs, people, rules
from store.writes import shops as shop_writes
from store.writes.people import make_setup_link
from tests.plugin import trials
from tests.plugin.site import PASSWORD, Site
from tests.plugin.test_findings import healthy
from tests.shops import product

pytestmark = pytest.mark.browser

WIDTHS = (390, 1280)


@contextmanager
def served(site: Site, app: Flask | None = None) -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app or site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    with served(site) as where:
        yield where


def look(page: Page, name: str) -> None:
    """The page as it is at both widths: nothing wrong for a screen reader, nothing cut off."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wider = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wider <= 0, f"{name} scrolls sideways by {wider} px at {width} px"
        if os.environ.get("SCREENSHOTS"):
            folder = Path(os.environ["SCREENSHOTS"])
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=folder / f"admin-{name}-{width}.png", full_page=True)
    faults = Axe().run(page).response["violations"]
    assert faults == [], (name, [(f["id"], [n["target"] for n in f["nodes"]]) for f in faults])


def test_a_merchant_sets_up_looks_and_acts(site: Site, address: str, browser: Browser) -> None:
    shop = healthy(site)
    site.model(shop)
    now = datetime.now(UTC)
    done = site.experiment(
        shop, "you_might_like", started_at=now - timedelta(days=20),
        ends_at=now + timedelta(days=8),
    )  # fmt: skip
    trials.run(site, done, 20, treatment=0.08)
    with writing(site.store.engine) as connection:
        secret = make_setup_link(connection, now)

    page: Page = browser.new_page()
    said: list[str] = []
    asked: set[str] = set()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.add(request.url))

    page.goto(f"{address}/admin/setup/{secret}")
    look(page, "set-up")
    page.get_by_label("E-mail").fill("anna@example.com")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    assert page.get_by_role("heading", name="Overview").is_visible()

    page.get_by_role("button", name="Sync now").click()
    assert "A sync is asked for" in page.get_by_role("status").inner_text()
    assert page.get_by_role("button", name="Sync now (asked for)").is_disabled()

    page.get_by_role("link", name="The whole report of experiment 2").click()
    assert page.get_by_role("heading", name="Helping").is_visible()
    page.get_by_text("Conversion rate", exact=True).first.click()
    assert page.get_by_text("Visitors who ordered at least once").is_visible()
    look(page, "report")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the figures").click()
    assert download.value.suggested_filename == "experiment-2.csv"

    page.get_by_role("link", name="Stop this experiment").click()
    page.get_by_role("button", name="Stop the experiment").click()
    assert "Experiment 2 is stopped" in page.get_by_role("status").inner_text()

    page.get_by_role("link", name="Experiments", exact=True).first.click()
    page.get_by_role("link", name="Models").click()
    page.get_by_role("link", name="Version 1", exact=True).click()
    page.get_by_role("link", name="Account").click()
    page.get_by_role("button", name="Log out", exact=True).click()
    look(page, "log-in")
    page.get_by_label("E-mail").fill("anna@example.com")
    page.get_by_label("Password").fill("not the right one")
    page.get_by_role("button", name="Log in").click()
    assert page.get_by_role("alert").is_visible()
    page.get_by_label("E-mail").fill("anna@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    assert page.get_by_role("heading", name="Overview").is_visible()

    assert all(url.startswith(address) for url in asked if not url.startswith("data:")), asked
    assert [line for line in said if "422" not in line] == []  # the refused log-in is one
    page.close()


# --- every page ----------------------------------------------------------------------------------

MARKUP = (
    "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>\"'><b id=mine>{{ 7*7 }}"
)
# What a page is asked with, where its bare address would show little.
ASKED = {
    "rules.attempt": "?kind=boost&field=category&value=10",
    "explorer.show": "?product=p4&customer=c1",
}
SAMPLE = {"number": 1, "version": 1, "placement": "also_bought"}
# Fetched by programs, or shown by their own tests.
NOT_PAGES = {"report.as_csv", "report.csv", "report.download", "api.report"}

# Largest contentful paint and layout shift, as browsers count them for a page's budget.
PAINTED = """async () => {
  for (let turn = 0; !window.seen.paint && turn < 50; turn += 1)
    await new Promise((next) => setTimeout(next, 100));
}"""
BUDGET = """
window.seen = {shift: 0, paint: 0};
new PerformanceObserver(list => list.getEntries().forEach(it => {
  if (!it.hadRecentInput) window.seen.shift += it.value;
})).observe({type: 'layout-shift', buffered: true});
new PerformanceObserver(list => list.getEntries().forEach(it => {
  window.seen.paint = it.startTime;
})).observe({type: 'largest-contentful-paint', buffered: true});
"""


@pytest.fixture
def hostile(store: Store, shop: Shop) -> tuple[Site, Shop]:
    """The trained shop, in which every text that comes from outside tries to be code."""
    site = Site(store)
    changed = [
        product(n, title=f"{MARKUP} {n}", vendor=MARKUP, tags=(MARKUP,), product_type=MARKUP,
                categories=(Category("10", MARKUP),), updated_at=datetime.now(UTC))
        for n in range(40)
    ]  # fmt: skip
    with writing(store.engine) as connection:
        catalogue.save_products(connection, shop.id, changed)
        shop_writes.describe(connection, shop.id, MARKUP, shop.timezone, shop.locale)
        heading = ShelfLook(heading=MARKUP[:80])
        rules.save_look(connection, shop.id, "also_bought", heading)
        rules.add_rule(connection, shop.id, Rule("pin", "product", "p7"), datetime.now(UTC))
        rules.add_rule(connection, shop.id, Rule("boost", "vendor", MARKUP), datetime.now(UTC))
        rules.add_rule(connection, shop.id, Rule("exclude", "tag", MARKUP), datetime.now(UTC))
        run = jobs.start_run(connection, "sync", shop.id, datetime.now(UTC))
        jobs.finish_run(connection, run, "failed", MARKUP, datetime.now(UTC))
        people.note(connection, MARKUP, MARKUP, datetime.now(UTC), shop_id=shop.id)
    site.experiment(shop)
    return site, shop


def pages_of(site: Site, key: str) -> list[tuple[str, str]]:
    """Every page of the map that concerns a shop, and where it is."""
    found = []
    for rule in site.app.url_map.iter_rules():
        values = {name: key if name == "key" else SAMPLE.get(name) for name in rule.arguments}
        usual = "GET" in (rule.methods or ()) and rule.rule.startswith("/admin/shops/")
        if usual and rule.endpoint not in NOT_PAGES and not rule.rule.endswith(".csv"):
            built = rule.build(values)
            assert built
            found.append((rule.endpoint, built[1] + ASKED.get(rule.endpoint, "")))
    return found


def test_every_page_is_sound_whatever_the_shops_texts_say(
    hostile: tuple[Site, Shop], browser: Browser
) -> None:
    site, shop = hostile
    user = site.user("anna@example.com", {shop.id: "owner"}, passwords.hashed(PASSWORD))
    with served(site) as address:
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.add_init_script(BUDGET)
        page.route("https://shop.example/**", lambda route: route.abort())
        said: list[str] = []
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.goto(f"{address}/admin/login")
        page.get_by_label("E-mail").fill(user.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        walked = [*pages_of(site, shop.key), ("entry.account", "/admin/account")]
        walked += [("connect.choose", "/admin/connect")]
        assert len(walked) > 20
        for endpoint, where in walked:
            page.set_viewport_size({"width": 390, "height": 844})
            answer = page.goto(address + where)
            assert answer
            assert answer.status == 200, where
            if os.environ.get("PROVE_ADMIN"):  # the browser tells of a paint a moment after it
                page.evaluate(PAINTED)
            seen = page.evaluate("window.seen")
            assert seen["shift"] <= 0.1, (endpoint, seen)
            if os.environ.get("PROVE_ADMIN"):  # only where nothing else keeps the machine busy
                assert 0 < seen["paint"] <= 2_500, (endpoint, seen)
            planted = "document.querySelectorAll('#mine, img[src=x], main script').length"
            assert page.evaluate(planted) == 0, endpoint
            assert page.evaluate("window.hacked") is None, endpoint
            look(page, endpoint)
        page.close()
    assert said == []


def test_a_shelf_on_a_page_shows_hostile_texts_as_texts(
    hostile: tuple[Site, Shop], browser: Browser
) -> None:
    site, shop = hostile
    with writing(site.store.engine) as connection:
        for it in rule_reads.every(connection, shop.id):
            rules.remove_rule(connection, shop.id, it.id)
    with served(site, wsgi.create_app(site.store)) as address:
        page = browser.new_page()
        tag = f'<script src="{address}/shelf.js" data-key="{shop.key}" data-consent="full" defer>'
        shelf = '<product-shelf placement="also_bought" product="p4"></product-shelf>'
        body = f"<!doctype html><title>Shop</title>{tag}</script>{shelf}"
        page.route("https://shop.example/**", lambda route: route.abort())
        page.route(
            f"{address}/page", lambda route: route.fulfill(body=body, content_type="text/html")
        )
        page.goto(f"{address}/page")
        page.get_by_text("onerror=window.hacked=1", exact=False).first.wait_for(state="visible")
        assert page.locator("product-shelf a").count() > 2
        planted = "document.querySelectorAll('#mine, img[src=x], product-shelf script').length"
        assert page.evaluate(planted) == 0
        assert page.evaluate("window.hacked") is None
        page.close()


def test_the_keyboard_reaches_the_content_first(site: Site, address: str, browser: Browser) -> None:
    page: Page = browser.new_page()
    page.goto(f"{address}/admin/login")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "email"
    page.close()
