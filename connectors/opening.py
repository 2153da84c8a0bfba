"""Which connector speaks to this shop? The registry of platforms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from connectors import http
from connectors.shop import Shop
from connectors.shopify.client import Shopify
from connectors.shopify.tokens import Locked, Tokens
from connectors.woocommerce.client import WooCommerce

Credentials = dict[str, str]


def _woocommerce(url: str, opened: Credentials, session: http.Session, locked: Locked) -> Shop:
    return WooCommerce(url, opened["key"], opened["secret"], allow_private=False, session=session)


def _shopify(url: str, opened: Credentials, session: http.Session, locked: Locked) -> Shop:
    return Shopify(opened["url"], Tokens(opened, locked, session), session=session)


PLATFORMS: dict[str, Callable[[str, Credentials, http.Session, Locked], Shop]] = {
    "woocommerce": _woocommerce,
    "shopify": _shopify,
}


def open_shop(
    platform: str,
    url: str,
    opened: Credentials,
    *,
    allow_private: bool,
    ca_bundle: Path | None = None,
    locked: Locked,
    limits: http.Limits | None = None,
) -> Shop:
    """`locked` renews credentials that end (see `shopify.tokens`). An address that was typed on
    the server itself (`allow_private` among the credentials) may lie in a private network."""
    private = allow_private or opened.get("allow_private") == "yes"
    session = http.Session(allow_private=private, ca_bundle=ca_bundle, limits=limits)
    return PLATFORMS[platform](url, opened, session, locked)
