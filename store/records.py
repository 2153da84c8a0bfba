"""The nouns: what a shop, its orders and its shelves are made of, as values without I/O.

Connectors make `Product`, `Order` and `Refund` from what a platform sends; trainers read
`Interactions` and a `Catalogue`; shelves are made of `Entry`, `Card` and `Recommendation`;
experiments work on `Unit` and `Exposure`. How any of them is stored is told in `tables.py`.

Units are in the names: `*_minor` is money in the currency's smallest unit (`exponent` says how
many decimals that is), `*_at` an aware instant in UTC, `*_s` seconds. Ids are the shop's own, as
text; keys are the store's own, as integers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, TypeVar

if TYPE_CHECKING:  # numpy is for trainers; a web worker never loads it for these
    import numpy as np
    from numpy.typing import NDArray

# --- money ---------------------------------------------------------------------------------------

# ISO 4217's minor units where they are not 2. (CLDR, and so Babel and Intl, differ for some: it
# gives the decimals people write, we need those that amounts are sent in.)
_EXPONENTS = dict.fromkeys(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
) | dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)


def exponent(currency: str) -> int:
    """How many decimals a currency's minor unit has: `exponent("JPY") == 0`, GBP 2, KWD 3."""
    return _EXPONENTS.get(currency, 2)


# --- vocabulary ----------------------------------------------------------------------------------

Platform = Literal["woocommerce", "shopify", "files"]
# How a recommendation was found. `blend` and `for_you` are ensembles of the others, learned from
# the shop's own past weeks; `viewed` repeats what the shopper looked at.
Strategy = Literal[
    "bought_together",
    "similar",
    "personal",
    "repurchase",
    "blend",
    "for_you",
    "bestseller",
    "trending",
    "viewed",
    "pinned",
]
# The lists that are one customer's own: their slot ends in the customer's key.
CUSTOMERS_OWN: tuple[str, ...] = ("personal", "repurchase", "for_you", "for_you:new")
Arm = Literal["treatment", "control"]
EventType = Literal["product_view", "exposure", "view", "click", "cart", "dismiss"]

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

# --- what a shop's API tells ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Image:
    url: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """One of the shop's categories; `parent_id` is None at the top."""

    id: str
    name: str
    parent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """What the cart takes: one size or colour of a product."""

    id: str
    title: str
    price_minor: int | None
    in_stock: bool


@dataclass(frozen=True, slots=True)
class Product:
    id: str
    title: str
    currency: str
    updated_at: datetime
    url: str = ""
    vendor: str = ""
    product_type: str = ""
    tags: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()  # the shop's main one first
    price_minor: int | None = None  # the lowest of its variants; None: the shop tells no price
    compare_at_minor: int | None = None  # the struck-through price while on sale
    cost_minor: int | None = None  # what the shop pays for it; None: the shop does not tell
    price_varies: bool = False  # show "from"
    image: Image | None = None
    in_stock: bool = True
    # Why it may never be recommended ("draft", "hidden", "password", ...); "" when it may.
    withheld: str = ""
    # The id the platform's cart takes without asking for options; None: "choose options".
    cart_id: str | None = None
    variants: tuple[Variant, ...] = ()
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line. Money is for the whole line, without tax: paid = gross - discount, then + tax."""

    id: str
    product_id: str | None  # None: the shop deleted it for good
    quantity: int
    gross_minor: int
    discount_minor: int = 0
    tax_minor: int = 0
    variant_id: str | None = None
    title: str = ""
    token: str | None = None  # the signed token of the shelf click that led here


@dataclass(frozen=True, slots=True)
class Order:
    """An order in the shop's own currency.

    `total_minor` is the platform's own total at the time of order: the lines' gross - discount
    + tax, + shipping with its tax, + fees; refunds are never subtracted from it. `email` lives
    only between parsing and saving, where it becomes a keyed hash that joins guests.
    """

    id: str
    placed_at: datetime
    updated_at: datetime
    currency: str
    status: OrderStatus
    total_minor: int
    lines: tuple[OrderLine, ...]
    number: str = ""
    source: OrderSource = "shopper"
    platform_status: str = ""  # the shop's own word, for people
    discount_minor: int = 0  # of all lines
    tax_minor: int = 0  # lines, shipping and fees
    shipping_minor: int = 0
    fees_minor: int = 0
    customer_id: str | None = None  # None: a guest
    email: str | None = field(default=None, repr=False)
    visitor: str | None = field(default=None, repr=False)
    # The platform's token of the checkout it came from, where a pixel tells of it as well.
    checkout: str | None = field(default=None, repr=False)
    gift: bool = False  # bought for somebody else: says nothing of the buyer's own taste


@dataclass(frozen=True, slots=True)
class RefundLine:
    """What one refund took back of one order line; amounts are positive."""

    line_id: str | None
    quantity: int
    amount_minor: int  # without tax
    tax_minor: int = 0


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back: `total_minor` = lines with tax + shipping with tax + whatever else."""

    id: str
    order_id: str
    refunded_at: datetime
    updated_at: datetime
    total_minor: int
    tax_minor: int = 0
    shipping_minor: int = 0
    lines: tuple[RefundLine, ...] = ()


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What a shop says of itself when first connected."""

    name: str
    url: str
    currency: str
    timezone: str  # an IANA name, or a fixed offset like "+02:00"
    locale: str = "en"


Row = TypeVar("Row", Product, Order, Refund, str)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a sync: save `rows` and `cursor` in one transaction, then ask for the next.

    `cursor` is the connector's own text; handing it back resumes after this page. `total` is how
    many rows the whole walk has, where the platform tells (for progress). `rejected` names rows
    that could not be read, as "where: what is wrong".
    """

    rows: tuple[Row, ...]
    cursor: str
    total: int | None = None
    rejected: tuple[str, ...] = ()


