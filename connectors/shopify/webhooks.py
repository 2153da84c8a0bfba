"""What does a webhook of Shopify tell, and is it genuine?

A body is never taken for the thing itself: it comes in another shape than what we ask for, holds
only the first hundred variants, arrives late and out of order. So each topic ends in what to ask
for by name, what is gone, or what became of the shop and its people. Products are told of at every
sale: whoever keeps these coalesces them by id before asking.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from connectors.errors import Unreadable
from connectors.shopify.access import domain_of

# All that we subscribe to (plugin/shopify/shopify.app.toml says the same).
TOPICS = (
    "app/scopes_update",
    "app/uninstalled",
    "orders/cancelled",
    "orders/create",
    "orders/delete",
    "orders/updated",
    "products/create",
    "products/delete",
    "products/update",
    "refunds/create",
    "shop/update",
)
COMPLIANCE_TOPICS = ("customers/data_request", "customers/redact", "shop/redact")

HMAC_HEADER = "X-Shopify-Hmac-Sha256"

Privacy = Literal["tell", "erase", "erase shop"]


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a request of the privacy laws is about, by ids alone; what else its body holds of a
    person is not read. `orders`: those named in it."""

    customer_id: str | None
    orders: tuple[str, ...] = ()
    request_id: str = ""  # Shopify's number of a request for data


@dataclass(frozen=True, slots=True)
class Told:
    """`id` is the same each time a delivery is repeated: one seen before is done with.
    `triggered_at` orders what came out of order: an uninstall from before an install is old news.
    Only the body is signed, not the headers: what could do harm is checked in other ways as well.

    `ask_products`, `ask_orders`: ask for these by name. `ask_refunds`: read on in the refunds.
    `gone_products`, `gone_orders`: deleted, with their refunds. `ask_shop`: check the connection
    again (its name, currency or scopes changed).
    """

    topic: str
    shop: str
    id: str
    triggered_at: datetime | None
    ask_products: tuple[str, ...] = ()
    ask_orders: tuple[str, ...] = ()
    ask_refunds: bool = False
    ask_shop: bool = False
    gone_products: tuple[str, ...] = ()
    gone_orders: tuple[str, ...] = ()
    uninstalled: bool = False
    privacy: Privacy | None = None
    person: Person | None = None


def is_genuine(body: bytes, header: str | None, secrets: Iterable[str]) -> bool:
    """Whether X-Shopify-Hmac-Sha256 was made over exactly these bytes with one of our secrets.

    Several, because Shopify goes on signing with the old one for an hour after a change. An empty
    signature or secret proves nothing. Compared in constant time.
    """
    told = (header or "").encode("utf-8", "replace")
    genuine = False
    for secret in secrets:
        digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
        same = hmac.compare_digest(base64.b64encode(digest), told)
        genuine |= same and bool(secret)
    return genuine


def shop_of(headers: Mapping[str, str]) -> str | None:
    """The domain of the shop that a call says it is from: only good for finding the secret."""
    return domain_of(_header(headers, "X-Shopify-Shop-Domain"))


def told(headers: Mapping[str, str], body: bytes) -> Told:
    """What a genuine call tells; topics we did not ask for tell nothing. What cannot be read
    raises Unreadable."""
    topic = _header(headers, "X-Shopify-Topic")
    try:
        shop, id = shop_of(headers), _header(headers, "X-Shopify-Webhook-Id")
        if not shop or not topic:
            raise ValueError("the header of topic or shop is missing")
        at = _instant(_header(headers, "X-Shopify-Triggered-At"))
        row = orjson.loads(body)
        if not isinstance(row, dict):
            raise ValueError("an object was expected")
        if topic in COMPLIANCE_TOPICS and row.get("shop_domain") != shop:
            raise ValueError("its body names another shop than its header")
        return Told(topic, shop, id[:100], at, **_meaning(topic, row))
    except (ValueError, OverflowError) as error:  # orjson's own errors are among them
        raise Unreadable(f"webhook {topic[:40]}", str(error)) from None


def _meaning(topic: str, row: Mapping[str, Any]) -> dict[str, Any]:
    match topic:
        case "orders/create" | "orders/updated" | "orders/cancelled":
            return {"ask_orders": (_id(row, "id"),), "ask_refunds": bool(row.get("refunds"))}
        case "orders/delete":
            return {"gone_orders": (_id(row, "id"),)}
        case "refunds/create":
            return {"ask_orders": (_id(row, "order_id"),), "ask_refunds": True}
        case "products/create" | "products/update":
            return {"ask_products": (_id(row, "id"),)}
        case "products/delete":
            return {"gone_products": (_id(row, "id"),)}
        case "app/uninstalled":
            return {"uninstalled": True}
        case "app/scopes_update" | "shop/update":
            return {"ask_shop": True}
        case "customers/data_request":
            return {"privacy": "tell", "person": _person(row, "orders_requested")}
        case "customers/redact" if "orders_to_redact" in row:
            return {"privacy": "erase", "person": _person(row, "orders_to_redact")}
        case "shop/redact":
            return {"privacy": "erase shop"}
    return {}


def _person(row: Mapping[str, Any], orders: str) -> Person:
    customer = row.get("customer")
    named = customer.get("id") if isinstance(customer, dict) else None
    listed = row.get(orders)
    return Person(
        str(named) if type(named) is int and named > 0 else None,
        tuple(str(id) for id in listed if type(id) is int and id > 0)
        if isinstance(listed, list)
        else (),
        _number(row.get("data_request")),
    )


def _number(request: Any) -> str:
    number = request.get("id") if isinstance(request, dict) else None
    return str(number) if type(number) is int and number > 0 else ""


def _id(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if type(value) is not int or value <= 0:
        raise ValueError(f"{name} is missing or not an id")
    return str(value)


def _instant(text: str) -> datetime | None:
    at = datetime.fromisoformat(text) if text else None
    if at is not None and at.tzinfo is None:
        raise ValueError("X-Shopify-Triggered-At is not an instant")
    return at and at.astimezone(UTC)


def _header(headers: Mapping[str, str], name: str) -> str:
    """By name in any case; web frameworks' headers do so themselves, a plain dict does not."""
    found = headers.get(name)
    if found is None:
        lower = name.lower()
        found = next((value for key, value in headers.items() if key.lower() == lower), "")
    return found.strip()
