"""Where in Shopify's theme editor does a merchant switch our shelves on? Addresses that lead there.

They are links for a person, opened in Shopify's admin: the editor shows what would change, and
nothing is live before the merchant saves. Which blocks there are is `plugin/shopify/extensions/`'s.
"""

from __future__ import annotations

from urllib.parse import urlencode

from store.records import Placement

# The file of the app embed: Shopify calls a block by its file's name.
EMBED = "alongside"

# The page that a shelf is meant for, as the editor names its templates; a shelf that fits every
# page is tried on the home page.
TEMPLATES: dict[Placement, str] = {
    "also_bought": "product",
    "bought_together": "product",
    "similar": "product",
    "cart": "cart",
}


def embed_link(domain: str, client_id: str) -> str:
    """Opens the editor with the app embed switched on, to be saved: the first step."""
    return _editor(domain, context="apps", activateAppId=f"{client_id}/{EMBED}")


def block_link(domain: str, client_id: str, placement: Placement) -> str:
    """Opens the editor on a page with this shelf added below what is there, to be saved."""
    return _editor(
        domain,
        template=TEMPLATES.get(placement, "index"),
        addAppBlockId=f"{client_id}/{handle(placement)}",
        target="newAppsSection",
    )


def handle(placement: Placement) -> str:
    """The name of the placement's block: that of its file."""
    return placement.replace("_", "-")


def _editor(domain: str, **query: str) -> str:
    return f"https://{domain}/admin/themes/current/editor?{urlencode(query, safe='/')}"
