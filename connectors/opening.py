"""Which connector speaks to this shop? The registry of platforms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

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


class Trust(Protocol):
    """Whom this installation may reach, and whom it believes beside the public authorities: its
    settings."""

    @property
    def allow_private_hosts(self) -> bool: ...

    @property
    def ca_bundle(self) -> Path | None: ...


def open_shop(
    platform: str,
    url: str,
    opened: Credentials,
    trust: Trust,
    locked: Locked,
    *,
    limits: http.Limits | None = None,
) -> Shop:
    """`locked` renews credentials that end (see `shopify.tokens`). An address that was typed on
    the server itself (`allow_private` among the credentials) may lie in a private network."""
    private = trust.allow_private_hosts or opened.get("allow_private") == "yes"
    session = http.Session(allow_private=private, ca_bundle=trust.ca_bundle, limits=limits)
    return PLATFORMS[platform](url, opened, session, locked)