# --- what trainers read and write ----------------------------------------------------------------


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


# --- what a shelf is made of ---------------------------------------------------------------------


class Entry(NamedTuple):
    """One product of a stored list, with the evidence from which its reason can be recomputed.

    bought_together: `support` distinct orders with both (0 while fewer than 3 distinct buyers stand
    behind them), `strength` times more than chance.
    similar: `support` a bit set of what is shared (SHARED_*), `strength` the title match, 0 to 1.
    personal: `support` the customer's purchases it rests on, `strength` the predicted confidence.
    repurchase: `support` the customer's orders with it, `strength` the share of its buyers who
    bought it again.
    blend: as bought_together; or, where `strength` is 0, `support` as for similar.
    for_you: `support` the customer's orders with it, 0 for a new product; `strength` the score.
    trending: `support` orders with it in the last 14 days, `strength` times more than expected.
    bestseller: `support` orders with it in the last 28 days (0 likewise), `strength` the decayed
    number of its orders.
    """

    product: int  # the store's key
    score: float
    support: int
    strength: float


SHARED_TITLE = 1
SHARED_VENDOR = 2
SHARED_TYPE = 4
SHARED_TAGS = 8
SHARED_PRICE_BAND = 16
SHARED_CATEGORY = 32


class Card(NamedTuple):
    """A product ready to be shown: `body` is its JSON object without the closing brace."""

    product: int
    id: str
    sellable: bool
    group: int  # products of one group are near-duplicates: a shelf shows one of them
    body: str


class Effects(NamedTuple):
    """What the merchant's rules of this moment do to one placement, by product keys."""

    pins: tuple[int, ...] = ()  # first, in this order
    hidden: frozenset[int] = frozenset()
    weights: Mapping[int, float] = MappingProxyType({})  # factors of scores: above 1 is a boost
    sensitive: frozenset[int] = frozenset()


