"""How is the shop's one file opened, changed and asked for its settled facts?

Every request has a connection of its own (`flask.g`); WAL lets readers work beside one writer, and
a writer waits for another instead of failing. What the tables mean is told in `schema.sql`.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import flask

FILE = "shop.sqlite3"
LARGEST_ID = 2**63 - 1  # what SQLite can compare
BUSY_S = 15  # longer than any write here takes, also on a slow machine


def connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA mmap_size = 268435456")  # the whole file: pages are shared by all requests
    return db


def here() -> sqlite3.Connection:
    """The connection of the current request."""
    if "db" not in flask.g:
        flask.g.db = connect(flask.current_app.config["SHOP_FILE"])
    connection: sqlite3.Connection = flask.g.db
    return connection


def close(_error: BaseException | None = None) -> None:
    connection = flask.g.pop("db", None)
    if connection is not None:
        connection.close()


@contextmanager
def changing(db: sqlite3.Connection) -> Iterator[None]:
    """One transaction: all of it happens, or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def fact(db: sqlite3.Connection, name: str) -> str | None:
    row = db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def settle(db: sqlite3.Connection, name: str, value: str | None) -> None:
    """Remember a fact, or with None forget it."""
    if value is None:
        db.execute("DELETE FROM facts WHERE name = ?", (name,))
    else:
        db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))


def now(db: sqlite3.Connection) -> int:
    """The present in Unix seconds; a simulated day's, while shoppers are simulated."""
    settled = fact(db, "clock_s")
    return int(time.time()) if settled is None else int(settled)


def take_ids(db: sqlite3.Connection, counter: str, count: int = 1) -> range:
    """The next free ids of a counter: `posts` (orders, refunds), `lines` or `meta`."""
    row = db.execute(
        "UPDATE counters SET next = next + ? WHERE name = ? RETURNING next", (count, counter)
    ).fetchone()
    return range(row[0] - count, row[0])
