"""Which recommenders are there?

Joining the tuple is joining the training, the backtest and the contract tests.
"""

from __future__ import annotations

from typing import Protocol

from recommenders.bestseller import Bestseller
from recommenders.blend import Blend
from recommenders.bought_together import BoughtTogether
from recommenders.due import Due
from recommenders.for_you import ForYou
from recommenders.known import Known
from recommenders.personal import Personal
from recommenders.repurchase import Repurchase
from recommenders.similar import Similar
from recommenders.trending import Trending
from store.records import Lists, Strategy


class Recommender(Protocol):
    """What is known at an instant in, ranked lists with their evidence out.

    The same data and parameters give the same bytes; only recommendable products are listed,
    never the product the list is for; equal scores are in the catalogue's order; what has no
    evidence has no list. `known` ends at the data's now: the recommender knows nothing later.
    """

    @property
    def strategy(self) -> Strategy: ...

    def fit(self, known: Known) -> Lists: ...


RECOMMENDERS: tuple[Recommender, ...] = (
    BoughtTogether(),
    Similar(),
    Personal(),
    Repurchase(),
    Due(),
    Bestseller(),
    Trending(),
    Blend(),
    ForYou(),
)
