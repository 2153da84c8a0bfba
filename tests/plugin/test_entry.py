"""Getting in: the set-up link once only, log-in, throttling, sessions that end."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from plugin import passwords, session, throttle
from store.engine import writing
from store.reads import people
from store.tables import Attempt
from store.writes.people import make_setup_link
from tests.plugin.site import PASSWORD, Site, send, words


def link(site: Site) -> str:
    with writing(site.store.engine) as connection:
        return f"/admin/setup/{make_setup_link(connection, datetime.now(UTC))}"


def set_up(site: Site, page: str, email: str = "anna@example.com", password: str = PASSWORD):  # type: ignore[no-untyped-def]
    browser = site.browser()
    return browser, send(browser, page, email=email, password=password, again=password)


def test_the_set_up_link_makes_its_holder_owner_of_every_shop_and_logs_in(
    site_on_both: Site,
) -> None:
    site = site_on_both
    first, second = site.shop("Lamps"), site.shop("Chairs")
    browser, answer = set_up(site, link(site))
    assert answer.status_code == 303
    page = browser.get("/admin/")
    assert "Lamps" in page.text
    assert "Chairs" in page.text
    with site.reading() as connection:
        user = people.user_by_email(connection, "anna@example.com")
        assert user is not None
        assert people.roles(connection, user.id) == {first.id: "owner", second.id: "owner"}


def test_a_used_link_opens_nothing_and_says_what_to_do(site: Site) -> None:
    page = link(site)
    set_up(site, page)
    stranger = site.browser()
    answer = stranger.get(page)
    assert answer.status_code == 410
    assert "used already" in words(answer)
    assert "flask setup-link" in words(answer)
    _, again = set_up(site, page, "eve@example.com")
    assert again.status_code in (400, 410)  # the page has no form any more, so no token either
    with site.reading() as connection:
        assert people.user_by_email(connection, "eve@example.com") is None


def test_looking_at_the_link_does_not_use_it_up(site: Site) -> None:
    page = link(site)
    assert site.browser().get(page).status_code == 200  # as a mail scanner does
    assert set_up(site, page)[1].status_code == 303


def test_a_link_ends_after_a_day_and_when_a_newer_one_is_made(site: Site) -> None:
    page = link(site)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=25)):
        assert "older than 24 hours" in words(site.browser().get(page))
    link(site)
    assert "newer link has replaced it" in words(site.browser().get(page))


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "at least 12 characters"),
        ("password1234", "guessing programs"),
        ("aaaaaaaaaaaaaaaa", "guessing programs"),
        ("anna@example.com", "your e-mail address"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(site: Site, password: str, said: str) -> None:
    page = link(site)
    _, answer = set_up(site, page, password=password)
    assert answer.status_code == 422
    assert said in words(answer)
    assert set_up(site, page)[1].status_code == 303  # and the link is still good


def test_log_in_asks_for_the_right_password_and_starts_a_fresh_session(site: Site) -> None:
    shop = site.shop()
    user = site.user(roles={shop.id: "viewer"}, hashed=passwords.hashed(PASSWORD))
    browser = site.browser()
    wrong = send(browser, "/admin/login", email=user.email, password="not this one at all")
    assert wrong.status_code == 422
    nobody = send(browser, "/admin/login", email="who@example.com", password=PASSWORD)
    assert words(nobody) == words(wrong)  # the same answer, whether the e-mail is known or not
    with browser.session_transaction("/admin/") as before:
        before["planted"] = "by somebody else"
        token = before["csrf_token"]
    right = send(browser, "/admin/login", email=" Anna@Example.com ", password=PASSWORD)
    assert right.status_code == 303
    with browser.session_transaction("/admin/") as after:
        assert "planted" not in after
        assert after.get("csrf_token") != token
    assert browser.get(f"/admin/shops/{shop.key}/").status_code == 200


def test_after_log_in_one_is_where_one_wanted_to_be_but_never_elsewhere(site: Site) -> None:
    shop = site.shop()
    user = site.user(roles={shop.id: "viewer"}, hashed=passwords.hashed(PASSWORD))
    wanted = f"/admin/shops/{shop.key}/models/"
    sent_away = site.browser().get(wanted)
    assert sent_away.status_code == 302
    assert sent_away.location.startswith("/admin/login?next=%2Fadmin%2Fshops")
    for place, end in (
        (wanted, wanted),
        ("https://evil.example/admin/", "/admin/"),
        ("//evil.example", "/admin/"),
        ("/admin/\\evil.example", "/admin/"),
    ):
        answer = send(
            site.browser(), "/admin/login", email=user.email, password=PASSWORD, next=place
        )
        assert answer.location == end


def test_too_many_tries_are_refused_even_with_the_right_password(
    site_on_both: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = site_on_both
    monkeypatch.setattr(throttle, "TRIES_PER_ADDRESS", 3)
    user = site.user(hashed=passwords.hashed(PASSWORD))
    for _ in range(3):
        send(site.browser(), "/admin/login", email=user.email, password="wrong and wrong")
    refused = send(site.browser(), "/admin/login", email=user.email, password=PASSWORD)
    assert refused.status_code == 429
    assert "Wait 15 minutes" in words(refused)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
        late = send(site.browser(), "/admin/login", email=user.email, password=PASSWORD)
    assert late.status_code == 303


def test_tries_on_one_name_count_together_wherever_they_come_from(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "TRIES_PER_NAME", 3)
    for i in range(4):
        browser = site.browser()
        browser.environ_base["REMOTE_ADDR"] = f"192.0.2.{i}"
        answer = send(browser, "/admin/login", email="anna@example.com", password="guess")
    assert answer.status_code == 429


def test_log_out_everywhere_ends_the_sessions_of_other_devices(site: Site) -> None:
    shop = site.shop()
    user = site.user(roles={shop.id: "owner"})
    here, there = site.browser(user), site.browser(user)
    overview = f"/admin/shops/{shop.key}/"
    assert there.get(overview).status_code == 200
    send(here, "/admin/account", "/admin/logout-everywhere")
    assert there.get(overview).status_code == 302
    assert here.get(overview).status_code == 302


def test_a_new_password_ends_every_session_but_this_one(site: Site) -> None:
    shop = site.shop()
    user = site.user(roles={shop.id: "owner"}, hashed=passwords.hashed(PASSWORD))
    here, there = site.browser(user), site.browser(user)
    new = "seven windy bridges hum"
    form = {"old": PASSWORD, "password": new, "again": new}
    assert send(here, "/admin/account", "/admin/account/password", **form).status_code == 303
    assert here.get(f"/admin/shops/{shop.key}/").status_code == 200
    assert there.get(f"/admin/shops/{shop.key}/").status_code == 302
    assert send(here, "/admin/account", "/admin/account/password", **form).status_code == 422


def test_a_session_ends_after_idle_hours_and_after_a_week_in_any_case(site: Site) -> None:
    shop = site.shop()
    user = site.user(roles={shop.id: "owner"})
    overview = f"/admin/shops/{shop.key}/"
    start = datetime.now(UTC)
    browser = site.browser(user)
    with time_machine.travel(start + session.IDLE_FOR - timedelta(minutes=1)):
        assert browser.get(overview).status_code == 200
    idle = site.browser(user)
    with time_machine.travel(start + session.IDLE_FOR + timedelta(minutes=1)):
        assert idle.get(overview).status_code == 302
    busy = site.browser(user)
    for hours in range(6, 7 * 24 + 7, 6):
        with time_machine.travel(start + timedelta(hours=hours)):
            answer = busy.get(overview)
    assert answer.status_code == 302


def test_a_form_without_its_token_changes_nothing_and_says_so(site: Site) -> None:
    shop = site.shop()
    browser = site.owner_of(shop)
    answer = browser.post(f"/admin/shops/{shop.key}/ask", data={"job": "sync"})
    assert answer.status_code == 400
    assert "nothing was changed" in words(answer)
    with site.reading() as connection:
        from store.reads.overview import waiting

        assert waiting(connection, shop.id) == {}


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(sqlite_url: str) -> None:
    from tests.plugin.site import open_site

    store = open_site(sqlite_url, base_url="https://shelves.example")
    site = Site(store)
    cookie = (
        site.browser().get("/admin/login", base_url="https://shelves.example").headers["Set-Cookie"]
    )
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/admin"} <= set(cookie.split("; "))
    store.engine.dispose()


def test_the_first_visitor_is_told_how_to_begin(site: Site) -> None:
    assert "flask setup-link" in words(site.browser().get("/admin/", follow_redirects=True))


def test_an_owner_without_a_shop_is_told_how_to_connect_one(site: Site) -> None:
    page = site.browser(site.user()).get("/admin/")
    assert "Connect a shop" in words(page)


def test_tries_are_kept_under_keyed_hashes(site: Site) -> None:
    """Without SECRET_KEYS nobody can try all addresses against the table."""
    browser = site.browser()
    send(browser, "/admin/login", email="anna@example.com", password="x" * 12)
    with site.reading() as connection:
        kept = {bytes(who) for who in connection.scalars(select(Attempt.who))}
    assert len(kept) == 2  # the address and the name
    for name in ("127.0.0.1", "anna@example.com"):
        for plain in (
            hashlib.sha256(name.encode()),
            hashlib.blake2b(name.encode(), digest_size=16),
        ):
            assert plain.digest() not in kept
