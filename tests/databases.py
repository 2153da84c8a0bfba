"""A real database for tests, of either kind: SQLite in a file, PostgreSQL in a throw-away cluster.

The schema is made once by our own migrations and copied for each test.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgres_cluster(programs: str) -> Iterator[str]:
    """A PostgreSQL server on a loopback port; yields its URL without a database name.

    PostgreSQL refuses to run as root, so root hands it to the `postgres` user that Debian makes.
    Its folder is its own: pytest's are readable for root alone, and other sessions clear them.
    """
    with TemporaryDirectory(prefix="alongside-postgres-", ignore_cleanup_errors=True) as made:
        yield from _cluster(programs, Path(made))


def _cluster(programs: str, folder: Path) -> Iterator[str]:
    data, log = folder / "data", folder / "server.log"
    run_as: list[str] = []
    if os.getuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        run_as = [shutil.which("runuser") or "runuser", "-u", "postgres", "--"]
    port = free_port()
    subprocess.run(
        [*run_as, f"{programs}/initdb", "-D", str(data), "-A", "trust", "-U", "postgres", "-N"],
        check=True,
        capture_output=True,
        cwd="/",
    )
    settings = [
        "fsync=off",
        "synchronous_commit=off",
        "unix_socket_directories=",
        "max_connections=60",
    ]
    command = [f"{programs}/postgres", "-D", str(data), "-h", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as said:
        server = subprocess.Popen(
            [*run_as, *command, *(word for setting in settings for word in ("-c", setting))],
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd="/",
        )
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/"
    finally:
        subprocess.run(
            [*run_as, f"{programs}/pg_ctl", "-D", str(data), "-m", "immediate", "stop"],
            check=False,
            capture_output=True,
            cwd="/",
        )
        server.wait(timeout=30)
