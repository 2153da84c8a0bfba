"""Another key, secret or address for a shop that is connected: does it open the same shop?

Tried before it is saved; a Shopify shop's pages are then told again where Alongside is. A shop in
which none of the newest orders we hold can be found is another shop, and its orders would be mixed
with these for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connectors.shop import Shop as Connector
from plugin import connecting, storefront
from store.engine import reading, writing
from store.errors import Explained
from store.opening import Store
from store.reads import reconcile, shops
from store.reads.shops import Shop

if TYPE_CHECKING:
    from connectors import http

# So many of the newest orders are looked for; one that is there is enough.
LOOKED_FOR = 5


class AnotherShop(Explained):
    """What answers is not the shop whose orders are held."""


@dataclass(frozen=True, slots=True)
class Access:
    """What shall change; None stays as it is."""

    url: str | None = None
    key: str | None = None  # WooCommerce's consumer key, Shopify's client id
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Reconnected:
    url: str  # as the shop says
    notes: tuple[str, ...]  # what its owner should know


# Names of the two under which a platform's access is kept.
NAMES = {"woocommerce": ("key", "secret"), "shopify": ("client_id", "client_secret")}


def reconnect(
    store: Store,
    shop: Shop,
    new: Access,
    *,
    typed_here: bool,
    force: bool = False,
    limits: http.Limits | None = None,
    user_id: int | None = None,
) -> Reconnected:
    """Try the new access and save it; raises ConnectorError or Explained, and then nothing changed.

    `typed_here`: on the server itself, so that an address may lie in a private network. `force`:
    also where the shop does not know our orders.
    """
    from connectors.opening import open_shop  # loads what speaks to shops

    if shop.platform not in NAMES:
        raise Explained(f"{shop.name} is fed from files: it has no access to change.")
    if (new.key is None) != (new.secret is None):
        raise Explained("A key and its secret go together: give both, or neither.")
    with reading(store.engine) as connection:
        credentials = shops.credentials(connection, store.ring, shop.id)
        newest = reconcile.newest_orders(connection, shop.id, LOOKED_FOR)
    credentials = _changed(shop, credentials, new, typed_here=typed_here)
    url = new.url or shop.url
    connector = open_shop(
        shop.platform,
        url,
        credentials,
        store.settings,
        lambda renew: _renewed(credentials, renew(credentials)),
        limits=limits,
    )
    try:
        facts = connector.check()
        if newest and not force and not _knows(connector, newest):
            raise AnotherShop(
                f"{facts.url} knows none of the {len(newest)} newest orders of {shop.name}: it is "
                "another shop. Connect it as a shop of its own, or insist with --force."
            )
        with writing(store.engine) as connection:
            connecting.again(connection, store, shop, facts, credentials, user_id)
        return Reconnected(facts.url, storefront.tell(store, shop.id, connector))
    finally:
        connector.close()


def _changed(
    shop: Shop, credentials: dict[str, str], new: Access, *, typed_here: bool
) -> dict[str, str]:
    key, secret = NAMES[shop.platform]
    found = dict(credentials)
    if new.key is not None and new.secret is not None:
        found |= {key: new.key, secret: new.secret}
        for granted in ("access_token", "expires_at", "refresh_token", "scopes"):
            found.pop(granted, None)  # of the old key
    if not found.get(key) or not found.get(secret):
        raise Explained("This shop has no key that could be kept: give a key and its secret.")
    if new.url is not None:
        if shop.platform == "shopify":
            raise Explained("A Shopify shop keeps its permanent domain; only the app can change.")
        found["url"] = new.url
        if urlsplit(new.url).hostname != urlsplit(shop.url).hostname:
            found.pop("allow_private", None)  # that was said of another address
        if typed_here:
            found["allow_private"] = "yes"
    return found


def _renewed(credentials: dict[str, str], fresh: dict[str, str] | None) -> dict[str, str]:
    """A token that was asked for while trying is kept with the rest."""
    credentials.update(fresh or {})
    return credentials


def _knows(connector: Connector, ids: list[str]) -> bool:
    return any(page.rows or page.rejected for page in connector.orders_named(ids))
