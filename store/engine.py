"""Which database, opened how: `open(url)` makes the one engine that every process uses.

SQLite is the default (WAL, so that readers never wait for the writer); PostgreSQL by its URL.
`reading` and `writing` hold a connection for a block; `Serving` keeps some for requests.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

# How long a writer waits for another one before it gives up. Our longest transaction is a page of
# a sync or a batch of lists: well under a second, unless the disk is very slow.
BUSY_TIMEOUT_S = 30
# SQLite reads through the page cache of the system instead of copying; 2 GiB is the most it takes.
# These pages are the file's: they count as a process's memory, but any other may have them.
MMAP_BYTES = 2 * 1024**3
# What a connection keeps of pages that it writes (those it only reads are mapped): a page of a sync
# touches indexes all over, and with SQLite's own 2 MiB saving it takes a fifth longer.
CACHE_KIB = 16 * 1024
# Events fall all over their indexes: a page that many of them touch is written back once, after so
# many pages (of 4 KiB) in the WAL.
CHECKPOINT_PAGES = 8_000
# Prepared statements a connection keeps: those of a shelf differ by how many ids a page names.
PREPARED = 512


def open(url: str | URL, *, durable: bool = False, **options: Any) -> Engine:
    """The engine for `url`: `sqlite:///path`, or `postgresql+psycopg://...`.

    `durable` makes SQLite wait for the disk at each commit (synchronous FULL): survives a power
    cut; without it an acknowledged event survives the death of every process.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        arguments = {"timeout": BUSY_TIMEOUT_S, "cached_statements": PREPARED}
        engine = create_engine(parsed, connect_args=arguments, **options)
        _tune_sqlite(engine, durable)
        return engine
    if parsed.get_backend_name() == "postgresql":
        return create_engine(parsed, pool_pre_ping=True, **options)
    raise ValueError(
        f"DATABASE_URL names {parsed.get_backend_name()!r}; use sqlite:///... or "
        "postgresql+psycopg://..."
    )


def _tune_sqlite(engine: Engine, durable: bool) -> None:
    there = False

    @event.listens_for(engine, "do_connect")
    def on_open(dialect: Any, _record: object, words: Any, _options: object) -> None:
        # SQLite would make a file that went missing anew, and later mix it with the old one's WAL.
        nonlocal there
        if there and not Path(words[0]).exists():
            raise dialect.loaded_dbapi.OperationalError(f"the database's file is gone: {words[0]}")
        there = words[0] != ":memory:"

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        # The driver starts no transactions of its own: `on_begin` does, so that a writer takes
        # the write lock at once instead of failing half-way when it wants to upgrade.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA secure_delete = ON")  # erased means overwritten
        cursor.execute(f"PRAGMA mmap_size = {MMAP_BYTES}")
        cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        cursor.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        # (SQLAlchemy's own AUTOCOMMIT would hand SQLite's driver back in its other mode.)
        options = connection.get_execution_options()
        if not options.get("outside"):
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one consistent state of the store and changes nothing."""
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**options) as connection:
        yield connection
        connection.rollback()


@contextmanager
def outside(engine: Engine) -> Iterator[Connection]:
    """A connection without a transaction, for what no transaction may hold (ANALYZE, VACUUM)."""
    if engine.dialect.name == "sqlite":
        with engine.connect().execution_options(outside=True) as connection:
            yield connection
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction: committed at the end of the block, undone by an exception."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def literal(connection: Connection | Writer, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run a literal statement, written with `?`, with each of these rows of values."""
    if isinstance(connection, Writer):
        connection.each(sql, rows)
    elif rows:
        connection.exec_driver_sql(_marked(connection, sql), list(rows))


# SQLite takes 32,766 bound values a statement, PostgreSQL 65,535; questions with a list of ids
# stay well below both.
CHUNK = 512


def literal_rows(connection: Connection, sql: str, values: Sequence[Any]) -> list[Any]:
    """Run a literal statement, written with `?`, once; the rows that it gives."""
    found = connection.exec_driver_sql(_marked(connection, sql), tuple(values))
    return list(found.fetchall()) if found.returns_rows else []


