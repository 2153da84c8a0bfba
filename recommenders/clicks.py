"""What do people click, and put into the cart, of what a product's page shows them?

Clicks and carts on our own shelves, where shoppers consented to tell them, as two voices of the
ensemble for a product's page (`blend.py`). Whether they are believed is learned on the shop's own
past weeks like every other voice's weight (`learn.py`): a click is no purchase. Where none are
known, there are no such voices and everything is as without this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommenders.baskets import FLOOR_BUYERS, decay, distinct
from recommenders.known import Known
from store.records import NEVER_S, Impressions

CLICKED, CARTED = "clicked on the page", "carted on the page"
OF_CLICKS = (CLICKED, CARTED)


@dataclass(frozen=True)
class Clicks:
    """appeal(a -> b) = (n(a, b) + prior * rate) / (sum of seen(place) over showings + prior)

    n(a, b) adds up the showings of b on the page of a that were clicked (or put into the cart),
    `rate` is their share of all showings, each by its chance to be looked at. `seen(place)` is that
    chance, the first place's being 1: whatever stands first is clicked more. It is found together
    with the appeals, each from the other in turn, from the pairs that stood in several places; a
    pair that always stood in one place is taken to be as appealing as others until it shows
    otherwise. Every showing's weight halves each half-life.
    Said is what appeals more than the rate, by 3 distinct people's clicks or more: what somebody
    clicked alone is nobody's to learn.
    Source: the position-based click model (Craswell et al., WSDM 2008) with Poisson counts, solved
    in turns as in "clicks over expected clicks" (Zhang & Jones, WWW 2007).
    Cost: `passes` sums over the showings. Fails for what was never shown: of that it is silent.
    """

    half_life_days: float = 60.0  # as of page views: what appeals follows the season
    prior: float = 5.0  # showings in the first place: one click of two is no rule
    passes: int = 50  # the chances move by less than a thousandth after some twenty
    places: int = 24  # as many as a shelf holds; those behind count as the last

    def __post_init__(self) -> None:
        if min(self.half_life_days, self.prior) <= 0 or min(self.passes, self.places) < 1:
            raise ValueError(
                "half_life_days and prior must be above 0, passes and places 1 or more"
            )

    def voices(self, known: Known) -> dict[str, sparse.csr_array]:
        """Products by products: how much each is clicked, and carted, on the page of another."""
        told = known.impressions
        shape = (known.products, known.products)
        if told is None or not len(told):
            return {name: sparse.csr_array(shape, dtype=np.float32) for name in OF_CLICKS}
        clicked, carted = told.clicked_s < NEVER_S, told.carted_s < NEVER_S
        shown = self._showings(told, known)
        seen = self.seen(shown, clicked | carted)
        found = {}
        for name, acted in zip(OF_CLICKS, (clicked, carted), strict=True):
            appeal, rate = self._appeal(shown, acted, seen)
            enough = _people(shown.pair, told.visitor, acted, len(appeal)) >= FLOOR_BUYERS
            said = np.where(enough & (appeal > rate), appeal, 0).astype(np.float32)
            ends = np.divmod(shown.cells, known.products)
            matrix = sparse.coo_array((said, ends), shape=shape).tocsr()
            matrix.eliminate_zeros()
            found[name] = matrix
        return found

    def seen(self, shown: Showings, acted: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Of each place the chance to be looked at, the first place's being 1."""
        clicks = np.bincount(shown.place, shown.weight * acted, minlength=self.places)
        seen = np.ones(self.places)
        for _ in range(self.passes):
            appeal, rate = self._appeal(shown, acted, seen)
            expected = np.bincount(
                shown.place, shown.weight * appeal[shown.pair], minlength=self.places
            )
            # A place where hardly anything was shown yet is like the first.
            seen = (clicks + self.prior * rate) / (expected + self.prior * rate)
            seen /= seen[0]
        return seen

    def _showings(self, told: Impressions, known: Known) -> Showings:
        cell = told.page.astype(np.int64) * known.products + told.product
        cells, pair = np.unique(cell, return_inverse=True)
        weight = decay(told.shown_s, known.now_s, self.half_life_days)
        return Showings(cells, pair, np.minimum(told.place, self.places - 1), weight)

    def _appeal(
        self, shown: Showings, acted: NDArray[np.bool_], seen: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], float]:
        """Of each pair, and of all together."""
        looked = shown.weight * seen[shown.place]
        clicks = np.bincount(shown.pair, shown.weight * acted, minlength=len(shown.cells))
        chances = np.bincount(shown.pair, looked, minlength=len(shown.cells))
        rate = max(float(clicks.sum() / chances.sum()), 1e-9)
        return (clicks + self.prior * rate) / (chances + self.prior), rate


class Showings(NamedTuple):
    """One element per product in sight but for `cells`, which has one per pair."""

    cells: NDArray[np.int64]  # page * products + product, ascending
    pair: NDArray[np.int64]  # which of them
    place: NDArray[np.int32]
    weight: NDArray[np.float64]  # how much a showing of then still counts


def company_of_clicks(known: Known) -> dict[str, sparse.csr_array]:
    """What clicks and carts say of a product's company; nothing where none are known."""
    if known.impressions is None:
        return {}
    return known.once("clicks", lambda: Clicks().voices(known))


def _people(
    pair: NDArray[np.int64], visitor: NDArray[np.int64], acted: NDArray[np.bool_], pairs: int
) -> NDArray[np.int64]:
    """How many different visitors acted on each pair."""
    visitors = int(visitor.max(initial=0)) + 1
    each = distinct(pair[acted] * visitors + visitor[acted])
    return np.bincount(each // visitors, minlength=pairs)
