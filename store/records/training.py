"""What trainers read and write, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # numpy is for trainers; a web worker never loads it for these
    import numpy as np
    from numpy.typing import NDArray

from store.records.vocabulary import Strategy


@dataclass(frozen=True, slots=True)
class Interactions:
    """Who bought what when: one element per order line, oldest first. All arrays have length n."""

    order: NDArray[np.int64]  # dense, 0 .. orders-1, in order of time
    product: NDArray[np.int32]  # index into the catalogue
    customer: NDArray[np.int32]  # index into customer_keys; -1: nobody we know
    quantity: NDArray[np.int32]
    at_s: NDArray[np.int64]  # Unix seconds of the order
    orders: int
    customer_keys: NDArray[np.int64]  # the store's keys of the customers


@dataclass(frozen=True, slots=True)
class PageViews:
    """Who looked at which product's page when, with full consent: one element per page opened.

    The views of one visitor lie together, oldest first. Sensitive products are not among them.
    """

    visitor: NDArray[np.int64]  # dense, 0 .. visitors-1
    product: NDArray[np.int32]  # index into the catalogue
    at_s: NDArray[np.int64]  # Unix seconds, by the server's clock
    customer: NDArray[np.int64]  # the store's key of the customer the visitor turned out to be; -1
    linked_s: NDArray[np.int64]  # since when that is known; meaningless where nobody is
    sensitive: NDArray[np.bool_]  # of each product: nothing may be learned of it from views

    def __len__(self) -> int:
        return len(self.visitor)


NEVER_S = 2**62  # later than any instant


@dataclass(frozen=True, slots=True)
class Impressions:
    """What shelves on products' pages put in front of whom, with full consent, and what came of it:
    one element per product in sight. Sensitive products are not among them.
    """

    visitor: NDArray[np.int64]  # dense, 0 .. visitors-1
    page: NDArray[np.int32]  # index into the catalogue: the product on whose page the shelf stood
    product: NDArray[np.int32]  # index into the catalogue: the product in sight
    place: NDArray[np.int32]  # on the shelf, 0 the first
    shown_s: NDArray[np.int64]  # Unix seconds, by the server's clock
    clicked_s: NDArray[np.int64]  # when it was first clicked there; NEVER_S
    carted_s: NDArray[np.int64]  # when it was first put into the cart from there; NEVER_S

    def __len__(self) -> int:
        return len(self.visitor)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every product the shop ever told of, at the index that `Interactions.product` uses."""

    keys: NDArray[np.int64]  # the store's keys
    titles: Sequence[str]
    vendors: Sequence[str]
    types: Sequence[str]
    tags: Sequence[tuple[str, ...]]
    categories: Sequence[tuple[str, ...]]  # category ids, the main one first
    price_minor: NDArray[np.int64]  # -1: no price
    recommendable: NDArray[np.bool_]  # published, visible, in stock: may be shown today

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class Lists:
    """Ranked lists of one strategy: row i answers for `slots[i]`, best first.

    Arrays have shape (len(slots), width); `product` is a catalogue index, -1 where a list is
    shorter. `support` and `strength` are the evidence; what they count is the strategy's to say
    (see `Entry`).
    """

    strategy: Strategy
    slots: Sequence[str]
    product: NDArray[np.int32]
    score: NDArray[np.float32]
    support: NDArray[np.int32]
    strength: NDArray[np.float32]


def slot(strategy: Strategy, key: int | str = "") -> str:
    """The name under which a list is stored: `slot("similar", 17) == "similar:17"`.

    Keys: a product key (bought_together, similar, blend), a customer key (personal, repurchase,
    for_you; "new:" and the customer key for what the customer never bought), a category id or
    nothing for the whole shop (bestseller, trending).
    """
    return f"{strategy}:{key}"


LIST_WIDTH = 24  # the longest list kept; a shelf shows at most 24
