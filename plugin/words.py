"""The merchant's words for what the store calls by short names."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from experiments.tally import LED_BY
from store.records import (
    EVERY_SHELF,
    PLACEMENTS,
    SHARED_CATEGORY,
    SHARED_PRICE_BAND,
    SHARED_TAGS,
    SHARED_TITLE,
    SHARED_TYPE,
    SHARED_VENDOR,
    SHARED_VISITS,
    Placement,
)

if TYPE_CHECKING:
    from plugin.explaining import Voice
    from plugin.numbers import Numbers

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
    "due": "due again",
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
    "letters": "The report by e-mail",
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
# Sizes by sales: of vendors, and of products.
SIZE = {
    ("vendors", "large"): "The largest vendors, who together sell half",
    ("vendors", "middle"): "Those between",
    ("vendors", "small"): "The smallest, who together sell a fifth",
    ("products", "large"): "Products that together make half of the sales",
    ("products", "middle"): "Those between",
    ("products", "small"): "Products that sell little or not yet",
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


def part(name: str) -> str:
    """A part of the visitors."""
    if name.startswith(LED_BY):
        strategy = name.removeprefix(LED_BY)
        return f"Shelf led by: {STRATEGY.get(strategy, strategy)}"
    return PART[name]


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


def prose(text: str) -> Markup:
    """A sentence in which `commands` stand in backticks, as a page shows it."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704


def lasting(span: timedelta) -> str:
    """ "40 s", "3 min", "2.5 h"."""
    seconds = span.total_seconds()
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


ROLE = {
    "owner": "Owner: everything, also people, privacy and removing the shop",
    "editor": "Editor: shelves, rules, experiments, models",
    "viewer": "Viewer: looks, changes nothing",
}
VIA = {
    "admin": "a page here",
    "command": "the command line",
    "shopper": "the shopper",
    "shopify": "Shopify",
    "wordpress": "WordPress",
}
REQUEST = {
    "data_request": "A customer asks what is held of them",
    "redact": "A customer is to be forgotten",
    "shop_redact": "The whole shop is to be forgotten",
}
_SHARED = {
    SHARED_VENDOR: "the maker",
    SHARED_TYPE: "the type",
    SHARED_CATEGORY: "a category",
    SHARED_TAGS: "most tags",
    SHARED_PRICE_BAND: "the price range",
    SHARED_TITLE: "words of the title",
    SHARED_VISITS: "visits in which people look at both",
}


def evidence(voice: Voice, say: Numbers) -> str:
    """What stands behind one list's entry, in numbers that can be counted again in the orders."""
    count, size = say.count(voice.support), say.decimal(voice.strength, 1)
    many_orders = many(count, "order")
    match voice.strategy:
        case "similar":
            return _alike(voice.support)
        case "blend" if not voice.strength:
            return _alike(voice.support)
        case "bought_together" | "blend":
            if not voice.support:
                return f"Bought together by fewer than 3 buyers, {size} times as often as chance."
            return f"Bought together in {many_orders}, {size} times as often as chance."
        case "bestseller":
            return f"In {many_orders} of the last 28 days." if voice.support else "Sells now."
        case "trending":
            return f"In {many_orders} of the last 14 days, {size} times as many as expected."
        case "repurchase":
            again = say.percent(voice.strength, 0)
            return f"The customer ordered it {count} times; {again} of its buyers came back for it."
        case "due":
            chance = say.percent(voice.strength, 0)
            return f"The customer ordered it {count} times; {chance} chance of another in 4 weeks."
        case "personal":
            return f"From {many(count, 'purchase')} of the customer."
        case "for_you" if voice.support:
            return f"The customer ordered it {count} times."
        case "for_you":
            return "New to the customer."
    return ""


def _alike(bits: int) -> str:
    shared = [text for bit, text in _SHARED.items() if bits & bit]
    return f"Shares {', '.join(shared)}." if shared else "Alike in small things."
