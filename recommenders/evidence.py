"""How many orders hold both of two products, and do enough people stand behind it?

The same from the orders whoever asks: what a shelf says beside a pair, and the check that it says
nothing that was not so. How strongly products belong together is `company.py`'s matter.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommenders.baskets import FLOOR_BUYERS
from recommenders.packed import by_product, packed

# An order of so many times more products than are asked about is not read from end to end: each
# of them is looked up in it, in some ten steps. Wholesale orders would cost their squares.
_LARGE = 16


def common_orders(
    orders: sparse.csr_array,
    buyer: NDArray[np.int64],
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    given: sparse.csr_array | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """For each pair (a[i], b[i]): how many orders hold both, and whether 3 distinct buyers do.

    `given` holds the a, as for `company`. Ask for the pairs of one a in a row: its orders are then
    read once for all of them. Time: the sum of the sizes of these orders, the large ones' cut off.
    """
    count = np.zeros(len(a), dtype=np.int64)
    many = np.zeros(len(a), dtype=np.bool_)
    if not orders.has_sorted_indices:
        orders = orders.sorted_indices()
    people = packed(orders, (buyer + 1).astype(np.float64)[None, :])  # 0 is nobody
    starts, places = by_product(orders if given is None else given, people.place)
    _count_pairs(starts, places, people.words, people.halves, a, b, count, many)
    return count, many


@numba.njit(cache=True)
def _count_pairs(starts, places, words, halves, a, b, count, many):  # type: ignore[no-untyped-def]
    products = len(starts) - 1
    # Of each product: whether it is asked about just now, in how many of a's orders it was, how
    # many people bought it in them (no more than matter), and the first two of these.
    asked = np.zeros(products, dtype=np.bool_)
    met = np.zeros(products, dtype=np.int64)
    people = np.zeros(products, dtype=np.int8)
    first, second = np.zeros(products), np.zeros(products)
    wanted = np.empty(products, dtype=np.int64)
    begin = 0
    while begin < len(a):
        end, n = begin, 0
        while end < len(a) and a[end] == a[begin]:
            if not asked[b[end]]:
                asked[b[end]] = True
                wanted[n] = b[end]
                n += 1
            end += 1
        for at in range(starts[a[begin]], starts[a[begin] + 1]):
            order = np.int64(places[at])
            who, size = words[order], 2 * (order + 1)
            held = halves[size + 1 : size + 1 + halves[size]]
            if len(held) > _LARGE * n:
                for i in range(n):
                    found = np.searchsorted(held, wanted[i])
                    if found < len(held) and held[found] == wanted[i]:
                        _meet(wanted[i], who, met, people, first, second)
            else:
                for product in held:
                    if asked[product]:
                        _meet(product, who, met, people, first, second)
        for pair in range(begin, end):
            count[pair] = met[b[pair]]
            many[pair] = people[b[pair]] >= FLOOR_BUYERS
        for i in range(n):
            asked[wanted[i]] = False
            met[wanted[i]] = people[wanted[i]] = 0
        begin = end


@numba.njit(cache=True)
def _meet(product, who, met, people, first, second):  # type: ignore[no-untyped-def]
    met[product] += 1
    if people[product] == 0:
        people[product], first[product] = 1, who
    elif people[product] == 1 and who != first[product]:
        people[product], second[product] = 2, who
    elif people[product] == 2 and who != first[product] and who != second[product]:
        people[product] = FLOOR_BUYERS
