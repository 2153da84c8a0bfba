"""Requests against a real server, and what they cost it: CPU of its processes, latencies seen."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path


def tree(pid: int) -> list[int]:
    """A process and all that it started."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += tree(int(child))
    return found


def cpu_s(pids: Sequence[int]) -> float:
    """CPU seconds that the threads of these processes have used so far, to the nanosecond."""
    return (
        sum(
            int(path.read_text().split()[0])
            for pid in pids
            for path in Path(f"/proc/{pid}/task").glob("*/schedstat")
        )
        / 1e9
    )


def memory_mib(pid: int) -> dict[str, float]:
    """What a process holds for itself alone; and what it sees of files, which lies in the system's
    cache whoever reads them, and is given up where memory is short."""
    kib: dict[str, int] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value, *_ = line.split()
        kib[name.rstrip(":")] = int(value)
    return {"private": kib["Private_Dirty"] / 1024, "files": kib["Private_Clean"] / 1024}


@dataclass
class Seen:
    """What the clients saw of some requests."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    def percentile(self, share: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def drive(port: int, requests: Sequence[bytes], connections: int) -> Seen:
    """Send the requests over so many kept connections, each waiting for its answer."""
    seen, lock = Seen(), threading.Lock()

    def client(own: Sequence[bytes]) -> None:
        times: list[float] = []
        statuses: dict[int, int] = {}
        with Connection(port) as connection:
            for request in own:
                began = time.perf_counter()
                status, _ = connection.ask(request)
                times.append(time.perf_counter() - began)
                statuses[status] = statuses.get(status, 0) + 1
        with lock:
            seen.seconds += times
            for status, count in statuses.items():
                seen.statuses[status] = seen.statuses.get(status, 0) + count

    threads = [
        threading.Thread(target=client, args=(requests[n::connections],))
        for n in range(connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


class Connection:
    """One kept connection that speaks just enough HTTP for our own answers."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._rest = b""

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send it; the status and the body of what comes back."""
        self._socket.sendall(request)
        while b"\r\n\r\n" not in self._rest:
            self._more()
        head, _, body = self._rest.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        while len(body) < length:
            self._rest = b""
            self._more()
            body += self._rest
        self._rest = body[length:]
        if b"connection: close" in lines:
            self._socket.close()
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=60)
            self._rest = b""
        return int(lines[0].split()[1]), body[:length]

    def _more(self) -> None:
        got = self._socket.recv(65536)
        if not got:
            raise ConnectionError("the server closed the connection within an answer")
        self._rest += got


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: shop.example\r\nAccept: */*\r\n\r\n".encode()


def post(path: str, body: bytes) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: shop.example\r\nContent-Type: text/plain\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def batches(requests: Iterator[bytes], size: int) -> Iterator[list[bytes]]:
    from itertools import islice

    while batch := list(islice(requests, size)):
        yield batch
