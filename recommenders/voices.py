"""Which simple opinions can be blended, about a product's company and about a customer's wishes?

A voice nominates its best products for each row (a product, or a customer) and says how strongly,
the strongest of a row being 1. `table` collects what all voices say about the same rows; which of
them to believe, and how much, is learned in `learn.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommenders.ranked import best

# Products nominated by each voice for each row. The list holds 24; a product that no voice has
# among its first fifty is not going to be one of them.
NOMINATED = 50

# Cells (rows x products) looked at together: one byte each for the flags, and the densest voice
# takes 12 more, so about 250 MiB at the very most.
CELLS = 20_000_000

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
    step = max(1, CELLS // max(choir.products, 1))
    blocks = [_block(choir, rows[i : i + step]) for i in range(0, len(rows), step)]
    width = max((b.product.shape[1] for b in blocks), default=0)
    product = [_padded(b.product, width, -1) for b in blocks]
    said = [_padded(b.said, width, 0) for b in blocks]
    return Table(np.concatenate(product), np.concatenate(said, axis=1))


def _padded(block: NDArray[Any], width: int, value: int) -> NDArray[Any]:
    missing = [(0, 0)] * (block.ndim - 1) + [(0, width - block.shape[-1])]
    return np.pad(block, missing, constant_values=value)


def _block(choir: Choir, rows: Rows) -> Table:
    n, width = choir.products, len(rows)
    # One flag per cell of these rows: a byte each, and far quicker than any search.
    closed = np.zeros(width * n, dtype=np.bool_)
    closed[_keys(choir.barred(rows).tocsr())] = True
    closed.reshape(width, n)[:, ~choir.listable] = True
    spoken = {name: _top(voice(rows).tocsr(), closed) for name, voice in choir.voices.items()}
    sold = np.flatnonzero(choir.listable)
    popular = [
        sold[best(value[sold], sold.astype(np.int32), NOMINATED)]
        for value in choir.everywhere.values()
    ]
    named = np.zeros(width * n, dtype=np.bool_)
    for products in popular:
        named.reshape(width, n)[:, products] = True
    for nominations in spoken.values():
        named[_keys(nominations)] = True
    keys = np.flatnonzero(named & ~closed)
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
    """One number per cell: row * products + product; ascending where the indices are sorted."""
    row = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    return np.asarray(row * matrix.shape[1] + matrix.indices, dtype=np.int64)


def _top(said: sparse.csr_array, closed: NDArray[np.bool_]) -> sparse.csr_array:
    """The strongest open nominations of each row, scaled so that the strongest is 1.

    What is closed is dropped first, or it would fill the places of others.
    """
    said = said.astype(np.float32)
    said.data[closed[_keys(said)]] = 0
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
