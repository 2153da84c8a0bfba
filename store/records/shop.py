"""What a shop's API tells: products, orders, refunds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:  # numpy is for trainers; a web worker never loads it for these
    pass

from store.records.vocabulary import OrderSource, OrderStatus


@dataclass(frozen=True, slots=True)
class Image:
    url: str
    width: int | None = None
    height: int | None = None
    srcset: str = ""  # copies in other widths, as HTML has them


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


class OrderLine(NamedTuple):
    """One line. Money is for the whole line, without tax: paid = gross - discount, then + tax.

    A tuple, unlike the others: there are millions of them, and one costs half as much to make.
    """

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
