"""What does keeping a browser's events cost, beside appending them to a file?

CPU of the whole server (gunicorn, 2 workers, 8 connections) per request, in batches of 1 and 20;
medians of the ratios of neighbouring rounds. `python -m tests.bench.ingest`. Ids are as `shelf.js`
makes them; the last row has random ones, as another sender's may be.
"""

from __future__ import annotations

import secrets
import statistics
import sys
import tempfile
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import orjson

from experiments import token
from store import engine as engines
from store.engine import reading
from store.keys import Ring, digest
from store.reads import shops
from tests.bench.big_shop import external, make, running_experiment
from tests.bench.load import cpu_s, drive, post
from tests.bench.server import serve
from tests.shops import SECRET

PRODUCTS, ROUNDS, REQUESTS, CONNECTIONS = 1_000, 25, 80, 8


def begun_with_the_instant() -> str:
    """As in widget/src/tell.js."""
    return f"{int(datetime.now(UTC).timestamp() * 1000):x}{secrets.token_hex(16)}"[:32]


def random_id() -> str:
    return str(uuid.uuid4())


class Browser:
    """Makes events that the shop believes: their tokens are minted with its own key."""

    def __init__(self, engine: engines.Engine, ring: Ring, shop: shops.Shop) -> None:
        with reading(engine) as connection:
            self._keys = shops.keys(connection, ring, shop.id, datetime.now(UTC))
            self._experiment = running_experiment(connection, shop.id)
        self._shop = shop

    def body(self, events: int, make_id: Callable[[], str] = begun_with_the_instant) -> bytes:
        """What one visitor's page sends: an exposure, a view, and what was looked at."""
        visitor = secrets.token_hex(16)
        facts = token.TokenFacts(
            shop=self._shop.id,
            placement="also_bought",
            issued_at=datetime.now(UTC),
            experiment=self._experiment,
            arm="treatment",
            model=1,
            nonce=secrets.token_bytes(token.NONCE_BYTES),
            visitor=digest(self._keys.pepper, "visitor", visitor)[: token.VISITOR_BYTES],
        )
        signed = token.mint(self._keys.token[0], facts)
        kinds = ["exposure", "view", *["product_view"] * (events - 2)][:events]
        told = [
            {
                "id": make_id(),
                "type": kind,
                "token": None if kind == "product_view" else signed,
                "item": external(1 + n) if kind == "product_view" else None,
                "at": datetime.now(UTC).isoformat(),
            }
            for n, kind in enumerate(kinds)
        ]
        return orjson.dumps({"visitor": visitor, "events": told})


CASES = (
    ("1", 1, begun_with_the_instant),
    ("20", 20, begun_with_the_instant),
    ("20, ids at random", 20, random_id),
)


def measure() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'store.sqlite'}"
        engine, ring = engines.open(url), Ring([SECRET])
        shop = make(engine, ring, PRODUCTS)
        browser = Browser(engine, ring, shop)
        environment = {
            "DATABASE_URL": url,
            "SECRET_KEYS": SECRET,
            "STOREFRONT_RATE": "off",
            "BENCH_CONSTANT_BYTES": "1000",
            "BENCH_LOG": str(Path(folder) / "events.log"),
        }
        with serve(environment, "tests.bench.served:app", workers=2) as server:
            sys.stdout.write(
                f"{'events a request':>17} {'appended, CPU us':>17} {'kept, CPU us':>13} "
                f"{'share of appending':>19}\n"
            )
            for case, events, make_id in CASES:
                costs: dict[str, list[float]] = {"appended": [], "kept": []}
                for turn in range(-2, ROUNDS):
                    for name, path in (
                        ("appended", "/v1/appended"),
                        ("kept", f"/v1/{shop.key}/shelf/events"),
                    ):
                        sent = [post(path, browser.body(events, make_id)) for _ in range(REQUESTS)]
                        before = cpu_s(server.pids())
                        seen = drive(server.port, sent, CONNECTIONS)
                        if set(seen.statuses) != {202}:
                            raise RuntimeError(f"{name} was answered {seen.statuses}")
                        if turn >= 0:
                            costs[name].append((cpu_s(server.pids()) - before) / REQUESTS)
                shares = [a / k for a, k in zip(costs["appended"], costs["kept"], strict=True)]
                base, kept = (statistics.median(costs[name]) * 1e6 for name in costs)
                sys.stdout.write(
                    f"{case:>17} {base:>17.0f} {kept:>13.0f} {statistics.median(shares):>18.0%}\n"
                )
        engine.dispose()


if __name__ == "__main__":
    measure()
