"""One clock at a time: a lease that dies with its holder, so that another may take over at once.

On one host a file lock beside the database, across hosts PostgreSQL's advisory lock. Neither can
be left behind by a process that was killed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

# Any number that nothing else in the database uses.
_LOCK = 6_710_002


@contextmanager
def lease(engine: Engine) -> Iterator[bool]:
    """Yields whether this process now holds the clock; given back at the end of the block."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            held = bool(
                connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK})
            )
            connection.commit()
            yield held
            # Closing the session gives it back, also when the process was killed.
            connection.invalidate()
        return
    database = engine.url.database
    if not database:
        raise ValueError("a database in memory cannot be shared with a scheduler")
    with Path(f"{database}.scheduler.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield True
