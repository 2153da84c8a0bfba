"""The store as a process holds it: the engine, the ring that unwraps secrets, the settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import make_url

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
    _refuse_a_lost_file(settings.database_url)
    store = Store(
        engines.open(settings.database_url, durable=settings.sqlite_durable),
        ring(settings),
        settings,
    )
    if store.engine.dialect.name == "sqlite" and not schema.is_current(store.engine):
        schema.upgrade(store.engine)
    return store


def _refuse_a_lost_file(url: str) -> None:
    """A clock that ran beside it shows that there was one; a new one would be an empty shop's."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return
    file = Path(parsed.database)
    left = [it for end in ("-wal", ".scheduler.lock") if (it := Path(f"{file}{end}")).exists()]
    if left and not file.exists():
        raise WrongSettings(
            f"The database's file {file} is gone, but {left[0].name} still lies beside it. Put the "
            f"file back. If it is lost, remove {', '.join(it.name for it in left)} and restore a "
            "copy (`flask restore`), or begin with an empty store."
        )


def require_schema(store: Store) -> None:
    """Stop with one sentence where the schema is not the one this code expects."""
    if not schema.is_current(store.engine):
        raise WrongSettings(
            "The database's schema is not the one this version expects. Run `flask db upgrade`."
        )
