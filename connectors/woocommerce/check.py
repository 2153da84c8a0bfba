"""Is this really a WooCommerce shop, does it let us read, and if not, what exactly is wrong?

Asks the way from outside in: is anybody there, is it WordPress, are its links pretty, is
WooCommerce on, is the key known, may it read. The first thing that is wrong is raised as
Misconfigured with its mend.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from connectors.errors import Misconfigured, NoSuchPage, TryLater, Unreadable
from connectors.woocommerce.api import Api, Refused, no_wordpress
from connectors.woocommerce.fields import plain
from store.records import ShopFacts

# The lists a sync reads, as people call them.
READ = {"products": "products", "orders": "orders", "refunds": "refunds"}


def check(api: Api) -> ShopFacts:
    index = _index(api)
    home = str(index.get("home") or api.url).rstrip("/")
    if (
        api.url.startswith("http://")
        and home.startswith("https://")
        and urlsplit(home).hostname == api.host
    ):
        raise Misconfigured(
            "The shop lives on https, but the address given is plain http: customers' addresses "
            "would travel unprotected.",
            f"Give {home} instead.",
        )
    if "wc/v3" not in (index.get("namespaces") or ()):
        raise Misconfigured(
            f"{api.url} is a WordPress site without WooCommerce's API (wc/v3).",
            "Switch the WooCommerce plugin on (9.0 or newer), or give the shop's own address.",
        )
    currency = _ask(api, "data/currencies/current", {}).get("code")
    for path, what in READ.items():
        _ask(api, path, {"per_page": "1", "_fields": "id"}, what)
    if not isinstance(currency, str) or len(currency) != 3:
        raise Unreadable("wc/v3/data/currencies/current", "it names no currency.")
    return ShopFacts(
        name=plain(str(index.get("name") or "")) or api.host,
        url=home,
        currency=currency,
        timezone=_timezone(index),
    )


def _index(api: Api) -> Mapping[str, Any]:
    try:
        return api.index()
    except TryLater as error:
        raise Misconfigured(
            f"Nothing answers at {api.url}: {error.why}",
            "Check the address, and that the shop is up and lets this server in.",
        ) from None
    except (Misconfigured, Unreadable) as fault:
        if api.has_plain_permalinks():
            raise Misconfigured(
                "The shop's links are plain (?p=123), and then WooCommerce's API takes no keys.",
                "In WordPress, under Settings > Permalinks, choose anything but Plain.",
            ) from None
        if isinstance(fault, NoSuchPage):
            raise no_wordpress(api.url, 404) from None
        raise


def _ask(api: Api, path: str, params: Mapping[str, str], what: str = "data") -> Mapping[str, Any]:
    try:
        data = api.ask(path, params).data
    except Refused as refused:
        raise _explained(refused, api, what) from None
    except Unreadable as error:
        if path == "refunds" and "404" in error.what:
            raise Misconfigured(
                "This WooCommerce is older than 9.0 and cannot list its refunds.",
                "Update the WooCommerce plugin.",
            ) from None
        raise
    return data if isinstance(data, dict) else {}


def _explained(refused: Refused, api: Api, what: str) -> Misconfigured:
    said = refused.message.lower()
    if "secret is invalid" in said or ("invalid signature" in said and "failed" not in said):
        return Misconfigured(
            "The shop knows the key, but the secret is wrong.",
            "Copy both again from WooCommerce > Settings > Advanced > REST API; the secret is "
            "shown only once, so make a new key if it is lost.",
        )
    if "key is invalid" in said:
        return Misconfigured(
            "The shop does not know this key.",
            "It was deleted or belongs to another shop: make one under WooCommerce > Settings > "
            "Advanced > REST API.",
        )
    if "read permission" in said:
        return Misconfigured(
            "The key may only write, and we only need to read.",
            "Give it the permission Read (or Read/Write) there.",
        )
    if "timestamp" in said:
        return Misconfigured(
            "The clocks of this server and the shop differ by more than 15 minutes.",
            "Set this server's clock (NTP), or ask the shop's host to set theirs.",
        )
    if refused.code == "woocommerce_rest_cannot_view":
        return Misconfigured(
            f"The shop accepts nobody's key for reading its {what}: {refused.message}",
            "Make the key for an administrator or shop manager, and let the Authorization header "
            "pass if a firewall or proxy stands before the shop.",
        )
    return Misconfigured(
        f"The shop refuses us: {refused.message} ({refused.code or 'no code'})",
        "A security plugin may be closing the API: allow /wp-json/wc/ for API keys.",
    )


def _timezone(index: Mapping[str, Any]) -> str:
    """WordPress has either a place ("Europe/London") or a plain offset in hours (5.5)."""
    name = index.get("timezone_string")
    if isinstance(name, str) and name:
        return name
    try:
        minutes = round(float(index.get("gmt_offset") or 0) * 60)
    except (TypeError, ValueError):
        minutes = 0
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}" if minutes else "UTC"