NO_EFFECTS = Effects()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a product is shown, as data; `recommenders.choose.say` makes the sentence.

    kind: `bought_together`, `similar`, `because_viewed`, `because_bought`, `because_carted`,
    `for_you`, `popular`, `popular_in`, `rising`, `viewed`, `bought_before`, `picked` (by the
    merchant).
    """

    kind: str
    count: int = 0  # distinct orders behind it; 0: not counted or below the floor of 3 buyers
    about: str = ""  # a category's or product's title, where the sentence names one
    shared: int = 0  # similar: what the two have in common, as SHARED_* bits


class Recommendation(NamedTuple):
    product: int  # the store's key
    id: str  # the shop's id
    score: float
    strategy: Strategy
    reason: Reason
    body: str  # the card's JSON object without the closing brace


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


# --- the merchant's rules ------------------------------------------------------------------------

# `sensitive` products (health, adult) stay out of everything personal; see docs/merchant.md.
RuleKind = Literal["pin", "exclude", "boost", "bury", "sensitive"]
RuleField = Literal["product", "type", "vendor", "tag", "category", "price", "margin"]

# A boost multiplies a score by this, a bury divides by it. Scores of one list mostly lie within a
# factor of ten: 1.5 wins against neighbours, 4 against most, 20 against all of the same list.
STRENGTHS: dict[int, float] = {1: 1.5, 2: 4.0, 3: 20.0}


@dataclass(frozen=True, slots=True)
class Rule:
    """What a merchant wants of some products, on one placement or all, always or for a while.

    `value` names the products by `field` (an id, a type, ...); a price band has `low` and `high`
    in minor units, a margin band in percent of the price. Low is included, high is not.
    """

    kind: RuleKind
    field: RuleField
    value: str = ""
    low: int | None = None
    high: int | None = None
    placement: Placement | None = None  # None: everywhere
    strength: int = 2  # of a boost or bury
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def __post_init__(self) -> None:
        banded = self.field in ("price", "margin")
        if banded and self.low is None and self.high is None:
            raise ValueError("Give a lower or an upper end, or both.")
        if banded and self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError("The lower end must be below the upper end.")
        if not banded and not self.value.strip():
            raise ValueError("Say which products the rule is about.")
        if self.kind == "pin" and self.field != "product":
            raise ValueError("Only single products can be pinned. For many, boost them.")
        if self.kind == "sensitive" and (self.placement or self.starts_at or self.ends_at):
            raise ValueError("What is sensitive is so always and everywhere.")
        if self.strength not in STRENGTHS:
            raise ValueError("The strength is 1, 2 or 3.")
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            raise ValueError("The end must come after the start.")

    def active(self, now: datetime) -> bool:
        started = self.starts_at is None or self.starts_at <= now
        return started and (self.ends_at is None or now < self.ends_at)

    def factor(self) -> float:
        """What it multiplies a score by."""
        size = STRENGTHS[self.strength]
        return {"boost": size, "bury": 1 / size}.get(self.kind, 1.0)


Layout = Literal["carousel", "grid"]


@dataclass(frozen=True, slots=True)
class ShelfLook:
    """How the merchant wants a placement shown. What is None is the page's own to say."""

    shown: bool = True  # False: the placement answers nothing, on every page
    heading: str | None = None  # in the shop's own language
    count: int | None = None
    layout: Layout | None = None

    def __post_init__(self) -> None:
        if self.count is not None and not 1 <= self.count <= LIST_WIDTH:
            raise ValueError(f"A shelf shows 1 to {LIST_WIDTH} products.")
        if self.heading is not None and len(self.heading) > LONGEST_HEADING:
            raise ValueError(f"A heading has at most {LONGEST_HEADING} characters.")


LONGEST_HEADING = 80  # more would wrap to a third line on a phone

# --- experiments ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Experiment:
    """A split test as it was locked at its start; nothing of it changes while it runs."""

    id: int
    placement: Tested
    against: str  # none, bestsellers, itself (A/A), a strategy, or a model's version
    metric: Literal["cvr", "rpv"]
    salt: str
    share: int  # buckets of 10,000 that go to treatment
    started_at: datetime
    ends_at: datetime  # the locked end: the one look of the fixed-horizon part
    window_s: int  # how long each visitor's orders count, from entry
    cap_minor: int | None  # revenue per visitor is capped here; None: nothing to learn it from
    planned_visitors: int
    planned_conversions: int
    stopped_at: datetime | None = None


class Entered(NamedTuple):
    """A visitor's first exposure in an experiment."""

    visitor: bytes  # the keyed digest
    arm: Arm
    at: datetime
    device: str = ""  # "phone", "computer"; "" where the browser did not say


class NetOrder(NamedTuple):
    """What a paid order of a shopper is worth by now, without tax and shipping, after refunds."""

    order: int
    customer: int | None
    visitor: bytes | None
    placed_at: datetime
    net_minor: int


@dataclass(frozen=True, slots=True)
class Unit:
    """One visitor of an experiment after identity merges, with what they did in their window."""

    arm: Arm
    entered_at: datetime
    orders: int = 0
    revenue_minor: int = 0  # net of refunds and cancellations, without tax and shipping
    before_minor: int = 0  # the same in the 90 days before entry; 0: nothing, or nobody we know
    clicks: int = 0
    crossed: bool = False  # saw both arms before its devices were known to be one person
    attributed_minor: int = 0  # of products bought within 7 days after a click on them
    bought_before: bool = False  # had bought in the 90 days before entry
    device: str = ""
    first_order_at: datetime | None = None  # the first in the window
    second_order_at: datetime | None = None  # the next after it, in the window or later
    robot: bool = False  # opened pages faster than people do: left out of every sum
    visitor: bytes = b""  # the one of its devices that entered first
