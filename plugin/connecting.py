"""A shop has proved that we may read it: whose is it, and is it one that we know already?

Every way to connect a shop ends here: install flows, the merchant pages and the commands. What a
known shop holds stays when it gets new access.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from sqlalchemy import Connection

from store.errors import Explained
from store.opening import Store
from store.reads import health, people, shops
from store.records import Platform, ShopFacts
from store.writes import jobs
from store.writes import people as people_writes
from store.writes import shops as writes


class NotYours(Explained):
    """The shop is connected already, and is another account's."""


class OtherCurrency(Explained):
    """The shop that answers sells in another currency than the one that is held."""


def connect(
    connection: Connection,
    store: Store,
    platform: Platform,
    facts: ShopFacts,
    credentials: dict[str, str],
    user_id: int | None,
) -> int:
    """Connect the shop, or give the one that is known new access; returns its row's id.

    `user_id` becomes its owner. A known shop with owners may only be connected again by one.
    """
    now = datetime.now(UTC)
    # The address that was asked, not the one that the shop says it has: it could say any.
    asked = credentials.get("url", facts.url)
    known = (
        shops.by_domain(connection, urlsplit(asked).hostname or "")
        if platform == "shopify"
        else shops.by_url(connection, platform, asked)
    )
    if known is not None:
        if user_id is not None and not _may_connect(connection, user_id, known.id):
            raise NotYours(
                f"{known.name} is connected already and has another owner. Log in as its owner, or "
                "let them give you that role."
            )
        again(connection, store, known, facts, credentials)
        shop_id = known.id
    else:
        facts = _named(connection, facts)
        shop_id, _ = writes.add_shop(connection, store.ring, platform, facts, credentials, now)
        people_writes.note(
            connection, "shop added", facts.name, now, shop_id=shop_id, user_id=user_id
        )
    if user_id is not None:
        people_writes.grant(connection, user_id, shop_id, "owner")
    return shop_id


def again(
    connection: Connection,
    store: Store,
    shop: shops.Shop,
    facts: ShopFacts,
    credentials: dict[str, str],
    user_id: int | None = None,
) -> None:
    """New access to a connected shop: saved, noted, and tried by a sync."""
    if facts.currency != shop.currency:
        raise OtherCurrency(
            f"{facts.url} sells in {facts.currency}, and what is held of {shop.name} is in "
            f"{shop.currency}. Connect it as a shop of its own."
        )
    now = datetime.now(UTC)
    writes.reconnect(connection, store.ring, shop.id, facts, credentials, now)
    people_writes.note(
        connection, "shop reconnected", facts.url, now, shop_id=shop.id, user_id=user_id
    )
    jobs.ask(connection, shop.id, "sync", now)


def _may_connect(connection: Connection, user_id: int, shop_id: int) -> bool:
    if people.roles(connection, user_id).get(shop_id) == "owner":
        return True
    return not health.owners(connection, shop_id)


def _named(connection: Connection, facts: ShopFacts) -> ShopFacts:
    """Two shops may have the same title: the second is called by its host too."""
    taken = {shop.name for shop in shops.every(connection)}
    host = urlsplit(facts.url).hostname or facts.url
    name = facts.name.strip() if facts.name.strip() and facts.name.isprintable() else host
    for candidate in (name, f"{name} ({host})", *(f"{name} ({host}, {n})" for n in range(2, 99))):
        if candidate not in taken:
            return ShopFacts(candidate, facts.url, facts.currency, facts.timezone, facts.locale)
    raise Explained(f"There are a hundred shops called {name!r}.")
