"""What is known of a shop at one instant, each view of it made once however many ask.

Several recommenders start from the same matrices; an ensemble wants most of them at several past
instants. Here they are made when first asked for and kept as long as the instant is being looked
at. Nothing is scored here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommenders.baskets import (
    baskets,
    before,
    decay,
    habits,
    order_buyers,
    order_instants,
    shown_before,
    viewed_before,
)
from recommenders.looks import Looks
from store.records import Catalogue, Impressions, Interactions, PageViews

View = TypeVar("View")


class Known:
    """What was ordered, viewed and shown before `now_s`, the catalogue of then, what follows."""

    def __init__(
        self,
        interactions: Interactions,
        catalogue: Catalogue,
        now_s: int,
        looks: Looks | None = None,
        page_views: PageViews | None = None,
        impressions: Impressions | None = None,
    ) -> None:
        self.interactions = interactions
        self.catalogue = catalogue
        self.now_s = now_s
        self.looks = looks or Looks(catalogue)
        self.page_views = page_views  # None: nobody told of any, as in a shop without consent
        self.impressions = impressions  # the same
        self._made: dict[Hashable, Any] = {}

    def once(self, name: Hashable, make: Callable[[], View]) -> View:
        """The view of this name, made when it is first asked for."""
        if name not in self._made:
            self._made[name] = make()
        view: View = self._made[name]
        return view

    def forget(self) -> None:
        """Let go of the views: of a past instant nothing more is asked."""
        self._made.clear()

    @property
    def products(self) -> int:
        return len(self.catalogue)

    @cached_property
    def baskets(self) -> sparse.csr_array:
        """Orders by products."""
        return baskets(self.interactions, self.products)

    @cached_property
    def instants(self) -> NDArray[np.int64]:
        """When each order was placed."""
        return order_instants(self.interactions)

    @cached_property
    def buyers(self) -> NDArray[np.int64]:
        """Who placed each order; guests each count as one."""
        return order_buyers(self.interactions)

    def decayed(self, half_life_days: float) -> NDArray[np.float64]:
        """How much each order still counts."""
        return decay(self.instants, self.now_s, half_life_days)

    def popularity(self, half_life_days: float) -> NDArray[np.float32]:
        """Decayed number of orders of each product."""
        return self.once(
            ("popularity", half_life_days),
            lambda: np.asarray(self.baskets.T @ self.decayed(half_life_days), dtype=np.float32),
        )

    def habits(self, half_life_days: float = np.inf) -> sparse.csr_array:
        """Customers by products, decayed number of orders."""
        return self.once(
            ("habits", half_life_days),
            lambda: habits(self.interactions, self.products, self.now_s, half_life_days),
        )

    def at(self, cut_s: int, catalogue: Catalogue) -> Known:
        """The same shop as it was known at an earlier instant, with the catalogue of then."""
        told = self.page_views
        viewed = None if told is None else viewed_before(told, cut_s)
        shown = None if self.impressions is None else shown_before(self.impressions, cut_s)
        orders = before(self.interactions, cut_s)
        return Known(orders, catalogue, cut_s, self.looks, viewed, shown)
