"""Who may see a shop: invitations open one door once, and a shop always keeps an owner."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from plugin import passwords
from store.reads import people
from store.reads.shops import Shop
from tests.plugin.site import NOON, PASSWORD, Site, send
from tests.plugin.site import words as text_of


def invited(site: Site, shop: Shop, browser: FlaskClient, role: str) -> str:
    page = f"/admin/shops/{shop.key}/people/"
    answer = send(browser, page, page + "invite", role=role)
    assert answer.status_code == 200
    found = re.search(r"(/admin/invitation/[\w-]+)", answer.text)
    assert found
    return found.group(1)


def roles(site: Site, shop: Shop) -> dict[str, str]:
    with site.reading() as connection:
        return {it.email: it.role for it in people.members(connection, shop.id)}


def test_an_invitation_makes_one_account_for_one_shop_in_one_role(site: Site) -> None:
    lamps, chairs = site.shop("Lamps"), site.shop("Chairs")
    owner = site.owner_of(lamps)
    link = invited(site, lamps, owner, "editor")
    assert "Not used yet" in text_of(owner.get(f"/admin/shops/{lamps.key}/people/"))
    stranger = site.browser()
    assert "To Lamps, as editor." in text_of(stranger.get(link))
    form = {"email": "Eve@example.com", "password": PASSWORD, "again": PASSWORD}
    assert send(stranger, link, **form | {"again": "other"}).status_code == 422
    done = send(stranger, link, **form)
    assert done.location == f"/admin/shops/{lamps.key}/"
    assert roles(site, lamps)["eve@example.com"] == "editor"
    assert "eve@example.com" not in roles(site, chairs)
    assert stranger.get(f"/admin/shops/{chairs.key}/").status_code == 404
    again = site.browser().get(link)
    assert again.status_code == 410
    assert "It was used already" in text_of(again)


def test_an_invitation_never_opens_somebody_elses_account(site: Site) -> None:
    shop = site.shop("Lamps")
    owner = site.owner_of(shop)
    other = site.user("ben@example.com", {site.shop("Chairs").id: "owner"}, hashed="his")
    link = invited(site, shop, owner, "owner")
    form = {"email": "ben@example.com", "password": PASSWORD, "again": PASSWORD}
    refused = send(site.browser(), link, **form)
    assert refused.status_code == 422
    assert "Log in first" in text_of(refused)
    with site.reading() as connection:
        found = people.user(connection, other.id)
    assert found
    assert found.password == "his"
    assert send(site.browser(other), link).status_code == 303  # he himself, logged in
    assert roles(site, shop)["ben@example.com"] == "owner"


def test_an_invitation_ends_by_time_or_when_withdrawn_and_takes_no_role_away(site: Site) -> None:
    shop = site.shop("Lamps")
    user = site.user("anna@example.com", {shop.id: "owner"})
    with time_machine.travel(NOON, tick=False) as clock:
        owner = site.browser(user)
        late = invited(site, shop, owner, "viewer")
        clock.shift(timedelta(days=5))
        assert "too old" in text_of(site.browser().get(late))
    owner = site.browser(user)
    gone = invited(site, shop, owner, "viewer")
    page = f"/admin/shops/{shop.key}/people/"
    digest = re.search(r'name="link" value="([0-9a-f]+)"', owner.get(page).text)
    assert digest
    assert send(owner, page, page + "withdraw", link=digest.group(1)).status_code == 303
    assert site.browser().get(gone).status_code == 410
    assert send(owner, invited(site, shop, owner, "viewer")).status_code == 303
    assert roles(site, shop) == {"anna@example.com": "owner"}


def test_a_set_up_link_leaves_invitations_alone_and_the_other_way_round(site: Site) -> None:
    shop = site.shop("Lamps")
    link = invited(site, shop, site.owner_of(shop), "viewer")
    with site.reading() as connection:
        assert people.setup_link(connection, link.rpartition("/")[2], NOON) == "unknown"
    assert site.browser().get(link.replace("invitation", "setup")).status_code == 410
    assert site.browser().get(link).status_code == 200


def test_roles_change_and_people_go_but_never_the_last_owner(site: Site) -> None:
    shop = site.shop("Lamps")
    anna = site.user("anna@example.com", {shop.id: "owner"})
    ben = site.user("ben@example.com", {shop.id: "viewer"})
    owner, page = site.browser(anna), f"/admin/shops/{shop.key}/people/"
    for form in ("role", "remove"):
        last = send(owner, page, f"{page}{anna.id}/{form}", role="viewer")
        assert last.status_code == 409
        assert "no other owner" in text_of(last)
    assert send(owner, page, f"{page}{ben.id}/role", role="owner").status_code == 303
    assert send(owner, page, f"{page}{anna.id}/role", role="king").status_code == 400
    assert "Remove ben@example.com?" in text_of(owner.get(f"{page}{ben.id}/remove"))
    assert send(owner, page, f"{page}{ben.id}/remove").status_code == 303
    assert roles(site, shop) == {"anna@example.com": "owner"}
    with site.reading() as connection:
        assert people.user(connection, ben.id) is None  # a member of nothing any more
    assert send(owner, page, f"{page}{ben.id}/remove").status_code == 404


def test_an_account_is_deleted_with_its_password_and_not_before_its_shop_has_another_owner(
    site: Site,
) -> None:
    shop = site.shop("Lamps")
    user = site.user("anna@example.com", {shop.id: "owner"}, passwords.hashed(PASSWORD))
    browser, page = site.browser(user), "/admin/account"
    assert send(browser, page, page + "/delete", old="wrong").status_code == 422
    assert send(browser, page, page + "/delete", old=PASSWORD).status_code == 409
    site.user("ben@example.com", {shop.id: "owner"})
    assert send(browser, page, page + "/delete", old=PASSWORD).status_code == 303
    assert roles(site, shop) == {"ben@example.com": "owner"}
    assert site.browser(user).get("/admin/").status_code == 302


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_a_guest_of_one_shop_connects_no_other(site: Site, role: str) -> None:
    guest = site.browser(site.user(roles={site.shop("Lamps").id: role}))
    assert guest.get("/admin/connect").status_code == 403
    assert send(guest, "/admin/account", "/admin/connect", url="x").status_code == 403
    assert site.browser(site.user("new@example.com")).get("/admin/connect").status_code == 200


def test_the_log_tells_who_did_what_page_by_page(site: Site) -> None:
    shop = site.shop("Lamps")
    owner, page = site.owner_of(shop), f"/admin/shops/{shop.key}/log/"
    for _ in range(51):
        send(owner, f"/admin/shops/{shop.key}/people/", f"/admin/shops/{shop.key}/ask", job="sync")
    first = owner.get(page)
    assert text_of(first).count("Asked for sync") == 50
    assert f"owner{shop.id}@example.com" in text_of(first)
    older = re.search(r"before=(\d+)", first.text)
    assert older
    assert text_of(owner.get(f"{page}?before={older.group(1)}")).count("Asked for sync") == 1
    assert owner.get(f"{page}?before=x").status_code == 200
