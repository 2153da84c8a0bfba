"""What changes when SECRET_KEYS get a new first key: every wrapped secret, nothing else."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from store import tables
from store.keys import Ring


def rewrap(connection: Connection, ring: Ring) -> int:
    """Wrap all shops' keys and credentials with the newest key; tells how many there are."""
    k, c = tables.ShopKey, tables.Credential
    count = 0
    for key_id, wrapped in connection.execute(select(k.id, k.wrapped)).all():
        new = ring.rewrap(bytes(wrapped))
        connection.execute(update(k).where(k.id == key_id).values(wrapped=new))
        count += 1
    for shop_id, wrapped in connection.execute(select(c.shop_id, c.wrapped)).all():
        new = ring.rewrap(bytes(wrapped))
        connection.execute(update(c).where(c.shop_id == shop_id).values(wrapped=new))
        count += 1
    return count
