"""What changes when a shop is connected, asked for something, or removed."""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import Connection, delete, insert, select, update

from store import tables, upsert
from store.errors import Explained
from store.keys import Ring
from store.records import Platform, ShopFacts

# 32 random bytes: as strong as the hash that they key.
KEY_BYTES = 32


class NameTaken(Explained):
    """Another shop has this name or this domain."""


def add_shop(
    connection: Connection,
    ring: Ring,
    platform: Platform,
    facts: ShopFacts,
    credentials: dict[str, str],
    now: datetime,
    *,
    simulated: bool = False,
    domain: str | None = None,
) -> tuple[int, str]:
    """Connect a shop; returns its row's id and its public key. `domain`: what Shopify calls it."""
    s = tables.Shop
    domain = domain or _domain(platform, credentials)
    if domain and (name := connection.scalar(select(s.name).where(s.domain == domain))):
        raise NameTaken(
            f"{domain} is connected already, as {name!r}. To connect it anew remove that one "
            "first with `flask shop remove`."
        )
    if connection.scalar(select(s.id).where(s.name == facts.name)):
        raise NameTaken(
            f"A shop named {facts.name!r} is connected already. "
            "Choose another name with --name, or remove that one with `flask shop remove`."
        )
    key = "pk_" + secrets.token_urlsafe(18)
    shop_id = upsert.new_key(
        connection,
        s,
        key=key,
        name=facts.name,
        platform=platform,
        url=facts.url,
        currency=facts.currency,
        timezone=facts.timezone,
        locale=facts.locale,
        settings={},
        simulated=simulated,
        domain=domain,
        created_at=now,
        connected_at=now,
    )
    for kind in ("pepper", "token", "customer", "report", "webhook"):
        add_shop_key(connection, ring, shop_id, kind, now)
    if credentials:
        save_credentials(connection, ring, shop_id, credentials, now)
    return shop_id, key


def add_shop_key(
    connection: Connection, ring: Ring, shop_id: int, kind: str, now: datetime
) -> None:
    """A new key of this kind; the one before stays accepted as `reads.shops.keys` tells."""
    # Text that can be copied into a platform's settings: the customer and report keys are.
    secret = secrets.token_urlsafe(KEY_BYTES).encode()
    connection.execute(
        insert(tables.ShopKey).values(
            shop_id=shop_id, kind=kind, wrapped=ring.wrap(secret), created_at=now
        )
    )


def save_credentials(
    connection: Connection, ring: Ring, shop_id: int, credentials: dict[str, str], now: datetime
) -> None:
    """Wrap and keep what opens the shop's API; replaces what was there."""
    values = {"wrapped": ring.wrap(json.dumps(credentials).encode()), "updated_at": now}
    statement = upsert.insert(connection, tables.Credential).values(shop_id=shop_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=("shop_id",), set_=values))


def reconnect(
    connection: Connection,
    ring: Ring,
    shop_id: int,
    facts: ShopFacts,
    credentials: dict[str, str],
    now: datetime,
) -> None:
    """New access to a shop that is connected already: what is held of it stays.

    Its name and currency stay too: the first is ours, and amounts of two currencies do not add.
    """
    save_credentials(connection, ring, shop_id, credentials, now)
    connection.execute(
        update(tables.Shop)
        .where(tables.Shop.id == shop_id)
        .values(
            url=facts.url,
            timezone=facts.timezone,
            connected_at=now,
            uninstalled_at=None,
        )
    )


def save_facts(connection: Connection, shop_id: int, facts: ShopFacts) -> None:
    """What the shop says of itself now, but for its name and currency, which are ours to keep."""
    connection.execute(
        update(tables.Shop)
        .where(tables.Shop.id == shop_id)
        .values(url=facts.url, timezone=facts.timezone)
    )


def _domain(platform: Platform, credentials: dict[str, str]) -> str | None:
    """What Shopify's notices will call the shop: the host of its permanent address."""
    if platform != "shopify":
        return None
    return urlsplit(credentials.get("url", "")).hostname


def uninstall(
    connection: Connection, ring: Ring, shop_id: int, left: dict[str, str], now: datetime
) -> None:
    """The shop took our access away: its token is forgotten and nothing is asked any more. What is
    held of the shop stays until it is told to go; `left` is what proves that such a word is its."""
    save_credentials(connection, ring, shop_id, left, now)
    connection.execute(
        update(tables.Shop).where(tables.Shop.id == shop_id).values(uninstalled_at=now)
    )


def save_cursor(
    connection: Connection, shop_id: int, stream: str, value: str, now: datetime
) -> None:
    """Where a stream goes on. Call it in the transaction that saves the page itself."""
    statement = upsert.insert(connection, tables.Cursor).values(
        shop_id=shop_id, stream=stream, value=value, updated_at=now
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=("shop_id", "stream"), set_={"value": value, "updated_at": now}
        )
    )


def forget_cursors(connection: Connection, shop_id: int) -> None:
    """Make the next sync read everything again."""
    connection.execute(delete(tables.Cursor).where(tables.Cursor.shop_id == shop_id))


def describe(connection: Connection, shop_id: int, name: str, timezone: str, locale: str) -> None:
    """What a shop is called here, and how its days and numbers are told."""
    s = tables.Shop
    if connection.scalar(select(s.id).where(s.name == name, s.id != shop_id)):
        raise NameTaken(f"Another shop is named {name!r}. Choose another name.")
    connection.execute(
        update(s).where(s.id == shop_id).values(name=name, timezone=timezone, locale=locale)
    )


def save_settings(connection: Connection, shop_id: int, settings: dict[str, object]) -> None:
    connection.execute(
        update(tables.Shop).where(tables.Shop.id == shop_id).values(settings=settings)
    )


def set_clock(connection: Connection, shop_id: int, at: datetime | None) -> None:
    """A simulated shop's own now; only the demo and tests move it, never a request."""
    connection.execute(
        update(tables.Shop)
        .where(tables.Shop.id == shop_id, tables.Shop.simulated)
        .values(clock_at=at)
    )


def remove_shop(connection: Connection, shop_id: int) -> None:
    """Everything of the shop goes: its rows reference it and are deleted with it."""
    s = tables
    # Rows that point at each other inside the shop go first; the rest cascades.
    connection.execute(delete(s.Live).where(s.Live.shop_id == shop_id))
    connection.execute(delete(s.Identity).where(s.Identity.shop_id == shop_id))
    orders = select(s.Order.id).where(s.Order.shop_id == shop_id)
    connection.execute(delete(s.OrderLine).where(s.OrderLine.order_id.in_(orders)))
    connection.execute(delete(s.Order).where(s.Order.shop_id == shop_id))
    connection.execute(delete(s.Shop).where(s.Shop.id == shop_id))
