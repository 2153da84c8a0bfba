"""See that a shop tells us of changes by webhook, where it can reach us and lets us ask for it.

Asked for once when a shop is connected and then once a day: a shop that could not reach us for a
while switches its webhooks off, and nothing but this would notice.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from connectors import http
from connectors.addresses import is_public
from connectors.errors import ConnectorError
from connectors.woocommerce.client import WooCommerce
from store.engine import reading, writing
from store.opening import Store
from store.reads import shops
from store.reads.shops import Shop
from store.writes import shops as writes

# The cursor that holds when this was asked last, and what came of it.
SUBSCRIBED = "webhooks"
EVERY = timedelta(days=1)


def is_due(store: Store, shop: Shop) -> bool:
    with reading(store.engine) as connection:
        told = shops.cursor(connection, shop.id, SUBSCRIBED)
    if shop.platform != "woocommerce":
        return False  # Shopify's are part of the app's own configuration
    return told is None or shop.now() - datetime.fromisoformat(told.partition(" ")[0]) > EVERY


def renew(store: Store, shop: Shop) -> str:
    """What came of it, in words; a shop without webhooks is synced all the same."""
    if not _reaches_us(store, shop):
        said = f"no webhooks: {store.settings.base_url} cannot be reached from the shop"
    else:
        address = f"{store.settings.base_url}/webhooks/woocommerce/{shop.key}"
        connector = _connector(store, shop)
        try:
            done = connector.subscribe(address, _secret(store, shop))
            said = f"{done.topics} webhooks on"
            said += f", {done.made} made" if done.made else ""
            said += f", {done.revived} had been switched off" if done.revived else ""
        except ConnectorError as fault:
            said = f"no webhooks: {fault}"
        finally:
            connector.close()
    with writing(store.engine) as connection:
        now = shop.now()
        writes.save_cursor(connection, shop.id, SUBSCRIBED, f"{now.isoformat()} {said}", now)
    return said


def _connector(store: Store, shop: Shop) -> WooCommerce:
    with reading(store.engine) as connection:
        opened = shops.credentials(connection, store.ring, shop.id)
    private = store.settings.allow_private_hosts or opened.get("allow_private") == "yes"
    session = http.Session(allow_private=private, ca_bundle=store.settings.ca_bundle)
    return WooCommerce(
        shop.url, opened["key"], opened["secret"], allow_private=private, session=session
    )


def _secret(store: Store, shop: Shop) -> str:
    """The shop's webhook secret; a shop that was connected before there were any gets one now."""
    with writing(store.engine) as connection:
        found = shops.webhook_secrets(connection, store.ring, shop.id)
        if not found:
            writes.add_shop_key(connection, store.ring, shop.id, "webhook", shop.now())
            found = shops.webhook_secrets(connection, store.ring, shop.id)
    return found[0]


def _reaches_us(store: Store, shop: Shop) -> bool:
    """Not where we are on a private address and the shop is not: it would fail and be switched off
    again every day."""
    ours, theirs = (urlsplit(url).hostname or "" for url in (store.settings.base_url, shop.url))
    return _looks_public(ours) or not _looks_public(theirs)


def _looks_public(host: str) -> bool:
    try:
        return is_public(str(ipaddress.ip_address(host)))
    except ValueError:
        return host != "localhost" and "." in host
