"""Is this Shopify shop open to us, and if not, what exactly is wrong?

First whether it answers and what the app was granted, then one row of each thing we read, because
access to orders is more than a scope: Shopify guards what concerns people a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.errors import AccessRevoked, Misconfigured, Unreadable
from connectors.shopify import queries
from connectors.shopify.access import SCOPES
from connectors.shopify.api import Api
from store.records import ShopFacts

# With it a shop shows all its orders, without it those of the last 60 days.
WHOLE = "read_all_orders"


def check(api: Api) -> ShopFacts:
    try:
        told = api.ask(queries.SHOP)
    except AccessRevoked as error:
        raise Misconfigured(
            f"The shop does not take the app's token: {error.why}",
            "Install the app in the shop (again), and check the client id and secret.",
        ) from None
    missing = [scope for scope in SCOPES if scope not in granted(told)]
    if missing:
        raise Misconfigured(
            f"The app was not given the scope{'s' if len(missing) > 1 else ''} "
            f"{', '.join(missing)} in this shop.",
            "Add what is missing under the app's access scopes in the Dev Dashboard, release that "
            "version, and approve it in the shop.",
        )
    api.ask(queries.READABLE)
    shop = told.get("shop")
    if not isinstance(shop, Mapping) or not isinstance(shop.get("currencyCode"), str):
        raise Unreadable("admin/api", "the shop does not tell its currency.")
    address = shop.get("primaryDomain")
    url = address.get("url") if isinstance(address, Mapping) else None
    return ShopFacts(
        name=" ".join(str(shop.get("name") or shop.get("myshopifyDomain") or "").split()),
        url=str(url or api.shop_url).rstrip("/"),
        currency=shop["currencyCode"],
        timezone=str(shop.get("ianaTimezone") or "UTC"),
    )


def granted(told: Mapping[str, Any]) -> frozenset[str]:
    """What the app may do in this shop. Who may write may read: Shopify then names only that."""
    app = told.get("currentAppInstallation")
    rows = app.get("accessScopes") if isinstance(app, Mapping) else None
    handles = {
        str(row.get("handle"))
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, Mapping)
    }
    return frozenset(handles | {f"read_{h[6:]}" for h in handles if h.startswith("write_")})
