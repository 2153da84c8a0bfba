"""One clock at a time: a lease that dies with its holder, so that another may take over at once.

On one host a file lock beside the database, across hosts PostgreSQL's advisory lock. Neither can
be left behind by a process that was killed. But a session with PostgreSQL can be lost while its
process lives on, and the lock with it: so its holder asks again, as long as it acts on it.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, TextClause, text
from sqlalchemy.exc import DBAPIError

# Any number that nothing else in the database uses.
_LOCK = 6_710_002


# Whether this process has the clock at this moment.
Held = Callable[[], bool]

_TAKE = text("SELECT pg_try_advisory_lock(:lock)")
_OURS = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = :lock AND granted "
    "AND pid = pg_backend_pid()"
)


@contextmanager
def lease(engine: Engine) -> Iterator[Held]:
    """Try to get the clock; it is given back at the end of the block."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            try:
                _asked(connection, _TAKE)
                yield lambda: _asked(connection, _OURS)
            finally:
                # Closing the session gives it back, also when the process was killed. In the pool
                # it would go on holding the lock.
                connection.invalidate()
        return
    database = engine.url.database
    if not database:
        raise ValueError("a database in memory cannot be shared with a scheduler")
    with Path(f"{database}.scheduler.lock").open("w") as file:  # nothing is ever written to it
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield lambda: False
            return
        yield lambda: True


def _asked(connection: Connection, question: TextClause) -> bool:
    try:
        with connection.begin():
            return bool(connection.scalar(question, {"lock": _LOCK}))
    except DBAPIError:
        return False  # the session is lost, and the lock went with it
