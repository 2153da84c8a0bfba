"""The merchant's way in a real browser: set up, log in, look, act, at a phone's and a desk's width.

Every page is checked by axe, must not scroll sideways, and must load nothing but our own files.
Screenshots go to the folder SCREENSHOTS names, where a person wants to look at them.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from store.engine import writing
from store.writes.people import make_setup_link
from tests.plugin import trials
from tests.plugin.site import PASSWORD, Site
from tests.plugin.test_findings import healthy

pytestmark = pytest.mark.browser

WIDTHS = (390, 1280)


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


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
    assert faults == [], [(f["id"], [n["target"] for n in f["nodes"]]) for f in faults]


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
    look(page, "overview")

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
    look(page, "stop")
    page.get_by_role("button", name="Stop the experiment").click()
    assert "Experiment 2 is stopped" in page.get_by_role("status").inner_text()

    page.get_by_role("link", name="Experiments", exact=True).first.click()
    look(page, "experiments")
    page.get_by_role("link", name="Models").click()
    look(page, "models")
    page.get_by_role("link", name="Version 1", exact=True).click()
    look(page, "model")
    page.get_by_role("link", name="Account").click()
    look(page, "account")
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


def test_the_keyboard_reaches_the_content_first(site: Site, address: str, browser: Browser) -> None:
    page: Page = browser.new_page()
    page.goto(f"{address}/admin/login")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "email"
    page.close()
