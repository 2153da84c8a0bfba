"""Is what is stored whole, and is there room for more? What `flask doctor` asks of the database.

Looking at every list takes seconds on a large shop: for the doctor, never for a request.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DatabaseError

from store import tables
from store.packing import ENTRY_BYTES


def unreadable_lists(connection: Connection, shop_id: int) -> list[str]:
    """The names of the shop's live lists whose bytes are no whole number of entries."""
    row, live = tables.ListRow, tables.Live
    return list(
        connection.scalars(
            select(row.slot)
            .where(
                row.model_id.in_(select(live.model_id).where(live.shop_id == shop_id)),
                func.length(row.entries) % ENTRY_BYTES != 0,
            )
            .order_by(row.slot)
        )
    )


def file_damage(connection: Connection) -> str:
    """What SQLite finds wrong with its file; "": nothing. A server looks after its own files."""
    if connection.dialect.name != "sqlite":
        return ""
    try:
        said = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
    except DatabaseError as error:
        return str(error.orig)
    return "" if said == "ok" else said


# A writer of ours is through in well under a second.
_TURN_MS = 2_000


def unwritable(connection: Connection) -> str:
    """Why SQLite takes no writer at this moment; "": it does. Nothing is written."""
    if connection.dialect.name != "sqlite":
        return ""
    connection.rollback()
    cursor = connection.connection.cursor()
    before = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
    try:
        cursor.execute(f"PRAGMA busy_timeout = {_TURN_MS}")
        cursor.execute("BEGIN IMMEDIATE")
        cursor.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        return str(error)
    finally:
        cursor.execute(f"PRAGMA busy_timeout = {before}")
        cursor.close()
    return ""


def free_bytes(engine: Engine) -> int | None:
    """What the disk of SQLite's file has left; None: the database is elsewhere."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    return shutil.disk_usage(Path(engine.url.database).absolute().parent).free
