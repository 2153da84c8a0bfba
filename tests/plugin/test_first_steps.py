"""The way of a new owner, as docs/install-woocommerce.md tells it, in a browser on the demo shop.

Set-up link, connect by a pasted key, first sync and training watched on the page, the two lines in
the shop's pages, a shelf in front of a shopper. The clock's jobs run here, one after the other, as
the clock would take them up.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Response, expect

import wsgi
from plugin.commands.setup_link import setup_link
from scheduler import jobs as clock
from store.engine import reading, writing
from store.reads import people, shops
from store.writes import jobs
from tests.living import DemoShop, demo_shop
from tests.plugin.site import PASSWORD, Site, open_site
from tests.plugin.test_browser import look, served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]  # a whole sync and training

ORDERS = 250  # enough for pairs to be learned, few enough for seconds


def tick(site: Site) -> list[str]:
    """What was asked for is taken up and done."""
    done = []
    for training in (True, False):
        with writing(site.store.engine) as connection:
            taken = jobs.take(connection, training, "here", datetime.now(UTC))
        if taken is not None:
            clock.run(site.store, taken.job, taken.shop_id, taken.run_id)
            done.append(taken.job)
    return done


def connect(page: Page, demo: DemoShop) -> None:
    """Step 2 of the guide: a key is pasted; a wrong one is said to be wrong."""
    page.get_by_role("link", name="Connect a shop").click()
    page.get_by_label("The shop’s address").fill(demo.url)
    page.get_by_label("Consumer key").fill(demo.key)
    page.get_by_label("Consumer secret").fill("cs_" + "0" * 40)
    page.get_by_role("button", name="Check and connect").click()
    expect(page.get_by_role("alert")).to_contain_text("Not connected")
    assert page.get_by_label("Consumer secret").input_value() == ""  # never sent back
    page.get_by_label("Consumer secret").fill(demo.secret)
    page.get_by_label("What to call it here").fill("Demo")
    page.get_by_role("button", name="Check and connect").click()


def test_a_new_owner_gets_from_the_set_up_link_to_a_shelf(
    sqlite_url: str, tmp_path: Path, browser: Browser
) -> None:
    site = Site(open_site(sqlite_url, allow_private_hosts=True, storefront_rate="off"))
    app = wsgi.create_app(site.store)
    with demo_shop(tmp_path / "demo", max_orders=ORDERS) as demo, served(site, app) as address:
        page = browser.new_page()
        made = site.app.test_cli_runner().invoke(setup_link, ["--json"])
        page.goto(address + urlsplit(json.loads(made.output)["url"]).path)
        page.get_by_label("E-mail").fill("anna@example.com")
        page.get_by_label("New password").fill(PASSWORD)
        page.get_by_label("The same once more").fill(PASSWORD)
        page.get_by_role("button", name="Create the account").click()
        connect(page, demo)

        expect(page.get_by_role("heading", name="First steps")).to_be_visible()
        expect(page.get_by_role("status")).to_contain_text("Waiting for the clock")
        assert tick(site) == ["sync"]
        # Nobody presses anything: the page looks again by itself.
        read = re.compile(rf"products and {ORDERS} orders are here\.")
        expect(page.get_by_text(read)).to_be_visible(timeout=30_000)
        assert tick(site) == ["train"]
        expect(page.get_by_text("Done. The")).to_be_visible(timeout=30_000)
        look(page, "start-trained")
        page.get_by_role("link", name="Customers also bought").click()
        expect(page.locator(".shelf img").first).to_be_visible()
        look(page, "first-shelf")

        with reading(site.store.engine) as connection:
            (shop,) = shops.every(connection)
            assert people.members(connection, shop.id)[0].email == "anna@example.com"
        place = [sys.executable, "-m", "demo", "place-script", "--folder", str(demo.folder)]
        script = ["--src", f"{address}/shelf.js", "--key", shop.key]
        subprocess.run([*place, *script], check=True, capture_output=True, env=dict(os.environ))
        title = page.locator("p.aside strong").first.inner_text()
        shopper = browser.new_page()
        shopper.goto(f"{demo.url}/?p={product_of(page)}")
        expect(shopper.get_by_role("heading", name=title)).to_be_visible()
        with shopper.expect_response(tells_of_a_shelf, timeout=60_000):
            expect(shopper.locator("product-shelf a").first).to_be_visible(timeout=15_000)
            shopper.locator("product-shelf").first.scroll_into_view_if_needed()
        shopper.close()
        page.goto(f"{address}/admin/shops/{shop.key}/start")
        expect(page.get_by_text("Shoppers see it.")).to_be_visible()
        page.close()
    site.store.engine.dispose()


def tells_of_a_shelf(answer: Response) -> bool:
    """The browser told, and we kept, that a shelf was seen; the product's own view comes before."""
    told = answer.request.post_data or ""
    return answer.url.endswith("/shelf/events") and '"view"' in told and answer.status == 202


def product_of(page: Page) -> str:
    """Whose page the preview is about: its link "Why these?" names the product."""
    href = page.get_by_role("link", name="Why these?").get_attribute("href")
    return parse_qs(urlsplit(href or "").query)["product"][0]
