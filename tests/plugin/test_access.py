"""Nobody sees another merchant's shop: every address of the application is tried."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import insert
from werkzeug.routing import Rule

from plugin.headers import HEADERS, PICTURES
from store.engine import writing
from store.records import Rule as MerchantsRule
from store.tables import PrivacyRequest
from store.writes import rules
from store.writes.people import ROLES, Role
from tests.plugin.site import NOON, TOKEN, Site

# What anybody may ask for; everything else needs a log-in.
OPEN = {
    "static", "entry.home", "entry.log_in", "entry.set_up", "people.accept", "api.report",
    # Machines and shops' own pages: each proves itself by a signature, a word or a key.
    "webhooks.shopify", "webhooks.woocommerce", "install_woocommerce.begin",
    "install_woocommerce.callback", "install_woocommerce.come_back",
    "install_woocommerce.exchange", "install_shopify.begin", "install_shopify.callback",
    "install_shopify.session", "proxy.shelf", "proxy.events", "proxy.customer",
    "shoppers.export", "shoppers.erase", "sharing.show",
}  # fmt: skip
SAMPLE = {
    "number": 1, "version": 1, "filename": "admin.css", "secret": "guess",
    "placement": "also_bought", "link": 1, "token": "guess",
}  # fmt: skip


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
    site.products(shop, ["Lamp", "Vase"])
    site.model(shop)
    site.experiment(shop)
    site.order(shop, "1")
    with writing(site.store.engine) as connection:
        rules.add_rule(connection, shop.id, MerchantsRule("exclude", "product", "1"), NOON)
        connection.execute(
            insert(PrivacyRequest).values(
                shop_id=shop.id, kind="data_request", external_id="1", orders=[], via="shopify",
                asked_at=NOON, due_at=NOON,
            )
        )  # fmt: skip
    return shop


def test_without_a_log_in_only_the_doors_are_open(site: Site) -> None:
    shop = furnished(site, "Lamps")
    for rule, method in calls(site):
        answer = site.browser().open(address(rule, shop.key), method=method, buffered=True)
        if rule.endpoint in OPEN:
            assert not answer.location or "/admin/login" not in answer.location, rule
            assert "Lamps" not in answer.text, rule
        else:
            assert answer.status_code in (302, 303), (rule, method, answer.status_code)
            assert answer.location.startswith("/admin/login")


def test_no_page_is_open_that_was_not_meant_to_be(site: Site) -> None:
    open_pages = {
        name for name, view in site.app.view_functions.items() if view.__dict__.get("open_to_all")
    }
    assert open_pages <= OPEN


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


# What a form of any page may want; each takes what it knows.
FORM = {
    "job": "sync", "kind": "visitor", "named": "v" * 32, "request": "1", "role": "viewer",
    "link": "00", "order": "1", "out": "yes", "form": "json", "placement": "also_bought",
}  # fmt: skip


def needed(site: Site, rule: Rule, method: str) -> Role:
    """The role that the mark of a page asks for; without a mark, looking and changing."""
    view = site.app.view_functions[rule.endpoint]
    mark: Role | None = view.__dict__.get("needs")
    return mark or ("viewer" if method == "GET" else "editor")


@pytest.mark.parametrize("role", ROLES)
def test_a_viewer_looks_and_an_editor_changes(site: Site, role: Role) -> None:
    """Every address and method of the map: allowed for this role, or 403 with what it needs."""
    shop = furnished(site, "Lamps")
    browser = site.browser(site.user(roles={shop.id: role}))
    token = TOKEN.search(browser.get(f"/admin/shops/{shop.key}/").text)
    assert token
    seen = {"allowed": 0, "refused": 0}
    for rule, method in calls(site):
        if "key" not in rule.arguments or rule.endpoint in OPEN:
            continue
        form = {"csrf_token": token.group(1), **FORM} if method == "POST" else None
        answer = browser.open(address(rule, shop.key), method=method, data=form, buffered=True)
        wanted = needed(site, rule, method)
        if ROLES.index(role) < ROLES.index(wanted):
            assert answer.status_code == 403, (rule, method)
            assert f"needs the role {wanted}" in answer.text
            seen["refused"] += 1
        else:
            assert answer.status_code < 500, (rule, answer.text)
            assert answer.status_code not in (403, 404), (rule, method)
            seen["allowed"] += 1
    assert seen["allowed"] > 15
    assert (seen["refused"] > 0) == (role != "owner")


def test_what_concerns_shoppers_people_and_the_whole_shop_is_the_owners(site: Site) -> None:
    """A mark that was forgotten would show here: these pages are not for editors."""
    owners = {
        f"{rule.endpoint}"
        for rule, method in calls(site)
        if "key" in rule.arguments and method == "POST" and needed(site, rule, method) == "owner"
    }
    for room in ("people", "privacy", "settings"):
        of_room = {
            r.endpoint for r, m in calls(site) if m == "POST" and r.endpoint.startswith(room)
        } - {"people.accept"}
        assert of_room <= owners, of_room - owners


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
            said = answer.headers[name]
            if name == "Content-Security-Policy":  # a preview names its pictures' origins
                said = re.sub(rf"({PICTURES})( https?://[\w.-]+(:\d+)?)+", r"\1", said)
            assert said == value, (rule, name)
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
