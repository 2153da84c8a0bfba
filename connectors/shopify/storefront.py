"""Do a Shopify shop's pages know where Alongside is, and is the web pixel on?

The theme's embed reads key and address from metafields that only our app can write; the pixel has
them in its settings. Both are set again and again without harm. What the shop does not allow is no
error: shelves and orders are found without the pixel as well, so it comes back as a note that says
what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from connectors.errors import Unreadable
from connectors.shopify import queries
from connectors.shopify.api import Api
from connectors.shopify.check import granted

NAMESPACE = "alongside"  # the embed reads app.metafields.alongside (plugin/shopify/extensions/)
# What Shopify wants an app to have before it may switch its own pixel on.
PIXEL_SCOPES = ("write_pixels", "read_customer_events")


@dataclass(frozen=True, slots=True)
class Told:
    """What the shop's pages are told. The customer key signs shoppers who are logged in; it stays
    with Shopify, whose servers sign by it."""

    key: str
    api: str
    customer_key: str = field(repr=False)


def tell(api: Api, told: Told) -> tuple[str, ...]:
    """Writes the metafields and switches the pixel on; gives what its owner should know."""
    answer = api.ask(queries.APP)
    app = answer.get("currentAppInstallation")
    if not isinstance(app, Mapping) or not isinstance(app.get("id"), str):
        raise Unreadable("admin/api", "the shop does not tell the app's installation.")
    values = {"key": told.key, "api": told.api, "customer_key": told.customer_key}
    fields = [
        {
            "ownerId": app["id"],
            "namespace": NAMESPACE,
            "key": name,
            "type": "single_line_text_field",
            "value": value,
        }
        for name, value in values.items()
    ]
    faults = _faults(api.ask(queries.METAFIELDS_SET, {"metafields": fields}), "metafieldsSet")
    if faults:
        raise Unreadable("metafieldsSet", "; ".join(faults.values()))
    missing = [scope for scope in PIXEL_SCOPES if scope not in granted(answer)]
    if missing:
        return (
            f"The web pixel is off: the app lacks the scope{'s' if len(missing) > 1 else ''} "
            f"{', '.join(missing)}. Add what is missing, release the version, approve it in the "
            "shop, and run `flask shop storefront`.",
        )
    return _pixel(api, {"key": told.key, "api": told.api})


def _pixel(api: Api, settings: Mapping[str, str]) -> tuple[str, ...]:
    """Made first and looked at only if it is there: Shopify answers a look at none by an error."""
    wanted = {"webPixel": {"settings": orjson.dumps(settings).decode()}}
    faults = _faults(api.ask(queries.PIXEL_CREATE, wanted), "webPixelCreate")
    if "TAKEN" in faults:
        there = api.ask(queries.PIXEL).get("webPixel")
        if not isinstance(there, Mapping) or not isinstance(there.get("id"), str):
            raise Unreadable("webPixel", "the pixel is there and cannot be seen.")
        update = {"id": there["id"], **wanted}
        faults = _faults(api.ask(queries.PIXEL_UPDATE, update), "webPixelUpdate")
    if "NO_EXTENSION" in faults or "NOT_FOUND" in faults:
        return (
            "The web pixel is off: the app was not deployed with it. Run `shopify app deploy` "
            "(docs/shopify-theme.md), then `flask shop storefront`.",
        )
    return tuple(f"The web pixel is off: {said}" for said in faults.values())


def _faults(answer: Mapping[str, Any], name: str) -> dict[str, str]:
    """The faults of a mutation: code -> Shopify's words."""
    payload = answer.get(name)
    rows = payload.get("userErrors") if isinstance(payload, Mapping) else None
    if not isinstance(rows, list):
        raise Unreadable(name, "the answer does not say what came of it.")
    return {
        str(row.get("code")): str(row.get("message"))[:200]
        for row in rows
        if isinstance(row, Mapping)
    }
