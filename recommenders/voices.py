"""Which simple opinions can be blended, about a product's company and about a customer's wishes?

A voice nominates its best products for each row (a product, or a customer) and says how strongly,
the strongest of a row being 1. `table` collects what all voices say about the same rows; which of
them to believe, and how much, is learned in `learn.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommenders.ranked import best

# Products nominated by each voice for each row. The list holds 24; a product that no voice has
# among its first fifty is not going to be one of them.
NOMINATED = 50

Rows = NDArray[np.intp]
# Rows in, their nominations out: a sparse matrix of rows by products.
Voice = Callable[[Rows], sparse.csr_array]


@dataclass(frozen=True)
class Choir:
    """The voices about one kind of row, and what holds for all products alike.

    `everywhere` voices are one number per product (its popularity): they speak about every
    candidate. `barred` tells which products must not be listed for a row: sparse, like a voice.
    """

    products: int
    voices: Mapping[str, Voice]
    everywhere: Mapping[str, NDArray[np.float32]]
    barred: Voice
    listable: NDArray[np.bool_]

    @property
    def names(self) -> list[str]:
        return [*self.voices, *self.everywhere]


@dataclass(frozen=True)
class Table:
    """What every voice says of every candidate of some rows, padded to the longest row."""

    product: NDArray[np.int32]  # rows x width, -1 where padded
    said: NDArray[np.float32]  # voices x rows x width, 0 where silent


def table(choir: Choir, rows: Rows) -> Table:
    """The union of all nominations for each row, in the order of the catalogue."""
    n, width = choir.products, len(rows)
    barred = choir.barred(rows).tocsr()
    spoken = {
        name: _top(_allowed(voice(rows).tocsr(), barred), choir.listable)
        for name, voice in choir.voices.items()
    }
    popular = [
        np.flatnonzero(choir.listable)[
            best(value[choir.listable], np.flatnonzero(choir.listable).astype(np.int32), NOMINATED)
        ]
        for value in choir.everywhere.values()
    ]
    common = np.unique(np.concatenate([*popular, np.empty(0, dtype=np.intp)]))
    everyone = (np.arange(width)[:, None] * n + common[None, :]).ravel()
    keys = np.unique(np.concatenate([everyone, *(_keys(m) for m in spoken.values())]))
    keys = keys[~np.isin(keys, _keys(barred))]
    row, product = np.divmod(keys, n)
    starts = np.searchsorted(row, np.arange(width + 1))
    place = np.arange(len(keys)) - starts[row]

    longest = int(np.diff(starts).max(initial=0))
    listed = np.full((width, longest), -1, dtype=np.int32)
    listed[row, place] = product
    said = np.zeros((len(choir.names), width, longest), dtype=np.float32)
    for i, nominations in enumerate(spoken.values()):
        own = _keys(nominations)
        at = np.minimum(np.searchsorted(own, keys), max(len(own) - 1, 0))
        heard = own[at] == keys if len(own) else np.zeros(len(keys), dtype=np.bool_)
        said[i, row[heard], place[heard]] = nominations.data[at[heard]]
    for i, value in enumerate(choir.everywhere.values(), start=len(spoken)):
        said[i, row, place] = value[product] / max(float(value.max(initial=0)), 1e-12)
    return Table(listed, said)


def _keys(matrix: sparse.csr_array) -> NDArray[np.int64]:
    """One number per cell, ascending: row * products + product."""
    row = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    return np.asarray(row * matrix.shape[1] + matrix.indices, dtype=np.int64)


def _allowed(said: sparse.csr_array, barred: sparse.csr_array) -> sparse.csr_array:
    """Nominations of what is barred are dropped first, or they would fill the places."""
    if not barred.nnz or not said.nnz:
        return said
    said.sort_indices()
    own = _keys(said)
    at = np.searchsorted(own, _keys(barred))
    hit = at[(at < len(own))]
    hit = hit[own[hit] == _keys(barred)[at < len(own)]]
    said = said.copy()
    said.data[hit] = 0
    return said


def _top(said: sparse.csr_array, listable: NDArray[np.bool_]) -> sparse.csr_array:
    """The strongest nominations of each row, scaled so that the strongest is 1."""
    said = (said @ sparse.diags_array(listable.astype(np.float32))).tocsr()
    said.eliminate_zeros()
    indices, data = [said.indices[:0]], [said.data[:0]]
    for i in range(said.shape[0]):
        part = slice(said.indptr[i], said.indptr[i + 1])
        columns, values = said.indices[part], said.data[part]
        if len(columns):
            top = best(values.astype(np.float32), columns.astype(np.int32), NOMINATED)
            top = top[np.argsort(columns[top])]
            indices.append(columns[top])
            data.append(values[top] / max(float(values[top].max()), 1e-12))
    counts = np.minimum(np.diff(said.indptr), NOMINATED)
    starts = np.concatenate([[0], np.cumsum(counts)])
    return sparse.csr_array(
        (np.concatenate(data).astype(np.float32), np.concatenate(indices), starts),
        shape=said.shape,
    )
