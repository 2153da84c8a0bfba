"""A copy of the whole store in one file, and back: SQLite by its own page copy, while all runs.

PostgreSQL brings programs of its own for this, which know it better; here they are only named.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

from store import schema
from store.errors import Explained


class NotPossible(Explained):
    """The copy cannot be made or read; the message says what to do."""


def backup(engine: Engine, to: Path) -> int:
    """Copy the store as it is at one instant; returns the copy's size in bytes.

    Nobody waits: readers and the writer go on, and what is committed meanwhile is not in the copy.
    """
    source = _file(engine, "pg_dump --format=custom --file=backup.dump DATABASE")
    if to.exists():
        raise NotPossible(f"{to} is there already. Name another file, or move it away.")
    draft = to.with_name(f"{to.name}.part")
    draft.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(draft)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a -wal beside it
    _check(draft)
    draft.rename(to)
    return to.stat().st_size


def restore(engine: Engine, from_: Path) -> None:
    """Put a copy in the store's place, brought to the present schema. Both programs must rest."""
    target = _file(engine, "pg_restore --clean --if-exists --dbname=DATABASE backup.dump")
    _check(from_)
    engine.dispose()
    try:
        with closing(sqlite3.connect(from_)) as copy, closing(sqlite3.connect(target)) as live:
            live.execute("PRAGMA journal_mode = DELETE")  # refuses while anybody has it open
            copy.backup(live)
    except sqlite3.OperationalError as error:
        raise NotPossible(
            f"The store is in use ({error}). Stop the application and the clock, then restore."
        ) from None
    schema.upgrade(engine)


def _file(engine: Engine, instead: str) -> Path:
    if engine.dialect.name != "sqlite" or not engine.url.database:
        raise NotPossible(f"The store is not a SQLite file. Use `{instead}` (docs/operating.md).")
    return Path(engine.url.database)


def _check(path: Path) -> None:
    """A copy is only worth something if it can be read to its end."""
    if not path.is_file():
        raise NotPossible(f"There is no file {path}.")
    try:
        with closing(sqlite3.connect(path)) as copy:
            said = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
            copy.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise NotPossible(f"{path} is not a copy of a store: {error}.") from None
    if said != "ok":
        raise NotPossible(f"{path} is damaged: {said}.")
