"""A shop's own choices, removing it, and connecting one: what is refused, and what then holds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store.engine import writing
from store.opening import Store
from store.reads import people, shops
from store.reads.shops import Shop
from store.writes import shops as shop_writes
from tests.connectors.fake_shop import KEY, SECRET, FakeShop, served
from tests.plugin.site import NOON, Site, open_site, send
from tests.plugin.site import words as text_of
from widget.app import create_app as create_storefront

GOOD = {
    "name": "Lamps", "timezone": "Europe/Paris", "locale": "fr", "unproven": "serve",
    "counts": "exact", "tried": "20",
}  # fmt: skip


def test_settings_are_saved_noted_and_used(site: Site) -> None:
    shop = site.shop("Gifts")
    page = f"/admin/shops/{shop.key}/settings/"
    owner = site.owner_of(shop)
    assert send(owner, page, **GOOD).status_code == 303
    with site.reading() as connection:
        saved = shops.by_id(connection, shop.id)
        (line,) = people.log(connection, shop.id)
    assert (saved.name, saved.timezone, saved.locale) == ("Lamps", "Europe/Paris", "fr")
    assert saved.settings == {"unproven": "serve", "counts": "exact", "tried": 20}
    assert "time zone: Europe/Paris" in line.detail
    assert send(owner, page, **GOOD | {"timezone": "+02:00"}).status_code == 303


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": " "}, "Give the shop a name"),
        ({"name": "Chairs"}, "Another shop is named"),
        ({"timezone": "Mars/Olympus"}, "no time zone"),
        ({"timezone": "../../etc/passwd"}, "no time zone"),
        ({"locale": "<b>"}, "language as a tag"),
        ({"unproven": "all"}, "Choose one"),
        ({"counts": ""}, "Choose one"),
    ],
)
def test_settings_that_cannot_be_are_refused(site: Site, wrong: dict[str, str], said: str) -> None:
    shop, _ = site.shop("Gifts"), site.shop("Chairs")
    answer = send(site.owner_of(shop), f"/admin/shops/{shop.key}/settings/", **GOOD | wrong)
    assert answer.status_code == 422
    assert said in text_of(answer)
    with site.reading() as connection:
        assert shops.by_id(connection, shop.id).name == "Gifts"


def test_exact_counts_are_the_owners_choice(store: Store, shop: Shop) -> None:
    def reasons() -> str:
        ask = {"placement": "also_bought", "product": "p4"}
        client = create_storefront(store).test_client()
        return client.get(f"/v1/{shop.key}/shelf", query_string=ask).text

    assert "+ orders" in reasons()
    site = Site(store)
    form = GOOD | {"name": shop.name, "locale": "en", "counts": "exact"}
    send(site.owner_of(shop), f"/admin/shops/{shop.key}/settings/", **form)
    assert "Bought together in" in reasons()
    assert "+ orders" not in reasons()


def test_a_shop_is_removed_only_by_its_name(site: Site) -> None:
    shop = site.shop("Gifts")
    owner, page = site.owner_of(shop), f"/admin/shops/{shop.key}/settings/remove"
    assert send(owner, page, name="gifts").status_code == 422
    assert send(owner, page, name="Gifts").status_code == 303
    with site.reading() as connection:
        assert shops.every(connection) == []


@pytest.fixture
def fake() -> Iterator[FakeShop]:
    shop = FakeShop()
    with served(shop) as url:
        shop.url = shop.home = url
        yield shop


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"url": ""}, "Give the shop’s address"),
        ({"key": "pk_1"}, "begins with ck_"),
        ({"secret": "cs_" + "x" * 300}, "too long"),
        ({"secret": "cs_" + "0" * 40}, "Not connected."),
        ({"url": "http://127.0.0.1:1"}, "Not connected."),
        ({"url": "file:///etc/passwd"}, "Not connected."),
    ],
)
def test_a_shop_that_cannot_be_asked_is_not_connected(
    sqlite_url: str, fake: FakeShop, wrong: dict[str, str], said: str
) -> None:
    site = Site(open_site(sqlite_url, allow_private_hosts=True))
    form = {"url": fake.url, "key": KEY, "secret": SECRET, "name": ""} | wrong
    answer = send(site.browser(site.user()), "/admin/connect", **form)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert SECRET not in answer.text
    with site.reading() as connection:
        assert shops.every(connection) == []
    site.store.engine.dispose()


def test_a_page_trusts_no_address_in_a_private_network(sqlite_url: str, fake: FakeShop) -> None:
    site = Site(open_site(sqlite_url))
    form = {"url": fake.url, "key": KEY, "secret": SECRET, "name": ""}
    answer = send(site.browser(site.user()), "/admin/connect", **form)
    assert answer.status_code == 422
    assert fake.asked == []  # not even knocked at
    site.store.engine.dispose()


def test_a_connected_shop_is_owned_synced_and_followed(sqlite_url: str, fake: FakeShop) -> None:
    site = Site(open_site(sqlite_url, allow_private_hosts=True))
    browser = site.browser(site.user("anna@example.com"))
    form = {"url": fake.url, "key": KEY, "secret": SECRET, "name": "Mine"}
    answer = send(browser, "/admin/connect", **form)
    assert answer.status_code == 303
    start = browser.get(answer.location)
    assert start.headers["Refresh"] == "4"
    assert "Waiting for the clock" in text_of(start)
    assert "Refresh" not in browser.get(answer.location + "?still=1").headers
    with site.reading() as connection:
        (shop,) = shops.every(connection)
        assert [it.role for it in people.members(connection, shop.id)] == ["owner"]
        opened = shops.credentials(connection, site.store.ring, shop.id)
    assert shop.name == "Mine"
    assert "allow_private" not in opened  # trusted only as long as the setting says so
    site.store.engine.dispose()


def test_a_shopify_shop_is_led_to_the_right_places_of_its_theme_editor(site: Site) -> None:
    shop = site.shop("Gifts", platform="shopify")
    site.products(shop, ["Lamp"])
    site.model(shop)
    with writing(site.store.engine) as connection:
        opened = {"url": "https://gifts.myshopify.com", "client_id": "abc", "client_secret": "s"}
        shop_writes.save_credentials(connection, site.store.ring, shop.id, opened, NOON)
    page = site.owner_of(shop).get(f"/admin/shops/{shop.key}/start").text
    editor = "https://gifts.myshopify.com/admin/themes/current/editor?"
    assert f"{editor}context=apps&amp;activateAppId=abc/alongside" in page
    assert f"{editor}template=product&amp;addAppBlockId=abc/also-bought" in page
