"""What a shelf is made of."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from store.records.vocabulary import Placement, Strategy


class Entry(NamedTuple):
    """One product of a stored list, with the evidence from which its reason can be recomputed.

    bought_together: `support` distinct orders with both (0 while fewer than 3 distinct buyers stand
    behind them), `strength` times more than chance.
    similar: `support` a bit set of what is shared (SHARED_*), `strength` the title match, 0 to 1.
    personal: `support` the customer's purchases it rests on, `strength` the predicted confidence.
    repurchase: `support` the customer's orders with it, `strength` the share of its buyers who
    bought it again.
    due: `support` the customer's orders with it, `strength` the chance of another in four weeks.
    blend: as bought_together; or, where `strength` is 0, `support` as for similar, with
    SHARED_VISITS where people looked at both in one visit.
    for_you: `support` the customer's orders with it, 0 for a new product; `strength` the score.
    trending: `support` orders with it in the last 14 days, `strength` times more than expected.
    bestseller: `support` orders with it in the last 28 days (0 likewise), `strength` the decayed
    number of its orders.
    """

    product: int  # the store's key
    score: float
    support: int
    strength: float


class Columns(NamedTuple):
    """Several lists behind one another, by their columns: a request adds up a few hundred entries,
    and taking each of them apart cost more than all its statements."""

    lengths: Sequence[int]  # of each list
    products: Sequence[int]
    scores: Sequence[float]
    supports: Sequence[int]
    strengths: Sequence[float]


class Rows(Mapping[str, Sequence[Entry]]):
    """Lists by name that can be had in one piece."""

    @abstractmethod
    def columns(self, names: Sequence[str]) -> Columns:
        """The lists of these names; one that is not there is empty."""


SHARED_TITLE = 1
SHARED_VENDOR = 2
SHARED_TYPE = 4
SHARED_TAGS = 8
SHARED_PRICE_BAND = 16
SHARED_CATEGORY = 32
# At least 3 people opened both pages in one visit each, and more than by chance.
SHARED_VISITS = 64


class Card(NamedTuple):
    """A product ready to be shown: `body` is its JSON object without the closing brace."""

    product: int
    id: str
    sellable: bool
    group: int  # products of one group are near-duplicates: a shelf shows one of them
    body: str
    # Read only where a shelf minds: its main category, else type, else vendor; "" if it has none.
    kind: str = ""
    published_us: int | None = None  # Unix microseconds


class Effects(NamedTuple):
    """What the merchant's rules of this moment do to one placement, by product keys."""

    pins: tuple[int, ...] = ()  # first, in this order
    hidden: frozenset[int] = frozenset()
    weights: Mapping[int, float] = MappingProxyType({})  # factors of scores: above 1 is a boost
    sensitive: frozenset[int] = frozenset()


NO_EFFECTS = Effects()


class Reason(NamedTuple):
    """Why a product is shown, as data; `recommenders.choose.say` makes the sentence.

    kind: `bought_together`, `similar`, `because_viewed`, `because_bought`, `because_carted`,
    `for_you`, `popular`, `popular_in`, `rising`, `viewed`, `bought_before`, `new` (in the shop),
    `picked` (by the merchant).
    """

    kind: str
    # Distinct orders behind it; 0: not counted or below the floor of 3 buyers.
    count: int = 0  # type: ignore[assignment] # nobody counts what a reason holds
    about: str = ""  # a category's or product's title, where the sentence names one
    shared: int = 0  # similar: what the two have in common, as SHARED_* bits


class Recommendation(NamedTuple):
    product: int  # the store's key
    id: str  # the shop's id
    score: float
    strategy: Strategy
    reason: Reason
    body: str  # the card's JSON object without the closing brace
    chance: float = 0.0  # with which it was put here to be tried; 0: it stands here by its rank


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a backtest: a strategy's `metric` on a placement, with its 95 % interval."""

    placement: Placement
    strategy: str
    metric: str  # ndcg@10, hr@10, recall@10, coverage@10
    value: float
    low: float | None = None
    high: float | None = None
    queries: int = 0
