"""How good was an answer, and how sure is that? NDCG, hit rate and recall at 10, with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommenders.answers import Answer
from recommenders.questions import Question
from store.records import Measure, Placement

K = 10
NDCG = f"ndcg@{K}"


@dataclass(frozen=True)
class Scores:
    """One contender's figures, question by question, and how often it showed each product."""

    per_question: Mapping[str, NDArray[np.float64]]
    shown: Mapping[int, int]


def score(answer: Answer, asked: Sequence[Question]) -> Scores:
    """NDCG, hit rate and recall at 10 of each question.

    NDCG@10 = sum over hits of 1 / log2(rank + 1), over that of a perfect list of the same length.
    """
    discount = 1 / np.log2(np.arange(2, K + 2))
    ideal = np.cumsum(discount)
    hits = np.zeros((len(asked), K))
    right = np.array([len(q.right) for q in asked], dtype=np.int64)
    shown: Counter[int] = Counter()
    for i, question in enumerate(asked):
        products = answer(question.ask)[:K]
        shown.update(products)
        for place, product in enumerate(products):
            hits[i, place] = product in question.right
    return Scores(
        {
            f"ndcg@{K}": hits @ discount / ideal[np.minimum(right, K) - 1],
            f"hr@{K}": hits.max(axis=1, initial=0),
            f"recall@{K}": hits.sum(axis=1) / right,
        },
        shown,
    )


def resamples(questions: int, times: int, seed: int) -> NDArray[np.float32]:
    """How often each question is drawn in each resample, as shares: one row per resample.

    The same draws serve every contender, which is what makes differences paired.
    """
    random = np.random.default_rng(seed)
    even = np.full(questions, 1 / questions)
    return (random.multinomial(questions, even, times) / questions).astype(np.float32)


def measured(
    placement: Placement,
    name: str,
    metric: str,
    values: NDArray[np.float64],
    weights: NDArray[np.float32],
) -> Measure:
    low, high = np.quantile(weights @ values, (0.025, 0.975))
    return Measure(
        placement, name, metric, float(values.mean()), float(low), float(high), len(values)
    )
