"""Overview, experiments and models: what they say in each state, and what their forms change."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
import time_machine

from experiments.outcome import Metric
from plugin import words as words_of
from store.engine import writing
from store.reads import experiments, models
from store.records import PLACEMENTS, Order, OrderLine, Platform, Strategy
from store.writes import events, jobs, orders
from store.writes import models as model_writes
from tests.plugin import trials
from tests.plugin.site import NOON, Site, send, words

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'{{ 7*7 }}"


def some_orders(site: Site, shop_id: int, count: int = 3) -> None:
    with writing(site.store.engine) as connection:
        orders.save_orders(
            connection,
            shop_id,
            b"p" * 32,
            [
                Order(
                    id=str(i), placed_at=NOON - timedelta(days=i), updated_at=NOON, currency="GBP",
                    status="paid", total_minor=1_000 * i,
                    lines=(OrderLine(f"l{i}", product_id="1", quantity=1, gross_minor=1_000 * i),),
                )
                for i in range(1, count + 1)
            ],
        )  # fmt: skip


def test_each_state_of_a_new_shop_says_what_is_next(site: Site) -> None:
    shop = site.shop()
    page = f"/admin/shops/{shop.key}/"
    browser = site.owner_of(shop)
    assert "Next: bring the shop’s data here" in words(browser.get(page))
    site.products(shop, ["Lamp"])
    assert "No orders yet" in words(browser.get(page))
    some_orders(site, shop.id)
    assert "Next: the first training" in words(browser.get(page))
    site.model(shop)
    text = words(browser.get(page))
    assert "Next: show a shelf on your shop" in text
    assert shop.key in text
    assert "No experiment is running" in text


def test_the_overview_shows_the_live_model_beside_bestsellers(site: Site) -> None:
    shop = site.shop()
    site.products(shop, ["Lamp"])
    some_orders(site, shop.id)
    site.model(shop)
    text = words(site.owner_of(shop).get(f"/admin/shops/{shop.key}/"))
    assert "Better than bestsellers" in text
    assert "This shelf 0.143 0.135 to 0.152" in text
    assert "Bestsellers 0.061 0.053 to 0.070" in text


def test_sync_now_is_a_row_for_the_clock_and_asking_twice_is_asking_once(
    site_on_both: Site,
) -> None:
    site = site_on_both
    shop = site.shop()
    site.products(shop, ["Lamp"])
    page = f"/admin/shops/{shop.key}/"
    browser = site.owner_of(shop)
    for _ in range(2):
        answer = send(browser, page, page + "ask", job="sync")
        assert answer.status_code == 303
    text = words(browser.get(page))
    assert "A sync is asked for" in text
    assert "Sync now (asked for)" in text
    with writing(site.store.engine) as connection:
        taken = jobs.take(connection, False, "here", NOON)
        assert taken is not None
        assert taken[1:] == ("sync", shop.id)
        assert jobs.take(connection, False, "here", NOON) is None
    assert send(browser, page, page + "ask", job="rm").status_code == 400


def test_a_request_that_nobody_takes_up_is_told(site: Site) -> None:
    shop = site.shop()
    with writing(site.store.engine) as connection:
        jobs.ask(connection, shop.id, "sync", datetime.now(UTC) - timedelta(minutes=10))
    text = words(site.owner_of(shop).get(f"/admin/shops/{shop.key}/"))
    assert "The clock does not seem to run" in text


def test_jobs_are_told_in_plain_words(site: Site) -> None:
    shop = site.shop()
    with writing(site.store.engine) as connection:
        run = jobs.start_run(connection, "sync", shop.id, NOON)
        jobs.finish_run(connection, run, "failed", "The shop refuses our access.", NOON)
    text = words(site.owner_of(shop).get(f"/admin/shops/{shop.key}/"))
    assert "Sync with the shop failed 1 Nov 2026, 12:00 The shop refuses our access." in text


def test_an_experiment_starts_once_and_its_terms_are_locked(site: Site) -> None:
    shop = site.shop()
    site.products(shop, ["Lamp"])
    site.model(shop)
    with time_machine.travel(NOON, tick=False):
        some_orders(site, shop.id, count=200)
        browser = site.owner_of(shop)
        page = f"/admin/shops/{shop.key}/experiments/"
        form = {"placement": "also_bought", "against": "bestsellers", "metric": "rpv"}
        answer = send(browser, page, weeks="4", **form)
        assert answer.status_code == 303
        assert answer.location.endswith("/experiments/1/")
        assert "in an experiment already" in words(browser.get(page))
        again = send(browser, f"/admin/shops/{shop.key}/", page, weeks="4", **form)
        assert again.status_code == 422
        assert "Experiment 1 is running" in words(again)
    with site.reading() as connection:
        found = experiments.by_number(connection, shop.id, 1).experiment
    assert found.ends_at - found.started_at == timedelta(days=28)
    assert found.window_s == 7 * 86_400
    # 89 of the 200 orders are of the last 90 days; the dearest of their 89 buyers spent 890.00,
    # and 99 of 100 is all of them.
    assert found.cap_minor == 90_000


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"placement": "cart"}, "Nothing is live on cart"),
        ({"placement": "<b>"}, "Choose the shelf to test"),
        ({"weeks": "9"}, "whole weeks"),
        ({"weeks": "x"}, "whole weeks"),
        ({"against": "everything"}, "runs against none, bestsellers"),
        ({"against": "7"}, "Version 7 is not there"),
        ({"against": "1"}, "is what is live"),
        ({"metric": "rpv"}, "needs orders of the last 90 days"),
    ],
)
def test_a_test_that_would_prove_nothing_is_refused_with_the_reason(
    site: Site, form: dict[str, str], said: str
) -> None:
    shop = site.shop()
    site.model(shop)
    page = f"/admin/shops/{shop.key}/experiments/"
    given = {"placement": "also_bought", "against": "none", "metric": "cvr", "weeks": "4"} | form
    answer = send(site.owner_of(shop), page, **given)
    assert answer.status_code == 422
    assert said in words(answer)
    with site.reading() as connection:
        assert experiments.every(connection, shop.id) == []


def test_stopping_asks_first(site: Site) -> None:
    shop = site.shop()
    site.experiment(shop)
    browser = site.owner_of(shop)
    page = f"/admin/shops/{shop.key}/experiments/1/stop"
    assert "Stop experiment 1?" in words(browser.get(page))
    with site.reading() as connection:
        assert experiments.by_number(connection, shop.id, 1).experiment.stopped_at is None
    assert send(browser, page).status_code == 303
    with site.reading() as connection:
        assert experiments.by_number(connection, shop.id, 1).experiment.stopped_at is not None
    assert "It was stopped" in words(browser.get(page))


def test_rolling_back_says_what_changes_and_serves_the_old_version_again(
    site_on_both: Site,
) -> None:
    site = site_on_both
    shop = site.shop()
    first = site.model(shop)
    site.model(shop)
    browser = site.owner_of(shop)
    page = f"/admin/shops/{shop.key}/models/1/rollback"
    assert "live now: version 2" in words(browser.get(page))
    assert send(browser, page).status_code == 303
    with site.reading() as connection:
        assert models.live(connection, shop.id)["also_bought"].model_id == first
    assert "Version 1 is live again" in words(browser.get(f"/admin/shops/{shop.key}/models/"))


def test_a_version_whose_lists_are_gone_is_not_offered(site: Site) -> None:
    shop = site.shop()
    first = site.model(shop)
    site.model(shop)
    with writing(site.store.engine) as connection:
        model_writes.prune_lists(connection, first)
    browser = site.owner_of(shop)
    assert "cannot be served again" in words(browser.get(f"/admin/shops/{shop.key}/models/"))
    assert browser.get(f"/admin/shops/{shop.key}/models/1/rollback").status_code == 404


def test_markup_in_the_shops_own_texts_never_becomes_html(site: Site) -> None:
    shop = site.shop(MARKUP)
    site.products(shop, [MARKUP])
    some_orders(site, shop.id)
    model = site.model(shop, outcome=MARKUP)
    with writing(site.store.engine) as connection:
        run = jobs.start_run(connection, MARKUP, shop.id, NOON)
        jobs.finish_run(connection, run, "failed", MARKUP, NOON)
        model_writes.publish(connection, shop.id, "also_bought", model, [MARKUP], MARKUP, NOON)
    site.experiment(shop, against=MARKUP)
    trials.run(site, site.experiment(shop, "you_might_like"), 2)
    browser = site.owner_of(shop)
    other = site.shop("Second")
    user = site.user("many@example.com", {shop.id: "owner", other.id: "owner"})
    base = f"/admin/shops/{shop.key}/"
    pages = [base + p for p in ("", "experiments/", "experiments/1/", "experiments/2/", "models/")]
    pages += [base + p for p in ("models/1", "models/1/rollback", "experiments/1/stop")]
    texts = [browser.get(page) for page in pages] + [site.browser(user).get("/admin/")]
    for answer in texts:
        assert answer.status_code == 200
        assert "<script" not in answer.text
        assert "onerror=alert" not in answer.text.replace("&lt;img src=x onerror=alert", "")
        assert "49" not in words(answer).split("{{ 7*7 }}")[0][:200]
    reflected = browser.get("/admin/login?next=" + MARKUP)
    assert "<script" not in reflected.text


def test_shelves_seen_and_clicked_are_counted_for_a_week_and_a_month(site: Site) -> None:
    shop = site.shop()
    site.model(shop)
    for days, seen, clicked in ((2, 40, 3), (20, 60, 2), (40, 500, 50)):
        told = [
            events.Told(os.urandom(16), kind, os.urandom(16), None, "also_bought", nonce=b"n" * 8)
            for kind, count in (("view", seen), ("click", clicked))
            for _ in range(count)
        ]
        with writing(site.store.engine) as connection:
            events.save_events(connection, shop.id, told, shop.now() - timedelta(days=days))
    text = words(site.owner_of(shop).get(f"/admin/shops/{shop.key}/"))
    assert "7 days 40 3 7.5%" in text
    assert "30 days 100 5 5.0%" in text


def test_every_name_of_the_store_has_words_for_people() -> None:
    assert set(words_of.PLACEMENT) == set(PLACEMENTS)
    assert set(words_of.STRATEGY) >= set(get_args(Strategy))
    assert set(words_of.PLATFORM) == set(get_args(Platform))
    assert set(words_of.METRIC) == set(get_args(Metric))
