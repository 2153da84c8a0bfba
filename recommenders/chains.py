"""Which stored lists answer each placement, in which order and at which weight?

Data only; `choose.py` follows it. A chain is a tuple of steps. The lists of one step are blended;
the next step only fills what is still missing. Plain Python: web workers read this.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from store.records import Placement, Strategy

# Whose lists: the product of the page, the products last viewed, in the cart or last bought, the
# customer's own (or of what the customer never bought), the category's, the shop's.
Source = Literal[
    "product", "recent", "cart", "bought", "customer", "customer new", "category", "shop"
]


class Part(NamedTuple):
    """The lists of one strategy for one source, and how loudly they speak in their step."""

    strategy: Strategy
    of: Source
    weight: float = 1.0
    supported: bool = False  # only entries with evidence from 3 distinct buyers on


Step = tuple[Part, ...]

# The page's product is what the shopper looks at now; the cart tells the purpose of the visit and
# what was viewed before only a taste, so each speaks more softly.
_CART, _RECENT = 0.3, 0.15


def _company(strategy: Strategy) -> Step:
    return (
        Part(strategy, "product"),
        Part(strategy, "cart", _CART),
        Part(strategy, "recent", _RECENT),
    )


# Ensembles first where they are live; the strategies they are made of fill up behind them, and
# lead where they are not.
_COMPANY: tuple[Step, ...] = (_company("blend"), _company("bought_together"))
# Plain co-purchase: its scores add up over a cart (on real orders by 6 % better than a blend's).
_CART_COMPANY: Step = (
    Part("bought_together", "cart"),
    Part("bought_together", "recent", _RECENT),
)
_LIKE_IT: Step = (Part("similar", "product"),)
_POPULAR: tuple[Step, ...] = ((Part("bestseller", "category"),), (Part("bestseller", "shop"),))
# On a product's page the same kind is one hint among others: what the whole shop buys is bought
# with it more often than what is popular in its category alone, so the two add up.
_POPULAR_WITH: tuple[Step, ...] = (
    (Part("bestseller", "category"), Part("bestseller", "shop", 0.5)),
)
# What was viewed a minute ago is about as telling as a whole history of purchases.
_WISHES: tuple[Step, ...] = (
    (Part("for_you", "customer"), Part("blend", "recent", 0.5)),
    (
        Part("repurchase", "customer"),
        Part("bought_together", "recent", 0.5),
        Part("bought_together", "bought", 0.3),
        Part("personal", "customer", 0.05),
    ),
)
_SURPRISES: tuple[Step, ...] = (
    (Part("for_you", "customer new"), Part("blend", "recent", 0.5)),
    (
        Part("bought_together", "recent"),
        Part("bought_together", "bought", 0.7),
        Part("personal", "customer", 0.15),
    ),
)

CHAINS: dict[Placement, tuple[Step, ...]] = {
    "also_bought": (*_COMPANY, _LIKE_IT, *_POPULAR_WITH),
    "you_might_like": (*_WISHES, *_POPULAR),
    # A bundle of bestsellers would be a lie: fewer, or none, is the honest answer.
    "bought_together": ((Part("bought_together", "product", supported=True),),),
    "similar": (_LIKE_IT,),
    "bestsellers": _POPULAR,
    "trending": ((Part("trending", "category"),), (Part("trending", "shop"),)),
    "recently_viewed": ((Part("viewed", "recent"),),),
    "buy_again": ((Part("due", "customer"),), (Part("repurchase", "customer"),)),
    "cart": (_CART_COMPANY, *_POPULAR),
}

# Where a shelf tries a new product (`trying.py`): what looks like the products it goes by.
# Purchases know nothing of it yet.
NEWCOMERS: Step = (
    Part("similar", "product"),
    Part("similar", "cart", _CART),
    Part("similar", "recent", _RECENT),
)

# Where a shelf was asked to leave out what the customer has bought.
NOVEL_CHAINS: dict[Placement, tuple[Step, ...]] = {
    **CHAINS,
    "you_might_like": (*_SURPRISES, *_POPULAR),
}


def chain(placement: Placement, novel: bool = False) -> tuple[Step, ...]:
    """The steps of a placement, in order."""
    return (NOVEL_CHAINS if novel else CHAINS)[placement]


# Strategies without stored lists: they repeat the products of their source.
REPEATS: frozenset[Strategy] = frozenset({"viewed"})

# What a part's candidates say of themselves: the `kind` of their reason. Ensembles decide by the
# evidence of each candidate (`choose.py`).
KINDS: dict[tuple[Strategy, Source], str] = {
    ("blend", "product"): "bought_together",
    ("blend", "recent"): "because_viewed",
    ("blend", "cart"): "because_carted",
    ("bought_together", "product"): "bought_together",
    ("bought_together", "recent"): "because_viewed",
    ("bought_together", "cart"): "because_carted",
    ("bought_together", "bought"): "because_bought",
    ("similar", "product"): "similar",
    ("similar", "recent"): "because_viewed",
    ("similar", "cart"): "because_carted",
    ("for_you", "customer"): "for_you",
    ("for_you", "customer new"): "for_you",
    ("personal", "customer"): "for_you",
    ("repurchase", "customer"): "bought_before",
    ("due", "customer"): "bought_before",
    ("bestseller", "category"): "popular_in",
    ("bestseller", "shop"): "popular",
    ("trending", "category"): "rising",
    ("trending", "shop"): "rising",
    ("viewed", "recent"): "viewed",
}

# Of a source with many products the newest few are asked: it bounds the work of a request, and
# each step back counts for a fifth less, since the purpose of a visit drifts.
MOST_ANCHORS = 5
STEP_BACK = 0.8
