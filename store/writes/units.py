"""Whose figures must be counted again, and the units and sums that counting leaves behind.

Whoever saves an order, a refund, a click or an erasure says who was touched, in the same
transaction; counting takes those people up, and only those. So no change is missed, whatever
clock it came by, and no history is read again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection, delete, insert, select, update

from store import tables
from store.engine import literal_rows
from store.reads.revenue import chunks
from store.records import Unit
from store.writes.observed import reopen_days_of_orders


def touch_orders(connection: Connection, shop_id: int, external_ids: Sequence[str]) -> None:
    """The people of these orders, as the orders stand now. To be called before a change, too,
    that may move an order from one person to another.
    """
    if not _is_counting(connection, shop_id):
        return
    o, t = tables.Order, tables.Touched
    for part in chunks(set(external_ids)):
        people = select(o.shop_id, o.visitor, o.customer_id).where(
            o.shop_id == shop_id,
            o.external_id.in_(part),
            o.visitor.is_not(None) | o.customer_id.is_not(None),
        )
        connection.execute(insert(t).from_select(["shop_id", "visitor", "customer_id"], people))
    reopen_days_of_orders(connection, shop_id, external_ids)


def touch_visitors(connection: Connection, shop_id: int, visitors: Collection[bytes]) -> None:
    if visitors:
        connection.execute(
            insert(tables.Touched),
            [
                {"shop_id": shop_id, "visitor": visitor, "customer_id": None}
                for visitor in sorted(visitors)
            ],
        )


def _is_counting(connection: Connection, shop_id: int) -> bool:
    """Did the shop ever start a test? Without one nobody reads who was touched."""
    sql = "SELECT 1 FROM experiments WHERE shop_id = ? LIMIT 1"  # asked with every page of a sync
    return bool(literal_rows(connection, sql, (shop_id,)))


def forget_touched(connection: Connection, shop_id: int, until_id: int) -> None:
    t = tables.Touched
    connection.execute(delete(t).where(t.shop_id == shop_id, t.id <= until_id))


def mark_counted(
    connection: Connection, experiment_id: int, visitors: Collection[bytes] | None
) -> None:
    """These entries (None: all) are in the units now."""
    x = tables.Exposure
    mine = update(x).where(x.experiment_id == experiment_id).values(counted=True)
    if visitors is None:
        connection.execute(mine)
        return
    for part in chunks(visitors):
        connection.execute(mine.where(x.visitor.in_(part)))


def replace_units(
    connection: Connection,
    experiment_id: int,
    gone: Collection[bytes] | None,
    found: Collection[tuple[str, Unit]],
) -> set[str]:
    """Write these units, as (day of entry, unit), in place of those of the visitors `gone` (None:
    of all); returns every day whose sums have changed.
    """
    u = tables.UnitRow
    mine = u.experiment_id == experiment_id
    changed: set[str] = set()
    if gone is None:
        changed |= set(connection.scalars(select(u.day).where(mine).distinct()))
        connection.execute(delete(u).where(mine))
    else:
        for part in chunks(gone):
            theirs = mine & u.visitor.in_(part)
            changed |= set(connection.scalars(select(u.day).where(theirs).distinct()))
            connection.execute(delete(u).where(theirs))
    rows = [
        {"experiment_id": experiment_id, "day": day}
        | {name: getattr(unit, name) for name in Unit.__slots__}
        for day, unit in found
    ]
    if rows:
        connection.execute(insert(u), rows)
    return changed | {day for day, _ in found}


def replace_day(
    connection: Connection,
    experiment_id: int,
    day: str,
    sums: Iterable[tuple[str, str]],
    parts: Iterable[tuple[str, str, str]],
) -> None:
    """The sums of who entered on a day, as (arm, sums), and of its segments, as (segment, arm,
    sums); what was there is replaced.
    """
    t, s = tables.TallyRow, tables.SegmentTally
    for table in (t, s):
        connection.execute(
            delete(table).where(table.experiment_id == experiment_id, table.day == day)
        )
    key = {"experiment_id": experiment_id, "day": day}
    rows = [key | {"arm": arm, "sums": text} for arm, text in sums]
    if rows:
        connection.execute(insert(t), rows)
    rows = [key | {"segment": part, "arm": arm, "sums": text} for part, arm, text in parts]
    if rows:
        connection.execute(insert(s), rows)
