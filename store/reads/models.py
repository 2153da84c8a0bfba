"""Which models a shop has, what they measured, what the gate said, and what is live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Text, cast, exists, func, literal, select

from store import tables
from store.errors import Explained
from store.reads.shelf import lists
from store.records import Entry, Measure, Placement, Strategy, slot


class UnknownModel(Explained):
    """The shop has no such version, or its lists were pruned."""


@dataclass(frozen=True, slots=True)
class Model:
    id: int
    version: int
    trained_at: datetime
    data_until: datetime
    data_hash: str
    orders: int
    has_lists: bool


@dataclass(frozen=True, slots=True)
class Decision:
    placement: str
    outcome: str
    why: str
    strategies: Sequence[str]


@dataclass(frozen=True, slots=True)
class Live:
    placement: str
    model_id: int
    version: int
    strategies: Sequence[str]
    since_at: datetime
    outcome: str  # what the gate said of this model here
    why: str
    data_until: datetime  # the last order the model knows


def every(connection: Connection, shop_id: int) -> list[Model]:
    """Complete models, the newest first."""
    m, rows = tables.Model, tables.ListRow
    found = connection.execute(
        select(
            m.id,
            m.version,
            m.trained_at,
            m.data_until,
            m.data_hash,
            m.orders,
            exists().where(rows.model_id == m.id),
        )
        .where(m.shop_id == shop_id, m.complete)
        .order_by(m.version.desc())
    )
    return [Model(*row) for row in found]


def by_version(connection: Connection, shop_id: int, version: int) -> Model:
    models = every(connection, shop_id)
    for model in models:
        if model.version == version and model.has_lists:
            return model
    there = ", ".join(str(m.version) for m in models if m.has_lists) or "none"
    raise UnknownModel(
        f"Version {version} is not there to go back to. Versions with their lists: {there}."
    )


def measures(connection: Connection, model_id: int) -> list[Measure]:
    m = tables.Measure
    rows = connection.execute(
        select(m.placement, m.strategy, m.metric, m.value, m.low, m.high, m.queries)
        .where(m.model_id == model_id)
        .order_by(m.placement, m.metric, m.value.desc())
    )
    return [Measure(*row) for row in rows]  # type: ignore[arg-type] # we wrote it


def decisions(connection: Connection, model_id: int) -> list[Decision]:
    d = tables.Decision
    rows = connection.execute(
        select(d.placement, d.outcome, d.why, d.strategies)
        .where(d.model_id == model_id)
        .order_by(d.placement)
    )
    return [Decision(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Served:
    """What a placement showed when some version was the newest."""

    placement: Placement
    model_id: int
    version: int
    strategies: Sequence[str]


def served_with(connection: Connection, shop_id: int, version: int) -> list[Served]:
    """What was live when this version was the newest, as far as its lists are still there.

    Where the version itself was refused, that is the older one which had stayed.
    """
    p, m, lists = tables.Publication, tables.Model, tables.ListRow
    rows = connection.execute(
        select(p.placement, p.model_id, m.version, p.strategies)
        .join(m, m.id == p.model_id)
        .where(
            p.shop_id == shop_id,
            m.version <= version,
            exists().where(lists.model_id == m.id),
        )
        .order_by(p.placement, m.version.desc(), p.id)  # a version's first is its own
    )
    found: dict[str, Served] = {}
    for placement, model, of_version, strategies in rows:
        found.setdefault(placement, Served(placement, model, of_version, strategies))  # type: ignore[arg-type] # only placements are stored
    return list(found.values())


def live(connection: Connection, shop_id: int) -> dict[str, Live]:
    """Placement -> what is served there now."""
    row, m, d = tables.Live, tables.Model, tables.Decision
    found = connection.execute(
        select(
            row.placement,
            row.model_id,
            m.version,
            row.strategies,
            row.since_at,
            d.outcome,
            d.why,
            m.data_until,
        )
        .join(m, m.id == row.model_id)
        .outerjoin(d, (d.model_id == row.model_id) & (d.placement == row.placement))
        .where(row.shop_id == shop_id)
    )
    return {
        placement: Live(placement, model, version, strategies, since, outcome or "", why or "", end)
        for placement, model, version, strategies, since, outcome, why, end in found
    }


class StoredLists(Mapping[str, Sequence[Entry]]):
    """A model's lists by name, each read when asked for: what `choose.rank` wants of a mapping."""

    def __init__(self, connection: Connection, model_id: int) -> None:
        self.connection = connection
        self.model_id = model_id

    def __getitem__(self, slot: str) -> Sequence[Entry]:
        found = lists(self.connection, self.model_id, [slot])
        return found[slot]

    def __iter__(self) -> Iterator[str]:
        rows = tables.ListRow
        named = select(rows.slot).where(rows.model_id == self.model_id).order_by(rows.slot)
        return iter(self.connection.scalars(named))

    def __len__(self) -> int:
        rows = tables.ListRow
        counted = select(func.count()).select_from(rows).where(rows.model_id == self.model_id)
        return self.connection.scalar(counted) or 0


@dataclass(frozen=True, slots=True)
class Published:
    """One flip of what is served on a placement."""

    at: datetime
    version: int | None  # None: the model's row is gone
    strategies: Sequence[str]
    why: str


def published(connection: Connection, shop_id: int, placement: str) -> list[Published]:
    """Everything that was ever put live on a placement, the newest first."""
    p, m = tables.Publication, tables.Model
    rows = connection.execute(
        select(p.at, m.version, p.strategies, p.why)
        .outerjoin(m, m.id == p.model_id)
        .where(p.shop_id == shop_id, p.placement == placement)
        .order_by(p.id.desc())
    )
    return [Published(*row) for row in rows]


def without_list(
    connection: Connection, shop_id: int, model_id: int, strategy: Strategy
) -> list[int]:
    """Products on sale of which a model keeps no list of this strategy: it does not know them."""
    p, row = tables.Product, tables.ListRow
    its = literal(slot(strategy)) + cast(p.id, Text)
    return list(
        connection.scalars(
            select(p.id)
            .where(
                p.shop_id == shop_id,
                p.withheld == "",
                p.in_stock,
                ~exists().where(row.model_id == model_id, row.slot == its),
            )
            .order_by(p.id)
        )
    )
