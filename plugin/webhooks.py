"""A shop tells that something changed: is it genuine, and what does it name?

Answered at once: a genuine notice becomes rows of the inbox in one small transaction, and the clock
asks the shop for what they name (`scheduler/inbox.py`). Nothing is read from a body before its
signature is found right, and then only which thing it is about (docs/decisions/0305).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, request
from sqlalchemy import Connection

from connectors.errors import Unreadable
from connectors.woocommerce import webhooks as woocommerce_webhooks
from connectors.woocommerce.access import webhook_is_genuine
from plugin.access import open_to_all
from plugin.db import connection, the_store
from store.engine import writing
from store.reads import shops
from store.writes import inbox

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