def literal_in(
    connection: Connection, sql: str, values: Sequence[Any], among: Sequence[Any]
) -> list[Any]:
    """Run a literal statement, written with `?`, that ends in `IN (...)`: after its other values it
    is given `among`, in as many parts as one statement takes. The rows of a question."""
    rows: list[Any] = []
    for start in range(0, len(among), CHUNK):
        some = among[start : start + CHUNK]
        # Filled up with the last one to a power of two, so that few statements are ever prepared.
        fill = (1 << (len(some) - 1).bit_length()) - len(some)
        marks = ", ".join("?" * (len(some) + fill))
        statement = sql.replace("...", marks)
        rows += literal_rows(connection, statement, (*values, *some, *[some[-1]] * fill))
    return rows


def _marked(connection: Connection, sql: str) -> str:
    return sql if connection.dialect.paramstyle == "qmark" else percent_marks(sql)


class Writer:
    """A transaction of a request: literal SQL on the driver's own connection."""

    def __init__(self, driver: Any, qmarks: bool) -> None:
        self._driver = driver
        self._qmarks = qmarks

    def each(self, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run a statement, written with `?`, with each of these rows of values."""
        self._driver.cursor().executemany(sql if self._qmarks else percent_marks(sql), rows)


class Serving:
    """Answers the questions of requests: literal SQL, each statement for itself, no transaction
    but for what is written.

    Everything of one model lies under its own key and never changes, so a shelf read across a
    publication is still of one model; a transaction would cost as much as a statement, and
    SQLAlchemy's connection four.

    The driver's connections are kept, and the one that came back last is lent first. Each of
    SQLite's has the file in memory and its statements for itself: where threads answer in turn, all
    of them find at hand what the last one needed.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._idle: list[_Kept] = []
        self.dialect = engine.dialect
        self._qmarks = engine.dialect.paramstyle == "qmark"
        self._error: Any = engine.dialect.loaded_dbapi.Error

    def rows(self, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        """The rows of a statement written with `?`. A connection that was lost is made anew."""
        kept, found = self._execute(sql, values)
        self._idle.append(kept)
        return found

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """One transaction: committed at the end of the block, undone by an exception."""
        kept, _ = self._execute("BEGIN IMMEDIATE" if self._qmarks else "BEGIN", ())
        try:
            yield Writer(kept.driver, self._qmarks)
            kept.driver.execute("COMMIT")
        except BaseException as error:
            # Closing undoes what was begun, whatever state it is in.
            kept.driver.close()
            if isinstance(error, self._error):
                raise DBAPIError.instance(None, None, error, self._error) from error
            raise
        self._idle.append(kept)

    def _execute(self, sql: str, values: Sequence[Any]) -> tuple[_Kept, Sequence[Any]]:
        """Ask on a connection that is the caller's from now on; those that were lost meanwhile are
        left behind, for one made anew."""
        kept: _Kept | None
        try:
            kept = self._idle.pop()
        except IndexError:  # at the first request, and while all others are lent
            kept = None
        try:
            now = kept or _Kept(self._engine)
            cursor = now.driver.execute(sql if self._qmarks else percent_marks(sql), values)
            found = cursor.fetchall() if cursor.description else ()
        except self._error as error:
            if kept:
                lost = self._engine.dialect.is_disconnect(error, kept.driver, None)
                kept.driver.close()
                if lost:
                    return self._execute(sql, values)
            # SQLAlchemy's name for it, so that callers know one kind of each.
            raise DBAPIError.instance(None, None, error, self._error) from error
        return now, found


class _Kept:
    """A connection taken out of the pool, closed when it is left behind or the application ends."""

    def __init__(self, engine: Engine) -> None:
        lent: Any = engine.raw_connection()
        self.driver = lent.driver_connection
        lent.detach()
        if engine.dialect.name != "sqlite":
            self.driver.autocommit = True
        weakref.finalize(self, self.driver.close)


@cache
def percent_marks(sql: str) -> str:
    """A statement written with `?` as PostgreSQL's driver wants it."""
    return sql.replace("?", "%s")


# After an erasure; a reader that holds an old page longer than this is left to the next time.
SETTLE_MS = 500


def settle(engine: Engine) -> bool:
    """Write what was deleted through to SQLite's file, so that no copy of it stays in the `-wal`
    beside it. False: somebody was reading; the daily upkeep does it again."""
    if engine.dialect.name != "sqlite":
        return True
    with outside(engine) as connection:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {SETTLE_MS}")
        try:
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1000}")
    return not busy
