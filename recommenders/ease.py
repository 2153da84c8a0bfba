"""Who buys this, also buys what? Item weights from customers' whole histories, in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack

# The inverse costs the cube of the products: 4,000 take about 2 s of CPU and 200 MiB, 40,000
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
    if not len(kept):
        return np.zeros((0, 0), dtype=np.float32), kept
    gram = np.asfortranarray((taste.T @ taste).toarray(), dtype=np.float32)
    gram[np.diag_indices(len(kept))] += ridge
    # Symmetric and, with the ridge, far from singular: Cholesky in single precision and the inverse
    # from its factor, take a quarter of a general inverse and differ by less than one in ten
    # thousand.
    factor, failed = lapack.spotrf(gram, lower=1, overwrite_a=1, clean=0)
    inverse, wrong = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed or wrong:
        raise ArithmeticError(f"no inverse of {len(kept)} products' tastes with ridge {ridge}")
    inverse = np.tril(inverse)
    inverse += np.tril(inverse, -1).T
    weights = inverse / -np.diag(inverse)
    weights[np.diag_indices(len(kept))] = 0
    return np.asarray(weights, dtype=np.float32), kept
