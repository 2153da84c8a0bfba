"""What will this customer like that they have not bought yet?

Surprise's SVD on implicit feedback. What a customer buys again and again is another question,
with another answer (`repurchase.py`); products already bought are therefore not listed here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from surprise import SVD, Trainset

from recommenders.baskets import DAY_S, decay
from recommenders.known import Known
from recommenders.ranked import Sheet, best
from store.records import LIST_WIDTH, Catalogue, Interactions, Lists, Strategy, slot


@dataclass(frozen=True)
class Personal:
    """score(u, b) = mean + bias(u) + bias(b) + p(u) . q(b)

    Fitted by stochastic gradient descent to confidences: a product that customer u bought has

        r(u, b) = 1 - (1 - floor) * 2 ** -m
        m       = sum over u's orders with b of 0.5 ** (age / half-life)

    so between `floor` (once, long ago) and 1 (often, lately); `zeros` products that u never
    bought, drawn for each bought one, have r = 0. The draw is what makes implicit feedback
    learnable: from purchases alone everything looks liked.
    Source: Funk 2006 as in Koren, Bell & Volinsky, IEEE Computer 42(8), 2009; sampled zeros as in
    He et al., WWW 2017.
    Evidence: `support` is the number of different products the customer bought, `strength` the
    predicted confidence, clipped to 0 .. 1.
    Cost: about 1 microsecond per rating, epoch and 50 factors; `max_ratings` bounds it (the newest
    purchases are kept). Alone it is weak on purchases; measurement decides where it is used.
    """

    strategy: Strategy = "personal"
    factors: int = 32  # more only memorise: shops have few purchases per customer
    epochs: int = 20  # Surprise's own default; the loss is flat from there on
    # A small shop's factors need as many steps as a large one's to leave their random start:
    # with fewer ratings than this over `epochs`, there are more epochs (an instant's work).
    min_steps: int = 50_000
    learning_rate: float = 0.01
    regularisation: float = 0.05
    floor: float = 0.5  # well apart from the zeros, however old the purchase
    half_life_days: float = 180.0
    zeros: int = 3  # per purchase; more slow training and gain little (facts measured 1 to 10)
    # 600,000 ratings take about 10 s of CPU and 100 MiB whatever the size of the shop.
    max_ratings: int = 600_000
    active_days: int = 180  # customers not seen for longer get no list: nobody would ask for it
    min_products: int = 3  # below, there is nothing to learn from: co-purchase answers
    seed: int = 20_240_501
    width: int = LIST_WIDTH
    chunk_cells: int = 1_000_000  # customers x products scored and ranked at once: 30 MiB

    def __post_init__(self) -> None:
        if min(self.factors, self.epochs, self.zeros, self.width, self.min_products) < 1:
            raise ValueError("factors, epochs, zeros, width and min_products must be 1 or more")
        if not 0 < self.floor < 1:
            raise ValueError(f"floor must be between 0 and 1, not {self.floor}")
        if self.half_life_days <= 0 or self.learning_rate <= 0 or self.regularisation < 0:
            raise ValueError(
                "half_life_days and learning_rate must be above 0, regularisation not below"
            )
        if self.max_ratings < 1 + self.zeros:
            raise ValueError("max_ratings must hold one purchase with its zeros")
        if self.chunk_cells < 1 or self.active_days < 1 or self.min_steps < 0:
            raise ValueError("chunk_cells and active_days must be 1 or more, min_steps 0 or more")

    def fit(self, known: Known) -> Lists:
        """One list for each active customer with enough purchases."""
        sheet = self.sheet(known)
        names = [slot(self.strategy, int(k)) for k in known.interactions.customer_keys]
        return sheet.lists(self.strategy, names)

    def sheet(self, known: Known) -> Sheet:
        """The ranked rows, one per customer."""
        interactions, catalogue, now_s = known.interactions, known.catalogue, known.now_s
        bought = _purchases(interactions, len(catalogue), now_s, self.half_life_days)
        sheet = Sheet(len(interactions.customer_keys), self.width)
        if len(bought.customer):
            ratings = self._ratings(bought, catalogue)
            algorithm = SVD(
                n_factors=self.factors,
                n_epochs=max(self.epochs, self.min_steps // ratings.n_ratings),
                lr_all=self.learning_rate,
                reg_all=self.regularisation,
                random_state=self.seed,
            ).fit(ratings)
            self._rank(algorithm, ratings, bought, catalogue, now_s, sheet)
        return sheet

    def _ratings(self, bought: _Purchases, catalogue: Catalogue) -> _Ratings:
        """The newest purchases with their zeros, shuffled once: descent needs a mixed order."""
        random = np.random.default_rng(self.seed)
        newest = np.argsort(-bought.last_s, kind="stable")
        kept = np.sort(newest[: self.max_ratings // (1 + self.zeros)])
        customer, product = bought.customer[kept], bought.product[kept]
        confidence = 1 - (1 - self.floor) * np.exp2(-bought.weight[kept])

        offered = np.union1d(product, np.flatnonzero(catalogue.recommendable))
        zero_customer = np.repeat(customer, self.zeros)
        zero_product = offered[random.integers(0, len(offered), len(zero_customer))]
        known = bought.customer * len(catalogue) + bought.product  # sorted
        drawn = zero_customer * len(catalogue) + zero_product
        at = np.minimum(np.searchsorted(known, drawn), len(known) - 1)
        unbought = known[at] != drawn

        mixed = random.permutation(len(customer) + int(unbought.sum()))
        return _Ratings(
            np.concatenate([customer, zero_customer[unbought]])[mixed],
            np.concatenate([product, zero_product[unbought]])[mixed],
            np.concatenate([confidence, np.zeros(int(unbought.sum()))])[mixed],
            customers=int(bought.customer.max()) + 1,
            products=len(catalogue),
        )

    def _rank(
        self,
        algorithm: SVD,
        ratings: _Ratings,
        bought: _Purchases,
        catalogue: Catalogue,
        now_s: int,
        sheet: Sheet,
    ) -> None:
        """Score every customer who deserves a list against every product, in chunks.

        Only products with a rating of their own: SVD gives an unknown one the mean of all, which
        would outrank most known ones (Surprise's `was_impossible` would tell; numpy does not).
        """
        ends = np.flatnonzero(np.diff(bought.customer, append=-1))
        starts = np.concatenate([[0], ends[:-1] + 1])
        known = np.zeros(ratings.n_users, dtype=np.bool_)
        known[ratings.customer] = True
        seen_s = np.maximum.reduceat(bought.last_s, starts)
        who = bought.customer[ends]
        enough = ends - starts + 1 >= self.min_products
        active = enough & (seen_s >= now_s - self.active_days * DAY_S) & known[who]

        rated = np.zeros(len(catalogue), dtype=np.bool_)
        rated[bought.product] = True
        candidates = np.flatnonzero(rated & catalogue.recommendable).astype(np.int32)
        if not len(candidates):
            return
        place = np.full(len(catalogue), -1)
        place[candidates] = np.arange(len(candidates))
        factors = algorithm.qi[candidates].T.astype(np.float32)
        bias = (algorithm.bi[candidates] + ratings.global_mean).astype(np.float32)
        rows = np.flatnonzero(active)
        step = max(1, self.chunk_cells // len(candidates))
        for chunk in (rows[i : i + step] for i in range(0, len(rows), step)):
            of = algorithm.pu[who[chunk]].astype(np.float32)
            scores = of @ factors + bias + algorithm.bu[who[chunk], None].astype(np.float32)
            for i, row in enumerate(chunk):
                own = place[bought.product[starts[row] : ends[row] + 1]]
                scores[i, own[own >= 0]] = -np.inf
            top = best(scores, np.arange(len(candidates), dtype=np.int32), self.width)
            for i, row in enumerate(chunk):
                score = scores[i, top[i]]
                listed = np.isfinite(score)
                sheet.fill(
                    int(who[row]),
                    candidates[top[i][listed]],
                    score[listed],
                    int(ends[row] - starts[row] + 1),
                    np.clip(score[listed], 0, 1),
                )


@dataclass(frozen=True)
class _Purchases:
    """What each known customer bought: one element per customer and product, sorted by both."""

    customer: NDArray[np.int64]
    product: NDArray[np.int64]
    weight: NDArray[np.float64]  # decayed number of orders
    last_s: NDArray[np.int64]


def _purchases(
    interactions: Interactions, products: int, now_s: int, half_life_days: float
) -> _Purchases:
    known = interactions.customer >= 0
    customer = interactions.customer[known].astype(np.int64)
    product, order = interactions.product[known], interactions.order[known]
    at_s = interactions.at_s[known]
    # Once per order, then once per customer and product. Lines are in the order of time, so the
    # last of equals is the newest.
    _, first = np.unique(order * products + product, return_index=True)
    pair = customer[first] * products + product[first]
    pairs, index = np.unique(pair, return_inverse=True)
    weight = np.bincount(index, weights=decay(at_s[first], now_s, half_life_days))
    last_s = np.zeros(len(pairs), dtype=np.int64)
    np.maximum.at(last_s, index, at_s[first])
    customers, bought = np.divmod(pairs, max(products, 1))
    return _Purchases(customers, bought, weight.astype(np.float64), last_s)


class _Ratings(Trainset):  # type: ignore[misc]  # surprise ships no types
    """Surprise's training set, read from arrays.

    Its own holds every rating as Python objects in two dictionaries: 340 bytes each. SVD only
    ever asks for the counts, the mean and the ratings in turn.
    """

    def __init__(
        self,
        customer: NDArray[np.int64],
        product: NDArray[np.int64],
        rating: NDArray[np.float64],
        customers: int,
        products: int,
    ) -> None:
        super().__init__({}, {}, customers, products, len(rating), (0.0, 1.0), {}, {})
        self.customer, self.product, self.rating = customer, product, rating
        self._global_mean = float(rating.mean())

    def all_ratings(self) -> Iterator[tuple[int, int, float]]:
        """Every (customer, product, confidence), in one fixed order."""
        starts = range(0, len(self.rating), 100_000)  # Python numbers for a part at a time
        return itertools.chain.from_iterable(self._part(slice(i, i + 100_000)) for i in starts)

    def _part(self, part: slice) -> Iterator[tuple[int, int, float]]:
        of = (self.customer[part], self.product[part], self.rating[part])
        return zip(*(column.tolist() for column in of), strict=True)
