"""A Shopify shop's own pages learn where Alongside is: when the shop is connected or gets new
access, when its customer key is renewed, and by `flask shop storefront`.

Other platforms' pages are told by their own plugin. A shop is connected also where this fails: what
its owner should do then comes back in words.
"""

from __future__ import annotations

from connectors.errors import ConnectorError
from connectors.shop import Shop as Connector
from plugin.reconcile import by_kept_access
from store.engine import reading
from store.opening import Store
from store.reads import shops


def tell(store: Store, shop_id: int, connector: Connector) -> tuple[str, ...]:
    """What its owner should know; nothing where all is well."""
    from connectors.shopify.client import Shopify  # loads what speaks to shops
    from connectors.shopify.storefront import Told

    if not isinstance(connector, Shopify):
        return ()
    with reading(store.engine) as connection:
        shop = shops.by_id(connection, shop_id)
        keys = shops.keys(connection, store.ring, shop_id, shop.now())
    told = Told(shop.key, store.settings.base_url, keys.customer[0].decode())
    try:
        return connector.tell_storefront(told)
    except ConnectorError as fault:
        return (
            f"The theme was not told where Alongside is: {fault} Then run `flask shop storefront`.",
        )


def tell_again(store: Store, shop: shops.Shop) -> tuple[str, ...]:
    """The same, by the access that is kept of the shop."""
    if shop.platform != "shopify":
        return ()
    connector = by_kept_access(store, shop)
    try:
        return tell(store, shop.id, connector)
    finally:
        connector.close()
