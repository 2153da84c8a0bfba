"""Which products could be among the most alike, before anybody compares them closely?

Comparing all titles letter by letter ends at some ten thousand products. Here each product meets
those that share a word with it, the beginning of one, or an attribute, by the most telling first;
the best of these are screened by the letters of their titles in order. Who of the rest is truly
alike is `looks.py`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from recommenders.ranked import placed
from recommenders.wording import plain
from store.records import Catalogue

# How many times each product meets another at most, whatever its words: in a shop of thousands all
# who share anything. The most telling marks come first, for what they cost: rare and long ones.
MOST_MET = 30_000
# Of those met so many are screened by the letters of their titles, the likeliest first; and one
# more for each so many fewer that were met, which takes about as long.
SCREENED = 1_000
SPARED = 20
# The screen goes by the letters in order, which are half of the likeness of titles, and by what the
# two share only so much: that is an estimate of the other half.
ORDERED = 0.8
# The beginnings of a word that count apart, so that "heart" meets "hearts", with their letters.
BEGINNINGS = (1, 2, 4)
# Letters of a title that are screened: a machine word's. What a longer one ends with hardly tells.
LETTERS = 64
TITLE = 40  # letters of a usual title, to hold what an attribute adds against
# Who shares only beginnings of words must have so much of the title in common, or is no candidate.
ALIKE = 0.4
_WHOLE = 1e-6  # what a whole word adds beside its letters: it tells that there was one
_STEPS = 512  # in which likeness is told when the best are screened


@dataclass(frozen=True)
class _Marks:
    """What products share: a row for each product, the most telling mark first.

    `letters` is how much of the title a mark stands for, `gain` what an attribute adds.
    """

    starts: NDArray[np.int64]
    mark: NDArray[np.int64]
    letters: NDArray[np.float32]
    gain: NDArray[np.float32]


class Candidates:
    """A catalogue's words and attributes, and which products hold each."""

    def __init__(
        self, catalogue: Catalogue, titles: Sequence[str], weight: Mapping[str, float]
    ) -> None:
        self.title_weight = weight["title"]
        self.marks, self.held_starts, self.held = _marks(catalogue, titles, weight)
        self.length = np.array([len(t) + 1 for t in titles], dtype=np.float32)
        self.texts, self.sizes = _letters(titles)

    def nearest(self, of: NDArray[np.intp], most: int) -> NDArray[np.int32]:
        """For each of these products the `most` others likely to be nearest, -1 where fewer.

        Row by row, the likeliest first, of equals the earlier product. Time: for each
        at most `MOST_MET` additions and some thousand titles; memory: some numbers per product.
        """
        found = np.full((len(of), most), -1, dtype=np.int32)
        _nearest(
            of.astype(np.int64),
            self.marks.starts,
            self.marks.mark,
            self.marks.letters,
            self.marks.gain,
            self.held_starts,
            self.held,
            self.length,
            self.texts,
            self.sizes,
            np.float32(self.title_weight),
            found,
            np.zeros(found.shape, dtype=np.float32),
        )
        return found


def _marks(
    catalogue: Catalogue, titles: Sequence[str], weight: Mapping[str, float]
) -> tuple[_Marks, NDArray[np.int64], NDArray[np.int32]]:
    """The marks of each product, and the products that hold each mark and may be listed."""
    number: dict[str, int] = {}
    marks: list[int] = []
    letters: list[float] = []
    gains: list[float] = []
    starts = [0]
    for words, attributes in zip(map(_words, titles), _attributes(catalogue), strict=True):
        for name, count in words:
            marks.append(number.setdefault(name, len(number)))
            letters.append(count)
            gains.append(0.0 if name.endswith("-") else _WHOLE)
        for name, values in attributes:
            for value in values:
                marks.append(number.setdefault(f"{name} {value}", len(number)))
                letters.append(0.0)
                gains.append(weight[name] / len(values))
        starts.append(len(marks))
    mark = np.array(marks, dtype=np.int64)
    letter, gain = np.array(letters, dtype=np.float32), np.array(gains, dtype=np.float32)
    row = np.repeat(np.arange(len(titles)), np.diff(starts))
    listed = catalogue.recommendable[row]
    often = np.bincount(mark[listed], minlength=len(number))
    held = row[listed][np.argsort(mark[listed], kind="stable")].astype(np.int32)
    # How many have to be met for each letter of likeness.
    price = often[mark] / (letter + gain / weight["title"] * TITLE)
    telling = np.lexsort((mark, price, row))
    return (
        _Marks(np.array(starts, dtype=np.int64), mark[telling], letter[telling], gain[telling]),
        np.concatenate([[0], np.cumsum(often)]).astype(np.int64),
        held,
    )


def _words(title: str) -> Iterator[tuple[str, int]]:
    """The words of a title and their beginnings ("he-"), each with the letters it adds."""
    for word in dict.fromkeys(title.split()):
        told = 0
        for length in BEGINNINGS:
            if len(word) > length:
                yield f"{word[:length]}-", length - told
                told = length
        yield word, len(word) + 1 - told


