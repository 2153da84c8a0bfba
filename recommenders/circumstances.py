"""What is so about a candidate, besides what the voices say of it?

A voice nominates and speaks on a scale of its own row; circumstances are plain facts in plain
units: how many times, how many days ago, how dear, how old. A sum has no use for them, small trees
have: "a close match, if the customer buys this kind at all" (`trees.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommenders.baskets import DAY_S, decay
from recommenders.kinds import kind, members
from recommenders.known import Known

# Rows in, and the candidates of each (never -1); a fact for each, as float32.
Rows = NDArray[np.intp]
Products = NDArray[np.int32]
Circumstance = Callable[[Rows, Products], NDArray[np.float32]]


# What nobody can tell of a product that has no orders yet.
CHANCE, ORDERS = "chance together", "orders of the product"
OF_ORDERS = frozenset({CHANCE, ORDERS})


def of_customers(known: Known) -> Mapping[str, Circumstance]:
    """About a customer and a product."""
    times = known.habits()
    of = kind(known)
    by_kind = (known.habits(365.0) @ members(of)).tocsr()
    whole = np.maximum(np.asarray(by_kind.sum(axis=1)).ravel(), 1e-9)
    price = _log_price(known)
    usual = _usual_price(times, price)

    def share_of_kind(rows: Rows, products: Products) -> NDArray[np.float32]:
        held = _cells(by_kind, rows, of[products])
        return np.asarray(held / whole[rows][:, None], dtype=np.float32)

    def dearer(rows: Rows, products: Products) -> NDArray[np.float32]:
        return _known(price[products] - usual[rows][:, None])

    return {
        **_of_habits(known),
        **_of_buyers(known),
        "share of the kind": share_of_kind,
        "dearer than usual": dearer,
        **_of_kinds(known),
        **_of_products(known),
    }


def _of_habits(known: Known) -> Mapping[str, Circumstance]:
    """About the customer's own orders with a product."""
    times, first, last = known.habits(), first_bought(known), _last(known)
    orders = np.maximum(np.bincount(_orders_of(known), minlength=times.shape[0]), 1)

    def days_since(rows: Rows, products: Products) -> NDArray[np.float32]:
        at_s = _cells(last, rows, products)
        return np.where(at_s > 0, (known.now_s - at_s) / DAY_S, -1).astype(np.float32)

    def share(rows: Rows, products: Products) -> NDArray[np.float32]:
        return np.asarray(_cells(times, rows, products) / orders[rows][:, None], dtype=np.float32)

    def overdue(rows: Rows, products: Products) -> NDArray[np.float32]:
        """Days since the last time, in the customer's own usual gaps; -1 where there is none."""
        again = _cells(times, rows, products) - 1
        last_s, first_s = _cells(last, rows, products), _cells(first, rows, products)
        gap_s = (last_s - first_s) / np.maximum(again, 1)
        late = (known.now_s - last_s) / np.maximum(gap_s, DAY_S)
        return np.where((again > 0) & (gap_s > 0), late, -1).astype(np.float32)

    return {
        "times bought": _of_cell(times),
        "times lately": _of_cell(known.habits(30.0)),
        "times this year": _of_cell(known.habits(120.0)),
        "share of orders": share,
        "days since bought": days_since,
        "overdue": overdue,
    }


def _of_kinds(known: Known) -> Mapping[str, Circumstance]:
    """About the customer's own orders with the candidate's kind: who tries much will try more."""
    times, of = known.habits(), kind(known)
    group = members(of)
    bought, lately = (times @ group).tocsr(), (known.habits(30.0) @ group).tocsr()
    tried = ((times > 0).astype(np.float32) @ group).tocsr()
    last_s = _newest_of_kind(_last(known), of, group.shape[1])

    def changing(rows: Rows, products: Products) -> NDArray[np.float32]:
        different, all_ = (_cells(cells, rows, of[products]) for cells in (tried, bought))
        return np.asarray((different + 0.5) / (all_ + 1), dtype=np.float32)

    def days_since(rows: Rows, products: Products) -> NDArray[np.float32]:
        at_s = _cells(last_s, rows, of[products])
        return np.where(at_s > 0, (known.now_s - at_s) / DAY_S, -1).astype(np.float32)

    return {
        "products of the kind": _of_cell(tried, of),
        "kind lately": _of_cell(lately, of),
        "different of the kind": changing,
        "days since the kind": days_since,
    }


