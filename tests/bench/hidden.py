"""How good are the lists of products that nobody has bought yet?

Nobody can know that of a product that is new today. So a tenth of the products is hidden: their
orders before the cut are taken out, as if they had been added to the shop that day. Whoever looked
at one of them later bought other things in the same order; those are right. Beside the shelf of
the product's page answer the two textbook ways for a product without orders: the products whose
words are most like its own (TF-IDF, cosine), and `bridged`, what is bought with the most similar
ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from recommenders.answers import Answer, ListBook, answerer, cards_of
from recommenders.bestseller import Bestseller
from recommenders.blend import Blend
from recommenders.bought_together import BoughtTogether
from recommenders.choose import Ask
from recommenders.known import Known
from recommenders.questions import Question, Split, also_bought
from recommenders.similar import Similar
from recommenders.study import study
from store.records import Catalogue
from tests.bench.slices import lines

SEED = 20_240_501
SHARE = 0.1  # few, so that the shop stays the shop it was
BRIDGES = 20  # of the most similar products, those whose company speaks
STRATEGIES = frozenset({"blend", "bought_together", "similar", "bestseller"})


def hide(split: Split, catalogue: Catalogue) -> tuple[Split, NDArray[np.bool_]]:
    """The orders without those lines, and which products are hidden: some of the known ones."""
    random = np.random.default_rng(SEED)
    sold = np.bincount(split.train.product, minlength=len(catalogue)) > 0
    hidden = sold & (random.random(len(catalogue)) < SHARE)
    known = lines(split.train, ~hidden[split.train.product])
    return Split(known, split.test, split.cut_s), hidden


def asked(split: Split, catalogue: Catalogue, hidden: NDArray[np.bool_]) -> list[Question]:
    """The page of a hidden product; right is what else the order holds that was known then."""
    new = set(catalogue.keys[hidden].tolist())
    every = also_bought(split, catalogue, len(split.test.order), SEED)
    return [
        Question(q.ask, rest) for q in every if q.ask.product in new and (rest := q.right - new)
    ]


def ours(known: Known) -> Answer:
    """The shelf of a product's page."""
    return answerer(book(known), cards_of(known.catalogue), STRATEGIES)


def book(known: Known) -> ListBook:
    """The lists of that shelf, learned from the shop's own windows."""
    blend = Blend()
    fitted = [
        blend.answer(known, study([blend], known).teach(blend)),
        *(r.fit(known) for r in (BoughtTogether(), Similar(), Bestseller())),
    ]
    return ListBook(known.catalogue, fitted)


def peers(known: Known) -> Mapping[str, Answer]:
    """TF-IDF and bridged lists; of equals what sold better lately."""
    goods, popular = known.catalogue, known.popularity(7.0)
    like = _like(goods)
    baskets = known.baskets
    together = (baskets.T @ baskets).tocsr()
    held = np.maximum(together.diagonal(), 1)
    chance = (sparse.diags_array(1 / held) @ together).tocsr()
    tie = popular / (1 + popular.max()) * 1e-6
    place = {key: i for i, key in enumerate(goods.keys.tolist())}

    def words(product: int) -> NDArray[np.floating]:
        return np.asarray(like[[product]].toarray()).ravel()

    def bridged(product: int) -> NDArray[np.floating]:
        near = words(product)
        near[product] = 0
        bridges = np.argsort(-near, kind="stable")[:BRIDGES]
        return np.asarray(near[bridges] @ chance[bridges])

    def top(scored: Callable[[int], NDArray[np.floating]]) -> Answer:
        def answer(ask: Ask) -> Sequence[int]:
            product = place[ask.product or 0]
            value = scored(product) + tie
            value[product] = -np.inf
            value[~goods.recommendable] = -np.inf
            return [int(k) for k in goods.keys[np.argsort(-value, kind="stable")[:10]]]

        return answer

    return {"TF-IDF": top(words), "bridged": top(bridged)}


def _like(goods: Catalogue) -> sparse.csr_array:
    """Cosine of the words of titles and attributes."""
    rows = zip(goods.titles, goods.vendors, goods.types, goods.tags, goods.categories, strict=True)
    texts = [" ".join([t, v, k, *tags, *categories]) for t, v, k, tags, categories in rows]
    vectors = sparse.csr_array(TfidfVectorizer().fit_transform(texts))
    return (vectors @ vectors.T).tocsr()
