"""Which products are near-duplicates, of which a shelf should show one?

The same words in another order, a typing error, the same shirt in another letter size. Not colours
and patterns: shoppers collect those, and the pairs bought together most are often just them.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import DamerauLevenshtein

from recommenders.wording import plain
from store.records import Catalogue

# Where more than this share of the products has a title that others have too, titles are kinds
# ("CHEESE"), not names, and every product is its own group.
SHARED_TITLES = 0.2
# One wrong, missing, added or swapped letter is a typing error only in a word this long: "rose"
# and "rope" are two words.
TYPO_LETTERS = 6
# More titles that differ in one place only are a series ("candle rose", "candle lily", ...).
SERIES = 200
_SIZES = frozenset("xxs xs s m l xl xxl xxxl 2xl 3xl 4xl 5xl".split())


def groups(catalogue: Catalogue) -> NDArray[np.int32]:
    """For each product the lowest index of its group; its own index where it stands alone.

    Cost: each title is filed once under each choice of one missing word, and compared with the
    others of that file only, so about linear in the catalogue.
    """
    leader = np.arange(len(catalogue), dtype=np.int32)
    words = [tuple(sorted(plain(title).split())) for title in catalogue.titles]
    times = Counter(words)
    shared = sum(n for title, n in times.items() if n > 1 and title)
    if shared > SHARED_TITLES * len(words):
        return leader

    first: dict[tuple[str, ...], int] = {}
    for i, title in enumerate(words):
        if title:
            leader[i] = first.setdefault(title, i)
    files: dict[tuple[str, ...], dict[str, int]] = {}
    for title, i in first.items():
        for n, word in enumerate(title):
            rest = title[:n] + title[n + 1 :]
            file = files.setdefault(rest, {})
            if rest and len(file) < SERIES:  # a title of one word is only its own
                for other, j in file.items():
                    if _same_word(word, other):
                        _join(leader, i, j)
                file[word] = i
    return np.array([_find(leader, i) for i in range(len(leader))], dtype=np.int32)


def _same_word(a: str, b: str) -> bool:
    """A typing error apart, or two letter sizes."""
    if a in _SIZES and b in _SIZES:
        return True
    if min(len(a), len(b)) < TYPO_LETTERS or not (a.isalpha() and b.isalpha()):
        return False
    return DamerauLevenshtein.distance(a, b, score_cutoff=1) <= 1


def _find(leader: NDArray[np.int32], i: int) -> int:
    while leader[i] != i:
        i = int(leader[i])
    return i


def _join(leader: NDArray[np.int32], i: int, j: int) -> None:
    a, b = _find(leader, i), _find(leader, j)
    leader[max(a, b)] = min(a, b)
