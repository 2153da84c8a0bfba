"""What a training run leaves: lists, measures, decisions; and which model is live where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from store import tables, upsert
from store.records import Measure, Placement

# A batch of lists is one small transaction, so that serving and ingest never wait for training.
BATCH = 2_000


def begin_model(
    connection: Connection,
    shop_id: int,
    data_until: datetime,
    data_hash: str,
    orders: int,
    now: datetime,
) -> tuple[int, int]:
    """A new model, not complete yet: (its row's id, its version in this shop)."""
    m = tables.Model
    version = 1 + (connection.scalar(select(func.max(m.version)).where(m.shop_id == shop_id)) or 0)
    model_id = upsert.new_key(
        connection,
        m,
        shop_id=shop_id,
        version=version,
        trained_at=now,
        data_until=data_until,
        data_hash=data_hash,
        orders=orders,
        complete=False,
    )
    return model_id, version


def save_lists(connection: Connection, model_id: int, packed: Sequence[tuple[str, bytes]]) -> None:
    """(slot, packed entries) of a model that is not live yet."""
    if packed:
        connection.execute(
            insert(tables.ListRow),
            [{"model_id": model_id, "slot": slot, "entries": entries} for slot, entries in packed],
        )


def add_lists(connection: Connection, model_id: int, packed: Sequence[tuple[str, bytes]]) -> None:
    """Lists of products that a served model does not know; one that it has stays as it is."""
    statement = upsert.insert(connection, tables.ListRow).values(
        [{"model_id": model_id, "slot": slot, "entries": entries} for slot, entries in packed]
    )
    connection.execute(statement.on_conflict_do_nothing())


def finish_model(
    connection: Connection,
    model_id: int,
    measures: Iterable[Measure],
    decisions: Sequence[tuple[Placement, str, str, Sequence[str]]],
) -> None:
    """All lists are written: keep the measures and what the gate decided.

    A decision is (placement, outcome, why, the strategies it would serve).
    """
    rows = [
        {
            "model_id": model_id,
            "placement": m.placement,
            "strategy": m.strategy,
            "metric": m.metric,
            "value": m.value,
            "low": m.low,
            "high": m.high,
            "queries": m.queries,
        }
        for m in measures
    ]
    if rows:
        connection.execute(insert(tables.Measure), rows)
    connection.execute(
        insert(tables.Decision),
        [
            {
                "model_id": model_id,
                "placement": placement,
                "outcome": outcome,
                "why": why,
                "strategies": list(strategies),
            }
            for placement, outcome, why, strategies in decisions
        ],
    )
    connection.execute(
        update(tables.Model).where(tables.Model.id == model_id).values(complete=True)
    )


def publish(
    connection: Connection,
    shop_id: int,
    placement: Placement,
    model_id: int,
    strategies: Sequence[str],
    why: str,
    now: datetime,
) -> None:
    """Flip one placement to a model: one row changes, and the change is noted for ever."""
    values = {"model_id": model_id, "strategies": list(strategies), "since_at": now}
    statement = upsert.insert(connection, tables.Live).values(
        shop_id=shop_id, placement=placement, **values
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=("shop_id", "placement"), set_=values)
    )
    connection.execute(
        insert(tables.Publication).values(
            shop_id=shop_id,
            placement=placement,
            model_id=model_id,
            strategies=list(strategies),
            at=now,
            why=why,
        )
    )


def prunable(connection: Connection, shop_id: int, keep: int) -> list[int]:
    """Models beyond the newest `keep` that nothing serves, and runs that died half-way."""
    m, live, e = tables.Model, tables.Live, tables.Experiment
    used = set(connection.scalars(select(live.model_id).where(live.shop_id == shop_id)))
    versions = set(
        connection.scalars(select(e.against).where(e.shop_id == shop_id, e.stopped_at.is_(None)))
    )
    rows = connection.execute(
        select(m.id, m.version, m.complete).where(m.shop_id == shop_id).order_by(m.id.desc())
    ).all()
    newest_complete = [row.id for row in rows if row.complete][:keep]
    keepers = used | set(newest_complete)
    # A run still going on is the newest row of all; everything incomplete before it died.
    going_on = rows[0].id if rows and not rows[0].complete else None
    return [
        row.id
        for row in rows
        if row.id not in keepers and row.id != going_on and str(row.version) not in versions
    ]


def prune_lists(connection: Connection, model_id: int, limit: int = BATCH) -> int:
    """Delete up to `limit` lists of a model; returns how many. Measures and decisions stay."""
    rows = tables.ListRow
    slots = list(
        connection.scalars(
            select(rows.slot).where(rows.model_id == model_id).order_by(rows.slot).limit(limit)
        )
    )
    if slots:
        connection.execute(
            delete(rows).where(
                rows.model_id == model_id, rows.slot >= slots[0], rows.slot <= slots[-1]
            )
        )
    return len(slots)
