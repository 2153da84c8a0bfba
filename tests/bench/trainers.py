"""What do the trainers' inner loops cost, beside the plain tool for the same work?

    python -m tests.bench.trainers [--lines 10000 100000 1000000 10000000] [--products 100000]
        [--catalogue FILE]

Synthetic shops (Zipf), each measurement in a process of its own: CPU seconds of the work alone and
the most memory the process held. Co-purchase lists, the best 24 of each product included, beside
scipy's bare X.T @ X, and what an addition of theirs costs among few products and many; scoring by
Surprise's factors beside its own `predict()`; attribute matching of made titles and of those in a
products file, and how much of brute force's first ten it finds. Costs against size are drawn in
docs/images/cost-of-training.svg and memory-of-training.svg.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from recommenders.known import Known
from recommenders.looks import Likeness
from store.records import Catalogue, Interactions
from tests.bench.curves import Curve, draw
from tests.bench.orders import read_products

SEED = 20_240_501
DRAWN = Path("docs/images/cost-of-training.svg")
HELD = Path("docs/images/memory-of-training.svg")
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
BASKET = 5  # lines an order on average
SPREAD_LINES, SPREAD = 1_000_000, (500, 5_000, 50_000)  # so many products in as many lines
SAMPLE = 100  # products whose ten nearest are found by brute force as well


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, nargs="+", default=[10**4, 10**5, 10**6, 10**7])
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--catalogue", type=Path, help="match the titles of this products file")
    parser.add_argument("--only", choices=sorted(WORK), help="do one piece of work, here")
    chosen = parser.parse_args(arguments)
    if chosen.only and chosen.catalogue:
        match(read_products(chosen.catalogue)[0])
        return
    if chosen.only:
        WORK[chosen.only](chosen.lines[0])
        return
    say(f"{'':<34}{'lines':>12}{'CPU s':>9}{'peak MiB':>10}")
    costs: dict[str, list[tuple[int, float, float]]] = {"lists": [], "product": []}
    for lines in chosen.lines:
        for name in costs:
            cpu, peak, said = measured(name, lines)
            costs[name].append((lines, cpu, peak))
            say(f"{NAMES[name]:<34}{lines:>12,}{cpu:>9.2f}{peak:>10.0f}  {said}".rstrip())
    (_, ours, most), (_, bare, whole) = costs["lists"][-1], costs["product"][-1]
    say(f"at the largest: {ours / bare:.2f} of the time, {most / whole:.2f} of the memory")
    for count in SPREAD:
        cpu, _, said = measured("spread", count)
        say(f"{SPREAD_LINES:,} lines of {count:,} products: {cpu:.2f} CPU s; {said}")
    said = measured("scoring", 100_000)[2]
    say(f"scoring a pair by factors in numpy: {said} times as many as predict() in the same time")
    cpu, peak, said = measured("matching", chosen.products)
    say(f"matching {chosen.products:,} products: {cpu:.0f} CPU s, {peak:.0f} MiB; {said}")
    if chosen.catalogue:
        cpu, _, said = measured("matching", 0, chosen.catalogue)
        say(f"matching {chosen.catalogue.resolve().parent.name}: {cpu:.1f} CPU s; {said}")
    curves = [Curve(NAMES[n], [(size, cpu) for size, cpu, _ in c]) for n, c in costs.items()]
    draw(DRAWN, "CPU seconds by order lines", curves)
    held = [Curve(NAMES[n], [(size, mib) for size, _, mib in c]) for n, c in costs.items()]
    draw(HELD, "MiB held, at the most, by order lines", held)


def measured(name: str, size: int, catalogue: Path | None = None) -> tuple[float, float, str]:
    """CPU seconds, peak MiB and what was said, of one piece of work in a child process."""
    command = [sys.executable, "-m", "tests.bench.trainers", "--only", name, "--lines", str(size)]
    command += ["--catalogue", str(catalogue)] if catalogue else []
    child = subprocess.Popen(
        command, env={**os.environ, **ONE_THREAD}, stdout=subprocess.PIPE, text=True
    )
    with child:
        told = child.stdout.read().splitlines() if child.stdout else []
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{name} at {size} failed")
    return float(told[0]), used.ru_maxrss / 1024, " ".join(told[1:])


def _alone(work: Callable[[], object]) -> None:
    started = time.process_time()
    work()
    say(f"{time.process_time() - started:.3f}")


def shop(lines: int, products: int = 0) -> Interactions:
    """Orders of about five lines; products and customers as unequal as they are in shops."""
    random = np.random.default_rng(SEED)
    products, customers = products or max(lines // 200, 100), max(lines // 10, 50)
    size = 1 + random.poisson(BASKET - 1, lines // BASKET)
    order = np.repeat(np.arange(len(size)), size)
    weight = 1 / (np.arange(products) + 10.0)
    product = random.choice(products, len(order), p=weight / weight.sum()).astype(np.int32)
    customer = random.integers(0, customers, len(size)).astype(np.int32)[order]
    at_s = 1_700_000_000 + order * (365 * 86_400 // max(len(size), 1))
    return Interactions(
        order=order.astype(np.int64),
        product=product,
        customer=customer,
        quantity=np.ones(len(order), dtype=np.int32),
        at_s=at_s.astype(np.int64),
        orders=len(size),
        customer_keys=np.arange(customers, dtype=np.int64),
    )


def goods(products: int) -> Catalogue:
    """Titles of five to eight words as shops write them: maker, properties, kind, colour, size."""
    random = np.random.default_rng(SEED)
    letters = np.array(list("abcdefghijklmnoprstuvwz"))

    def words(count: int) -> list[str]:
        drawn = random.choice(letters, (count, 9))
        return ["".join(w[: 4 + i % 6]) for i, w in enumerate(drawn.tolist())]

    def some(count: int, of: int = products) -> list[str]:
        named, weight = words(count), 1 / (np.arange(count) + 5.0)
        return [named[i] for i in random.choice(count, of, p=weight / weight.sum())]

    parts = [some(max(products // n, 20)) for n in (400, 100, 60, 30)] + [some(40), some(12)]
    more = [some(max(products // 50, 20)) for _ in range(2)]
    extra = random.integers(0, 3, products).tolist()
    titles = [
        " ".join([*row[:6], *row[6 : 6 + n]][: 5 + n + i % 2])
        for i, (n, row) in enumerate(zip(extra, zip(*parts, *more, strict=True), strict=True))
    ]
    nothing = [""] * products
    return Catalogue(
        keys=np.arange(products, dtype=np.int64),
        titles=titles,
        vendors=nothing,
        types=nothing,
        tags=[()] * products,
        categories=[()] * products,
        price_minor=np.full(products, -1, dtype=np.int64),
        recommendable=np.ones(products, dtype=np.bool_),
    )


def _known(lines: int, products: int = 0) -> Known:
    interactions = shop(lines, products)
    count = int(interactions.product.max()) + 1
    catalogue = Catalogue(
        np.arange(count), [""] * count, [""] * count, [""] * count, [()] * count, [()] * count,
        np.full(count, -1), np.ones(count, dtype=np.bool_),
    )  # fmt: skip
    return Known(interactions, catalogue, int(interactions.at_s[-1]))


def lists(lines: int, products: int = 0) -> None:
    from recommenders.bought_together import BoughtTogether, sheets

    sheets(_known(1_000), [BoughtTogether()])  # compiled
    known = _known(lines, products)
    held = known.baskets
    started = time.process_time()
    sheets(known, [BoughtTogether()])
    spent = time.process_time() - started
    say(f"{spent:.3f}")
    additions = float((np.diff(held.indptr).astype(np.float64) ** 2).sum())
    say(f"{additions / lines:.1f} additions a line, {spent / additions * 1e9:.0f} ns each;")
    some = held.T.tocsr()[:: -(-known.products // 500)]  # of some products: all would not fit
    met = np.asarray(some @ np.diff(held.indptr)).sum()
    say(f"{(some @ held).nnz / met:.2f} of them meet a pair for the first time")


def spread(products: int) -> None:
    lists(SPREAD_LINES, products)


def product(lines: int) -> None:
    held = _known(lines).baskets
    _alone(lambda: held.T @ held)


def scoring(lines: int) -> None:
    """All products for some customers, as `Personal` scores them, and as Surprise does."""
    from surprise import SVD, Dataset, Reader

    known = _known(lines)
    cells = known.habits().tocoo()
    rows = [(u, i, 1.0, None) for u, i in zip(*(c.tolist() for c in cells.coords), strict=True)]
    trainset = Dataset(Reader(rating_scale=(0, 1))).construct_trainset(rows)
    algorithm = SVD(n_factors=32, n_epochs=2, random_state=1).fit(trainset)
    customers, times = np.arange(500), 20
    taste, kind = algorithm.pu[customers].astype(np.float32), algorithm.qi.T.astype(np.float32)
    bias = (algorithm.bi + trainset.global_mean).astype(np.float32)
    started = time.process_time()
    for _ in range(times):
        scores = taste @ kind + bias + algorithm.bu[customers, None].astype(np.float32)
    ours = times * scores.size / (time.process_time() - started)
    started = time.process_time()
    for user, item, _, _ in rows[:20_000]:
        algorithm.predict(user, item)
    theirs = 20_000 / (time.process_time() - started)
    say("0")
    say(f"{ours / theirs:.0f}")


def matching(products: int) -> None:
    match(goods(products))


def match(catalogue: Catalogue) -> None:
    products, likeness = len(catalogue), Likeness()
    likeness.nearest(goods(200), np.arange(200))  # compiled
    started = time.process_time()
    sheet = likeness.nearest(catalogue, np.arange(products))
    say(f"{time.process_time() - started:.3f}")
    from recommenders.looks import _Attributes as Attributes

    seen = Attributes(catalogue, likeness.weights)
    asked = np.random.default_rng(SEED).choice(products, SAMPLE, replace=False)
    found = 0
    for of in asked:
        every = np.delete(np.arange(products, dtype=np.int32), of)[None, :]
        score = likeness._compare(seen, np.array([of]), every)[0][0]
        tenth = np.partition(score, -10)[-10]
        found += min(10, int((sheet.score[of, :10] >= tenth - 1e-6).sum()))
    say(f"recall@10 {found / (10 * SAMPLE):.3f} against brute force on {SAMPLE}")


NAMES = {"lists": "co-purchase with its lists", "product": "scipy's bare X.T @ X"}
WORK: dict[str, Callable[[int], None]] = {
    "lists": lists,
    "product": product,
    "spread": spread,
    "scoring": scoring,
    "matching": matching,
}


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
