"""What costs something to begin is told, asked about, done once, and written into the log."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from store.reads import experiments, sharing
from store.reads.shops import Shop
from store.records import Experiment
from tests.plugin import trials
from tests.plugin.site import Site, send, words
from tests.plugin.test_sharing import mail_server, with_mail


def newest(site: Site, shop: Shop) -> Experiment:
    with site.reading() as connection:
        return experiments.every(connection, shop.id)[0].experiment


def logged(browser: FlaskClient, shop: Shop) -> str:
    return words(browser.get(f"/admin/shops/{shop.key}/log/"))


@pytest.fixture
def shop(site: Site) -> Shop:
    shop = site.shop()
    site.products(shop, ["Lamp"])
    site.model(shop)
    return shop


# --- a test, with more to choose ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "against", "share"),
    [
        ({"against": "itself"}, "itself", 5_000),
        ({"against": "similar", "share": "10"}, "similar", 1_000),
    ],
)
def test_a_test_of_the_test_one_strategy_and_a_careful_share_start_from_the_page(
    site: Site, shop: Shop, form: dict[str, str], against: str, share: int
) -> None:
    browser, page = site.owner_of(shop), f"/admin/shops/{shop.key}/experiments/"
    assert "a test of the test" in words(browser.get(page))
    given = {"placement": "also_bought", "metric": "cvr", "weeks": "2"} | form
    assert send(browser, page, **given).status_code == 303
    found = newest(site, shop)
    assert (found.against, found.share) == (against, share)


@pytest.mark.parametrize("share", ["0", "100", "half", "-5", "5.5", "1e2", ""])
def test_a_share_that_leaves_a_group_empty_is_refused(site: Site, shop: Shop, share: str) -> None:
    page = f"/admin/shops/{shop.key}/experiments/"
    form = {"placement": "also_bought", "against": "none", "weeks": "2", "share": share}
    answer = send(site.owner_of(shop), page, **form)
    assert answer.status_code == 422
    assert "visitors" in words(answer)


# --- the next phase -------------------------------------------------------------------------------


def test_another_share_asks_first_and_is_a_test_of_its_own(site: Site, shop: Shop) -> None:
    site.experiment(shop)
    page = f"/admin/shops/{shop.key}/experiments/1/ramp"
    browser = site.owner_of(shop)
    assert "experiment 1 stops" in words(browser.get(page))
    assert newest(site, shop).stopped_at is None
    answer = send(browser, page, share="80")
    assert answer.location.endswith("/experiments/2/")
    with site.reading() as connection:
        second, first = experiments.every(connection, shop.id)
    assert first.experiment.stopped_at is not None
    assert second.experiment.share == 8_000
    assert second.experiment.salt != first.experiment.salt
    assert "Started experiment 2" in logged(browser, shop)
    assert "is stopped" in words(browser.get(page))
    assert send(browser, f"/admin/shops/{shop.key}/", page, share="20").status_code == 422


def test_the_same_share_again_is_refused_and_stops_nothing(site: Site, shop: Shop) -> None:
    site.experiment(shop)
    page = f"/admin/shops/{shop.key}/experiments/1/ramp"
    answer = send(site.owner_of(shop), page, share="50")
    assert answer.status_code == 422
    assert "has this share already" in words(answer)
    assert newest(site, shop).stopped_at is None


# --- the holdout ----------------------------------------------------------------------------------


def test_a_holdout_tells_its_price_starts_once_and_is_logged(site: Site, shop: Shop) -> None:
    site.order(shop, "1")
    page = f"/admin/shops/{shop.key}/experiments/holdout"
    browser = site.owner_of(shop)
    assert "What it costs" in words(browser.get(page))
    form = {"percent": "5", "days": "91", "metric": "cvr"}
    assert send(browser, page, **form).status_code == 303
    found = newest(site, shop)
    assert (found.placement, found.against, found.share) == ("every_shelf", "none", 9_500)
    assert (found.ends_at - found.started_at).days == 91
    assert "holdout of 5 %" in logged(browser, shop)
    assert "One is running" in words(browser.get(page))
    again = send(browser, f"/admin/shops/{shop.key}/", page, **form)
    assert again.status_code == 422


@pytest.mark.parametrize("form", [{"percent": "0"}, {"percent": "x"}, {"days": "90"}, {"days": ""}])
def test_a_holdout_that_cannot_be_read_is_refused(
    site: Site, shop: Shop, form: dict[str, str]
) -> None:
    page = f"/admin/shops/{shop.key}/experiments/holdout"
    given = {"percent": "5", "days": "91", "metric": "cvr"} | form
    assert send(site.owner_of(shop), page, **given).status_code == 422


def test_without_a_shelf_there_is_nothing_to_hold_out_from(site: Site) -> None:
    shop = site.shop()
    page = f"/admin/shops/{shop.key}/experiments/holdout"
    assert "before the first training" in words(site.owner_of(shop).get(page))


# --- letters --------------------------------------------------------------------------------------


def listed(site: Site, shop: Shop) -> list[str]:
    with site.reading() as connection:
        return [wish.email for wish in sharing.letters(connection, shop.id)]


def test_letters_are_asked_for_and_ended_on_a_page(site: Site, shop: Shop) -> None:
    page = f"/admin/shops/{shop.key}/letters"
    browser = site.owner_of(shop)
    assert "Nobody gets it yet" in words(browser.get(page))
    assert send(browser, page, email="anna@example.com").status_code == 303
    assert listed(site, shop) == ["anna@example.com"]
    assert "No mail server is set" in words(browser.get(page))
    assert send(browser, page, f"{page}/remove", email="anna@example.com").status_code == 303
    assert listed(site, shop) == []
    said = logged(browser, shop)
    assert "Sends the report by e-mail no more" in said
    assert "anna@example.com" in said


@pytest.mark.parametrize(
    "email", ["", "anna", "a@b", "a@b.c, d@e.f", "<a@b.c>", "a" * 300 + "@b.c"]
)
def test_what_is_no_address_is_refused(site: Site, shop: Shop, email: str) -> None:
    page = f"/admin/shops/{shop.key}/letters"
    answer = send(site.owner_of(shop), page, email=email)
    assert answer.status_code == 422
    assert "is not an e-mail address" in words(answer)
    assert listed(site, shop) == []


def test_a_list_does_not_grow_without_end(site: Site, shop: Shop) -> None:
    page = f"/admin/shops/{shop.key}/letters"
    browser = site.owner_of(shop)
    for n in range(20):
        send(browser, page, email=f"p{n}@example.com")
    assert send(browser, page, email="one@example.com").status_code == 422


def test_a_letter_sent_now_goes_to_the_list_only(site: Site, shop: Shop) -> None:
    trials.run(site, site.experiment(shop), 2)
    with mail_server() as (url, got):
        there = Site(with_mail(site, url))
        page, browser = f"/admin/shops/{shop.key}/letters", there.owner_of(shop)
        send(browser, page, email="anna@example.com")
        refused = send(browser, page, f"{page}/send", email="stranger@example.com")
        assert refused.status_code == 422
        assert send(browser, page, f"{page}/send", email="anna@example.com").status_code == 303
        assert len(got) == 1


def test_a_viewer_sees_no_addresses(site: Site, shop: Shop) -> None:
    viewer = site.browser(site.user("v@example.com", {shop.id: "viewer"}))
    assert viewer.get(f"/admin/shops/{shop.key}/letters").status_code == 403
