"""A shop tells that something changed: is it genuine, and what does it name?

Answered at once: a genuine notice becomes rows of the inbox in one small transaction, and the clock
asks the shop for what they name (`scheduler/inbox.py`). Nothing is read from a body before its
signature is found right, and then only which thing it is about (docs/decisions/0307).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, request
from sqlalchemy import Connection

from connectors.errors import Unreadable
from connectors.woocommerce import webhooks as woocommerce_webhooks
from connectors.woocommerce.access import webhook_is_genuine
from plugin import signers
from plugin.access import open_to_all
from plugin.db import connection, the_store
from store.engine import writing
from store.keys import digest
from store.reads import privacy, shops
from store.writes import inbox
from store.writes import privacy as privacy_writes

if TYPE_CHECKING:  # what speaks to Shopify is loaded when Shopify calls, not for every shelf
    from connectors.shopify import webhooks as shopify_webhooks

pages = Blueprint("webhooks", __name__, url_prefix="/webhooks")

# The largest that platforms send: an order of 5,000 lines, a product of 100 long variants.
LONGEST_BODY = 4 * 2**20


@pages.before_request
def longer_bodies() -> None:
    request.max_content_length = LONGEST_BODY


@pages.post("/woocommerce/<key>")
@open_to_all
def woocommerce(key: str) -> Response:
    body = request.get_data(cache=False)
    shop = shops.by_key(connection(), key)
    if shop is None or shop.platform != "woocommerce":
        abort(404, "No WooCommerce shop has this key.")
    topic = request.headers.get("X-WC-Webhook-Topic", "")
    if woocommerce_webhooks.is_ping(topic, body):
        return _taken()
    signature = request.headers.get("X-WC-Webhook-Signature", "")
    secrets = shops.webhook_secrets(connection(), the_store().ring, shop.id)
    # Each is tried, so that the time taken does not tell which was nearly right.
    if not sum(webhook_is_genuine(body, signature, secret) for secret in secrets):
        abort(401, "The signature was not made over this body with this shop's webhook secret.")
    try:
        told = woocommerce_webhooks.told(topic, body)
    except Unreadable as fault:
        abort(422, str(fault))
    names = {"product": told.ask_products, "order": told.ask_orders}
    if told.ask_refunds:
        names["refunds"] = ("",)
    _note(shop, request.headers.get("X-WC-Webhook-Delivery-ID", ""), topic, body, names)
    return _taken()


@pages.post("/shopify")
@open_to_all
def shopify() -> Response:
    from connectors.shopify import webhooks as shopify_webhooks

    body = request.get_data(cache=False)
    headers = dict(request.headers)
    domain = shopify_webhooks.shop_of(headers)
    shop = shops.by_domain(connection(), domain) if domain else None
    signature = headers.get(shopify_webhooks.HMAC_HEADER)
    if not shopify_webhooks.is_genuine(body, signature, signers.secrets_of(shop)):
        abort(401, "The signature was not made over this body with the app's client secret.")
    try:
        told = shopify_webhooks.told(headers, body)
    except Unreadable as fault:
        abort(422, str(fault))
    if shop is None:
        return _taken()  # one that was never connected, or was removed
    now = datetime.now(UTC)
    names = {
        # A deletion is asked about as well: its topic is not signed.
        "product": told.ask_products + told.gone_products,
        "order": told.ask_orders + told.gone_orders,
        "refunds": ("",) if told.ask_refunds else (),
        "shop": ("",) if told.ask_shop else (),
        "uninstalled": ("",) if told.uninstalled and not _is_old(told, shop) else (),
    }
    if not any(names.values()) and told.privacy is None:
        return _taken()
    with writing(the_store().engine) as changing:
        if inbox.is_new(changing, shop.id, told.id, told.topic, body, now):
            _tell(changing, shop.id, names, now)
            if told.privacy:
                _ask_by_law(changing, shop, told, now)
    return _taken()


def _is_old(told: shopify_webhooks.Told, shop: shops.Shop) -> bool:
    """From before the shop was connected (again): such a word may come hours late."""
    if told.triggered_at is None or shop.connected_at is None:
        return False  # the clock tries whether we are still let in
    return told.triggered_at < shop.connected_at


def _ask_by_law(
    changing: Connection, shop: shops.Shop, told: shopify_webhooks.Told, now: datetime
) -> None:
    """Kept as a request: a person answers it, or the clock carries it out."""
    person, customer = told.person, None
    if person is not None and person.customer_id is not None:
        pepper = shops.keys(changing, the_store().ring, shop.id, shop.now()).pepper
        known_by = digest(pepper, "customer", person.customer_id)
        customer = privacy.customer_key(changing, shop.id, known_by)
    kind = {"tell": "data_request", "erase": "redact", "erase shop": "shop_redact"}[
        str(told.privacy)
    ]
    number = privacy_writes.ask(
        changing, shop.id, kind, now,
        customer_id=customer, orders=person.orders if person else (),
        external_id=person.request_id if person else "", via="shopify",
    )  # fmt: skip
    if kind != "data_request":
        inbox.tell(changing, shop.id, "privacy", (str(number),), now)


def _note(
    shop: shops.Shop, delivery: str, topic: str, body: bytes, names: Mapping[str, tuple[str, ...]]
) -> None:
    if not any(names.values()):
        return
    now = datetime.now(UTC)
    with writing(the_store().engine) as changing:
        if inbox.is_new(changing, shop.id, delivery[:200], topic, body, now):
            _tell(changing, shop.id, names, now)


def _tell(
    changing: Connection, shop_id: int, names: Mapping[str, tuple[str, ...]], now: datetime
) -> None:
    for kind, external_ids in names.items():
        inbox.tell(changing, shop_id, kind, external_ids, now)


def _taken() -> Response:
    return Response(status=200)
