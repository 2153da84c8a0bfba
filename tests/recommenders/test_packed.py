"""Orders packed for the loops: nothing is lost of them, and empty ones are passed over."""

import numpy as np
import pytest
from scipy import sparse

from recommenders.company import Score, company
from recommenders.packed import NOWHERE, by_product, packed, summed


def some_orders(seed: int, indices: type = np.int64) -> sparse.csr_array:
    """40 orders of 0 to 6 of 12 products, 1 where an order holds one."""
    random = np.random.default_rng(seed)
    held = random.random((40, 12)) < random.choice([0, 0.1, 0.4], 40)[:, None]
    orders = sparse.csr_array(held.astype(np.float32))
    orders.indices, orders.indptr = orders.indices.astype(indices), orders.indptr.astype(indices)
    return orders


@pytest.mark.parametrize("indices", [np.int32, np.int64], ids=["int32", "int64"])
def test_a_packed_order_tells_its_weights_its_size_and_its_products(indices: type) -> None:
    orders = some_orders(1, indices)
    weights = np.random.default_rng(2).random((3, 40))
    lying = packed(orders, weights)
    ends = 0
    for order, place in enumerate(lying.place.tolist()):
        products = orders.indices[orders.indptr[order] : orders.indptr[order + 1]].tolist()
        if not products:
            assert place == NOWHERE
            continue
        assert place == ends
        assert lying.words[place : place + 3].tolist() == weights[:, order].tolist()
        size = 2 * (place + 3)
        assert lying.halves[size] == len(products)
        assert lying.halves[size + 1 : size + 1 + len(products)].tolist() == products
        ends = place + 3 + len(products) // 2 + 1
    assert ends == len(lying.words)


def test_however_faint_a_weight_it_says_that_a_pair_was_met() -> None:
    assert (packed(some_orders(1), np.zeros((1, 40))).words != 0).any()
    score = Score(0, np.ones(12), np.ones(12))
    (sheet,) = company(some_orders(1), packed(some_orders(1), np.zeros((1, 40))), [score], 3)
    assert (sheet.product == -1).all()  # met, and worth nothing


def test_a_products_orders_are_told_by_their_marks_in_order_of_time() -> None:
    orders = some_orders(3)
    mark = np.where(np.arange(40) % 3 == 0, NOWHERE, np.arange(40) * 2).astype(np.int32)
    starts, marks = by_product(orders, mark)
    for product in range(12):
        holding = orders.toarray()[:, product].nonzero()[0]
        told = marks[starts[product] : starts[product + 1]].tolist()
        assert told == [2 * order for order in holding.tolist() if order % 3]


def test_weights_add_up_as_in_the_matrix_product() -> None:
    orders, weight = some_orders(4), np.random.default_rng(5).random(40)
    assert (summed(orders, weight) == orders.T @ weight).all()


def test_what_is_given_need_not_be_in_an_order_that_holds_something() -> None:
    orders, given = some_orders(6), some_orders(7)
    assert ((np.diff(orders.indptr) == 0) & (np.diff(given.indptr) > 0)).any()
    weight = np.random.default_rng(8).random(40)
    score = Score(0, np.ones(12), np.ones(12))
    (sheet,) = company(given, packed(orders, weight[None, :]), [score], 12)
    expected = (given.T.multiply(weight) @ orders).toarray()
    np.fill_diagonal(expected, 0)
    assert sheet.matrix(12).toarray() == pytest.approx(expected, rel=1e-6)
