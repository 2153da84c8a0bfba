"""The whole path, as people take it: a page, a shelf, a click, an order, and the figures.

Real processes for the shop and the application, a real browser, and the real sync, training and
tally between them. Screenshots lie in .ci-artifacts/whole afterwards.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select, update

from demo.shoppers import Crowd
from experiments import token
from experiments.report import Report
from scheduler.sync import sync
from scheduler.tally import tally
from scheduler.train import train
from store import engine as engines
from store import tables
from store.engine import reading, writing
from store.opening import Store
from store.reads import experiments as experiment_reads
from store.reads import shops
from store.reads.shops import Shop
from store.reads.training import training_data
from store.records import NEVER_S
from store.writes import experiments
from tests.databases import free_port
from tests.living import DemoShop, connect, demo_shop, environment
from tests.shops import NOW, open_store
from widget import configs

SCREENSHOTS = Path(os.environ.get("ARTIFACTS", ".ci-artifacts")) / "whole"
# Enough of the real orders for shelves with reasons, few enough to train in seconds.
ORDERS = 1_500


@contextmanager
def application(store: Store) -> Iterator[str]:
    """wsgi:app under gunicorn, as `make serve` runs it."""
    port = free_port()
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("gunicorn")), "-c", "gunicorn.conf.py", "wsgi:app"],
        env=environment(store) | {"PORT": str(port), "BASE_URL": f"http://127.0.0.1:{port}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"{address}/readyz", timeout=5):
                    break
            except OSError:
                assert process.poll() is None, "gunicorn could not start"
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[tuple[DemoShop, Store, Shop, str]]:
    folder = tmp_path_factory.mktemp("whole")
    (folder / "store.sqlite").write_bytes(sqlite_template.read_bytes())
    engine = engines.open(f"sqlite:///{folder / 'store.sqlite'}")
    store = open_store(engine)
    with demo_shop(folder / "demo", max_orders=ORDERS) as demo:
        shop = connect(store, demo)
        sync(store, shop, lambda *_: None)
        train(store, shop, lambda step: None)
        with application(store) as address:
            subprocess.run(
                [
                    sys.executable, "-m", "demo", "place-script", "--folder", str(demo.folder),
                    "--src", f"{address}/shelf.js", "--key", shop.key,
                ],
                check=True,
            )  # fmt: skip
            yield demo, store, shop, address
    engine.dispose()


def start_test(store: Store, shop: Shop, against: str) -> int:
    """A new experiment on also_bought, in place of the one another test left running."""
    with writing(store.engine) as connection:
        connection.execute(
            update(tables.Experiment)
            .where(tables.Experiment.stopped_at.is_(None))
            .values(stopped_at=NOW)
        )
        return experiments.start_experiment(
            connection,
            shop.id,
            placement="also_bought",
            against=against,
            metric="cvr",
            started_at=NOW - timedelta(minutes=1),
            ends_at=NOW + timedelta(days=28),
            window_s=7 * 86_400,
            cap_minor=None,
            planned_visitors=1_000,
            planned_conversions=30,
        )


def serve_test(store: Store, shop: Shop, against: str) -> int:
    """A new experiment that every worker of the running application knows of.

    Each keeps a shop's settings for up to a second: its first visitors would else enter the
    experiment before.
    """
    number = start_test(store, shop, against)
    time.sleep(configs.FRESH_FOR_S + configs.WHILE_READ_S)
    return number


def popular_product(address: str, shop: Shop) -> str:
    with urllib.request.urlopen(f"{address}/v1/{shop.key}/shelf?placement=bestsellers") as answer:
        return str(json.loads(answer.read())["items"][0]["id"])


def open_product(browser: Browser, demo: DemoShop, product: str, width: int, arm: str) -> Page:
    """A new visitor on a product page, tried until one is dealt into `arm`."""
    for _ in range(40):
        page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
        page.set_default_timeout(20_000)
        with page.expect_response(lambda r: "placement=also_bought" in r.url) as told:
            page.goto(f"{demo.url}/?p={product}")
            page.evaluate("document.querySelector('product-shelf').scrollIntoView()")
        if told.value.json()["arm"] == arm:
            return page
        page.context.close()
    raise AssertionError(f"40 visitors and none of them in {arm}")


def shot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SCREENSHOTS / f"{name}.png"), full_page=True)


def report_of(store: Store, shop: Shop) -> Report:
    return tally(store, shop)[0]


@pytest.mark.browser
def test_an_order_from_a_shelf_arrives_in_the_report_with_its_visitor_arm_and_token(
    browser: Browser, world: tuple[DemoShop, Store, Shop, str]
) -> None:
    demo, store, shop, address = world
    serve_test(store, shop, "bestsellers")
    product = popular_product(address, shop)

    page = open_product(browser, demo, product, 1280, "treatment")
    shelf = page.locator("product-shelf").first
    expect(shelf.get_by_role("heading", name="Customers also bought")).to_be_visible()
    cards = shelf.locator("li")
    assert cards.count() >= 4
    assert "Bought together in" in shelf.inner_text()
    shot(page, "product-1280")
    page.set_viewport_size({"width": 390, "height": 844})
    shot(page, "product-390")
    page.set_viewport_size({"width": 1280, "height": 900})

    with page.expect_response(lambda r: r.url.endswith("/shelf/events")):
        cards.first.get_by_role("link").first.click()
    page.wait_for_url(lambda url: f"p={product}" not in url)
    page.get_by_role("button", name="Add to basket").click()
    page.goto(f"{demo.url}/checkout/")
    typed = {
        "First name": "Ann",
        "Last name": "Example",
        "E-mail address": "ann@example.org",
        "Street address": "1 Test Street",
        "Town or city": "Testham",
        "Postcode": "AB1 2CD",
    }
    for label, value in typed.items():
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Place").click()
    page.wait_for_url(lambda url: "order" in url)
    shot(page, "thanks-1280")
    page.context.close()

    sync(store, shop, lambda *_: None)
    with reading(store.engine) as connection:
        order = connection.execute(  # the newest: simulated shoppers may have been here before
            select(tables.Order)
            .where(tables.Order.visitor.is_not(None))
            .order_by(tables.Order.placed_at.desc(), tables.Order.id.desc())
        ).first()
        assert order
        line = connection.execute(
            select(tables.OrderLine).where(tables.OrderLine.order_id == order.id)
        ).one()
        keys = shops.keys(connection, store.ring, shop.id, shop.now())
        entry = connection.execute(
            select(tables.Exposure).where(tables.Exposure.visitor == order.visitor)
        ).one()
    facts = token.read(keys.token, line.token)
    assert facts is not None
    assert (facts.placement, facts.arm) == ("also_bought", "treatment")
    assert facts.visitor == bytes(order.visitor)[: token.VISITOR_BYTES]
    assert entry.arm == "treatment"

    report = report_of(store, shop)
    assert report.treatment.orders_so_far == 1
    assert report.treatment.revenue_so_far_minor == line.gross_minor
    assert report.control.orders_so_far == 0
    assert report.verdict.kind == "too_early"


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_a_control_visitor_sees_what_the_test_says_and_is_counted_the_same_way(
    browser: Browser, world: tuple[DemoShop, Store, Shop, str], width: int
) -> None:
    demo, store, shop, address = world
    number = serve_test(store, shop, "none")
    page = open_product(browser, demo, popular_product(address, shop), width, "control")
    page.wait_for_timeout(2_500)  # events gather for a second before they are sent
    assert page.locator("product-shelf").first.locator("li").count() == 0
    assert page.locator("product-shelf").nth(1).locator("li").count() >= 4  # another placement
    shot(page, f"control-{width}")
    page.context.close()
    with reading(store.engine) as connection:
        arms = connection.scalars(
            select(tables.Exposure.arm)
            .join(tables.Experiment, tables.Experiment.id == tables.Exposure.experiment_id)
            .where(tables.Experiment.number == number)
        ).all()
    assert arms.count("control") == 1


def test_simulated_shoppers_leave_the_planted_effect_in_the_report(
    world: tuple[DemoShop, Store, Shop, str],
) -> None:
    """Planted truth through the shop's pages, the application's addresses, the sync and the tally:
    30 of 100 buy in control, 60 in treatment."""
    demo, store, shop, address = world
    number = serve_test(store, shop, "bestsellers")
    crowd = Crowd(demo.url, address, shop.key, rate=0.30, uplift=1.0)
    crowd.day(1, 60)
    for day in (2, 3, 4):
        crowd.day(day, 0)
    sync(store, shop, lambda *_: None)
    report = next(r for r in tally(store, shop) if r.stopped_at is None)
    with reading(store.engine) as connection:
        assert experiment_reads.by_number(connection, shop.id, number).experiment.id == (
            report.experiment
        )
    control, treatment = report.control, report.treatment
    assert control.visitors + treatment.visitors == 60
    assert control.orders_so_far + treatment.orders_so_far == crowd.orders
    # Every so-many-th buys, so the counts are the planted ones but for one on the way.
    assert abs(control.orders_so_far - 0.30 * control.visitors) <= 1
    assert abs(treatment.orders_so_far - 0.60 * treatment.visitors) <= 1
    assert (report.health.lost_control, report.health.lost_treatment) == (0, 0)

    # What they clicked is there to be learned from, with the page that it was clicked on.
    e = tables.Event
    with reading(store.engine) as connection:
        told = training_data(connection, shop.id).impressions
        clicks = connection.scalar(
            select(func.count()).where(e.type == "click", e.experiment_id == report.experiment)
        )
    assert told is not None
    assert clicks
    assert (told.clicked_s < NEVER_S).sum() >= clicks
    assert (told.page != told.product).all()
