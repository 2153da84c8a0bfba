"""Which shops there are, what opens them, what time it is for them, and how fresh their data is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, bindparam, func, select

from store import tables
from store.errors import Explained
from store.keys import Ring, ShopKeys

# A token or customer key that was replaced is still accepted for so long: pages and carts that
# were open when it changed go on working.
PREVIOUS_KEY_FOR = timedelta(days=30)


class UnknownShop(Explained):
    """No shop has this public key or name."""


@dataclass(frozen=True, slots=True)
class Shop:
    id: int
    key: str
    name: str
    platform: str
    url: str
    currency: str
    timezone: str
    locale: str
    settings: dict[str, Any]
    simulated: bool
    clock_at: datetime | None
    domain: str | None = None  # what Shopify's notices call it
    connected_at: datetime | None = None  # when access was given last
    uninstalled_at: datetime | None = None  # access was taken away; None: it was not

    def now(self) -> datetime:
        """The present, or a simulated shop's own idea of it."""
        if self.simulated and self.clock_at is not None:
            return self.clock_at
        return datetime.now(UTC)

    def zone(self) -> tzinfo:
        """The shop's own time: an IANA name, or a fixed offset like "+02:00"."""
        if self.timezone[:1] in "+-":
            return datetime.strptime(self.timezone, "%z").tzinfo or UTC
        return ZoneInfo(self.timezone)

    def day_of(self, at: datetime) -> str:
        """The shop's own day of an instant, as an ISO date."""
        return at.astimezone(self.zone()).date().isoformat()

    def day(self, date: str) -> tuple[datetime, datetime]:
        """When a day of the shop's begins and ends; days of 23 and 25 hours among them."""
        first = datetime.fromisoformat(date).date()
        begins, ends = (
            datetime(it.year, it.month, it.day, tzinfo=self.zone())
            for it in (first, first + timedelta(days=1))
        )
        return begins, ends

    def days(self, since: datetime, until: datetime) -> Iterator[tuple[str, datetime, datetime]]:
        """(date, its begin, its end) of each of the shop's days from that of `since` on that have
        begun before `until`.
        """
        date = self.day_of(since)
        while True:
            begins, ends = self.day(date)
            if begins >= until:
                return
            yield date, begins, ends
            date = (datetime.fromisoformat(date) + timedelta(days=1)).date().isoformat()


def _columns() -> Any:
    s = tables.Shop
    return select(
        s.id, s.key, s.name, s.platform, s.url, s.currency, s.timezone, s.locale, s.settings,
        s.simulated, s.clock_at, s.domain, func.coalesce(s.connected_at, s.created_at),
        s.uninstalled_at,
    )  # fmt: skip


# What is read for every shop each second (`shop_config.py`) is composed once: to do so again takes
# several times as long as to ask.
_BY_KEY = _columns().where(tables.Shop.key == bindparam("key"))


def every(connection: Connection) -> list[Shop]:
    return [Shop(*row) for row in connection.execute(_columns().order_by(tables.Shop.id))]


def find(connection: Connection, key_or_name: str) -> Shop:
    """The shop with this public key or name."""
    s = tables.Shop
    row = connection.execute(
        _columns().where((s.key == key_or_name) | (s.name == key_or_name))
    ).first()
    if row is None:
        known = ", ".join(shop.name for shop in every(connection)) or "none yet"
        raise UnknownShop(f"No shop has the key or name {key_or_name!r}. Connected: {known}.")
    return Shop(*row)


def by_id(connection: Connection, shop_id: int) -> Shop:
    row = connection.execute(_columns().where(tables.Shop.id == shop_id)).first()
    if row is None:
        raise UnknownShop(f"Shop {shop_id} is not connected any more.")
    return Shop(*row)


def by_key(connection: Connection, key: str) -> Shop | None:
    """The shop of a page's public key, or None. Never by name: names are not public."""
    row = connection.execute(_BY_KEY, {"key": key}).first()
    return None if row is None else Shop(*row)


def by_domain(connection: Connection, domain: str) -> Shop | None:
    """The Shopify shop of this permanent domain, or None."""
    row = connection.execute(_columns().where(tables.Shop.domain == domain)).first()
    return None if row is None else Shop(*row)


def by_url(connection: Connection, platform: str, url: str) -> Shop | None:
    """The shop at this address, however it is written; None: there is none."""
    for shop in every(connection):
        if shop.platform == platform and _same_place(shop.url) == _same_place(url):
            return shop
    return None


def _same_place(url: str) -> str:
    """An address without what makes no other shop of it: scheme, case, www, a slash at the end."""
    return re.sub(r"^[a-z]+://(www\.)?", "", url.strip().lower()).rstrip("/")


