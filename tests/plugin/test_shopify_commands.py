"""Is a Shopify shop connected by one command, and what is wrong named with its mend?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.shopify import access
from store.engine import reading
from store.opening import Store
from store.reads import shops
from tests.commands import run, told
from tests.connectors.fake_shop import served
from tests.connectors.shopify.fake import APP_ID, APP_SECRET, DOMAIN, FakeShopify
from tests.plugin.site import open_site

ADD = ("shop", "add", "shopify", "--domain", DOMAIN, "--client-id", APP_ID, "--secret", APP_SECRET)


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    store = open_site(sqlite_url, allow_private_hosts=True)
    yield store
    store.engine.dispose()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeShopify]:
    shop = FakeShopify()
    with served(shop) as url:
        shop.url = url
        monkeypatch.setattr(access, "home", lambda domain: url)
        yield shop


def test_a_shop_is_connected_by_an_app_of_its_owners(store: Store, fake: FakeShopify) -> None:
    made = told(store, *ADD)
    assert made["name"] == "Made shop"
    assert made["currency"] == "GBP"
    assert made["timezone"] == "Europe/London"
    assert made["url"] == "https://shop.example"
    assert made["notes"] == []
    with reading(store.engine) as connection:
        shop = shops.find(connection, "Made shop")
        assert shop.domain == DOMAIN
        opened = shops.credentials(connection, store.ring, shop.id)
    assert opened["client_id"] == APP_ID
    assert opened["access_token"] in fake.tokens
    assert opened["expires_at"]
    assert "allow_private" not in opened


def test_its_pages_are_told_at_once_and_by_a_command_again(store: Store, fake: FakeShopify) -> None:
    fake.pixel_deployed = False
    made = told(store, *ADD)
    assert "shopify app deploy" in made["notes"][0]
    assert fake.metafields["alongside.key"] == made["key"]
    assert fake.metafields["alongside.api"] == store.settings.base_url
    shown = told(store, "shop", "show", made["key"])
    assert fake.metafields["alongside.customer_key"] == shown["customer_key"]
    fake.pixel_deployed = True
    again = run(store, "shop", "storefront", made["key"])
    assert "the web pixel is on" in again.stdout, again.stderr
    assert fake.pixel is not None


def test_its_pages_are_told_again_by_new_access_and_by_a_new_customer_key(
    store: Store, fake: FakeShopify
) -> None:
    key = told(store, *ADD)["key"]
    first = dict(fake.metafields)
    told(store, "keys", "renew", key, "--kind", "customer")
    renewed = fake.metafields["alongside.customer_key"]
    assert renewed == told(store, "shop", "show", key)["customer_key"]
    assert renewed != first["alongside.customer_key"]
    fake.metafields.clear()  # another app's fields are its own
    fake.pixel_deployed, fake.pixel = False, None
    done = told(store, "shop", "reconnect", key, "--key", APP_ID, "--secret", APP_SECRET)
    assert fake.metafields == {**first, "alongside.customer_key": renewed}
    assert "shopify app deploy" in done["notes"][0]


def test_a_shop_is_connected_once(store: Store, fake: FakeShopify) -> None:
    told(store, *ADD)
    again = run(store, *ADD, "--name", "Another")
    assert again.exit_code == 1
    assert f"{DOMAIN} is connected already, as 'Made shop'" in again.stderr


def test_the_short_name_of_a_shop_is_enough(store: Store, fake: FakeShopify) -> None:
    line = [DOMAIN.removesuffix(".myshopify.com") if one == DOMAIN else one for one in ADD]
    assert told(store, *line)["name"] == "Made shop"


def test_what_the_owner_should_know_is_said(store: Store, fake: FakeShopify) -> None:
    fake.scopes.remove("read_all_orders")
    result = run(store, *ADD)
    assert result.exit_code == 0
    assert "Note: Shopify shows this app the orders of the last 60 days only." in result.stdout
    assert "flask sync" in result.stdout


@pytest.mark.parametrize("domain", ["shop.example", "x.myshopify.com.evil.example", "a b"])
def test_another_address_is_refused_before_anything_is_asked(
    store: Store, fake: FakeShopify, domain: str
) -> None:
    line = [domain if one == DOMAIN else one for one in ADD]
    result = run(store, *line)
    assert result.exit_code == 1
    assert "It ends in .myshopify.com" in result.stderr
    assert fake.asked == []


def test_a_wrong_secret_and_a_missing_scope_are_named(store: Store, fake: FakeShopify) -> None:
    wrong = run(store, *ADD[:-1], "not the secret")
    assert wrong.exit_code == 1
    assert "Not connected. Shopify does not know this client id and secret" in wrong.stderr
    assert "not the secret" not in wrong.stderr + wrong.stdout
    fake.scopes = ["read_products", "write_orders"]
    missing = run(store, *ADD)
    assert "Not connected. The app was not given the scope read_customers" in missing.stderr
    assert told(store, "shop", "list") == []
