"""Does the application stay as it was, after half an hour of work? `python -m tests.proving_soak`.

Two workers of a real server answer shelves and take events at half of what they can, for
PROVE_MINUTES; their memory is read every few seconds. No answer may fail, and no worker may grow:
the last third of the time is held to the second (the first fills caches). Workers are not
replaced meanwhile, as they are in production, where that would hide a leak.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from store import engine as engines
from store.keys import Ring
from tests.bench import serving
from tests.bench.big_shop import make
from tests.bench.ingest import Browser
from tests.bench.load import Connection, memory_mib, post
from tests.bench.server import Server, serve
from tests.shops import SECRET

PRODUCTS, CLIENTS, WORKERS = 10_000, 8, 2
FLAT_OUT_S = 20.0
SAMPLE_S = 5.0
# What may come and go without being a leak: an arena of the allocator, a page of SQLite's cache.
GROWTH_MIB = 2.0
ANSWERS = {200, 202}


@dataclass
class Heard:
    """What the clients saw, and the workers' memory while they asked."""

    answers: int = 0
    failed: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, status: int) -> None:
        with self.lock:
            self.answers += 1
        if status not in ANSWERS:
            self.fail(str(status))

    def fail(self, why: str) -> None:
        with self.lock:
            self.failed[why] = self.failed.get(why, 0) + 1


def asked(key: str, browser: Browser, seed: int) -> Iterator[bytes]:
    """What browsers send: two shelves that caches may keep, two that are personal, then events."""
    _, shared, personal = serving.cases(key)[:3]
    kinds = [
        serving.requests(case, PRODUCTS, seed) for case in (shared, shared, personal, personal)
    ]
    path = f"/v1/{key}/shelf/events"
    while True:
        yield from chain((next(kind) for kind in kinds), (post(path, browser.body(4)),))


def ask(
    over: threading.Event, server: Server, requests: Iterator[bytes], pause_s: float, heard: Heard
) -> None:
    """One client: it asks, and so that it asks once in `pause_s` it waits for the rest of it."""
    due_s = time.monotonic()
    connection: Connection | None = None
    for request in requests:
        if over.is_set():
            break
        try:
            connection = connection or Connection(server.port)
            heard.note(connection.ask(request)[0])
        except OSError as error:
            heard.fail(type(error).__name__)
            connection = None
        due_s = max(due_s + pause_s, time.monotonic() - 1.0)  # a stall is not made up for
        over.wait(max(0.0, due_s - time.monotonic()))


def drive(
    server: Server, key: str, browser: Browser, for_s: float, pause_s: float
) -> tuple[Heard, list[list[float]]]:
    """Load for so long; what was heard, and each sample of the workers' private memory, in MiB."""
    heard, over = Heard(), threading.Event()
    clients = [
        threading.Thread(target=ask, args=(over, server, asked(key, browser, seed), pause_s, heard))
        for seed in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    samples: list[list[float]] = []
    end_s = time.monotonic() + for_s
    while time.monotonic() < end_s:
        time.sleep(min(SAMPLE_S, for_s))
        samples.append([memory_mib(pid)["private"] for pid in server.workers()])
    over.set()
    for client in clients:
        client.join()
    return heard, samples


def main() -> int:
    minutes = float(os.environ.get("PROVE_MINUTES", "30"))
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'store.sqlite'}"
        engine, ring = engines.open(url), Ring([SECRET])
        shop = make(engine, ring, PRODUCTS)
        browser = Browser(engine, ring, shop)
        environment = {"DATABASE_URL": url, "SECRET_KEYS": SECRET, "STOREFRONT_RATE": "off"}
        with serve(environment, workers=WORKERS) as server:
            flat_out, _ = drive(server, shop.key, browser, FLAT_OUT_S, 0.0)
            rate = flat_out.answers / FLAT_OUT_S
            before = server.workers()
            heard, samples = drive(server, shop.key, browser, minutes * 60, 2 * CLIENTS / rate)
            replaced = server.workers() != before
        engine.dispose()
    third = len(samples) // 3
    grown = [
        statistics.median(own[2 * third :]) - statistics.median(own[third : 2 * third])
        for own in zip(*samples, strict=True)
    ]
    held = statistics.median(chain.from_iterable(samples[2 * third :]))
    sys.stdout.write(
        f"capacity: {rate:.0f} answers a second\n"
        f"{minutes:.0f} minutes at half of it: {heard.answers} answers, failed: "
        f"{heard.failed or 'none'}\n"
        f"private memory of a worker: {held:.1f} MiB; change from the second to the last third: "
        f"{', '.join(f'{change:+.1f} MiB' for change in grown)}\n"
    )
    faults = bool(heard.failed) or replaced or max(grown) > GROWTH_MIB
    sys.stdout.write("it did not stay as it was\n" if faults else "it stayed as it was\n")
    return int(faults)


if __name__ == "__main__":
    sys.exit(main())
