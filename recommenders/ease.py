"""Who buys this, also buys what? Item weights from customers' whole histories, in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

# The inverse costs the cube of the products: 4,000 take about 5 s of CPU and 200 MiB, 40,000
# would take hours. Beyond, the products with the most customers are kept.
MOST_PRODUCTS = 4_000


def ease(habit: sparse.csr_array, ridge: float) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Weights B (kept x kept, zero diagonal) with habit[:, kept] @ B the prediction, and `kept`.

    B = I - P / diag(P),  P = (X'X + ridge I) ** -1,  X the decayed habits, at most 1 each.
    Source: Steck, WWW 2019. `ridge` is what a product must be bought for its weights to be heard.
    """
    buyers = np.bincount(habit.indices, minlength=habit.shape[1])
    most = np.lexsort((np.arange(len(buyers)), -buyers))[:MOST_PRODUCTS]
    kept = np.sort(most[buyers[most] > 0])
    taste = habit[:, kept].tocsr()
    gram = (taste.T @ taste).toarray().astype(np.float32)
    gram[np.diag_indices(len(kept))] += ridge
    # Symmetric and, with the ridge, far from singular: Cholesky in single precision is four
    # times cheaper than a general inverse and differs from it by less than one in ten thousand.
    inverse = linalg.cho_solve(
        (linalg.cholesky(gram, lower=True, overwrite_a=True, check_finite=False), True),
        np.eye(len(kept), dtype=np.float32),
        overwrite_b=True,
        check_finite=False,
    )
    weights = inverse / -np.diag(inverse)
    weights[np.diag_indices(len(kept))] = 0
    return np.asarray(weights, dtype=np.float32), kept
