"""What does a webhook of WooCommerce tell, once its signature is known to be genuine?

Only what to ask for by name. A product's body is not whole (its variations are missing, and a
variation sends its own), a deletion is only an id and may be no more than the trash, and an
order's holds a person whom we would keep for no reason. WooCommerce sends each webhook once, late
and not for every change, so whatever comes here only hastens what the next sync would find.
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from connectors.errors import Unreadable
from connectors.woocommerce.fields import id_of

# What we subscribe to. `customer.*` is not among them: orders tell all we may know of a customer.
TOPICS = (
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
    "product.created",
    "product.updated",
    "product.deleted",
    "product.restored",
)


@dataclass(frozen=True, slots=True)
class Told:
    """`ask_products`, `ask_orders`: ask for these by name. `ask_refunds`: read on in the refunds,
    for an order holds only their sums."""

    ask_products: tuple[str, ...] = ()
    ask_orders: tuple[str, ...] = ()
    ask_refunds: bool = False


def is_ping(topic: str | None, body: bytes) -> bool:
    """The unsigned call when a webhook is made: answer 200 and believe nothing."""
    return not topic and body.startswith(b"webhook_id=") and body[11:].isdigit()


def told(topic: str, body: bytes) -> Told:
    """Topics we did not ask for tell nothing; a body that cannot be read raises Unreadable."""
    resource = topic.partition(".")[0]
    if resource not in ("order", "product"):
        return Told()
    try:
        row = orjson.loads(body)
        if not isinstance(row, dict):
            raise ValueError("an object was expected")
        id = id_of(row, "id")
        if resource == "product":
            variation = row.get("type") == "variation"
            return Told(ask_products=(id_of(row, "parent_id") if variation else id,))
        return Told(ask_orders=(id,), ask_refunds=bool(row.get("refunds")))
    except ValueError as error:  # orjson's own errors are among them
        raise Unreadable(f"webhook {topic[:40]}", str(error)) from None
