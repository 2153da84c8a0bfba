"""Does the shop learn where we are, however often it is told and whatever it lacks?"""

from __future__ import annotations

import json

import pytest

from connectors.errors import TryLater
from connectors.shopify.client import Shopify
from connectors.shopify.storefront import Told
from tests.connectors.shopify.fake import FakeShopify, reply

TOLD = Told("pk_1", "https://recs.example", "a customer key")
FIELDS = {
    "alongside.key": "pk_1",
    "alongside.api": "https://recs.example",
    "alongside.customer_key": "a customer key",
}


def test_it_may_be_told_again_and_again(fake: FakeShopify, shop: Shopify) -> None:
    assert shop.tell_storefront(TOLD) == ()
    assert shop.tell_storefront(TOLD) == ()
    assert fake.metafields == FIELDS
    assert shop.tell_storefront(Told("pk_1", "https://moved.example", "another")) == ()
    assert fake.metafields["alongside.api"] == "https://moved.example"
    assert fake.pixel is not None
    assert json.loads(fake.pixel["settings"]) == {"key": "pk_1", "api": "https://moved.example"}


def test_the_customer_key_is_no_setting_of_the_pixel(fake: FakeShopify, shop: Shopify) -> None:
    shop.tell_storefront(TOLD)
    assert fake.pixel is not None
    assert "a customer key" not in fake.pixel["settings"]
    assert "a customer key" not in repr(TOLD)


@pytest.mark.parametrize(
    ("lacks", "said"),
    [
        (["write_pixels"], "lacks the scope write_pixels."),
        (["write_pixels", "read_customer_events"], "scopes write_pixels, read_customer_events."),
    ],
)
def test_without_a_scope_the_theme_is_told_and_the_note_names_it(
    fake: FakeShopify, shop: Shopify, lacks: list[str], said: str
) -> None:
    fake.scopes = [scope for scope in fake.scopes if scope not in lacks]
    (note,) = shop.tell_storefront(TOLD)
    assert said in note
    assert fake.metafields == FIELDS
    assert fake.pixel is None


def test_an_app_that_was_not_deployed_is_told_how(fake: FakeShopify, shop: Shopify) -> None:
    fake.pixel_deployed = False
    (note,) = shop.tell_storefront(TOLD)
    assert "shopify app deploy" in note


def test_a_shop_that_is_away_is_an_error(fake: FakeShopify, shop: Shopify) -> None:
    fake.faults = [lambda request: reply({}, 503)] * 4
    with pytest.raises(TryLater):
        shop.tell_storefront(TOLD)
