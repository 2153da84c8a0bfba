"""How finely do trees hear what they are told? Each voice and circumstance in a few dozen steps.

scikit-learn would do the same inside, but where examples are weighted it sorts every column again
for each step, which took a quarter of a whole training. These are its very steps (for up to
200,000 examples; of more it looks at some only).
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Bins:
    """The values at which each column's steps end, one column after another."""

    ends: NDArray[np.float64]
    starts: NDArray[np.int64]  # where each column's ends begin, and where the last one's end

    @classmethod
    def of(cls, told: NDArray[np.float32], weight: NDArray[np.float64], most: int) -> Bins:
        """At most `most` steps of as equal weight as the values allow; each value one, if few."""
        columns = [_ends(told[:, column], weight, most) for column in range(told.shape[1])]
        starts = np.cumsum([0, *(len(ends) for ends in columns)])
        return cls(np.concatenate([*columns, np.empty(0)]), starts.astype(np.int64))

    def coded(self, told: NDArray[np.float32]) -> NDArray[np.float32]:
        """The number of the step that each value is in."""
        code = np.empty(told.shape, dtype=np.float32)
        _number(np.ascontiguousarray(told), self.ends, self.starts, code)
        return code


def _ends(
    values: NDArray[np.float32], weight: NDArray[np.float64], most: int
) -> NDArray[np.float64]:
    by_value = np.argsort(values, kind="stable")
    ordered = values[by_value].astype(np.float64)
    distinct = ordered[np.diff(ordered, prepend=-np.inf) > 0]
    if len(distinct) <= most:
        return np.asarray((distinct[1:] + distinct[:-1]) / 2)
    below = np.cumsum(weight[by_value])
    wanted = np.linspace(0, 1, most + 1)[1:-1] * below[-1]
    last = len(ordered) - 1
    # Where a step ends exactly at a value, half way to the next.
    low = ordered[np.minimum(np.searchsorted(below, wanted, side="left"), last)]
    high = ordered[np.minimum(np.searchsorted(below, wanted, side="right"), last)]
    return np.unique((low + high) / 2)


@numba.njit(cache=True)
def _number(told, ends, starts, code):  # type: ignore[no-untyped-def]  # compiled
    for row in range(told.shape[0]):
        for column in range(told.shape[1]):
            low, high = starts[column], starts[column + 1]
            value = told[row, column]
            while low < high:
                middle = (low + high) // 2
                if ends[middle] < value:
                    low = middle + 1
                else:
                    high = middle
            code[row, column] = low - starts[column]
