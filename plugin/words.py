"""The merchant's words for what the store calls by short names."""

from __future__ import annotations

from store.records import EVERY_SHELF, PLACEMENTS, Placement

PLACEMENT: dict[Placement, str] = {
    "also_bought": "Customers also bought",
    "you_might_like": "You might like",
    "bought_together": "Often bought together",
    "similar": "Similar products",
    "bestsellers": "Bestsellers",
    "trending": "Trending now",
    "recently_viewed": "Recently viewed",
    "buy_again": "Buy again",
    "cart": "Goes with your cart",
}
STRATEGY = {
    "bought_together": "bought together",
    "similar": "similar products",
    "personal": "personal taste",
    "blend": "several signals weighed together",
    "for_you": "several signals weighed for each customer",
    "bestseller": "bestsellers",
    "bestsellers": "bestsellers",
    "trending": "what is asked for more than before",
    "viewed": "recently viewed",
    "repurchase": "bought before",
    "pinned": "picked by you",
    "shelf": "the whole shelf",
}
OUTCOME = {
    "promoted": "Better than bestsellers",
    "refused": "Worse than bestsellers",
    "unproven": "Not proven better than bestsellers",
    "labelled": "Shows what its name says",
}
JOB = {
    "sync": "Sync with the shop",
    "train": "Training",
    "tally": "Counting the experiments",
    "upkeep": "Clean-up",
    "import": "Import of files",
}
RUN = {"running": "at work", "ok": "done", "failed": "failed", "cut off": "cut off"}
PLATFORM = {"woocommerce": "WooCommerce", "shopify": "Shopify", "files": "imported files"}
PART = {
    "new": "New visitors",
    "returning": "Bought here before",
    "phone": "On phones",
    "computer": "On computers and tablets",
    "stayed": "Saw one group's pages only",
    "first_week": "Entered in the first week",
    "later_weeks": "Entered later",
}
OTHER = {
    "wald": "Difference of rates, in points (Wald)",
    "miettinen_nurminen": "Difference of rates, in points (Miettinen and Nurminen)",
    "katz": "Change (Katz, logarithm)",
    "koopman": "Change (Koopman, score)",
    "pooled_z": "p of a z-test, pooled",
    "unpooled_z": "p of a z-test, unpooled",
    "flat_prior": "Chance to be better, flat prior",
}
METRIC = {
    "cvr": "Conversion rate",
    "rpv": "Revenue per visitor, capped",
    "rpv_raw": "Revenue per visitor, uncapped",
    "rpv_adjusted": "Revenue per visitor, allowing for what visitors spent before",
    "aov": "Value of an order",
}


def placement(name: str) -> str:
    """What a placement is called on the shop's pages."""
    if name == EVERY_SHELF:
        return "All shelves together"
    return PLACEMENT[name] if name in PLACEMENTS else name


def instead(name: str) -> str:
    """What heads the column of those who were not shown the shelf."""
    if name == "none":
        return "Without"
    if name == "itself":
        return "The same"
    if name == "bestsellers" or not name.isdecimal():
        return STRATEGY.get(name, name).capitalize()
    return f"Version {name}"


def against(name: str) -> str:
    """What the control arm of an experiment sees."""
    if name == "none":
        return "no shelf at all"
    if name == "bestsellers":
        return "a shelf of bestsellers"
    if name == "itself":
        return "the same shelf (a test of the test)"
    if not name.isdecimal():
        return f"a shelf made by one strategy alone: {STRATEGY.get(name, name)}"
    return f"the shelf of model version {name}"


def strategies(names: list[str] | tuple[str, ...]) -> str:
    """Several strategies as one phrase: "bought together, similar products"."""
    return ", ".join(STRATEGY.get(name, name) for name in names) or "nothing"


def many(count: str, what: str) -> str:
    """ "1 product", "2 products"; the count comes as it is to be written."""
    return f"{count} {what}" if count == "1" else f"{count} {what}s"
