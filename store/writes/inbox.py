"""What changes when a shop's webhook names something, and when the clock has asked for it.

A row is a name ("order 417"), however often it was told: what it says now, the shop is asked for.
A row that is taken up is set back first, so that a process that dies over it leaves it for later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, select, update

from store import tables
from store.engine import literal, literal_rows
from store.reads.inbox import Named
from store.tables import to_micros

# Shops tell of one sale several times within a second or two; one question answers them all. And a
# shop's own caches and replicas have then seen what it told of.
SETTLES_AFTER = timedelta(seconds=3)
# Waits double from here with each try ...
FIRST_WAIT = timedelta(minutes=1)
# ... up to here: a shop that was down overnight is asked within hours of coming back, and the
# ordinary sync asks it much sooner.
LONGEST_WAIT = timedelta(hours=6)
# Platforms repeat a delivery for hours at most (Shopify four).
REPEATS_FOR = timedelta(days=2)
DIGEST_BYTES = 16
PORTION = 5_000  # rows of one small transaction

# Literal, as what a shelf reads is: a shop that changes all its prices tells of each at once.
_DELIVERY = """
INSERT INTO webhook_deliveries (shop_id, digest, received_at) VALUES (?, ?, ?)
ON CONFLICT DO NOTHING RETURNING 1
"""
_NOTICE = """
INSERT INTO webhook_inbox (shop_id, kind, external_id, told_at, due_at, tries)
VALUES (?, ?, ?, ?, ?, 0)
ON CONFLICT (shop_id, kind, external_id) DO UPDATE SET told_at = excluded.told_at
"""


def is_new(
    connection: Connection, shop_id: int, id: str, topic: str, body: bytes, now: datetime
) -> bool:
    """Note a delivery; False for one that came before.

    Its body counts as well as its id: WooCommerce gives all deliveries of one webhook within a
    second the same id.
    """
    head = f"{len(id)}:{id}{len(topic)}:{topic}".encode()
    digest = hashlib.blake2b(head + body, digest_size=DIGEST_BYTES).digest()
    return bool(literal_rows(connection, _DELIVERY, (shop_id, digest, to_micros(now))))


def tell(
    connection: Connection, shop_id: int, kind: str, external_ids: Sequence[str], now: datetime
) -> None:
    """These changed at the shop. What is in the inbox already keeps its turn there."""
    told, due = to_micros(now), to_micros(now + SETTLES_AFTER)
    names = dict.fromkeys(external_ids)
    literal(connection, _NOTICE, [(shop_id, kind, name, told, due) for name in names])


def take(connection: Connection, shop_id: int, most: int, now: datetime) -> list[Named]:
    """What is due, the longest waiting first; it is due again later unless `done` is told."""
    n = tables.Notice
    rows = connection.execute(
        select(n.kind, n.external_id, n.told_at, n.tries)
        .where(n.shop_id == shop_id, n.due_at <= now)
        .order_by(n.due_at, n.kind, n.external_id)
        .limit(most)
    ).all()
    for row in rows:
        connection.execute(
            update(n)
            .where(_the(shop_id, row.kind, row.external_id))
            .values(
                tries=row.tries + 1,
                due_at=now + min(FIRST_WAIT * 2 ** min(row.tries, 16), LONGEST_WAIT),
            )
        )
    return [Named(row.kind, row.external_id, row.told_at) for row in rows]


def done(connection: Connection, shop_id: int, named: Sequence[Named], now: datetime) -> None:
    """These were asked for. What was told again meanwhile stays, and is due soon."""
    n = tables.Notice
    for one in named:
        this = _the(shop_id, one.kind, one.external_id)
        if not connection.execute(delete(n).where(this, n.told_at <= one.told_at)).rowcount:
            connection.execute(update(n).where(this).values(tries=0, due_at=now + SETTLES_AFTER))


def give_up(connection: Connection, shop_id: int, kinds: Sequence[str]) -> int:
    """Forget what is waiting of these kinds, for a sync will find it; how many there were."""
    n = tables.Notice
    return connection.execute(delete(n).where(n.shop_id == shop_id, n.kind.in_(kinds))).rowcount


def forget_deliveries(connection: Connection, before: datetime) -> int:
    """A portion of the old ones, so that nobody waits long for the store; how many went."""
    d = tables.Delivery
    oldest = connection.scalars(
        select(d.received_at).where(d.received_at < before).order_by(d.received_at).limit(PORTION)
    ).all()
    if not oldest:
        return 0
    return connection.execute(delete(d).where(d.received_at <= oldest[-1])).rowcount


def _the(shop_id: int, kind: str, external_id: str) -> ColumnElement[bool]:
    n = tables.Notice
    return (n.shop_id == shop_id) & (n.kind == kind) & (n.external_id == external_id)
