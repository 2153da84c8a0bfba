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


class Cluster:
    """A PostgreSQL server on a loopback port.

    PostgreSQL refuses to run as root, so root hands it to the `postgres` user that Debian makes.
    """

    def __init__(self, programs: str, folder: Path) -> None:
        self._programs = programs
        self._data, self._log = folder / "data", folder / "server.log"
        self._run_as: list[str] = []
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            self._run_as = [shutil.which("runuser") or "runuser", "-u", "postgres", "--"]
        self._port = free_port()
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/"
        initdb = ["initdb", "-D", str(self._data), "-A", "trust", "-U", "postgres", "-N"]
        self._run(*initdb, check=True)

    def start(self) -> None:
        settings = [
            "fsync=off",
            "synchronous_commit=off",
            "unix_socket_directories=",
            "max_connections=60",
        ]
        where = ["-D", str(self._data), "-h", "127.0.0.1", "-p", str(self._port)]
        with self._log.open("ab") as said:
            self._server = subprocess.Popen(
                [
                    *self._run_as,
                    f"{self._programs}/postgres",
                    *where,
                    *(word for setting in settings for word in ("-c", setting)),
                ],
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd="/",
            )
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"PostgreSQL did not start:\n{self._log.read_text()}")

    def stop(self, how: str = "immediate") -> None:
        """`fast` cuts everybody's connection; `immediate` does not even tidy up."""
        self._run("pg_ctl", "-D", str(self._data), "-m", how, "stop", check=False)
        self._server.wait(timeout=60)

    def _run(self, program: str, *words: str, check: bool) -> None:
        command = [*self._run_as, f"{self._programs}/{program}", *words]
        subprocess.run(command, check=check, capture_output=True, cwd="/")


@contextmanager
def postgres_cluster(programs: str) -> Iterator[Cluster]:
    """A server while it is needed; without a database of ours.

    Its folder is its own: pytest's are readable for root alone, and other sessions clear them.
    """
    with TemporaryDirectory(prefix="alongside-postgres-", ignore_cleanup_errors=True) as made:
        cluster = Cluster(programs, Path(made))
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
