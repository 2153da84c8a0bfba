"""How good are our shelves on real orders, beside the peers that are hard to beat?

    python -m tests.bench.accuracy --orders FILE --products FILE [--least-orders 50]
        [--known 60 70 80] [--slices [NAME ...]] [--hidden 60 70 80]
        [--variety 60 70 80]

Global time cuts, full ranking, no sampled negatives, NDCG@10. Task A: one product of an order is
given, the rest of it is right (`also_bought`). Task B-repeat: a known customer is given, all they
then bought is right (`you_might_like`). Task B-novel: the same without what they had bought before.
At each cut so many per cent of the orders are known, and the next 20 % are asked about. `--slices`
asks the same of other kinds of shops made from these orders (`slices.py`), `--hidden` how good the
lists of products without orders are (`hidden.py`), `--variety` what that knob costs (`variety.py`).

Ours go the whole way of `flask train`: learned, measured and judged on the known orders alone, then
asked through the same functions as the shelf with whatever the gate let live. Intervals are 95 %,
paired by question. What comes out is kept in docs/accuracy.csv (`verdict.py`), so that long runs
can be made piece by piece; printed is all that is known of the set, and of all sets together.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommenders.answers import ListBook, answerer, cards_of
from recommenders.baskets import baskets, before, order_instants
from recommenders.gate import gate
from recommenders.known import Known
from recommenders.measure import Backtest, backtest
from recommenders.questions import Split, as_of, questions, split_at, you_might_like
from recommenders.registry import RECOMMENDERS
from recommenders.scoring import Scores, score
from recommenders.study import Ensemble
from scheduler.train import served
from store.records import Catalogue, Interactions, Placement
from tests.bench import hidden, verdict
from tests.bench.orders import read
from tests.bench.peers import ranked_peers
from tests.bench.slices import SLICES, TURNED_OVER, leaving, to_december
from tests.bench.variety import price
from tests.bench.verdict import Result

SEED = 20_240_501
MOST = 2_000  # questions per task: the interval is then about +-0.01
PLACEMENT: dict[str, Placement] = {
    "A": "also_bought",
    "B-repeat": "you_might_like",
    "B-novel": "you_might_like",
}
SEASON = "November to December"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--orders", type=Path, required=True)
    parser.add_argument("--products", type=Path, required=True)
    parser.add_argument("--least-orders", type=int, default=0, help="leave out rarer products")
    parser.add_argument("--known", type=int, nargs="*", choices=(60, 70, 80), default=())
    parser.add_argument("--slices", nargs="*", choices=(*SLICES, SEASON), metavar="NAME")
    parser.add_argument("--hidden", type=int, nargs="*", choices=(60, 70, 80), default=())
    parser.add_argument("--variety", type=int, nargs="*", choices=(60, 70, 80), default=())
    chosen = parser.parse_args(arguments)
    name = chosen.orders.resolve().parent.name
    interactions, catalogue = frequent(*read(chosen.products, chosen.orders), chosen.least_orders)
    for known in chosen.known:
        progress(f"{name}, {known} % known: {described(interactions, catalogue)}")
        split = cut_at(interactions, known / 100)
        verdict.keep(run(name, f"{known} % known", True, split, catalogue))
    slices = [] if chosen.slices is None else chosen.slices or [*SLICES, SEASON]
    for shop in slices:
        split = _slice(interactions, shop)
        progress(f"{name}, {shop}: {described(split.train, catalogue)} known")
        gone = leaving(len(catalogue)) if shop == TURNED_OVER else None
        verdict.keep(run(name, shop, False, split, catalogue, gone))
    for known in chosen.hidden:
        shop = f"{known} % known, a tenth of the products hidden"
        progress(f"{name}, {shop}")
        verdict.keep(new_products(name, shop, cut_at(interactions, known / 100), catalogue))
    for known in chosen.variety:
        told = price(cut_at(interactions, known / 100), catalogue)
        sys.stdout.write(f"{name}, {known} % known, also bought by variety\n{told}\n\n")
    results = verdict.read()
    of_set = [r for r in results if r.set == name]
    sys.stdout.write(f"{described(interactions, catalogue)}\n\n{verdict.tables(of_set)}\n\n")
    sys.stdout.write(f"{verdict.summary(of_set)}\n")
    if len(of_set) < len(results):
        sys.stdout.write(f"\nof all sets together\n{verdict.summary(results)}\n")


def _slice(interactions: Interactions, shop: str) -> Split:
    if shop == SEASON:
        return split_at(interactions, to_december(interactions))
    return cut_at(SLICES[shop](interactions), 0.8)


def described(interactions: Interactions, catalogue: Catalogue) -> str:
    count = f"{len(interactions.product)} lines of {interactions.orders} orders"
    return f"{count}, {len(catalogue)} products"


def cut_at(interactions: Interactions, known: float) -> Split:
    """The first `known` part of the orders, and the next 20 %."""
    at_s = order_instants(interactions)
    cut_s = int(at_s[int(known * interactions.orders)])
    end = min(int((known + 0.2) * interactions.orders), interactions.orders - 1)
    return split_at(before(interactions, int(at_s[end]) + 1), cut_s)


def frequent(
    interactions: Interactions, catalogue: Catalogue, least: int
) -> tuple[Interactions, Catalogue]:
    """Only the products with at least `least` orders."""
    often = np.bincount(baskets(interactions, len(catalogue)).indices, minlength=len(catalogue))
    kept = np.flatnonzero(often >= least)
    place = np.full(len(catalogue), -1, dtype=np.int32)
    place[kept] = np.arange(len(kept))
    lines = place[interactions.product] >= 0
    _, order = np.unique(interactions.order[lines], return_inverse=True)
    return replace(
        interactions,
        order=order.astype(np.int64),
        product=place[interactions.product[lines]],
        customer=interactions.customer[lines],
        quantity=interactions.quantity[lines],
        at_s=interactions.at_s[lines],
        orders=int(order.max()) + 1,
    ), Catalogue(
        keys=catalogue.keys[kept],
        titles=[catalogue.titles[i] for i in kept],
        vendors=[catalogue.vendors[i] for i in kept],
        types=[catalogue.types[i] for i in kept],
        tags=[catalogue.tags[i] for i in kept],
        categories=[catalogue.categories[i] for i in kept],
        price_minor=catalogue.price_minor[kept],
        recommendable=catalogue.recommendable[kept],
    )


def run(
    name: str,
    shop: str,
    cut: bool,
    split: Split,
    catalogue: Catalogue,
    gone: NDArray[np.bool_] | None = None,
) -> list[Result]:
    """Train on the known orders as a shop would, and print the table of the three tasks.

    `gone` are the products that the shop took off its shelves at the cut.
    """
    then = as_of(catalogue, split)
    if gone is not None:
        then = replace(then, recommendable=then.recommendable & ~gone)
    known = Known(split.train, then, split.cut_s)
    code = verdict.commit()
    started = time.process_time()
    measured = backtest(known)
    fitted = [
        r.answer(known, measured.study.teach(r)) if isinstance(r, Ensemble) else r.fit(known)
        for r in RECOMMENDERS
    ]
    progress(f"  learned and measured in {time.process_time() - started:.0f} s of CPU")
    book, cards = ListBook(then, fitted), cards_of(then)
    tasks = {
        "A": questions(split, then, MOST, SEED)["also_bought"],
        "B-repeat": you_might_like(split, then, MOST, SEED),
        "B-novel": you_might_like(split, then, MOST, SEED, novel=True),
    }
    found = []
    for task, asked in tasks.items():
        if not asked:
            progress(f"  task {task}: nobody to ask")
            continue
        peers = {name: score(answer, asked) for name, answer in ranked_peers(known, task).items()}
        judged, live = _live(measured, PLACEMENT[task], tuple(book.strategies))
        ours = {"shelf": score(answerer(book, cards, live), asked)}
        for lists in fitted:
            alone = score(answerer(book, cards, frozenset({lists.strategy})), asked)
            if alone.shown:
                ours[lists.strategy] = alone
        found += _results(name, shop, cut, task, code, peers, ours, len(catalogue))
        (contest,) = verdict.contests([r for r in found if r.task == task])
        progress(f"  task {task}: the gate: {judged}; {contest.told()}")
    return found


def new_products(name: str, shop: str, split: Split, catalogue: Catalogue) -> list[Result]:
    """The lists of products whose orders nobody knows, beside TF-IDF and bridged ones."""
    code = verdict.commit()
    hidden_split, new = hidden.hide(split, catalogue)
    then = as_of(catalogue, split)
    known = Known(hidden_split.train, then, split.cut_s)
    asked = hidden.asked(hidden_split, then, new)
    peers = {name: score(answer, asked) for name, answer in hidden.peers(known).items()}
    ours = {"shelf": score(hidden.ours(known), asked)}
    found = _results(name, shop, False, "new products", code, peers, ours, len(catalogue))
    progress(f"  {verdict.contests(found)[0].told()}")
    return found


def _results(
    name: str,
    shop: str,
    cut: bool,
    task: str,
    code: str,
    peers: Mapping[str, Scores],
    ours: Mapping[str, Scores],
    products: int,
) -> list[Result]:
    """A row for each contender, the shelf's difference from it paired by question."""
    value = {n: of.per_question["ndcg@10"] for n, of in [*peers.items(), *ours.items()]}
    found = []
    for contender, of in [*peers.items(), *ours.items()]:
        low, high = interval(value["shelf"] - value[contender])
        ndcg, coverage = float(value[contender].mean()), len(of.shown) / products
        asked = len(value[contender])
        found.append(
            Result(name, shop, cut, task, asked, contender, contender in ours, ndcg, coverage,
                   low, high, code)
        )  # fmt: skip
    return found


def _live(
    measured: Backtest, placement: Placement, strategies: tuple[str, ...]
) -> tuple[str, frozenset[str]]:
    """What the gate said, and so what the placement serves."""
    trial = next((t for t in measured.trials if t.placement == placement), None)
    decision = gate(trial) if trial else None
    said = type(decision).__name__ if decision else "not judged"
    return said, frozenset(served(placement, decision, strategies))


def interval(difference: NDArray[np.floating]) -> tuple[float, float]:
    """The 95 % bootstrap interval of a mean of paired differences."""
    n = len(difference)
    draws = np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), 1_000) / n
    low, high = np.quantile(draws @ difference, (0.025, 0.975))
    return float(low), float(high)


def progress(line: str) -> None:
    """What is being done, for whoever waits: not part of the figures."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