def _newest_of_kind(last: sparse.csr_array, of: NDArray[np.int64], kinds: int) -> sparse.csr_array:
    """When each customer last bought each kind, from when they last bought each product."""
    customer, product = last.tocoo().coords
    pair = customer.astype(np.int64) * kinds + of[product]
    newest = np.lexsort((-last.tocoo().data, pair))
    pairs, first = np.unique(pair[newest], return_index=True)
    cells = (last.tocoo().data[newest][first], np.divmod(pairs, kinds))
    return sparse.coo_array(cells, shape=(last.shape[0], kinds)).tocsr()


def _of_buyers(known: Known) -> Mapping[str, Circumstance]:
    """About the customer alone."""
    times, customers = known.habits(), len(known.interactions.customer_keys)
    theirs = np.flatnonzero(known.buyers < customers)
    who = known.buyers[theirs]
    lately = np.bincount(who, weights=known.decayed(30.0)[theirs], minlength=customers)
    seen_s = np.zeros(customers)
    np.maximum.at(seen_s, who, known.instants[theirs])
    return {
        "orders of the customer": _of_row(np.log1p(np.bincount(who, minlength=customers))),
        "orders lately": _of_row(np.log1p(lately)),
        "products of the customer": _of_row(np.log1p(np.diff(times.indptr))),
        "days since here": _of_row((known.now_s - seen_s) / DAY_S),
    }


def of_products(known: Known, together: sparse.csr_array) -> Mapping[str, Circumstance]:
    """About a product and a candidate for its company; `together` holds P(candidate | product)."""
    sold = np.bincount(known.baskets.indices, minlength=known.products)
    of = kind(known)
    price = _log_price(known)

    def same_kind(rows: Rows, products: Products) -> NDArray[np.float32]:
        return np.asarray(of[rows][:, None] == of[products], dtype=np.float32)

    def dearer(rows: Rows, products: Products) -> NDArray[np.float32]:
        return _known(price[products] - price[rows][:, None])

    return {
        CHANCE: _of_cell(together),
        ORDERS: _of_row(np.log1p(sold)),
        "same kind": same_kind,
        "dearer": dearer,
        **_of_products(known),
    }


def _of_products(known: Known) -> Mapping[str, Circumstance]:
    """About a candidate alone."""
    sold = np.bincount(known.baskets.indices, minlength=known.products)
    week, months = known.popularity(7.0), known.popularity(56.0)
    first = np.full(known.products, known.now_s, dtype=np.int64)
    np.minimum.at(first, known.interactions.product, known.interactions.at_s)
    again = known.once("rebuy", lambda: _rebought(known))
    return {
        "orders with it": _of_candidate(np.log1p(sold)),
        "lately": _of_candidate(np.log1p(known.popularity(14.0))),
        "rising": _of_candidate(np.log((week + 0.5) / (months + 4.0))),
        "days on sale": _of_candidate((known.now_s - first) / DAY_S),
        "bought again by": _of_candidate(again),
    }


def _rebought(known: Known) -> NDArray[np.float64]:
    """The share of each product's buyers who bought it again; half an imaginary one of two."""
    times = known.habits()
    buyers = np.bincount(times.indices, minlength=known.products)
    again = np.bincount(times.indices[times.data > 1], minlength=known.products)
    return np.asarray((again + 0.5) / (buyers + 2), dtype=np.float64)


