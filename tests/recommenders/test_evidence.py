"""What is said to stand behind a pair is what plain counting finds, however it is asked for."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from recommenders.evidence import common_orders

PRODUCTS, ORDERS = 50, 120


def some_orders(seed: int) -> sparse.csr_array:
    """Orders of nothing, of a few products and of nearly all."""
    random = np.random.default_rng(seed)
    share = random.choice([0, 0.05, 0.2, 0.9], ORDERS)
    held = random.random((ORDERS, PRODUCTS)) < share[:, None]
    return sparse.csr_array(held.astype(np.float32))


def counted(
    orders: sparse.csr_array, given: sparse.csr_array, buyer: NDArray[np.int64], a: int, b: int
) -> tuple[int, bool]:
    both = (given[:, [a]].toarray() * orders[:, [b]].toarray())[:, 0] > 0
    return int(both.sum()), len(set(buyer[both].tolist())) >= 3


@pytest.mark.parametrize("other", [False, True], ids=["the same orders", "others given"])
def test_counts_are_those_of_plain_counting(other: bool) -> None:
    random = np.random.default_rng(1)
    orders = some_orders(2)
    given = some_orders(3) if other else orders
    buyer = random.choice(4, ORDERS, p=[0.6, 0.36, 0.02, 0.02])
    a, b = (one.ravel() for one in np.indices((PRODUCTS, PRODUCTS)))
    plainly = [counted(orders, given, buyer, *pair) for pair in zip(a, b, strict=True)]
    assert {many for _, many in plainly} == {False, True}
    asked = {
        "all of a product at once": np.arange(len(a)),
        "in any order, some twice": random.permutation(np.concatenate([np.arange(len(a))] * 2)),
        "two of each": np.flatnonzero(b < 2),  # most orders are large beside so few
    }
    for how, which in asked.items():
        count, many = common_orders(
            orders, buyer, a[which], b[which], given=given if other else None
        )
        told = list(zip(count.tolist(), many.tolist(), strict=True))
        assert told == [plainly[i] for i in which.tolist()], how


def test_an_order_whose_products_lie_in_no_order_is_searched_all_the_same() -> None:
    backwards = np.arange(PRODUCTS)[::-1].copy()
    orders = sparse.csr_array(
        (np.ones(PRODUCTS, np.float32), backwards, np.array([0, PRODUCTS])), shape=(1, PRODUCTS)
    )
    count, many = common_orders(orders, np.array([0]), np.array([7]), np.array([40]))
    assert (count.tolist(), many.tolist()) == ([1], [False])


def test_nothing_asked_is_nothing_said() -> None:
    nothing = np.empty(0, dtype=np.int64)
    count, many = common_orders(some_orders(1), np.zeros(ORDERS, np.int64), nothing, nothing)
    assert (len(count), len(many)) == (0, 0)
