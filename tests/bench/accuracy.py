"""How good are our shelves on real orders, beside the peers that are hard to beat?

    python -m tests.bench.accuracy --orders FILE --products FILE [--least-orders 50] [--cuts 3]

One global time cut (80 % of the orders are known, the rest is asked about), full ranking, no
sampled negatives, NDCG@10. Task A: one product of an order is given, the rest of it is right
(`also_bought`). Task B-repeat: a known customer is given, all they then bought is right
(`you_might_like`). Task B-novel: the same without what they had bought before. With `--cuts 3`
the known part is 60, 70 and 80 % of the orders, each followed by the next 20 %.

Ours are asked through the same functions as the shelf. Intervals are 95 %, paired by question,
of the difference to the best peer of the task, picked afterwards.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommenders.baskets import baskets, before, order_instants
from recommenders.bestseller import Bestseller
from recommenders.choose import Ask
from recommenders.measure import Answer, ListBook, answerer, cards_of, score
from recommenders.questions import Split, as_of, questions, split_at, you_might_like
from recommenders.registry import RECOMMENDERS
from recommenders.repurchase import habits
from store.records import Catalogue, Interactions
from tests.bench.orders import read

SEED = 20_240_501
MOST = 2_000  # questions per task: the interval is then about +-0.01
Scoring = Callable[[Ask], NDArray[np.floating]]  # a score for every product


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--orders", type=Path, required=True)
    parser.add_argument("--products", type=Path, required=True)
    parser.add_argument("--least-orders", type=int, default=0, help="leave out rarer products")
    parser.add_argument("--cuts", type=int, choices=(1, 2, 3), default=1)
    chosen = parser.parse_args(arguments)
    interactions, catalogue = frequent(*read(chosen.products, chosen.orders), chosen.least_orders)
    at_s = order_instants(interactions)
    say(
        f"{len(interactions.product)} lines of {interactions.orders} orders, "
        f"{len(catalogue)} products"
    )
    for known in (0.6, 0.7, 0.8)[-chosen.cuts :]:
        cut_s = int(at_s[int(known * interactions.orders)])
        end = min(int((known + 0.2) * interactions.orders), interactions.orders - 1)
        data = before(interactions, int(at_s[end]) + 1)
        say(f"\nknown: the first {known:.0%} of the orders")
        run(split_at(data, cut_s), catalogue)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"\n{time.process_time():.0f} s of CPU in all, peak memory {peak:.0f} MiB")


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


def run(split: Split, catalogue: Catalogue) -> None:
    """Fit everything once on the known orders and print the table of the three tasks."""
    then = as_of(catalogue, split)
    fitted = []
    for recommender in RECOMMENDERS:
        started = time.process_time()
        fitted.append(recommender.fit(split.train, then, split.cut_s))
        say(f"  fit {recommender.strategy:<16}{time.process_time() - started:8.1f} s of CPU")
    book, cards = ListBook(then, fitted), cards_of(then)
    tasks = {
        "A": questions(split, catalogue, MOST, SEED)["also_bought"],
        "B-repeat": you_might_like(split, catalogue, MOST, SEED),
        "B-novel": you_might_like(split, catalogue, MOST, SEED, novel=True),
    }
    for task, asked in tasks.items():
        peers = {
            name: score(answer, asked) for name, answer in ranked_peers(split, then, task).items()
        }
        ours = {"shelf": score(answerer(book, cards, book.strategies), asked)}
        for lists in fitted:
            alone = score(answerer(book, cards, frozenset({lists.strategy})), asked)
            if alone.shown:
                ours[lists.strategy] = alone
        best = max(peers, key=lambda name: peers[name].per_question["ndcg@10"].mean())
        say(f"  task {task}: {len(asked)} questions; best peer: {best}")
        reference = peers[best].per_question["ndcg@10"]
        for name, scored in [*peers.items(), *ours.items()]:
            value = scored.per_question["ndcg@10"]
            low, high = interval(value - reference)
            say(
                f"    {name:<24}{value.mean():.4f}   {value.mean() / reference.mean() - 1:+7.1%}"
                f"   [{low:+.4f}, {high:+.4f}]   coverage {len(scored.shown) / len(catalogue):.2f}"
            )


def interval(difference: NDArray[np.floating]) -> tuple[float, float]:
    """The 95 % bootstrap interval of a mean of paired differences."""
    n = len(difference)
    draws = np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), 1_000) / n
    low, high = np.quantile(draws @ difference, (0.025, 0.975))
    return float(low), float(high)


def ranked_peers(split: Split, catalogue: Catalogue, task: str) -> Mapping[str, Answer]:
    """The peers as answers: ask -> the ten products they would show."""
    train, products = split.train, len(catalogue)
    place = {key: i for i, key in enumerate(catalogue.keys.tolist())}
    popular = {
        f"popularity, {name}": Bestseller(half_life_days=days).popularity(
            train, catalogue, split.cut_s
        )
        for name, days in (("all time", 36_500.0), ("7 days", 7.0), ("30 days", 30.0))
    }
    tie = popular["popularity, 7 days"] / (1 + popular["popularity, 7 days"].max()) * 1e-6
    bought = baskets(train, products)
    together = (bought.T @ bought).tocsr()
    customer_of = {int(key): i for i, key in enumerate(train.customer_keys.tolist())}
    often = habits(train, products, split.cut_s, np.inf)

    def conditional(ask: Ask) -> NDArray[np.floating]:
        given = [place[ask.product]] if ask.product else [place[p] for p in ask.owned]
        return np.asarray(
            (together[given] / together.diagonal()[given][:, None].clip(1)).sum(axis=0)
        )

    def frequency(ask: Ask) -> NDArray[np.floating]:
        return often[[customer_of[ask.customer]]].toarray().ravel()

    found: dict[str, Scoring] = {name: (lambda ask, s=value: s) for name, value in popular.items()}
    found["conditional probability"] = conditional
    if task != "A":
        found["own frequency"] = frequency

    def top(scores: Scoring) -> Answer:
        def answer(ask: Ask) -> Sequence[int]:
            value = np.asarray(scores(ask)).ravel() + tie
            hidden = ask.owned if ask.novel else ()
            value = value.copy()
            value[[place[p] for p in (*hidden, *([ask.product] if ask.product else []))]] = -1
            first = np.argpartition(-value, 10)[:10]
            return catalogue.keys[first[np.argsort(-value[first], kind="stable")]].tolist()

        return answer

    return {name: top(scores) for name, scores in found.items()}


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
