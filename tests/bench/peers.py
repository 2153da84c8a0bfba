"""The peers that a shelf must beat, each in its textbook form, asked as our shelves are asked.

Also-bought (task A) is read from baskets, the two tasks about customers from their histories. Peers
are fitted on the same known orders, rank the whole catalogue and break ties by recent popularity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import BM25Recommender
from numpy.typing import NDArray
from scipy import sparse

from recommenders.answers import Answer
from recommenders.choose import Ask
from recommenders.ease import ease
from recommenders.known import Known
from recommenders.personal import Personal

Scoring = Callable[[Ask], NDArray[np.floating]]  # a score for every product
SEED = 20_240_501
POPULAR = {"all time": 36_500.0, "30 days": 30.0, "14 days": 14.0, "7 days": 7.0}


def ranked_peers(known: Known, task: str) -> Mapping[str, Answer]:
    """The peers of a task as answers: ask -> the ten products they would show."""
    keys = known.catalogue.keys
    place = {key: i for i, key in enumerate(keys.tolist())}
    recent = known.popularity(7.0)
    tie = recent / (1 + recent.max()) * 1e-6
    scorings: dict[str, Scoring] = {
        f"popularity, {name}": _always(known.popularity(days)) for name, days in POPULAR.items()
    }
    scorings |= _of_baskets(known, place) if task == "A" else _of_customers(known, place)

    def top(scoring: Scoring) -> Answer:
        def answer(ask: Ask) -> Sequence[int]:
            value = np.asarray(scoring(ask), dtype=np.float64).ravel() + tie
            hidden = [*(ask.owned if ask.novel else ()), *([ask.product] if ask.product else [])]
            value[[place[p] for p in hidden]] = -np.inf
            value[~known.catalogue.recommendable] = -np.inf
            first = np.argpartition(-value, 10)[:10]
            best = first[np.lexsort((first, -value[first]))]
            return [int(k) for k, v in zip(keys[best], value[best], strict=True) if v > -np.inf]

        return answer

    return {name: top(scoring) for name, scoring in scorings.items()}


def _always(value: NDArray[np.floating]) -> Scoring:
    return lambda ask: value


def _of_baskets(known: Known, place: Mapping[int, int]) -> dict[str, Scoring]:
    baskets = known.baskets
    together = (baskets.T @ baskets).tocsr()
    held = np.maximum(together.diagonal(), 1)
    weights, kept = ease(baskets, 100.0)
    rows = np.full(known.products, -1)
    rows[kept] = np.arange(len(kept))

    def product(ask: Ask) -> int:
        return place[ask.product or 0]

    def conditional(ask: Ask) -> NDArray[np.floating]:
        return together[[product(ask)]].toarray().ravel() / held[product(ask)]

    def by_ease(ask: Ask) -> NDArray[np.floating]:
        score = np.zeros(known.products)
        if rows[product(ask)] >= 0:
            score[kept] = weights[rows[product(ask)]]
        return score

    def like(matrix: sparse.csr_matrix) -> Scoring:
        return lambda ask: matrix[product(ask)].toarray().ravel()

    factors = AlternatingLeastSquares(64, random_state=SEED, num_threads=1, iterations=15)
    factors.fit(sparse.csr_matrix(baskets), show_progress=False)
    named = factors.item_factors / np.maximum(
        np.linalg.norm(factors.item_factors, axis=1, keepdims=True), 1e-9
    )
    return {
        "conditional probability": conditional,
        "RP3beta .3": like(_walk(baskets, 0.3)),
        "RP3beta .6": like(_walk(baskets, 0.6)),
        "EASE": by_ease,
        "BM25": like(_bm25(baskets)),
        "ALS": lambda ask: named @ named[product(ask)],
    }


def _of_customers(known: Known, place: Mapping[int, int]) -> dict[str, Scoring]:
    often = known.habits().astype(np.float32)
    seen = often.copy()
    seen.data = np.ones_like(seen.data)
    customer = {int(key): i for i, key in enumerate(known.interactions.customer_keys.tolist())}
    weights, kept = ease(seen, 200.0)
    factors = AlternatingLeastSquares(
        64, alpha=10.0, random_state=SEED, num_threads=1, iterations=15
    )
    factors.fit(sparse.csr_matrix(often), show_progress=False)
    liked = Personal(min_products=1, active_days=36_500, width=min(200, known.products))
    svd = liked.sheet(known).matrix(known.products)
    bm25, near, far = _bm25(often), _walk(seen, 0.3), _walk(seen, 0.6)

    def who(ask: Ask) -> int:
        return customer[ask.customer or 0]

    def by_ease(ask: Ask) -> NDArray[np.floating]:
        score = np.zeros(known.products)
        score[kept] = seen[[who(ask)]][:, kept] @ weights
        return score

    def walk(matrix: sparse.csr_matrix) -> Scoring:
        return lambda ask: np.asarray((often[[who(ask)]] @ matrix).todense()).ravel()

    return {
        "own frequency": lambda ask: often[[who(ask)]].toarray().ravel(),
        "RP3beta .3": walk(near),
        "RP3beta .6": walk(far),
        "EASE": by_ease,
        "BM25": walk(bm25),
        "ALS": lambda ask: factors.item_factors @ factors.user_factors[who(ask)],
        "Surprise SVD": lambda ask: svd[[who(ask)]].toarray().ravel(),
    }


def _walk(matrix: sparse.csr_array, damping: float) -> sparse.csr_matrix:
    """RP3beta: product to basket (or customer) to product, popularity damped."""
    size = np.maximum(np.asarray(matrix.sum(axis=1)).ravel(), 1e-9)
    held = np.maximum(np.asarray(matrix.sum(axis=0)).ravel(), 1e-9)
    away = sparse.diags_array(1 / held) @ matrix.T
    back = sparse.diags_array(1 / size) @ matrix @ sparse.diags_array(held**-damping)
    return sparse.csr_matrix(away.tocsr() @ back.tocsr())


def _bm25(matrix: sparse.csr_array) -> sparse.csr_matrix:
    model = BM25Recommender(K=200, num_threads=1)
    model.fit(sparse.csr_matrix(matrix), show_progress=False)
    similarity = sparse.csr_matrix(model.similarity)
    similarity.setdiag(0)
    return similarity
