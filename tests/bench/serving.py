"""What does a shelf cost, beside a constant answer of the same application?

CPU of the whole server (gunicorn, gthread) per request, at several sizes of the shop: the median
of the shares of many short rounds, each beside a round of the constant route. Products are drawn
evenly from the whole catalogue, which no cache helps; the last case is one product's page asked by
everybody. `python -m tests.bench.serving [SIZE ...]`. Costs against size are drawn in
docs/images/cost-of-serving.svg.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from store import engine as engines
from store.keys import Ring
from tests.bench.big_shop import external, make
from tests.bench.curves import Curve, draw
from tests.bench.load import Connection, cpu_s, drive, get, memory_mib
from tests.bench.server import Server, serve
from tests.shops import SECRET

SIZES = (1_000, 100_000, 1_000_000)
ROUNDS, REQUESTS, CONNECTIONS = 40, 80, 8
MANY_ROUNDS, MANY = 5, 64  # for the slowest of a hundred
CONSTANT = "constant"
DRAWN = Path("docs/images/cost-of-serving.svg")


@dataclass(frozen=True)
class Case:
    name: str
    path: str  # with {p} for a product, {visitor}, {recent}, {cart}


def cases(key: str) -> list[Case]:
    whole = f"/v1/{key}/shelf?placement=also_bought&product={{p}}&limit=12"
    return [
        Case(CONSTANT, "/v1/constant"),
        Case("anonymous, may be kept by caches", whole),
        Case(
            "visitor, 5 recent, 3 in the cart, experiment",
            f"{whole}&visitor={{visitor}}&recent={{recent}}&cart={{cart}}",
        ),
        Case("anonymous, the page everybody looks at", whole.format(p=external(1))),
    ]


def requests(case: Case, products: int, seed: int) -> Iterator[bytes]:
    chance = random.Random(seed)

    def some(count: int) -> str:
        return "%2C".join(external(chance.randint(1, products)) for _ in range(count))

    while True:
        yield get(
            case.path.format(
                p=some(1), visitor=f"{chance.getrandbits(128):032x}", recent=some(5), cart=some(3)
            )
        )


def measure(sizes: tuple[int, ...]) -> None:
    """Every case at each size; drawn where there is more than one size."""
    costs: dict[str, list[tuple[float, float]]] = {}
    sys.stdout.write(
        f"{'products':>9} {'answer':<46} {'CPU us':>7} {'share of constant':>18} "
        f"{'p99 of 64 clients':>18}\n"
    )
    for products in sizes:
        with tempfile.TemporaryDirectory() as folder:
            url = os.environ.get("BENCH_STORE", f"sqlite:///{Path(folder) / 'store.sqlite'}")
            engine = engines.open(url.format(products=products))
            key = _key_of(engine, products)
            engine.dispose()
            environment = {
                "DATABASE_URL": url.format(products=products),
                "SECRET_KEYS": SECRET,
                "STOREFRONT_RATE": "off",
                "BENCH_CONSTANT_BYTES": "1000",
                "BENCH_LOG": str(Path(folder) / "events.log"),
            }
            with serve(environment) as server:
                environment["BENCH_CONSTANT_BYTES"] = str(_length(server, cases(key)[1], products))
            with serve(environment, "tests.bench.served:app") as server:
                for name, cost_us in _one_size(server, key, products).items():
                    costs.setdefault(name, []).append((products, cost_us))
    if len(sizes) > 1:
        curves = [Curve(name, points) for name, points in costs.items()]
        draw(DRAWN, "CPU microseconds a shelf, by products of the shop", curves)


def _key_of(engine: engines.Engine, products: int) -> str:
    from store import schema
    from store.reads import shops

    if schema.revision(engine) is not None:
        with engines.reading(engine) as connection:
            return shops.every(connection)[0].key
    return make(engine, Ring([SECRET]), products).key


def _length(server: Server, case: Case, products: int) -> int:
    with Connection(server.port) as connection:
        return len(connection.ask(next(requests(case, products, 1)))[1])


def _one_size(server: Server, key: str, products: int) -> dict[str, float]:
    """CPU microseconds of each case."""
    every = cases(key)
    costs: dict[str, list[float]] = {case.name: [] for case in every}
    late: dict[str, list[float]] = {case.name: [] for case in every}
    pids = server.pids()
    for turn in range(-4, ROUNDS):  # the first ones warm up
        for case in every:
            source = requests(case, products, 1_000 + turn)
            sent = [next(source) for _ in range(REQUESTS)]
            before = cpu_s(pids)
            seen = drive(server.port, sent, CONNECTIONS)
            if set(seen.statuses) != {200}:
                raise RuntimeError(f"{case.name} was answered {seen.statuses}")
            if turn >= 0:
                costs[case.name].append((cpu_s(pids) - before) / REQUESTS)
    for turn in range(MANY_ROUNDS):
        for case in every:
            source = requests(case, products, 2_000 + turn)
            seen = drive(server.port, [next(source) for _ in range(6 * MANY)], MANY)
            late[case.name].append(seen.percentile(0.99))
    for name, own in costs.items():
        share = statistics.median(c / o for c, o in zip(costs[CONSTANT], own, strict=True))
        slow = statistics.median(late[name]) / statistics.median(late[CONSTANT])
        sys.stdout.write(
            f"{products:>9,} {name:<46} {statistics.median(own) * 1e6:>7.0f} {share:>17.0%} "
            f"{slow:>17.1f}x\n"
        )
    held = memory_mib(server.workers()[0])
    sys.stdout.write(
        f"{products:>9,} private memory of the worker: {held['private']:.0f} MiB; "
        f"{held['files']:.0f} MiB of files in sight, in the system's cache\n"
    )
    sys.stdout.flush()
    return {name: statistics.median(own) * 1e6 for name, own in costs.items()}


if __name__ == "__main__":
    measure(tuple(int(word) for word in sys.argv[1:]) or SIZES)
