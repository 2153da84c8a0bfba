"""The nouns: what a shop, its orders and its shelves are made of, as values without I/O.

Connectors make `Product`, `Order` and `Refund` from what a platform sends; trainers read
`Interactions` and a `Catalogue`; shelves are made of `Entry`, `Card` and `Recommendation`;
experiments work on `Unit` and `Exposure`. How any of them is stored is told in `store.tables`.

Units are in the names: `*_minor` is money in the currency's smallest unit (`exponent` says how
many decimals that is), `*_at` an aware instant in UTC, `*_s` seconds. Ids are the shop's own, as
text; keys are the store's own, as integers.
One file a subject; the rest of the program asks for them here.
"""

from store.records.experiments import Entered, Experiment, NetOrder, Offered, Unit
from store.records.money import exponent
from store.records.rules import (
    LONGEST_HEADING,
    STRENGTHS,
    TRIED_SHARE,
    TRIED_SHARES,
    VARIETIES,
    Layout,
    Rule,
    RuleField,
    RuleKind,
    ShelfLook,
)
from store.records.shelf import (
    NO_EFFECTS,
    SHARED_CATEGORY,
    SHARED_PRICE_BAND,
    SHARED_TAGS,
    SHARED_TITLE,
    SHARED_TYPE,
    SHARED_VENDOR,
    SHARED_VISITS,
    Card,
    Effects,
    Entry,
    Measure,
    Reason,
    Recommendation,
)
from store.records.shop import (
    Category,
    Image,
    Order,
    OrderLine,
    Page,
    Product,
    Refund,
    RefundLine,
    Row,
    ShopFacts,
    Variant,
)
from store.records.training import LIST_WIDTH, Catalogue, Interactions, Lists, PageViews, slot
from store.records.vocabulary import (
    CUSTOMERS_OWN,
    EVERY_SHELF,
    PERSONAL,
    PLACEMENTS,
    STRATEGIES,
    Arm,
    EventType,
    OrderSource,
    OrderStatus,
    Placement,
    Platform,
    Strategy,
    Tested,
)

__all__ = [
    "CUSTOMERS_OWN",
    "EVERY_SHELF",
    "LIST_WIDTH",
    "LONGEST_HEADING",
    "NO_EFFECTS",
    "PERSONAL",
    "PLACEMENTS",
    "SHARED_CATEGORY",
    "SHARED_PRICE_BAND",
    "SHARED_TAGS",
    "SHARED_TITLE",
    "SHARED_TYPE",
    "SHARED_VENDOR",
    "SHARED_VISITS",
    "STRATEGIES",
    "STRENGTHS",
    "TRIED_SHARE",
    "TRIED_SHARES",
    "VARIETIES",
    "Arm",
    "Card",
    "Catalogue",
    "Category",
    "Effects",
    "Entered",
    "Entry",
    "EventType",
    "Experiment",
    "Image",
    "Interactions",
    "Layout",
    "Lists",
    "Measure",
    "NetOrder",
    "Offered",
    "Order",
    "OrderLine",
    "OrderSource",
    "OrderStatus",
    "Page",
    "PageViews",
    "Placement",
    "Platform",
    "Product",
    "Reason",
    "Recommendation",
    "Refund",
    "RefundLine",
    "Row",
    "Rule",
    "RuleField",
    "RuleKind",
    "ShelfLook",
    "ShopFacts",
    "Strategy",
    "Tested",
    "Unit",
    "Variant",
    "exponent",
    "slot",
]
