"""Which products share the most telling words with this one?

Comparing all titles with all others ends at some ten thousand products; here each product meets
only those with which it shares a word that is not everybody's. Who of them is truly alike is
`looks.py`'s to say.
"""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from recommenders.ranked import placed
from recommenders.wording import plain
from store.records import Catalogue


class Candidates:
    """A catalogue's words, weighed by TF-IDF, and which products hold each.

    A word is one of the title, or an attribute as a whole. A word that stands in more products
    than `common` tells little and is left out: meeting all who share it costs its square.
    """

    def __init__(self, catalogue: Catalogue, titles: Sequence[str], common: int) -> None:
        self.targets = np.flatnonzero(catalogue.recommendable)
        self.words = _word_vectors(catalogue, titles, common)
        self.held = self.words[self.targets].T.tocsr()

    def nearest(self, of: NDArray[np.intp], most: int) -> NDArray[np.int32]:
        """For each of these products the `most` others whose words are nearest, -1 where fewer.

        Row by row, the nearest first, of equals the earlier product. Time: the sum over their
        words of the products that hold each; memory: a number per product and the answer.
        """
        found = np.full((len(of), most), -1, dtype=np.int32)
        value = np.zeros(found.shape, dtype=np.float32)
        asked = self.words[of].tocsr()
        _nearest(
            of.astype(np.int32),
            asked.indptr.astype(np.int64),
            asked.indices.astype(np.int32),
            asked.data,
            self.held.indptr.astype(np.int64),
            self.targets[self.held.indices].astype(np.int32),
            self.held.data,
            np.zeros(self.words.shape[0], dtype=np.float32),
            found,
            value,
        )
        return found


def _word_vectors(catalogue: Catalogue, titles: Sequence[str], common: int) -> sparse.csr_array:
    """TF-IDF of the words of each title and of its attributes, a row for each product."""
    attributes = zip(
        titles,
        catalogue.vendors,
        catalogue.types,
        catalogue.tags,
        catalogue.categories,
        strict=True,
    )
    documents = [
        [
            *title.split(),
            *(f"vendor {plain(v)}" for v in [vendor] if v),
            *(f"type {plain(t)}" for t in [kind] if t),
            *(f"tag {plain(t)}" for t in tags),
            *(f"category {c}" for c in categories),
        ]
        for title, vendor, kind, tags, categories in attributes
    ]
    nothing = sparse.csr_array((len(documents), 1), dtype=np.float32)
    if not any(documents):
        return nothing
    vectorizer = TfidfVectorizer(analyzer=list, max_df=common, dtype=np.float32)
    try:
        return sparse.csr_array(vectorizer.fit_transform(documents))
    except ValueError:  # every word is too common: titles and attributes say nothing
        return nothing


@numba.njit(cache=True)
def _nearest(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    of, starts, words, weight, held_starts, held, held_weight, total, found, value
):
    seen = np.full(len(total), -1, dtype=np.int64)
    touched = np.empty(len(total), dtype=np.int32)
    for row in range(len(of)):
        n = 0
        for at in range(starts[row], starts[row + 1]):
            word = words[at]
            for place in range(held_starts[word], held_starts[word + 1]):
                other = held[place]
                if seen[other] != row:
                    seen[other] = row
                    total[other] = 0
                    touched[n] = other
                    n += 1
                total[other] += weight[at] * held_weight[place]
        taken = 0
        for i in range(n):
            if touched[i] != of[row]:
                taken = placed(found[row], value[row], taken, touched[i], total[touched[i]])
