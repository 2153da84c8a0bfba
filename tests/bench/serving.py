"""What does a shelf cost, beside a constant answer of the same application?

CPU time of the application in this process, without a server between: medians of interleaved
rounds, as shares of the constant route. `python -m tests.bench.serving`.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from flask import Response
from flask.testing import FlaskClient

from store import engine as engines
from store import schema
from store.engine import writing
from store.opening import Store
from store.reads.shops import Shop
from store.writes import experiments
from tests.shops import NOW, fill, open_store
from widget.app import create_app

ROUNDS, REQUESTS = 15, 100


def measure() -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = engines.open(f"sqlite:///{Path(folder) / 'store.sqlite'}")
        schema.upgrade(engine)
        store = open_store(engine)
        shop = fill(store)
        _start_test(store, shop)
        app = create_app(store)
        body = b""

        @app.get("/constant")
        def constant() -> Response:
            return Response(body, content_type="application/json")

        client = app.test_client()
        whole = f"/v1/{shop.key}/shelf?placement=also_bought&product=p4&limit=12"
        body = client.get(whole).data  # as long as a real answer

        numbers = iter(range(10**9))
        cases: dict[str, Callable[[], str]] = {
            "constant": lambda: "/constant",
            "anonymous": lambda: whole,
            "visitor, 5 recent, 3 in the cart, experiment": lambda: (
                f"{whole}&visitor={next(numbers):032x}&recent=p8,p0,p12,p2,p6&cart=p20,p22,p24"
            ),
        }
        costs = _interleaved(client, cases)
        base = costs["constant"]
        sys.stdout.write(f"{'answer':<46} {'CPU us':>8} {'share of constant':>18}\n")
        for name, cost in costs.items():
            sys.stdout.write(f"{name:<46} {cost * 1e6:>8.0f} {base / cost:>17.0%}\n")
        engine.dispose()


def _start_test(store: Store, shop: Shop) -> None:
    with writing(store.engine) as connection:
        experiments.start_experiment(
            connection,
            shop.id,
            placement="also_bought",
            against="bestsellers",
            metric="cvr",
            started_at=NOW - timedelta(minutes=1),
            ends_at=NOW + timedelta(days=28),
            window_s=7 * 86_400,
            cap_minor=None,
            planned_visitors=1_000,
            planned_conversions=30,
        )


def _interleaved(client: FlaskClient, cases: dict[str, Callable[[], str]]) -> dict[str, float]:
    """Median CPU seconds a request; rounds take turns, so that noise falls on all alike."""
    seen: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, address in cases.items():
            began = time.process_time()
            for _ in range(REQUESTS):
                client.get(address())
            seen[name].append((time.process_time() - began) / REQUESTS)
    return {name: statistics.median(costs) for name, costs in seen.items()}


if __name__ == "__main__":
    measure()
