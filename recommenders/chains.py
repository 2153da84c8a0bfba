"""Which stored lists answer each placement, in which order and at which weight?

Data only; `choose.py` follows it. A chain is a tuple of steps. The lists of one step are blended;
the next step only fills what is still missing. Plain Python: web workers read this.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from store.records import Placement, Strategy

# Whose lists: the product of the page, the products last viewed, in the cart or last bought, the
# customer's own, the category's, the shop's. `itself` is no list: the products of that source.
Source = Literal["product", "recent", "cart", "bought", "customer", "category", "shop"]


class Part(NamedTuple):
    """The lists of one strategy for one source, and how loudly they speak in their step."""

    strategy: Strategy
    of: Source
    weight: float = 1.0
    supported: bool = False  # only entries with evidence from 3 distinct buyers on


Step = tuple[Part, ...]

# The page's product is what the shopper looks at now; the cart tells the purpose of the visit and
# what was viewed before only a taste, so each speaks more softly.
_COMPANY: Step = (
    Part("bought_together", "product"),
    Part("bought_together", "cart", 0.3),
    Part("bought_together", "recent", 0.15),
)
_LIKE_IT: Step = (Part("similar", "product"),)
_POPULAR: tuple[Step, ...] = ((Part("bestseller", "category"),), (Part("bestseller", "shop"),))
_TASTE: Step = (
    Part("personal", "customer", 0.15),
    Part("bought_together", "recent"),
    Part("bought_together", "bought", 0.7),
)

CHAINS: dict[Placement, tuple[Step, ...]] = {
    "also_bought": (_COMPANY, _LIKE_IT, *_POPULAR),
    "you_might_like": (_TASTE, *_POPULAR),
    # A bundle of bestsellers would be a lie: fewer, or none, is the honest answer.
    "bought_together": ((Part("bought_together", "product", supported=True),),),
    "similar": (_LIKE_IT,),
    "bestsellers": _POPULAR,
    "trending": _POPULAR,
    "recently_viewed": ((Part("viewed", "recent"),),),
    "buy_again": ((Part("repurchase", "bought"),),),
    "cart": ((Part("bought_together", "cart"), Part("bought_together", "recent", 0.15)), *_POPULAR),
}

# Strategies that repeat the products of their source; they have no stored lists.
REPEATS: frozenset[Strategy] = frozenset({"viewed", "repurchase"})

# What a part's candidates say of themselves: the `kind` of their reason.
KINDS: dict[tuple[Strategy, Source], str] = {
    ("bought_together", "product"): "bought_together",
    ("bought_together", "recent"): "because_viewed",
    ("bought_together", "cart"): "because_carted",
    ("bought_together", "bought"): "because_bought",
    ("similar", "product"): "similar",
    ("personal", "customer"): "for_you",
    ("bestseller", "category"): "popular_in",
    ("bestseller", "shop"): "popular",
    ("viewed", "recent"): "viewed",
    ("repurchase", "bought"): "bought_before",
}

# Of a source with many products the newest few are asked: it bounds the work of a request, and
# each step back counts for a fifth less, since the purpose of a visit drifts.
MOST_ANCHORS = 5
STEP_BACK = 0.8
