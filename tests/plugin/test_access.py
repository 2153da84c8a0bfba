"""Nobody sees another merchant's shop: every address of the application is tried."""

from __future__ import annotations

import pytest
from werkzeug.routing import Rule

from plugin.access import Role
from plugin.headers import HEADERS
from tests.plugin.site import TOKEN, Site

# What anybody may ask for; everything else needs a log-in.
OPEN = {"static", "entry.home", "entry.log_in", "entry.set_up", "api.report"}
SAMPLE = {"number": 1, "version": 1, "filename": "admin.css", "secret": "guess"}


def address(rule: Rule, key: str) -> str:
    values = {name: SAMPLE.get(name, key) for name in rule.arguments}
    built = rule.build(values)
    assert built
    return built[1]


def calls(site: Site) -> list[tuple[Rule, str]]:
    return [
        (rule, method)
        for rule in site.app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def furnished(site: Site, name: str):  # type: ignore[no-untyped-def]
    """A shop in which every address has something to show."""
    shop = site.shop(name)
    site.model(shop)
    site.experiment(shop)
    return shop


def test_without_a_log_in_only_the_doors_are_open(site: Site) -> None:
    shop = furnished(site, "Lamps")
    for rule, method in calls(site):
        answer = site.browser().open(address(rule, shop.key), method=method, buffered=True)
        if rule.endpoint in OPEN:
            assert answer.status_code != 303
            assert "Lamps" not in answer.text, rule
        else:
            assert answer.status_code in (302, 303), (rule, method, answer.status_code)
            assert answer.location.startswith("/admin/login")


def test_another_merchants_shop_is_answered_like_one_that_does_not_exist(site: Site) -> None:
    theirs, mine = furnished(site, "Lamps"), furnished(site, "Chairs")
    browser = site.owner_of(mine)
    token = TOKEN.search(browser.get(f"/admin/shops/{mine.key}/").text)
    assert token
    tried = 0
    for rule, method in calls(site):
        if "key" not in rule.arguments or rule.endpoint in OPEN:
            continue
        form = {"csrf_token": token.group(1)} if method == "POST" else None
        answer = browser.open(address(rule, theirs.key), method=method, data=form, buffered=True)
        nowhere = browser.open(address(rule, "pk_nobody"), method=method, data=form, buffered=True)
        assert answer.status_code == nowhere.status_code == 404, (rule, method)
        assert answer.text == nowhere.text
        assert "Lamps" not in answer.text
        tried += 1
    assert tried >= 12  # the map was really walked


@pytest.mark.parametrize("role", ["viewer", "editor", "owner"])
def test_a_viewer_looks_and_an_editor_changes(site: Site, role: Role) -> None:
    shop = furnished(site, "Lamps")
    browser = site.browser(site.user(roles={shop.id: role}))
    token = TOKEN.search(browser.get(f"/admin/shops/{shop.key}/").text)
    assert token
    for rule, method in calls(site):
        if "key" not in rule.arguments or rule.endpoint in OPEN:
            continue
        form = {"csrf_token": token.group(1), "job": "sync"} if method == "POST" else None
        answer = browser.open(address(rule, shop.key), method=method, data=form, buffered=True)
        if method == "POST" and role == "viewer":
            assert answer.status_code == 403, rule
            assert "needs the role editor" in answer.text
        else:
            assert answer.status_code < 500, (rule, answer.text)
            assert answer.status_code not in (403, 404), rule


def test_every_page_about_a_shop_carries_the_key_that_the_check_reads(site: Site) -> None:
    for rule in site.app.url_map.iter_rules():
        if rule.rule.startswith("/admin/shops"):
            assert "key" in rule.arguments


def test_a_lost_membership_closes_the_shop_at_once(site: Site) -> None:
    shop = furnished(site, "Lamps")
    user = site.user(roles={shop.id: "owner"})
    browser = site.browser(user)
    assert browser.get(f"/admin/shops/{shop.key}/").status_code == 200
    with site.store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM memberships")
    assert browser.get(f"/admin/shops/{shop.key}/").status_code == 404


def test_every_answer_carries_the_strict_headers(site: Site) -> None:
    shop = furnished(site, "Lamps")
    browser = site.owner_of(shop)
    for rule, method in calls(site):
        answer = browser.open(address(rule, shop.key), method=method, buffered=True)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (rule, name)
        if rule.endpoint != "static":
            assert answer.headers["Cache-Control"] == "no-store"
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'none'" in policy


def test_no_page_needs_a_script_or_an_inline_style(site: Site) -> None:
    shop = furnished(site, "Lamps")
    browser = site.owner_of(shop)
    for rule, method in calls(site):
        if method == "GET" and rule.endpoint != "static":
            text = browser.get(address(rule, shop.key)).text
            assert "<script" not in text, rule
            assert " style=" not in text, rule
            assert "<style" not in text, rule
            assert " onclick" not in text, rule


def test_refusals_help_and_show_no_trace(site: Site) -> None:
    shop = furnished(site, "Lamps")
    browser = site.owner_of(shop)
    missing = browser.get(f"/admin/shops/{shop.key}/experiments/99/")
    assert missing.status_code == 404
    assert "Its experiments: 1" in missing.text
    site.app.view_functions["overview.show"] = lambda key: 1 / 0
    broken = browser.get(f"/admin/shops/{shop.key}/")
    assert broken.status_code == 500
    assert "Something broke" in broken.text
    assert "ZeroDivisionError" not in broken.text


def test_a_large_body_is_refused(site: Site) -> None:
    answer = site.browser().post("/admin/login", data={"email": "x" * 100_000})
    assert answer.status_code == 413
