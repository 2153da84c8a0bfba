"""What do a catalogue's products look like beside each other, by what the shop says of them?

Titles, kinds, makers, tags and prices are compared here, once for all who ask: the list of similar
products (`similar.py`) and the ensembles, at any instant, since looks do not change with orders.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numba
import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from scipy import sparse

from recommenders.candidates import Candidates
from recommenders.ranked import Sheet, best
from recommenders.wording import plain
from store.records import (
    SHARED_CATEGORY,
    SHARED_PRICE_BAND,
    SHARED_TAGS,
    SHARED_TITLE,
    SHARED_TYPE,
    SHARED_VENDOR,
    Catalogue,
)


@dataclass(frozen=True)
class Weights:
    """How much each attribute says, where the shop uses it at all; they are scaled to sum to 1.

    A title tells what a thing is, type and category its kind, tags its properties; the same maker
    or price alone says little.
    """

    title: float = 0.50
    type: float = 0.15
    category: float = 0.10
    tags: float = 0.10
    vendor: float = 0.10
    price: float = 0.05

    def __post_init__(self) -> None:
        if min(self.__dict__.values()) < 0 or self.title <= 0:
            raise ValueError("weights must not be negative, and that of the title above 0")


@dataclass(frozen=True)
class Likeness:
    """likeness(a, b) = sum over the attributes the shop uses of weight * likeness of the attribute

    Candidates share words, beginnings of words or attributes and were screened by the letters of
    their titles (`candidates.py`); they are scored with rapidfuzz. Likeness of titles is the
    mean of token_sort_ratio (order of words does not count) and token_set_ratio (added words do
    not count); of vendor and type equality; of categories and tags the share in common (Jaccard);
    of prices 1 - |log2(price a / price b)|, at least 0.
    Cost: finding candidates up to half a millisecond a product, scoring about 3 microseconds a
    pair. Fails where titles are codes: then only the attributes speak.
    """

    weights: Weights = Weights()
    # As good as three times as many, once they were screened (`candidates.py`).
    candidates: int = 100
    # Of these so many are kept for others to choose from: a list is 24, after the boost of what
    # sells and without what is sold out.
    near: int = 50
    same_title: float = 0.6  # from here on people call two titles similar; below it is not claimed
    same_tags: float = 0.5  # half of all their tags in common
    same_price: float = 0.25  # "about the same price": within a quarter
    chunk_rows: int = 512

    def __post_init__(self) -> None:
        if not 1 <= self.near <= self.candidates or self.chunk_rows < 1:
            raise ValueError("1 <= near <= candidates must hold, and chunk_rows be 1 or more")
        if min(self.same_title, self.same_tags, self.same_price) < 0:
            raise ValueError("same_title, same_tags and same_price must not be negative")

    def nearest(self, catalogue: Catalogue, indices: NDArray[np.intp]) -> Sheet:
        """The `near` most alike of some products, a row each."""
        sheet = Sheet(len(indices), self.near)
        seen = _Attributes(catalogue, self.weights)
        candidates = Candidates(catalogue, seen.titles, seen.weight)
        for start in range(0, len(indices), self.chunk_rows):
            chunk = indices[start : start + self.chunk_rows]
            other = candidates.nearest(chunk, self.candidates)
            score, support, title = self._compare(seen, chunk, other)
            top = best(score, other, self.near)
            part = slice(start, start + len(chunk))
            there = np.take_along_axis(other, top, axis=1) >= 0
            for of, values in (
                (sheet.product, other),
                (sheet.score, score),
                (sheet.support, support),
                (sheet.strength, title),
            ):
                chosen = np.take_along_axis(values, top, axis=1)
                of[part, : top.shape[1]] = np.where(there, chosen, -1 if values is other else 0)
        return sheet

    def _compare(
        self, seen: _Attributes, of: NDArray[np.intp], other: NDArray[np.int32]
    ) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.float32]]:
        """Score, shared bits and title likeness of each product with its candidates.

        Arrays of the shape of `other`; the score of a place without a candidate is -inf.
        """
        row, place = np.nonzero(other >= 0)
        a, b = of[row], other[row, place]
        title = seen.title_likeness(a, b)
        vendor, kind = seen.same("vendor", a, b), seen.same("type", a, b)
        tags, category = seen.overlap("tags", a, b), seen.overlap("category", a, b)
        ratio = np.abs(np.log2(seen.price[a] / seen.price[b]))  # nan where a price is missing
        price = np.nan_to_num(np.maximum(1 - ratio, 0), nan=0.0)
        close = np.nan_to_num(ratio, nan=np.inf) <= np.log2(1 + self.same_price)

        told = {
            "title": title,
            "vendor": vendor,
            "type": kind,
            "tags": tags,
            "category": category,
            "price": price,
        }
        support = (
            SHARED_TITLE * (title >= self.same_title - 1e-6)  # which was rounded
            + SHARED_VENDOR * (vendor > 0)
            + SHARED_TYPE * (kind > 0)
            + SHARED_TAGS * (tags >= max(self.same_tags, 1e-9))
            + SHARED_CATEGORY * (category > 0)
            + SHARED_PRICE_BAND * close
        )
        scores = np.full(other.shape, -np.inf, dtype=np.float32)
        scores[row, place] = sum(seen.weight[name] * likeness for name, likeness in told.items())
        shared, titles = np.zeros(other.shape, dtype=np.int32), np.zeros(other.shape, np.float32)
        shared[row, place], titles[row, place] = support, title
        return scores, shared, titles


class Looks:
    """Every product's nearest, worked out when first asked for."""

    def __init__(self, catalogue: Catalogue, likeness: Likeness | None = None) -> None:
        self.catalogue = catalogue
        self.likeness = likeness or Likeness()

    @cached_property
    def nearest(self) -> Sheet:
        """A row for each product of the catalogue."""
        return self.likeness.nearest(self.catalogue, np.arange(len(self.catalogue)))


