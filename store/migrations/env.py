"""How Alembic reaches the database: by the engine that `store.schema` hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import text

from store.tables import Base, Instant

# Any number, as long as every host uses the same one: one migration at a time.
_LOCK = 6_710_001


def _render(kind: str, item: Any, _autogen: object) -> str | Literal[False]:
    """Migrations name plain SQL types, so that they keep working when ours change."""
    return "sa.BigInteger()" if kind == "type" and isinstance(item, Instant) else False


def _foreign_keys(on: bool) -> None:
    """SQLite changes some columns by copying a table and dropping the old one, and dropping a table
    deletes, by cascade, what refers to its rows: every order line went with the old `orders`.
    Said to the driver itself, because inside a transaction the statement does nothing.
    """
    if connection.dialect.name == "sqlite":
        connection.connection.execute(f"PRAGMA foreign_keys = {'ON' if on else 'OFF'}")


with context.config.attributes["engine"].connect() as connection:
    _foreign_keys(on=False)
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.commit()
    context.configure(
        connection=connection.execution_options(writes=True),
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=_render,
        compare_type=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
        connection.commit()
    connection.rollback()
    _foreign_keys(on=True)
