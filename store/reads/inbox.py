"""What did shops tell of that nobody has asked them for yet?"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from store import tables

# product, order: ask for it by name. refunds: read on in them. shop: its facts or our access
# changed. uninstalled: see whether we are still let in. privacy: a row of privacy_requests.
KINDS = ("product", "order", "refunds", "shop", "uninstalled", "privacy")


class Named(NamedTuple):
    """Something at the shop that changed, by its name."""

    kind: str
    external_id: str
    told_at: datetime


def shops_due(connection: Connection, now: datetime) -> set[int]:
    """The shops that have something waiting whose turn has come."""
    n = tables.Notice
    return set(connection.scalars(select(n.shop_id).where(n.due_at <= now).distinct()))


class Waiting(NamedTuple):
    names: int
    oldest_told_at: datetime | None
    most_tries: int


def waiting(connection: Connection, shop_id: int) -> Waiting:
    """How much lies there, since when at least, and how often the most stubborn was tried."""
    n = tables.Notice
    row = connection.execute(
        select(func.count(), func.min(n.told_at), func.max(n.tries)).where(n.shop_id == shop_id)
    ).one()
    return Waiting(row[0], row[1], row[2] or 0)
