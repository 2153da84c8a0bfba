"""Another key or address for a connected shop: tried first, and only for the same shop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors import opening
from connectors.errors import Misconfigured
from plugin.reconnecting import Access, reconnect
from store.engine import writing
from store.errors import Explained
from store.reads import shops
from store.records import Order, OrderLine, Page, ShopFacts
from store.writes import orders
from store.writes.shops import save_credentials
from tests.commands import run
from tests.plugin.site import Site, send, words

NOW = datetime.now(UTC)


class There:
    """A shop that answers, and how it was opened."""

    def __init__(self) -> None:
        self.ids = {"7"}
        self.opened: list[tuple[str, dict[str, str], bool]] = []
        self.fault: Exception | None = None
        self.currency = "GBP"

    def check(self) -> ShopFacts:
        if self.fault:
            raise self.fault
        return ShopFacts("Renamed", self.opened[-1][0], self.currency, "Europe/London")

    def orders_named(self, ids: Iterable[str]) -> Iterator[Page[Order]]:
        line = (OrderLine("1", None, 1, 100),)
        found = self.ids.intersection(ids)
        yield Page(tuple(Order(id, NOW, NOW, "GBP", "paid", 100, line) for id in found), "")

    def close(self) -> None: ...


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> There:
    made = There()

    def open_shop(
        platform: str, url: str, opened: dict[str, str], trust: opening.Trust, *_: Any, **__: Any
    ) -> There:
        made.opened.append((url, dict(opened), trust.allow_private_hosts))
        return made

    monkeypatch.setattr(opening, "open_shop", open_shop)
    return made


@pytest.fixture
def shop(site: Site) -> shops.Shop:
    made = site.shop("Gifts")
    with writing(site.store.engine) as connection:
        pepper = shops.keys(connection, site.store.ring, made.id, NOW).pepper
        line = (OrderLine("1", None, 1, 100),)
        orders.save_orders(
            connection, made.id, pepper, [Order("7", NOW, NOW, "GBP", "paid", 100, line)]
        )
        save_credentials(
            connection, site.store.ring, made.id,
            {"key": "ck_old", "secret": "cs_old", "allow_private": "yes"}, NOW,
        )  # fmt: skip
    return made


def held(site: Site, shop: shops.Shop) -> tuple[shops.Shop, dict[str, str]]:
    with site.reading() as connection:
        return shops.by_id(connection, shop.id), shops.credentials(
            connection, site.store.ring, shop.id
        )


def test_a_new_key_keeps_everything(site: Site, shop: shops.Shop, there: There) -> None:
    result = run(site.store, "shop", "reconnect", "Gifts", "--key", "ck_new", "--secret", "cs_new")
    assert result.exit_code == 0, result.output
    now, opened = held(site, shop)
    assert (now.name, now.key) == ("Gifts", shop.key)
    assert opened == {"key": "ck_new", "secret": "cs_new", "allow_private": "yes"}
    with site.reading() as connection:
        assert shops.counts(connection, shop.id).orders == 1


def test_a_new_address_keeps_the_key_and_is_trusted_only_where_it_was_typed(
    site: Site, shop: shops.Shop, there: There
) -> None:
    reconnect(site.store, shop, Access("https://moved.example"), typed_here=False)
    now, opened = held(site, shop)
    assert now.url == "https://moved.example"
    assert opened == {"key": "ck_old", "secret": "cs_old", "url": "https://moved.example"}
    reconnect(site.store, now, Access("https://again.example"), typed_here=True)
    assert held(site, shop)[1]["allow_private"] == "yes"


def test_another_shop_is_refused_unless_one_insists(
    site: Site, shop: shops.Shop, there: There
) -> None:
    there.ids = {"8"}
    line = ("shop", "reconnect", "Gifts", "--url", "other.example")
    result = run(site.store, *line)
    assert result.exit_code == 1
    assert "knows none of the 1 newest orders" in result.output
    assert held(site, shop)[0].url == shop.url
    assert run(site.store, *line, "--force").exit_code == 0
    assert held(site, shop)[0].url == "https://other.example"


def test_what_does_not_work_changes_nothing(site: Site, shop: shops.Shop, there: There) -> None:
    there.fault = Misconfigured("The shop does not know this key.", "Make one.")
    before = held(site, shop)
    result = run(site.store, "shop", "reconnect", "Gifts", "--key", "ck_x", "--secret", "cs_x")
    assert result.exit_code == 1
    assert "Nothing was changed. The shop does not know this key." in result.output
    assert held(site, shop) == before


def test_a_shop_of_another_currency_is_refused(site: Site, shop: shops.Shop, there: There) -> None:
    there.currency = "EUR"
    with pytest.raises(Explained, match="sells in EUR"):
        reconnect(site.store, shop, Access("https://moved.example"), typed_here=False)
    assert held(site, shop)[0].url == shop.url


def test_a_key_without_its_secret_and_a_shop_of_files_are_refused(
    site: Site, shop: shops.Shop, there: There
) -> None:
    with pytest.raises(Explained, match="go together"):
        reconnect(site.store, shop, Access(key="ck"), typed_here=False)
    files = site.shop("Files", platform="files")
    with pytest.raises(Explained, match="fed from files"):
        reconnect(site.store, files, Access("https://x.example"), typed_here=False)
    assert run(site.store, "shop", "reconnect", "Gifts").exit_code == 2


def test_the_page_says_what_is_wrong_and_never_shows_a_secret(
    site: Site, shop: shops.Shop, there: There
) -> None:
    owner, page = site.owner_of(shop), f"/admin/shops/{shop.key}/access"
    assert "Access to Gifts" in words(owner.get(page))
    there.fault = Misconfigured("The shop does not know this key.", "Make one.")
    answer = send(owner, page, url="", key="ck_x", secret="cs_hidden")
    assert answer.status_code == 422
    assert "The shop does not know this key. Make one." in words(answer)
    assert "cs_hidden" not in answer.text
    assert "ck_x" in answer.text
    assert send(owner, page, url="javascript:x", key="", secret="").status_code == 422
    assert send(owner, page, url=shop.url, key="", secret="").status_code == 422
    there.fault = None
    answer = send(owner, page, url=shop.url, key="ck_x", secret="cs_hidden")
    assert answer.status_code == 303
    assert held(site, shop)[1]["secret"] == "cs_hidden"
    assert there.opened[-1][2] is False  # typed on a page: no private network


def test_only_an_owner_may(site: Site, shop: shops.Shop, there: There) -> None:
    editor = site.browser(site.user("e@example.com", {shop.id: "editor"}))
    assert editor.get(f"/admin/shops/{shop.key}/access").status_code == 403