class _Attributes:
    """A catalogue as arrays that pairs of products can be compared on."""

    def __init__(self, catalogue: Catalogue, weights: Weights) -> None:
        self.titles = [plain(t) for t in catalogue.titles]
        number = {text: i for i, text in enumerate(dict.fromkeys(self.titles))}
        self.texts = list(number)
        self.sorted = [" ".join(sorted(text.split())) for text in self.texts]
        self.title = np.array([number[text] for text in self.titles], dtype=np.int64)
        self.code = {"vendor": _codes(catalogue.vendors), "type": _codes(catalogue.types)}
        self.sets = {"tags": _sets(catalogue.tags), "category": _sets(catalogue.categories)}
        self.price = np.where(catalogue.price_minor > 0, catalogue.price_minor, np.nan)
        used = {
            "title": True,
            "vendor": bool((self.code["vendor"] >= 0).any()),
            "type": bool((self.code["type"] >= 0).any()),
            "tags": bool(self.sets["tags"].nnz),
            "category": bool(self.sets["category"].nnz),
            "price": bool(np.isfinite(self.price).any()),
        }
        told = {f.name: getattr(weights, f.name) for f in fields(weights) if used[f.name]}
        self.weight = dict.fromkeys(used, 0.0) | {
            n: w / sum(told.values()) for n, w in told.items()
        }

    def title_likeness(self, a: NDArray[np.intp], b: NDArray[np.int32]) -> NDArray[np.float32]:
        """0 to 1 for each pair; titles that many products share are compared once."""
        of, to = self.title[a], self.title[b]
        pairs, which = np.unique(
            np.minimum(of, to) * len(self.texts) + np.maximum(of, to), return_inverse=True
        )
        left, right = ([self.texts[i] for i in side] for side in np.divmod(pairs, len(self.texts)))
        likeness = np.zeros(len(pairs), dtype=np.float32)
        if len(pairs):
            ordered = [[self.sorted[i] for i in side] for side in np.divmod(pairs, len(self.texts))]
            # token_sort_ratio, without sorting each title's words again for each pair.
            likeness += process.cpdist(*ordered, scorer=fuzz.ratio, dtype=np.float32) / 200
            likeness += (
                process.cpdist(left, right, scorer=fuzz.token_set_ratio, dtype=np.float32) / 200
            )
        return likeness[which]

    def same(self, name: str, a: NDArray[np.intp], b: NDArray[np.int32]) -> NDArray[np.float32]:
        code = self.code[name]
        return np.asarray((code[a] == code[b]) & (code[a] >= 0), dtype=np.float32)

    def overlap(self, name: str, a: NDArray[np.intp], b: NDArray[np.int32]) -> NDArray[np.float32]:
        values, size = self.sets[name], np.diff(self.sets[name].indptr)
        common = _in_both(values.indptr, values.indices, a, b)
        return np.asarray(common / np.maximum(size[a] + size[b] - common, 1), dtype=np.float32)


@numba.njit(cache=True)
def _in_both(starts, values, a, b):  # type: ignore[no-untyped-def]  # compiled
    """How many values the rows a[i] and b[i] share; each row's are in ascending order."""
    common = np.zeros(len(a), dtype=np.int64)
    for i in range(len(a)):
        left, right = starts[a[i]], starts[b[i]]
        while left < starts[a[i] + 1] and right < starts[b[i] + 1]:
            of, to = values[left], values[right]
            common[i] += of == to
            left += of <= to
            right += to <= of
    return common


def _codes(values: Sequence[str]) -> NDArray[np.int64]:
    """The same number for the same text, -1 for none."""
    keys = [plain(v) for v in values]
    number = {k: i for i, k in enumerate(dict.fromkeys(k for k in keys if k))}
    return np.array([number.get(k, -1) for k in keys], dtype=np.int64)


def _sets(values: Iterable[tuple[str, ...]]) -> sparse.csr_array:
    """Products by values, 1 where the product has it."""
    number: dict[str, int] = {}
    indices: list[int] = []
    starts = [0]
    for held in values:
        indices += sorted({number.setdefault(v, len(number)) for v in held})
        starts.append(len(indices))
    ones = np.ones(len(indices), dtype=np.float32)
    shape = (len(starts) - 1, max(len(number), 1))
    return sparse.csr_array((ones, np.array(indices, dtype=np.int64), starts), shape=shape)
