"""The days of split tests that were observed, and what makes one of them to be counted again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, ColumnElement, Connection, exists, select, type_coerce, update

from store import tables, upsert
from store.reads.observed import ObservedDay
from store.reads.revenue import chunks
from store.reads.trust import DOUBLED_WITHIN


def save_day(connection: Connection, experiment_id: int, day: ObservedDay) -> None:
    """What was counted of a day, in place of what was there."""
    values = day._asdict()
    statement = upsert.insert(connection, tables.ObservedDay).values(
        experiment_id=experiment_id, **values
    )
    del values["day"]
    connection.execute(
        statement.on_conflict_do_update(index_elements=("experiment_id", "day"), set_=values)
    )


def reopen_days_of_orders(
    connection: Connection, shop_id: int, external_ids: Sequence[str]
) -> None:
    """These orders changed: the days they were placed on are counted again, and the day after of
    one that the first of its orders may look doubled by.
    """
    d, o = tables.ObservedDay, tables.Order
    reach = int(DOUBLED_WITHIN.total_seconds() * 1_000_000)
    for part in chunks(set(external_ids)):
        placed = exists().where(
            o.shop_id == shop_id,
            o.external_id.in_(part),
            type_coerce(o.placed_at, BigInteger) + reach >= type_coerce(d.begins_at, BigInteger),
            o.placed_at < d.ends_at,
        )
        connection.execute(
            update(d).where(_of_shop(shop_id), d.settled, placed).values(settled=False)
        )


def reopen_days_of_visitor(connection: Connection, shop_id: int, visitor: bytes) -> None:
    """A visitor is about to be erased: the days on which they told of anything or ordered."""
    d, e, o = tables.ObservedDay, tables.Event, tables.Order
    told = exists().where(
        e.shop_id == shop_id,
        e.visitor == visitor,
        e.received_at >= d.begins_at,
        e.received_at < d.ends_at,
    )
    ordered = exists().where(
        o.shop_id == shop_id,
        o.visitor == visitor,
        o.placed_at >= d.begins_at,
        o.placed_at < d.ends_at,
    )
    connection.execute(
        update(d).where(_of_shop(shop_id), d.settled, told | ordered).values(settled=False)
    )


def _of_shop(shop_id: int) -> ColumnElement[bool]:
    x = tables.Experiment
    return tables.ObservedDay.experiment_id.in_(select(x.id).where(x.shop_id == shop_id))