_KEYS = (
    select(tables.ShopKey.kind, tables.ShopKey.wrapped, tables.ShopKey.created_at)
    .where(tables.ShopKey.shop_id == bindparam("shop"))
    .order_by(tables.ShopKey.id.desc())
)


def keys(connection: Connection, ring: Ring, shop_id: int, now: datetime) -> ShopKeys:
    """The shop's own keys, the newest first; replaced ones as long as they are accepted."""
    found: dict[str, list[bytes]] = {}
    successor_at: dict[str, datetime] = {}
    for kind, wrapped, created_at in connection.execute(_KEYS, {"shop": shop_id}):
        # A key ends PREVIOUS_KEY_FOR after the one that replaced it was made.
        if kind not in successor_at or now - successor_at[kind] < PREVIOUS_KEY_FOR:
            found.setdefault(kind, []).append(ring.unwrap(bytes(wrapped)))
        successor_at[kind] = created_at
    return ShopKeys(
        pepper=found["pepper"][-1],
        token=tuple(found["token"]),
        customer=tuple(found["customer"]),
        report=tuple(found["report"]),
    )


def webhook_secrets(connection: Connection, ring: Ring, shop_id: int) -> list[str]:
    """What the shop signs its webhooks with, the newest first; older ones may still be in use."""
    k = tables.ShopKey
    rows = connection.scalars(
        select(k.wrapped)
        .where(k.shop_id == shop_id, k.kind == "webhook")
        .order_by(k.id.desc())
        .limit(2)
    )
    return [ring.unwrap(bytes(wrapped)).decode() for wrapped in rows]


def credentials(connection: Connection, ring: Ring, shop_id: int) -> dict[str, str]:
    """What opens the shop's API; empty for a shop of files."""
    wrapped = connection.scalar(
        select(tables.Credential.wrapped).where(tables.Credential.shop_id == shop_id)
    )
    if wrapped is None:
        return {}
    opened: dict[str, str] = json.loads(ring.unwrap(bytes(wrapped)))
    return opened


def cursor(connection: Connection, shop_id: int, stream: str) -> str | None:
    c = tables.Cursor
    return connection.scalar(select(c.value).where(c.shop_id == shop_id, c.stream == stream))


def external_ids(
    connection: Connection, shop_id: int, stream: str, since: datetime | None = None
) -> set[str]:
    """The shop's ids of what we hold and believe to be there still. stream: products, orders,
    refunds. `since`: only orders placed from then on, and their refunds."""
    p, o, r = tables.Product, tables.Order, tables.Refund
    statements = {
        "products": select(p.external_id).where(
            p.shop_id == shop_id, p.withheld.not_in(("unknown", "deleted"))
        ),
        "orders": select(o.external_id).where(o.shop_id == shop_id, o.platform_status != "deleted"),
        "refunds": select(r.external_id).where(r.shop_id == shop_id),
    }
    statement = statements[stream]
    if since is not None and stream != "products":
        if stream == "refunds":
            same = and_(o.shop_id == r.shop_id, o.external_id == r.order_external_id)
            statement = statement.join(o, same)
        statement = statement.where(o.placed_at >= since)
    return set(connection.scalars(statement))


def products_withheld(connection: Connection, shop_id: int, why: str) -> list[str]:
    """The shop's ids of the products it does not show for this reason."""
    p = tables.Product
    chosen = select(p.external_id).where(p.shop_id == shop_id, p.withheld == why)
    return list(connection.scalars(chosen.order_by(p.id)))


@dataclass(frozen=True, slots=True)
class Counts:
    products: int
    sellable: int
    orders: int
    lines: int
    refunds: int
    customers: int
    last_order_at: datetime | None


def counts(connection: Connection, shop_id: int) -> Counts:
    """How much of the shop we hold. Products that only orders name are not counted."""
    p, o, line, r, c, k = (
        tables.Product, tables.Order, tables.OrderLine, tables.Refund, tables.Customer, tables.Card,
    )  # fmt: skip

    def number(statement: Any) -> int:
        return int(connection.scalar(statement) or 0)

    return Counts(
        products=number(
            select(func.count()).select_from(p).where(p.shop_id == shop_id, p.withheld != "unknown")
        ),
        sellable=number(
            select(func.count())
            .select_from(k)
            .join(p, p.id == k.product_id)
            .where(p.shop_id == shop_id, k.sellable)
        ),
        orders=number(select(func.count()).select_from(o).where(o.shop_id == shop_id)),
        lines=number(
            select(func.count())
            .select_from(line)
            .join(o, o.id == line.order_id)
            .where(o.shop_id == shop_id)
        ),
        refunds=number(select(func.count()).select_from(r).where(r.shop_id == shop_id)),
        customers=number(select(func.count()).select_from(c).where(c.shop_id == shop_id)),
        last_order_at=connection.scalar(select(func.max(o.placed_at)).where(o.shop_id == shop_id)),
    )