def _attributes(catalogue: Catalogue) -> Iterator[list[tuple[str, list[str]]]]:
    """The attributes of each product that have values, as `looks.py` compares them."""
    alike = {text: plain(text) for text in {*catalogue.vendors, *catalogue.types}}
    for vendor, kind, tags, categories in zip(
        catalogue.vendors, catalogue.types, catalogue.tags, catalogue.categories, strict=True
    ):
        told = {
            "vendor": [alike[vendor]] if alike[vendor] else [],
            "type": [alike[kind]] if alike[kind] else [],
            "tags": sorted(set(tags)),
            "category": sorted(set(categories)),
        }
        yield [(name, values) for name, values in told.items() if values]


def _letters(titles: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The first letters of each title, its words in alphabetical order, and how many they are.

    In a byte each: of alphabets with thousands of letters some are taken for each other, which a
    screen may do.
    """
    texts = np.zeros((len(titles), LETTERS), dtype=np.uint8)
    sizes = np.zeros(len(titles), dtype=np.int64)
    for row, title in enumerate(titles):
        text = " ".join(sorted(title.split()))[:LETTERS]
        texts[row, : len(text)] = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
        sizes[row] = len(text)
    return texts, sizes


@numba.njit(cache=True)
def _nearest(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    of, starts, mark, letters, gain, held_starts, held, length, texts, sizes, title_weight,
    found, value,
):  # fmt: skip
    products = len(length)
    # Side by side what is looked at together: letters in common, what attributes add, the length
    # of the title and of its screened part.
    # Between rows the first two are 0: what is not was met in this one.
    told = np.zeros((products, 4), dtype=np.float32)
    told[:, 2] = length
    told[:, 3] = sizes
    touched = np.empty(products, dtype=np.int32)
    step = np.empty(products, dtype=np.int32)
    counts = np.empty(_STEPS, dtype=np.int64)
    bits = np.zeros(256, dtype=np.uint64)
    for row in range(len(of)):
        a = of[row]
        n = 0
        met = 0
        for at in range(starts[a], starts[a + 1]):
            begins, ends = held_starts[mark[at]], held_starts[mark[at] + 1]
            met += ends - begins
            if met > MOST_MET and n > 0:
                break
            for place in range(begins, ends):
                other = held[place]
                if told[other, 0] == 0 and told[other, 1] == 0:
                    touched[n] = other
                    n += 1
                told[other, 0] += letters[at]
                told[other, 1] += gain[at]
        # The best of them, in steps of likeness: as many whole steps as are screened at most.
        counts[:] = 0
        for i in range(n):
            common, gained, size = told[touched[i], 0], told[touched[i], 1], told[touched[i], 2]
            likely = title_weight * _shared(common, length[a], size) + gained
            step[i] = min(int(likely * (_STEPS - 1)), _STEPS - 1)
            counts[step[i]] += 1
        least, kept = _STEPS, 0
        most = SCREENED + max(MOST_MET - met, 0) // SPARED
        while least > 0 and kept + counts[least - 1] <= most:
            least -= 1
            kept += counts[least]
        spare = most - kept  # of the step that does not fit as a whole the first few
        for at in range(sizes[a]):
            bits[texts[a, at]] |= np.uint64(1) << np.uint64(at)
        taken = 0
        for i in range(n):
            b = touched[i]
            if b == a or step[i] < least - 1:
                continue
            if step[i] == least - 1:
                if spare == 0:
                    continue
                spare -= 1
            size = int(told[b, 3])
            ordered = 2 * _in_order(bits, texts[b], size) / max(sizes[a] + size, 1)
            if told[b, 1] == 0 and ordered < ALIKE:
                continue
            same = _shared(told[b, 0], length[a], told[b, 2])
            title = ORDERED * ordered + (1 - ORDERED) * same
            score = np.float32(title_weight * title + told[b, 1])
            taken = placed(found[row], value[row], taken, b, score)
        for at in range(sizes[a]):
            bits[texts[a, at]] = 0
        for i in range(n):
            told[touched[i], 0] = 0
            told[touched[i], 1] = 0


@numba.njit(cache=True)
def _shared(common, a, b):  # type: ignore[no-untyped-def]
    """About how alike two titles are, by the letters of the words they share."""
    # As a share of both, and of the shorter: words that only one of them has then do not count.
    return common / (a + b) + common / (common + min(a, b))


@numba.njit(cache=True)
def _in_order(bits, text, size):  # type: ignore[no-untyped-def]
    """How many letters two titles have in the same order: their longest common subsequence.

    `bits` tells where each letter stands in the one. All places of the machine word are worked
    out at once: Hyyro, "Bit-parallel LCS-length computation revisited", 2004.
    """
    left = ~np.uint64(0)
    for at in range(size):
        there = left & bits[text[at]]
        left = (left + there) | (left - there)
    # Count the places that were taken: by twos, fours, bytes, and all bytes at once.
    taken = ~left
    taken -= (taken >> np.uint64(1)) & np.uint64(0x5555555555555555)
    fours = np.uint64(0x3333333333333333)
    taken = (taken & fours) + ((taken >> np.uint64(2)) & fours)
    taken = (taken + (taken >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((taken * np.uint64(0x0101010101010101)) >> np.uint64(56))
