"""What a theme asks under its shop's own address, and Shopify passes on to us with its signature.

The answers are the storefront's; here only the asking shop and its logged-in customer are
established, from what Shopify signed and never from what the page says.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Response, abort, current_app, request
from werkzeug.wrappers import Response as AnyResponse

from plugin import headers, signers
from plugin.access import open_to_all
from plugin.db import connection, the_store
from store.reads import shops

pages = Blueprint("proxy", __name__, url_prefix="/proxy/shopify")

# As long as a page may stay open; shelves take such a proof for a day at most.
CUSTOMER_FOR = timedelta(hours=1)
# What Shopify adds to every query; `customer` is ours to say, whatever the page wrote.
SHOPIFYS = ("shop", "logged_in_customer_id", "path_prefix", "timestamp", "signature", "customer")


@pages.get("/shelf")
@open_to_all
def shelf() -> AnyResponse:
    return _passed_on("shelf")


@pages.post("/shelf/events")
@open_to_all
def events() -> AnyResponse:
    return _passed_on("shelf/events")


@pages.get("/customer")
@open_to_all
def customer() -> Response:
    shop = _shop()
    told = {
        "key": shop.key,
        "api": the_store().settings.base_url,
        "customer": _signed_customer(shop) or None,
    }
    headers.keep_caching()
    kept = {"Cache-Control": "private, no-store"}
    return Response(orjson.dumps(told), content_type="application/json", headers=kept)


def _passed_on(path: str) -> AnyResponse:
    """The storefront's own answer to the same question about this shop."""
    shop = _shop()
    pairs = [(k, v) for k, v in request.args.items(multi=True) if k not in SHOPIFYS]
    if signed := _signed_customer(shop):
        pairs.append(("customer", signed))
    environ: dict[str, Any] = {
        **request.environ,
        "PATH_INFO": f"/v1/{shop.key}/{path}",
        "QUERY_STRING": urlencode(pairs),
        "REMOTE_ADDR": _shopper() or request.remote_addr,
    }
    answer = Response.from_app(current_app.extensions["storefront"], environ, buffered=True)
    headers.keep_caching()
    return answer


def _shopper() -> str | None:
    """Whom the storefront's rate limit counts: the shopper as Shopify names them, for otherwise
    every shopper of every shop would be Shopify itself."""
    first = request.headers.get("X-Forwarded-For", "").partition(",")[0].strip()
    try:
        return str(ipaddress.ip_address(first))
    except ValueError:
        return None


def _shop() -> shops.Shop:
    """The shop that Shopify signed this request for."""
    from connectors.shopify import access  # not for every shelf

    domain = access.domain_of(request.args.get("shop", ""))
    shop = shops.by_domain(connection(), domain) if domain else None
    pairs = list(request.args.items(multi=True))
    if not sum(access.proxy_is_genuine(pairs, secret) for secret in signers.secrets_of(shop)):
        abort(401, "Shopify did not sign this request, or more than 90 seconds ago.")
    if shop is None or shop.uninstalled_at is not None:
        abort(404, "This shop is not connected.")
    return shop


def _signed_customer(shop: shops.Shop) -> str:
    """The logged-in customer, as shelves take one; "" where nobody is logged in."""
    id = request.args.get("logged_in_customer_id", "")
    if not (id.isascii() and id.isdecimal()):
        return ""
    keys = shops.keys(connection(), the_store().ring, shop.id, shop.now())
    expires_s = int((datetime.now(UTC) + CUSTOMER_FOR).timestamp())
    text = f"{id}.{expires_s}"
    made = hmac.new(keys.customer[0], text.encode(), hashlib.sha256).hexdigest()
    return f"{text}.{made}"
