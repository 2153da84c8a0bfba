"""What does the merchant's knob for variety cost, and what does it buy?

The shelf of a product's page, learned as `flask train` learns it, is asked at each position of the
knob (`recommenders/varying.py`): how good it is still, and how many kinds it shows.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recommenders.answers import cards_of
from recommenders.choose import card_keys, choose, most_alike, rank
from recommenders.known import Known
from recommenders.questions import Split, as_of, questions
from recommenders.scoring import NDCG, score
from recommenders.varying import diversity
from store.records import Catalogue
from tests.bench.hidden import STRATEGIES, book

SEED = 20_240_501
MOST = 2_000
POSITIONS = (0, 1, 2, 3)


def price(split: Split, catalogue: Catalogue) -> str:
    """A line for each position: NDCG@10, its share of the free shelf's, and how varied it is."""
    then = as_of(catalogue, split)
    lists = book(Known(split.train, then, split.cut_s))
    rows = zip(catalogue.keys.tolist(), catalogue.categories, catalogue.types, catalogue.vendors,
               strict=True)  # fmt: skip
    kinds = {key: next(iter(c), "") or t or v for key, c, t, v in rows}
    cards = {k: card._replace(kind=kinds[k]) for k, card in cards_of(then).items()}
    asked = questions(split, then, MOST, SEED)["also_bought"]
    lines = [f"{'variety':<28}{NDCG:>10}{'of free':>10}{'two places differ':>20}{'kinds':>8}"]
    free = 0.0
    for position in POSITIONS:
        most = most_alike(10, position)
        shown: list[list[str]] = []

        def answer(ask, most=most, shown=shown):  # type: ignore[no-untyped-def]
            asking = replace(ask, most_alike=most)
            candidates = rank(asking, STRATEGIES, lists)
            read = {key: cards[key] for key in card_keys(asking, candidates)}
            found = [r.product for r in choose(asking, candidates, read)]
            shown.append([kinds[product] for product in found])
            return found

        value = float(score(answer, asked).per_question[NDCG].mean())
        free = free or value
        differ = np.mean([diversity(shelf) for shelf in shown])
        many = np.mean([len(set(shelf)) for shelf in shown])
        name = "free" if most is None else f"at most {most} of a kind in 10"
        lines.append(f"{name:<28}{value:>10.4f}{value / free:>10.1%}{differ:>20.2f}{many:>8.1f}")
    return "\n".join(lines)
