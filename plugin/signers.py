"""With which secrets does Shopify sign what it sends us?

A shop that was connected with an app of its own signs with that app's secret; all others with that
of the app that SHOPIFY_CLIENT_ID names, which for an hour after a change may be the old one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin.db import connection, the_store
from store.reads import shops

if TYPE_CHECKING:
    from connectors.shopify.access import App


def apps() -> list[App]:
    """The app that shops install, once for each of its secrets, the newest first."""
    from connectors.shopify.access import App

    settings = the_store().settings
    return [
        App(str(settings.shopify_client_id), secret.get_secret_value())
        for secret in settings.shopify_client_secret
    ]


def secrets_of(shop: shops.Shop | None) -> list[str]:
    """Those that a message of this shop may be signed with; None: a shop nobody connected."""
    ours = [app.client_secret for app in apps()]
    if shop is None:
        return ours
    opened = shops.credentials(connection(), the_store().ring, shop.id)
    own = opened.get("client_secret")
    if not own:
        return ours
    same_app = opened.get("client_id") == the_store().settings.shopify_client_id
    return [own, *ours] if same_app else [own]
