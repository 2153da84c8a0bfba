"""A gunicorn of our own configuration on a free port, while a bench or a proof needs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.bench.load import Connection, get, tree
from tests.databases import free_port


@dataclass(frozen=True)
class Server:
    port: int
    process: subprocess.Popen[bytes]

    def pids(self) -> list[int]:
        return tree(self.process.pid)

    def workers(self) -> list[int]:
        return [pid for pid in self.pids() if pid != self.process.pid]

    def kill(self) -> None:
        """SIGKILL for the whole tree at once: nobody gets to say goodbye."""
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def serve(
    environment: dict[str, str],
    app: str = "wsgi:app",
    *,
    workers: int = 1,
    port: int | None = None,
    worker_class: str = "gthread",
) -> Iterator[Server]:
    port = port or free_port()
    words = ["-c", "gunicorn.conf.py", "-b", f"127.0.0.1:{port}", "-w", str(workers), app]
    words += ["--max-requests", "0", "--log-level", "error", "-k", worker_class]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *words], env={**os.environ, **environment}
    )
    try:
        _wait(port, process)
        yield Server(port, process)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=60)


def _wait(port: int, process: subprocess.Popen[bytes], within_s: float = 60.0) -> None:
    for _ in range(int(within_s / 0.05)):
        if process.poll() is not None:
            raise RuntimeError("the server ended before it answered; its log is above")
        try:
            with Connection(port) as connection:
                if connection.ask(get("/readyz"))[0] == 200:
                    return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server did not answer in time")
