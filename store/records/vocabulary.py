"""The words all else is said in: platforms, strategies, placements, where orders came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # numpy is for trainers; a web worker never loads it for these
    pass


Platform = Literal["woocommerce", "shopify", "files"]
# How a recommendation was found. `blend` and `for_you` are ensembles of the others, learned from
# the shop's own past weeks; `viewed` repeats what the shopper looked at.
Strategy = Literal[
    "bought_together",
    "similar",
    "personal",
    "repurchase",
    "due",
    "blend",
    "for_you",
    "bestseller",
    "trending",
    "viewed",
    "pinned",
]
STRATEGIES: tuple[Strategy, ...] = Strategy.__args__  # type: ignore[attr-defined]
# The lists that are one customer's own: their slot ends in the customer's key.
CUSTOMERS_OWN: tuple[str, ...] = ("personal", "repurchase", "due", "for_you", "for_you:new")
Arm = Literal["treatment", "control"]
EventType = Literal[
    "product_view", "exposure", "empty", "view", "click", "cart", "dismiss", "ignore"
]

# Which question a shelf answers. Every one of these is a valid `placement=` of the shelf address.
Placement = Literal[
    "also_bought",
    "you_might_like",
    "bought_together",
    "similar",
    "bestsellers",
    "trending",
    "recently_viewed",
    "buy_again",
    "cart",
]
PLACEMENTS: tuple[Placement, ...] = Placement.__args__  # type: ignore[attr-defined]
# What an experiment may be about: one shelf, or (a holdout) all of the shop's together.
EVERY_SHELF: Literal["every_shelf"] = "every_shelf"
Tested = Placement | Literal["every_shelf"]

# Where an order came from. Only `shopper` counts for uplift: nobody saw a shelf before the others.
OrderSource = Literal["shopper", "test", "draft", "pos", "renewal", "manual"]

# What an order is worth by now. `placed` is not paid yet (pending, on hold); `paid` counts as
# revenue (also when refunded in part or in full: refunds are subtracted, not erased);
# `cancelled` (also failed, trashed) counts as nothing.
OrderStatus = Literal["placed", "paid", "cancelled"]

# The shelves made of what one person did. What the merchant marked as sensitive never enters them.
PERSONAL: tuple[Placement, ...] = ("you_might_like", "recently_viewed", "buy_again", "cart")
