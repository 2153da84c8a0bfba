"""How the nouns of `store.records` are stored: every table, its keys and why it has them.

Instants are integers of microseconds (exact, sortable, the same on both databases); identifiers
of people are keyed hashes of 16 bytes, never the thing itself. Every row belongs to a shop.
One file a subject; the rest of the program asks for them here.
"""

from store.tables.base import Base, Instant, Key, from_micros, to_micros
from store.tables.catalogue import (
    Card,
    Category,
    PlacementRow,
    Product,
    ProductCategory,
    Rule,
    RuleProduct,
    Variant,
)
from store.tables.clock import JobRun, Request
from store.tables.experiments import (
    Experiment,
    Letter,
    ObservedDay,
    ReportRow,
    Restatement,
    SegmentTally,
    ShareLink,
    TallyRow,
    Touched,
    UnitRow,
    VerdictDay,
)
from store.tables.models import Decision, ListRow, Live, Measure, Model, Publication
from store.tables.notices import Delivery, Notice, PrivacyRequest
from store.tables.orders import (
    Checkout,
    Customer,
    CustomerDigest,
    Order,
    OrderLine,
    Refund,
    RefundLine,
)
from store.tables.people import Attempt, Audit, Membership, SetupLink, User
from store.tables.privacy import Erasure
from store.tables.shoppers import Event, Exposure, Identity, Unwanted
from store.tables.shops import Credential, Cursor, Install, Shop, ShopKey

__all__ = [
    "Attempt",
    "Audit",
    "Base",
    "Card",
    "Category",
    "Checkout",
    "Credential",
    "Cursor",
    "Customer",
    "CustomerDigest",
    "Decision",
    "Delivery",
    "Erasure",
    "Event",
    "Experiment",
    "Exposure",
    "Identity",
    "Install",
    "Instant",
    "JobRun",
    "Key",
    "Letter",
    "ListRow",
    "Live",
    "Measure",
    "Membership",
    "Model",
    "Notice",
    "ObservedDay",
    "Order",
    "OrderLine",
    "PlacementRow",
    "PrivacyRequest",
    "Product",
    "ProductCategory",
    "Publication",
    "Refund",
    "RefundLine",
    "ReportRow",
    "Request",
    "Restatement",
    "Rule",
    "RuleProduct",
    "SegmentTally",
    "SetupLink",
    "ShareLink",
    "Shop",
    "ShopKey",
    "TallyRow",
    "Touched",
    "UnitRow",
    "Unwanted",
    "User",
    "Variant",
    "VerdictDay",
    "from_micros",
    "to_micros",
]