def _known(value: NDArray[np.float64]) -> NDArray[np.float32]:
    """0, about as dear, where a price is not known."""
    return np.nan_to_num(value).astype(np.float32)


def _of_row(value: NDArray[np.floating]) -> Circumstance:
    told = value.astype(np.float32)
    return lambda rows, products: np.broadcast_to(told[rows][:, None], products.shape)


def _of_candidate(value: NDArray[np.floating]) -> Circumstance:
    told = value.astype(np.float32)
    return lambda rows, products: told[products]


def _of_cell(matrix: sparse.csr_array, of: NDArray[np.int64] | None = None) -> Circumstance:
    """The cell of the row and the candidate; or of the row and the candidate's group."""
    return lambda rows, products: _cells(
        matrix, rows, products if of is None else of[products]
    ).astype(np.float32)


def _cells(
    matrix: sparse.csr_array, rows: Rows, columns: NDArray[np.integer]
) -> NDArray[np.float64]:
    """The cells of each row at its columns, 0 where there is none."""
    found = np.zeros(columns.shape)
    matrix.sort_indices()
    _look_up(matrix.indptr, matrix.indices, matrix.data, rows, columns, found)
    return found


@numba.njit(cache=True)
def _look_up(starts, indices, data, rows, columns, found):  # type: ignore[no-untyped-def]
    for i in range(len(rows)):
        low, end = starts[rows[i]], starts[rows[i] + 1]
        own = indices[low:end]
        for j in range(columns.shape[1]):
            at = np.searchsorted(own, columns[i, j])
            if at < len(own) and own[at] == columns[i, j]:
                found[i, j] = data[low + at]


def first_bought(known: Known) -> sparse.csr_array:
    """When each customer first bought each product, as float64 seconds: the cells of `habits`."""

    def make() -> sparse.csr_array:
        interactions, products = known.interactions, known.products
        lines = np.flatnonzero(interactions.customer >= 0)
        who = interactions.customer[lines].astype(np.int64)
        _, first = np.unique(who * products + interactions.product[lines], return_index=True)
        cells = known.habits().copy()
        cells.sort_indices()
        cells.data = interactions.at_s[lines][first].astype(np.float64)
        return cells

    return known.once("first", make)


def found_lately(known: Known, half_life_days: float) -> NDArray[np.float32]:
    """Decayed number of customers who bought each product for the first time."""
    first = first_bought(known)
    weight = decay(first.data, known.now_s, half_life_days)
    return np.bincount(first.indices, weight, known.products).astype(np.float32)


def _last(known: Known) -> sparse.csr_array:
    """When each customer last bought each product, as float64 seconds."""

    def make() -> sparse.csr_array:
        interactions, products = known.interactions, max(known.products, 1)
        lines = np.flatnonzero(interactions.customer >= 0)[::-1]
        who = interactions.customer[lines].astype(np.int64)
        pair, newest = np.unique(who * products + interactions.product[lines], return_index=True)
        at_s = interactions.at_s[lines][newest].astype(np.float64)
        shape = (len(interactions.customer_keys), known.products)
        return sparse.coo_array((at_s, np.divmod(pair, products)), shape=shape).tocsr()

    return known.once("last", make)


def _orders_of(known: Known) -> NDArray[np.int64]:
    """Who placed each order that is not a guest's."""
    who = known.buyers
    return who[who < len(known.interactions.customer_keys)]


def _log_price(known: Known) -> NDArray[np.float64]:
    """The logarithm of each price, nan where there is none."""
    price = known.catalogue.price_minor
    return np.log2(np.where(price > 0, price, np.nan))


def _usual_price(times: sparse.csr_array, price: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each customer usually pays: the mean of the logarithms, nan where nothing is known."""
    known = np.isfinite(price)
    paid = times @ np.where(known, price, 0.0)
    count = times @ known.astype(np.float64)
    return np.where(count > 0, paid / np.maximum(count, 1e-9), np.nan)
