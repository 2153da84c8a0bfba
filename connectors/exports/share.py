"""How is an amount shared out over lines so that the parts add up to it exactly?"""

from __future__ import annotations

from collections.abc import Sequence


def share_out(amount: int, weights: Sequence[int]) -> list[int]:
    """In proportion to the weights, rounded down, the missing units to the largest remainders.

    `share_out(100, [1, 1, 1]) == [34, 33, 33]`. Without any weight above zero the first takes all.
    """
    weights = [max(0, weight) for weight in weights]
    whole = sum(weights)
    if not weights:
        return []
    if not whole:
        return [amount] + [0] * (len(weights) - 1)
    parts = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(parts)), key=lambda at: -(amount * weights[at] % whole))
    for at in by_remainder[: amount - sum(parts)]:
        parts[at] += 1
    return parts
