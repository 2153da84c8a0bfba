"""Which shopper does somebody mean, and what is held of them? For the command and the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from store.errors import Explained
from store.keys import Ring, digest, email_digest
from store.reads import privacy as reads
from store.reads import shops
from store.writes import privacy as writes


@dataclass(frozen=True, slots=True)
class Shopper:
    """A customer by the store's key, or a visitor by the hash of their id."""

    customer: int | None = None
    visitor: bytes | None = None


def customer(connection: Connection, ring: Ring, shop: shops.Shop, named: str) -> Shopper:
    """The customer with this id of the shop's, or this e-mail address."""
    pepper = shops.keys(connection, ring, shop.id, shop.now()).pepper
    hashes = [digest(pepper, "customer", named)]
    if "@" in named:
        hashes.append(email_digest(pepper, named))
    for hashed in hashes:
        found = reads.customer_key(connection, shop.id, hashed)
        if found is not None:
            return Shopper(customer=found)
    raise Explained(f"Nothing is held about a customer {named!r} of {shop.name}.")


def visitor(connection: Connection, ring: Ring, shop: shops.Shop, named: str) -> Shopper:
    """The browser with this visitor id; whether anything is held is not asked."""
    pepper = shops.keys(connection, ring, shop.id, shop.now()).pepper
    return Shopper(visitor=digest(pepper, "visitor", named))


def held(connection: Connection, shop: shops.Shop, who: Shopper) -> dict[str, Any]:
    """Everything about one person, as an export hands it over."""
    if who.customer is not None:
        return {"shop": shop.name, **reads.customer_data(connection, shop.id, who.customer)}
    return {"shop": shop.name, **reads.visitor_data(connection, shop.id, who.visitor or b"")}


def forget(
    connection: Connection, shop_id: int, who: Shopper, via: str, now: datetime
) -> writes.Certificate:
    """Erase them; the caller says so in the audit log, and settles the store afterwards."""
    if who.customer is not None:
        return writes.forget_customer(connection, shop_id, who.customer, via, now)
    return writes.forget_visitor(connection, shop_id, who.visitor or b"", via, now)
