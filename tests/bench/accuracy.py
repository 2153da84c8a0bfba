"""How good are our shelves on real orders, beside the peers that are hard to beat?

    python -m tests.bench.accuracy --orders FILE --products FILE [--least-orders 50] [--cuts 3]
        [--slices]

Global time cuts, full ranking, no sampled negatives, NDCG@10. Task A: one product of an order is
given, the rest of it is right (`also_bought`). Task B-repeat: a known customer is given, all they
then bought is right (`you_might_like`). Task B-novel: the same without what they had bought before.
With `--cuts 3` the known part is 60, 70 and 80 % of the orders, each followed by the next 20 %.
`--slices` asks the same of other kinds of shops made from these orders (`slices.py`), and of the
change from November to December.

Ours go the whole way of `flask train`: learned, measured and judged on the known orders alone, then
asked through the same functions as the shelf with whatever the gate let live. Intervals are 95 %,
paired by question, of the difference to the best peer of the task, picked afterwards; on slices
also to the better of popularity and own frequency.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommenders.baskets import baskets, before, order_instants
from recommenders.gate import gate
from recommenders.known import Known
from recommenders.measure import ListBook, answerer, backtest, cards_of, score
from recommenders.questions import Split, as_of, questions, split_at, you_might_like
from recommenders.registry import RECOMMENDERS
from recommenders.study import Ensemble
from scheduler.train import served
from store.records import Catalogue, Interactions, Placement
from tests.bench.orders import read
from tests.bench.peers import ranked_peers
from tests.bench.slices import SLICES, to_december

SEED = 20_240_501
MOST = 2_000  # questions per task: the interval is then about +-0.01
PLACEMENT: dict[str, Placement] = {
    "A": "also_bought",
    "B-repeat": "you_might_like",
    "B-novel": "you_might_like",
}
SIMPLE = ("popularity", "own frequency")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--orders", type=Path, required=True)
    parser.add_argument("--products", type=Path, required=True)
    parser.add_argument("--least-orders", type=int, default=0, help="leave out rarer products")
    parser.add_argument("--cuts", type=int, choices=(0, 1, 2, 3), default=3)
    parser.add_argument("--slices", action="store_true")
    chosen = parser.parse_args(arguments)
    interactions, catalogue = frequent(*read(chosen.products, chosen.orders), chosen.least_orders)
    gains: list[float] = []
    for known in (0.6, 0.7, 0.8)[3 - chosen.cuts :]:
        say(f"\n{described(interactions, catalogue)}; known: the first {known:.0%} of the orders")
        gains += run(cut_at(interactions, known), catalogue)
    if gains:
        say(f"\nover the best peer, mean of tasks and cuts: {np.mean(gains):+.1%}")
    if chosen.slices:
        for name, part in SLICES.items():
            shop = part(interactions)
            say(f"\nslice: {name}: {described(shop, catalogue)}")
            run(cut_at(shop, 0.8), catalogue)
        say("\nslice: November to December")
        run(split_at(interactions, to_december(interactions)), catalogue)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"\n{time.process_time():.0f} s of CPU in all, peak memory {peak:.0f} MiB")


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


def run(split: Split, catalogue: Catalogue) -> list[float]:
    """Train on the known orders as a shop would, and print the table of the three tasks."""
    then = as_of(catalogue, split)
    known = Known(split.train, then, split.cut_s)
    started = time.process_time()
    measured = backtest(known)
    fitted = [
        r.answer(known, measured.study.teach(r)) if isinstance(r, Ensemble) else r.fit(known)
        for r in RECOMMENDERS
    ]
    say(f"  learned and measured in {time.process_time() - started:.0f} s of CPU")
    decisions = {trial.placement: gate(trial) for trial in measured.trials}
    book, cards = ListBook(then, fitted), cards_of(then)
    tasks = {
        "A": questions(split, then, MOST, SEED)["also_bought"],
        "B-repeat": you_might_like(split, then, MOST, SEED),
        "B-novel": you_might_like(split, then, MOST, SEED, novel=True),
    }
    gains = []
    for task, asked in tasks.items():
        if not asked:
            say(f"  task {task}: nobody to ask")
            continue
        peers = {name: score(answer, asked) for name, answer in ranked_peers(known, task).items()}
        decision = decisions.get(PLACEMENT[task])
        strategies = served(PLACEMENT[task], decision, tuple(book.strategies))
        ours = {"shelf": score(answerer(book, cards, frozenset(strategies)), asked)}
        for lists in fitted:
            alone = score(answerer(book, cards, frozenset({lists.strategy})), asked)
            if alone.shown:
                ours[lists.strategy] = alone
        value = {name: of.per_question["ndcg@10"] for name, of in [*peers.items(), *ours.items()]}
        best = max(peers, key=lambda name: value[name].mean())
        verdict = type(decision).__name__ if decision else "not judged"
        say(f"  task {task}: {len(asked)} questions; best peer: {best}; the gate: {verdict}")
        for name, values in value.items():
            shown = (peers.get(name) or ours[name]).shown
            low, high = interval(values - value[best])
            say(
                f"    {name:<24}{values.mean():.4f}   {ratio(values, value[best]):+7.1%}"
                f"   [{low:+.4f}, {high:+.4f}]   coverage {len(shown) / len(catalogue):.2f}"
            )
        simple = max((n for n in peers if n.startswith(SIMPLE)), key=lambda n: value[n].mean())
        low, high = interval(value["shelf"] - value[simple])
        over = ratio(value["shelf"], value[simple])
        say(f"    the shelf over {simple}: {over:+.1%} [{low:+.4f}, {high:+.4f}]")
        gains.append(ratio(value["shelf"], value[best]))
    return gains


def ratio(ours: NDArray[np.floating], theirs: NDArray[np.floating]) -> float:
    return float(ours.mean() / max(theirs.mean(), 1e-9) - 1)


def interval(difference: NDArray[np.floating]) -> tuple[float, float]:
    """The 95 % bootstrap interval of a mean of paired differences."""
    n = len(difference)
    draws = np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), 1_000) / n
    low, high = np.quantile(draws @ difference, (0.025, 0.975))
    return float(low), float(high)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
