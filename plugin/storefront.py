"""A Shopify shop's own pages learn where Alongside is, as soon as the shop is connected.

A shop is connected also where this fails: what its owner should do then comes back in words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.errors import ConnectorError
from store.engine import reading
from store.opening import Store
from store.reads import shops

if TYPE_CHECKING:
    from connectors.shopify.client import Shopify


def tell(store: Store, shop_id: int, connector: Shopify) -> tuple[str, ...]:
    """What its owner should know; nothing where all is well."""
    from connectors.shopify.storefront import Told  # loads what speaks to shops

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
