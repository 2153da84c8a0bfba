"""The store as a process holds it: the engine, the ring that unwraps secrets, the settings."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from store import engine as engines
from store import schema
from store.keys import Ring, ring
from store.settings import Settings, WrongSettings


@dataclass(frozen=True, slots=True)
class Store:
    engine: Engine
    ring: Ring
    settings: Settings


def open_store(settings: Settings) -> Store:
    """Open what `settings` name.

    An embedded SQLite file is brought to the present schema here, since nobody else would; a
    PostgreSQL that several hosts share is migrated on purpose, by `flask db upgrade`.
    """
    store = Store(
        engines.open(settings.database_url, durable=settings.sqlite_durable),
        ring(settings),
        settings,
    )
    if store.engine.dialect.name == "sqlite" and not schema.is_current(store.engine):
        schema.upgrade(store.engine)
    return store


def require_schema(store: Store) -> None:
    """Stop with one sentence where the schema is not the one this code expects."""
    if not schema.is_current(store.engine):
        raise WrongSettings(
            "The database's schema is not the one this version expects. Run `flask db upgrade`."
        )
