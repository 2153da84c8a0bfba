"""What is so about a candidate, besides what the voices say of it?

A voice nominates and speaks on a scale of its own row; circumstances are plain facts in plain
units: how many times, how many days ago, how dear, how old. A sum has no use for them, small trees
have: "a close match, if the customer buys this kind at all" (`trees.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommenders.baskets import DAY_S
from recommenders.kinds import kind, members
from recommenders.known import Known

# Rows in, and the candidates of each (never -1); a fact for each, as float32.
Circumstance = Callable[[NDArray[np.intp], NDArray[np.int32]], NDArray[np.float32]]


# What nobody can tell of a product that has no orders yet.
CHANCE, ORDERS = "chance together", "orders of the product"
OF_ORDERS = frozenset({CHANCE, ORDERS})


def of_customers(known: Known) -> Mapping[str, Circumstance]:
    """About a customer and a product."""
    times, last = known.habits(), _last(known)
    orders = _orders_of(known)
    busy = _of_row(np.log1p(np.bincount(orders, minlength=times.shape[0])))
    of = kind(known)
    by_kind = (known.habits(365.0) @ members(of)).tocsr()
    whole = np.maximum(np.asarray(by_kind.sum(axis=1)).ravel(), 1e-9)
    price = _log_price(known)
    usual = _usual_price(times, price)

    def days_since(rows: NDArray[np.intp], products: NDArray[np.int32]) -> NDArray[np.float32]:
        at_s = _cells(last, rows, products)
        days = (known.now_s - at_s.astype(np.float64)) / DAY_S
        return np.where(at_s > 0, days, -1).astype(np.float32)

    def share_of_kind(rows: NDArray[np.intp], products: NDArray[np.int32]) -> NDArray[np.float32]:
        held = _cells(by_kind, rows, of[products])
        return np.asarray(held / whole[rows][:, None], dtype=np.float32)

    def dearer(rows: NDArray[np.intp], products: NDArray[np.int32]) -> NDArray[np.float32]:
        return _known(price[products] - usual[rows][:, None])

    return {
        "times bought": lambda rows, products: _cells(times, rows, products),
        "days since bought": days_since,
        "orders of the customer": busy,
        "share of the kind": share_of_kind,
        "dearer than usual": dearer,
        **_of_products(known),
    }


def of_products(known: Known, together: sparse.csr_array) -> Mapping[str, Circumstance]:
    """About a product and a candidate for its company; `together` holds P(candidate | product)."""
    sold = np.bincount(known.baskets.indices, minlength=known.products)
    of = kind(known)
    price = _log_price(known)

    def same_kind(rows: NDArray[np.intp], products: NDArray[np.int32]) -> NDArray[np.float32]:
        return np.asarray(of[rows][:, None] == of[products], dtype=np.float32)

    def dearer(rows: NDArray[np.intp], products: NDArray[np.int32]) -> NDArray[np.float32]:
        return _known(price[products] - price[rows][:, None])

    return {
        CHANCE: lambda rows, products: _cells(together, rows, products),
        ORDERS: _of_row(np.log1p(sold)),
        "same kind": same_kind,
        "dearer": dearer,
        **_of_products(known),
    }


def _of_products(known: Known) -> Mapping[str, Circumstance]:
    """About a candidate alone."""
    sold = np.bincount(known.baskets.indices, minlength=known.products)
    first = np.full(known.products, known.now_s, dtype=np.int64)
    np.minimum.at(first, known.interactions.product, known.interactions.at_s)
    again = known.once("rebuy", lambda: _rebought(known))
    return {
        "orders with it": _of_candidate(np.log1p(sold)),
        "lately": _of_candidate(np.log1p(known.popularity(14.0))),
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


def _cells(
    matrix: sparse.csr_array, rows: NDArray[np.intp], columns: NDArray[np.integer]
) -> NDArray[np.float32]:
    """The cells of each row at its columns, 0 where there is none."""
    of = np.repeat(rows, columns.shape[1])
    found = np.asarray(matrix[of, columns.ravel()]).reshape(columns.shape)
    return found.astype(np.float32)


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
