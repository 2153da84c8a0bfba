"""Which simple opinions can be blended, about a product's company and about a customer's wishes?

A voice nominates its best products for each row (a product, or a customer) and says how strongly,
the strongest of a row being 1. `table` collects what all voices say about the same rows; which of
them to believe, and how much, is learned in `learn.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommenders.circumstances import Circumstance
from recommenders.ranked import placed

# Products nominated by each voice for each row. The list holds 24; a product that no voice has
# among its first fifty is not going to be one of them.
NOMINATED = 50

# Cells (rows x products) looked at together: one byte each for the flags, and a dense voice takes
# 4 more, so about 100 MiB at the very most.
CELLS = 20_000_000

# A row with all it is told by 15 voices takes 45 KiB.
MOST_ROWS = 1_000

Rows = NDArray[np.intp]
# Rows in, what it says of their products out: a matrix of rows by products, sparse or dense.
Voice = Callable[[Rows], "sparse.csr_array | NDArray[np.float32]"]


@dataclass(frozen=True)
class Choir:
    """The voices about one kind of row, and what holds for all products alike.

    `everywhere` voices are one number per product (its popularity): they speak about every
    candidate. `barred` tells which products must not be listed for a row, always sparse.
    `circumstances` are told with the candidates and nominate none.
    """

    products: int
    voices: Mapping[str, Voice]
    everywhere: Mapping[str, NDArray[np.float32]]
    barred: Callable[[Rows], sparse.csr_array]
    listable: NDArray[np.bool_]
    circumstances: Mapping[str, Circumstance] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        return [*self.voices, *self.everywhere]


@dataclass(frozen=True)
class Table:
    """What every voice says of every candidate of some rows, padded to the longest row; and the
    circumstances."""

    product: NDArray[np.int32]  # rows x width, -1 where padded
    said: NDArray[np.float32]  # voices x rows x width, 0 where silent
    facts: NDArray[np.float32]  # circumstances x rows x width, 0 where padded


def table(choir: Choir, rows: Rows) -> Table:
    """The union of all nominations for each row, in the order of the catalogue."""
    step = max(1, min(MOST_ROWS, CELLS // max(choir.products, 1)))
    blocks = [_block(choir, rows[i : i + step]) for i in range(0, len(rows), step)]
    width = max((b.product.shape[1] for b in blocks), default=0)
    product = [_padded(b.product, width, -1) for b in blocks]
    said = [_padded(b.said, width, 0) for b in blocks]
    facts = [_padded(b.facts, width, 0) for b in blocks]
    return Table(
        np.concatenate(product), np.concatenate(said, axis=1), np.concatenate(facts, axis=1)
    )


def _padded(block: NDArray[Any], width: int, value: int) -> NDArray[Any]:
    missing = [(0, 0)] * (block.ndim - 1) + [(0, width - block.shape[-1])]
    return np.pad(block, missing, constant_values=value)


def _block(choir: Choir, rows: Rows) -> Table:
    closed = np.zeros((len(rows), choir.products), dtype=np.bool_)
    closed[:, ~choir.listable] = True
    barred = choir.barred(rows).tocsr()
    closed[np.repeat(np.arange(len(rows)), np.diff(barred.indptr)), barred.indices] = True

    spoken = len(choir.voices)
    product = np.full((len(choir.names), len(rows), NOMINATED), -1, dtype=np.int32)
    value = np.zeros(product.shape, dtype=np.float32)
    for i, voice in enumerate(choir.voices.values()):
        said = voice(rows)
        if isinstance(said, np.ndarray):
            _nominate_dense(said.astype(np.float32), closed, product[i], value[i])
        else:
            said = said.tocsr()
            starts, columns = said.indptr.astype(np.int64), said.indices.astype(np.int32)
            data = said.data.astype(np.float32)
            _nominate(starts, columns, data, closed, product[i], value[i])
    everywhere = np.zeros((len(choir.everywhere), choir.products), dtype=np.float32)
    for i, popularity in enumerate(choir.everywhere.values()):
        everywhere[i] = popularity / max(float(popularity.max(initial=0)), 1e-12)
        # The same for every row: nominated from what may be listed at all.
        open_to_all = np.where(choir.listable, everywhere[i], 0)[None, :]
        nobody = np.zeros(open_to_all.shape, dtype=np.bool_)
        _nominate_dense(open_to_all, nobody, product[spoken + i, :1], value[spoken + i, :1])
        product[spoken + i] = product[spoken + i, :1]
    longest = len(choir.names) * NOMINATED
    listed = np.full((len(rows), longest), -1, dtype=np.int32)
    said_of = np.zeros((len(choir.names), len(rows), longest), dtype=np.float32)
    width = _gather(product, value, spoken, everywhere, closed, listed, said_of)
    listed = listed[:, :width].copy()
    there = np.maximum(listed, 0)
    facts = np.zeros((len(choir.circumstances), *listed.shape), dtype=np.float32)
    for i, circumstance in enumerate(choir.circumstances.values()):
        facts[i] = np.where(listed >= 0, circumstance(rows, there), 0)
    return Table(listed, said_of[:, :, :width].copy(), facts)


@numba.njit(cache=True)
def _nominate(starts, columns, data, closed, product, value):  # type: ignore[no-untyped-def]
    """The strongest open words of each row, scaled so that the strongest is 1.

    What is closed is dropped first, or it would fill the places of others.
    """
    for row in range(len(starts) - 1):
        nominees, words, found, least = product[row], value[row], 0, np.float32(0)
        for at in range(starts[row], starts[row + 1]):
            if data[at] > 0 and data[at] >= least and not closed[row, columns[at]]:
                found = placed(nominees, words, found, columns[at], data[at])
                if found == len(words):
                    least = words[found - 1]
        if found:
            words[:found] /= words[0]


@numba.njit(cache=True)
def _nominate_dense(said, closed, product, value):  # type: ignore[no-untyped-def]
    for row in range(len(said)):
        nominees, words, found, least = product[row], value[row], 0, np.float32(0)
        for column in range(said.shape[1]):
            word = said[row, column]
            if word > 0 and word >= least and not closed[row, column]:
                found = placed(nominees, words, found, column, word)
                if found == len(words):
                    least = words[found - 1]
        if found:
            words[:found] /= words[0]


@numba.njit(cache=True)
def _gather(product, value, spoken, everywhere, closed, listed, said):  # type: ignore[no-untyped-def]
    """Each row's candidates in the order of the catalogue, and every voice's word on them."""
    voices, rows, nominated = product.shape
    place = np.full(closed.shape[1], -1, dtype=np.int64)
    longest = 0
    for row in range(rows):
        count = 0
        for voice in range(voices):
            for at in range(nominated):
                candidate = product[voice, row, at]
                if candidate < 0:
                    break
                if place[candidate] < 0 and not closed[row, candidate]:
                    place[candidate] = 0
                    listed[row, count] = candidate
                    count += 1
        listed[row, :count].sort()
        for i in range(count):
            place[listed[row, i]] = i
            for voice in range(spoken, voices):
                said[voice, row, i] = everywhere[voice - spoken, listed[row, i]]
        for voice in range(spoken):
            for at in range(nominated):
                candidate = product[voice, row, at]
                if candidate < 0:
                    break
                said[voice, row, place[candidate]] = value[voice, row, at]
        for i in range(count):
            place[listed[row, i]] = -1
        longest = max(longest, count)
    return longest
