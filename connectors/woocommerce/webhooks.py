"""What does a webhook of WooCommerce tell, once its signature is known to be genuine?

An order's body is whole and is read at once. A product's is not (its variations are missing, and a
variation sends its own), and a deletion is only an id and may be no more than the trash: those are
asked for by name. WooCommerce sends each webhook once, late and not for every change, so whatever
comes here only hastens what the next sync would find.
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from connectors.errors import Unreadable
from connectors.woocommerce import parse
from connectors.woocommerce.fields import id_of
from store.records import Order


@dataclass(frozen=True, slots=True)
class Told:
    """`order`: save it. `ask_products`, `ask_orders`: ask for these by name. `ask_refunds`: read
    on in the refunds, for an order's body holds only their sums."""

    order: Order | None = None
    ask_products: tuple[str, ...] = ()
    ask_orders: tuple[str, ...] = ()
    ask_refunds: bool = False


def is_ping(topic: str | None, body: bytes) -> bool:
    """The unsigned call when a webhook is made: answer 200 and believe nothing."""
    return not topic and body.startswith(b"webhook_id=") and body[11:].isdigit()


def told(topic: str, body: bytes) -> Told:
    """Topics we did not ask for tell nothing; a body that cannot be read raises Unreadable."""
    resource, _, event = topic.partition(".")
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
        if event == "deleted" or "line_items" not in row:
            return Told(ask_orders=(id,))
        return Told(order=parse.order(row), ask_refunds=bool(row.get("refunds")))
    except ValueError as error:  # orjson's own errors are among them
        raise Unreadable(f"webhook {topic[:40]}", str(error)) from None
