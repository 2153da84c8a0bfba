"""How the nouns of `records.py` are stored: every table, its keys and why it has them.

Instants are integers of microseconds (exact, sortable, the same on both databases); identifiers
of people are keyed hashes of 16 bytes, never the thing itself. Every row belongs to a shop.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(at: datetime) -> int:
    """Microseconds since 1970 of an aware instant, exactly (floats would lose some)."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored as microseconds since 1970 in UTC. Naive ones are refused."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive instant reached the store: {value!r}")
        return to_micros(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_micros(value)


# SQLite gives ids by itself only to INTEGER keys; everywhere else 32 bits would be too few.
Key = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    # Named constraints, so that later migrations can change them on either database.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        datetime: Instant(),
        str: Text(),
        bytes: LargeBinary(),
        int: BigInteger(),
    }


def _id() -> Mapped[int]:
    return mapped_column(Key, primary_key=True)


def _shop(*, primary: bool = False) -> Mapped[int]:
    return mapped_column(Key, ForeignKey("shops.id", ondelete="CASCADE"), primary_key=primary)


# --- shops ---------------------------------------------------------------------------------------


class Shop(Base):
    __tablename__ = "shops"
    id: Mapped[int] = _id()
    key: Mapped[str] = mapped_column(unique=True)  # public: it stands in the shop's pages
    name: Mapped[str] = mapped_column(unique=True)
    platform: Mapped[str]
    url: Mapped[str] = mapped_column(default="")
    currency: Mapped[str]
    timezone: Mapped[str]
    locale: Mapped[str]
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    simulated: Mapped[bool] = mapped_column(default=False)
    clock_at: Mapped[datetime | None]  # a simulated shop's own "now"
    created_at: Mapped[datetime]
    # What Shopify's notices call the shop: gifts.myshopify.com. Other platforms have none.
    domain: Mapped[str | None] = mapped_column(index=True)
    connected_at: Mapped[datetime | None]  # when access was last given; None: at `created_at`
    uninstalled_at: Mapped[datetime | None]  # access was taken away: nothing is asked any more


class ShopKey(Base):
    """A shop's own keys, wrapped by SECRET_KEYS: pepper, token, customer, report, webhook."""

    __tablename__ = "shop_keys"
    id: Mapped[int] = _id()
    shop_id: Mapped[int] = _shop()
    kind: Mapped[str]
    wrapped: Mapped[bytes]
    created_at: Mapped[datetime]
    __table_args__ = (Index("ix_shop_keys_shop_kind", "shop_id", "kind"),)


class Credential(Base):
    """What opens the shop's API: a JSON object, wrapped by SECRET_KEYS."""

    __tablename__ = "credentials"
    shop_id: Mapped[int] = _shop(primary=True)
    wrapped: Mapped[bytes]
    updated_at: Mapped[datetime]


class Cursor(Base):
    """Where a stream (products, orders, refunds) goes on; saved in its page's transaction."""

    __tablename__ = "cursors"
    shop_id: Mapped[int] = _shop(primary=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    updated_at: Mapped[datetime]


class Install(Base):
    """A shop about to be connected. What opens the row is known to the browser and the shop alone;
    of that, and of the code that comes after it, only hashes are kept."""

    __tablename__ = "installs"
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    platform: Mapped[str]
    shop_url: Mapped[str]
    return_url: Mapped[str]  # where the browser goes in the end; "": to our own pages
    state: Mapped[str]  # the caller's own, given back as it came
    user_id: Mapped[int | None] = mapped_column(Key)  # who connects it, and will own it
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    wrapped: Mapped[bytes | None]  # the credentials, from their arrival until they are tried
    used_at: Mapped[datetime | None]  # the shop was connected, or will not be
    shop_id: Mapped[int | None] = mapped_column(Key, ForeignKey("shops.id", ondelete="CASCADE"))
    code_digest: Mapped[bytes | None] = mapped_column(unique=True)
    code_expires_at: Mapped[datetime | None]


# --- what shops tell by themselves ---------------------------------------------------------------


class Notice(Base):
    """Something a shop's webhook named, to be asked for: one row however often it was told."""

    __tablename__ = "webhook_inbox"
    shop_id: Mapped[int] = _shop(primary=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # as in `reads.inbox.KINDS`
    external_id: Mapped[str] = mapped_column(primary_key=True)
    told_at: Mapped[datetime]  # the last time
    due_at: Mapped[datetime]  # not to be worked on before
    tries: Mapped[int]
    __table_args__ = (Index("ix_webhook_inbox_due", "due_at"),)


class Delivery(Base):
    """A webhook that came: a hash of its id, topic and body, so that a repeat is known."""

    __tablename__ = "webhook_deliveries"
    shop_id: Mapped[int] = _shop(primary=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
    __table_args__ = (Index("ix_webhook_deliveries_received", "received_at"),)


class PrivacyRequest(Base):
    """What a platform passed on for a shopper, or of a shop that left, as the law wants it."""

    __tablename__ = "privacy_requests"
    id: Mapped[int] = _id()
    shop_id: Mapped[int] = _shop()
    # data_request: a person answers it. redact, shop_redact: the clock carries them out.
    kind: Mapped[str] = mapped_column(default="data_request")
    external_id: Mapped[str] = mapped_column(default="")  # the platform's number of it
    customer_id: Mapped[int | None] = mapped_column(  # None: nothing is held of them
        Key, ForeignKey("customers.id", ondelete="SET NULL")
    )
    orders: Mapped[list[str]] = mapped_column(JSON, default=list)  # the shop's ids it names
    via: Mapped[str]
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")  # what was done, naming nobody
    __table_args__ = (Index("ix_privacy_requests_shop", "shop_id"),)


# --- catalogue -----------------------------------------------------------------------------------


class Product(Base):
    """A product; one that only an order names is here too, withheld as "unknown" until told of."""

    __tablename__ = "products"
    id: Mapped[int] = _id()
    shop_id: Mapped[int] = _shop()
    external_id: Mapped[str]
    title: Mapped[str]
    url: Mapped[str]
    vendor: Mapped[str]
    product_type: Mapped[str]
    tags: Mapped[list[str]] = mapped_column(JSON)
    price_minor: Mapped[int | None]
    compare_at_minor: Mapped[int | None]
    cost_minor: Mapped[int | None]
    price_varies: Mapped[bool]
    currency: Mapped[str]
    image_url: Mapped[str]
    image_width: Mapped[int | None]
    image_height: Mapped[int | None]
    in_stock: Mapped[bool]
    withheld: Mapped[str]  # "" or why it may never be shown
    cart_id: Mapped[str | None]
    published_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("shop_id", "external_id"),)


class Rule(Base):
    """What the merchant wants of some products; never changed, only made and removed.

    `revision` counts changes of what it matches, so that a process knows when to read it anew.
    """

    __tablename__ = "rules"
    id: Mapped[int] = _id()
    shop_id: Mapped[int] = _shop()
    kind: Mapped[str]
    field: Mapped[str]
    value: Mapped[str]
    low: Mapped[int | None]
    high: Mapped[int | None]
    placement: Mapped[str | None]  # None: everywhere
    strength: Mapped[int]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    revision: Mapped[int]
    created_at: Mapped[datetime]
    __table_args__ = (Index("ix_rules_shop", "shop_id"),)


class RuleProduct(Base):
    """Which products a rule is about: worked out when one of them changes, never by a request."""

    __tablename__ = "rule_products"
    rule_id: Mapped[int] = mapped_column(
        Key, ForeignKey("rules.id", ondelete="CASCADE"), primary_key=True
    )
    product_id: Mapped[int] = mapped_column(
        Key, ForeignKey("products.id", ondelete="CASCADE"), primary_key=True
    )
    __table_args__ = (Index("ix_rule_products_product", "product_id"),)


class PlacementRow(Base):
    """How the merchant wants a placement shown; one that has no row is as the page says."""

    __tablename__ = "placements"
    shop_id: Mapped[int] = _shop(primary=True)
    placement: Mapped[str] = mapped_column(primary_key=True)
    shown: Mapped[bool]
    heading: Mapped[str | None]
    count: Mapped[int | None]
    layout: Mapped[str | None]


class Variant(Base):
    __tablename__ = "variants"
    product_id: Mapped[int] = mapped_column(
        Key, ForeignKey("products.id", ondelete="CASCADE"), primary_key=True
    )
    external_id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    price_minor: Mapped[int | None]
    in_stock: Mapped[bool]


class Category(Base):
    __tablename__ = "categories"
    shop_id: Mapped[int] = _shop(primary=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[str | None]


class ProductCategory(Base):
    """Position 0 is the product's main category."""

    __tablename__ = "product_categories"
    product_id: Mapped[int] = mapped_column(
        Key, ForeignKey("products.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    category_id: Mapped[str]


class Card(Base):
    """What a shelf shows of a product, ready to be sent. Written with the product."""

    __tablename__ = "cards"
    product_id: Mapped[int] = mapped_column(
        Key, ForeignKey("products.id", ondelete="CASCADE"), primary_key=True
    )
    external_id: Mapped[str]
    sellable: Mapped[bool]
    group_key: Mapped[int]  # near-duplicates share one; set by training
    body: Mapped[str]


# --- orders --------------------------------------------------------------------------------------


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = _id()
    shop_id: Mapped[int] = _shop()
    # An erased customer's number is never given again: lists are named by it.
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012


class CustomerDigest(Base):
    """What a customer is known by: keyed hashes of an account id and of e-mail addresses."""

    __tablename__ = "customer_digests"
    shop_id: Mapped[int] = _shop(primary=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(Key, ForeignKey("customers.id", ondelete="CASCADE"))


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = _id()
    shop_id: Mapped[int] = _shop()
    external_id: Mapped[str]
    number: Mapped[str]
    customer_id: Mapped[int | None] = mapped_column(Key, ForeignKey("customers.id"))
    visitor: Mapped[bytes | None]
    checkout: Mapped[bytes | None]  # the keyed hash of its token: see Checkout
    erased: Mapped[bool] = mapped_column(default=False)  # no later sync restores these three
    # A gift, or "not this purchase": counts for what is bought together, not for anybody's taste.
    kept_out: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    placed_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    status: Mapped[str]
    platform_status: Mapped[str]
    source: Mapped[str]
    currency: Mapped[str]
    total_minor: Mapped[int]
    discount_minor: Mapped[int]
    tax_minor: Mapped[int]
    shipping_minor: Mapped[int]
    fees_minor: Mapped[int]
    __table_args__ = (
        UniqueConstraint("shop_id", "external_id"),
        Index("ix_orders_shop_placed", "shop_id", "placed_at"),
        Index("ix_orders_shop_visitor", "shop_id", "visitor"),
        Index("ix_orders_shop_checkout", "shop_id", "checkout"),
        Index("ix_orders_customer", "customer_id", "placed_at"),
    )


class Checkout(Base):
    """Whose checkout it was, told by a pixel: the order of this token may come before or after."""

    __tablename__ = "checkouts"
    shop_id: Mapped[int] = _shop(primary=True)
    checkout: Mapped[bytes] = mapped_column(primary_key=True)
    visitor: Mapped[bytes]
    told_at: Mapped[datetime]
    __table_args__ = (Index("ix_checkouts_visitor", "shop_id", "visitor"),)


class OrderLine(Base):
    __tablename__ = "order_lines"
    order_id: Mapped[int] = mapped_column(
        Key, ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True
    )
    external_id: Mapped[str] = mapped_column(primary_key=True)
    product_id: Mapped[int | None] = mapped_column(Key, ForeignKey("products.id"))
    variant_id: Mapped[str | None]
    title: Mapped[str]
    quantity: Mapped[int]
    gross_minor: Mapped[int]
    discount_minor: Mapped[int]
    tax_minor: Mapped[int]
    token: Mapped[str | None]
    __table_args__ = (Index("ix_order_lines_product", "product_id"),)


class Refund(Base):
    """Joined to its order by the shop's own id, because it may arrive before the order does."""

    __tablename__ = "refunds"
    id: Mapped[int] = _id()
    shop_id: Mapped[int] = _shop()
    external_id: Mapped[str]
    order_external_id: Mapped[str]
    refunded_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    total_minor: Mapped[int]
    tax_minor: Mapped[int]
    shipping_minor: Mapped[int]
    __table_args__ = (
        UniqueConstraint("shop_id", "external_id"),
        Index("ix_refunds_order", "shop_id", "order_external_id"),
    )


class RefundLine(Base):
    __tablename__ = "refund_lines"
    refund_id: Mapped[int] = mapped_column(
        Key, ForeignKey("refunds.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    line_external_id: Mapped[str | None]
    quantity: Mapped[int]
    amount_minor: Mapped[int]
    tax_minor: Mapped[int]


# --- shoppers ------------------------------------------------------------------------------------


class Identity(Base):
    """A visitor who turned out to be a customer, and since when we know."""

    __tablename__ = "identities"
    shop_id: Mapped[int] = _shop(primary=True)
    visitor: Mapped[bytes] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(Key, ForeignKey("customers.id"), primary_key=True)
    seen_at: Mapped[datetime]
    __table_args__ = (Index("ix_identities_customer", "shop_id", "customer_id"),)


class Event(Base):
    """What a browser told us, once per event id. The token's facts are spelled out in columns."""

    __tablename__ = "events"
    shop_id: Mapped[int] = _shop(primary=True)
    id: Mapped[bytes] = mapped_column(primary_key=True)  # the browser's UUID
    type: Mapped[str]
    visitor: Mapped[bytes | None]
    product_id: Mapped[int | None] = mapped_column(Key)
    placement: Mapped[str | None]
    experiment_id: Mapped[int | None]
    arm: Mapped[str | None]
    model_id: Mapped[int | None]
    nonce: Mapped[bytes | None]  # which answer it belongs to
    at: Mapped[datetime | None]  # the browser's clock: for order only
    received_at: Mapped[datetime]
    __table_args__ = (
        Index("ix_events_shop_received", "shop_id", "received_at"),
        Index("ix_events_shop_visitor", "shop_id", "visitor"),
        # An exposure or a view counts once per visitor and answer, however often it is sent.
        Index(
            "uq_events_once",
            "shop_id",
            "visitor",
            "nonce",
            "type",
            unique=True,
            sqlite_where=text("type IN ('exposure', 'view')"),
            postgresql_where=text("type IN ('exposure', 'view')"),
        ),
    )


class Exposure(Base):
    """A visitor's entry into an experiment: the first one wins and is never changed."""

    __tablename__ = "exposures"
    experiment_id: Mapped[int] = mapped_column(
        Key, ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True
    )
    visitor: Mapped[bytes] = mapped_column(primary_key=True)
    arm: Mapped[str]
    entered_at: Mapped[datetime]
    device: Mapped[str | None]  # "phone" or "computer", all that is kept of the browser
    counted: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    __table_args__ = (Index("ix_exposures_counted", "experiment_id", "counted"),)


# --- models --------------------------------------------------------------------------------------


class Model(Base):
    """One training run. `version` counts from 1 in each shop."""

    __tablename__ = "models"
    id: Mapped[int] = _id()
    shop_id: Mapped[int] = _shop()
    version: Mapped[int]
    trained_at: Mapped[datetime]
    data_until: Mapped[datetime]  # the last order it knows: the model's "now"
    data_hash: Mapped[str]
    orders: Mapped[int]
    complete: Mapped[bool] = mapped_column(default=False)  # all its lists are written
    __table_args__ = (UniqueConstraint("shop_id", "version"),)


class ListRow(Base):
    """One ranked list, packed by `store.packing`: what a request looks up."""

    __tablename__ = "lists"
    model_id: Mapped[int] = mapped_column(
        Key, ForeignKey("models.id", ondelete="CASCADE"), primary_key=True
    )
    slot: Mapped[str] = mapped_column(primary_key=True)
    entries: Mapped[bytes]
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012


class Measure(Base):
    __tablename__ = "measures"
    model_id: Mapped[int] = mapped_column(
        Key, ForeignKey("models.id", ondelete="CASCADE"), primary_key=True
    )
    placement: Mapped[str] = mapped_column(primary_key=True)
    strategy: Mapped[str] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float]
    low: Mapped[float | None]
    high: Mapped[float | None]
    queries: Mapped[int]


class Decision(Base):
    """What the gate said of a model on a placement, and what would be served with it."""

    __tablename__ = "decisions"
    model_id: Mapped[int] = mapped_column(
        Key, ForeignKey("models.id", ondelete="CASCADE"), primary_key=True
    )
    placement: Mapped[str] = mapped_column(primary_key=True)
    outcome: Mapped[str]  # promoted, refused, unproven, labelled
    why: Mapped[str]
    strategies: Mapped[list[str]] = mapped_column(JSON)


class Live(Base):
    """The pointer that publishing and rolling back flip: what is served now."""

    __tablename__ = "live"
    shop_id: Mapped[int] = _shop(primary=True)
    placement: Mapped[str] = mapped_column(primary_key=True)
    model_id: Mapped[int] = mapped_column(Key, ForeignKey("models.id"))
    strategies: Mapped[list[str]] = mapped_column(JSON)
    since_at: Mapped[datetime]


class Publication(Base):
    """Every flip of the pointer, never changed: experiments and the merchant read it."""

    __tablename__ = "publications"
    id: Mapped[int] = _id()
    shop_id: Mapped[int] = _shop()
    placement: Mapped[str]
    model_id: Mapped[int] = mapped_column(Key)
    strategies: Mapped[list[str]] = mapped_column(JSON)
    at: Mapped[datetime]
    why: Mapped[str]


# --- experiments ---------------------------------------------------------------------------------


class Experiment(Base):
    """`number` counts from 1 in each shop; everything but `stopped_at` is locked at the start."""

    __tablename__ = "experiments"
    id: Mapped[int] = _id()
    shop_id: Mapped[int] = _shop()
    number: Mapped[int]
    placement: Mapped[str]
    against: Mapped[str]
    metric: Mapped[str]
    salt: Mapped[str]
    share: Mapped[int]
    started_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    window_s: Mapped[int]
    cap_minor: Mapped[int | None]
    planned_visitors: Mapped[int]
    planned_conversions: Mapped[int]
    stopped_at: Mapped[datetime | None]
    __table_args__ = (UniqueConstraint("shop_id", "number"),)


class TallyRow(Base):
    """Addable sums of one arm: of the visitors who entered on `day` (shop's own, ISO date)."""

    __tablename__ = "tallies"
    experiment_id: Mapped[int] = mapped_column(
        Key, ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[str] = mapped_column(primary_key=True)
    arm: Mapped[str] = mapped_column(primary_key=True)
    sums: Mapped[str]


class SegmentTally(Base):
    """The same sums of a part of the visitors: new ones, those on phones, ..."""

    __tablename__ = "segment_tallies"
    experiment_id: Mapped[int] = mapped_column(
        Key, ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[str] = mapped_column(primary_key=True)
    segment: Mapped[str] = mapped_column(primary_key=True)
    arm: Mapped[str] = mapped_column(primary_key=True)
    sums: Mapped[str]


class UnitRow(Base):
    """One visitor of an experiment with what they did: what tallies are summed from.

    Named by the device that entered first. Written anew whenever something of theirs changed
    (`touched`), so that counting a day never reads the days before it again.
    """

    __tablename__ = "units"
    experiment_id: Mapped[int] = mapped_column(
        Key, ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True
    )
    visitor: Mapped[bytes] = mapped_column(primary_key=True)
    arm: Mapped[str]
    day: Mapped[str]  # of entry, the shop's own, ISO date
    entered_at: Mapped[datetime]
    orders: Mapped[int]
    revenue_minor: Mapped[int]
    before_minor: Mapped[int]
    clicks: Mapped[int]
    crossed: Mapped[bool]
    attributed_minor: Mapped[int]
    bought_before: Mapped[bool]
    device: Mapped[str]
    first_order_at: Mapped[datetime | None]
    second_order_at: Mapped[datetime | None]
    robot: Mapped[bool]
    __table_args__ = (Index("ix_units_day", "experiment_id", "day"),)


class Touched(Base):
    """Somebody whose figures in experiments must be counted again; gone once they were."""

    __tablename__ = "touched"
    id: Mapped[int] = _id()
    shop_id: Mapped[int] = _shop()
    visitor: Mapped[bytes | None]
    customer_id: Mapped[int | None] = mapped_column(Key)
    __table_args__ = (Index("ix_touched_shop", "shop_id", "id"),)


class Restatement(Base):
    """A finished test's figures as they were locked, and as later refunds changed them."""

    __tablename__ = "restatements"
    id: Mapped[int] = _id()
    experiment_id: Mapped[int] = mapped_column(
        Key, ForeignKey("experiments.id", ondelete="CASCADE")
    )
    at: Mapped[datetime]
    body: Mapped[str]
    __table_args__ = (Index("ix_restatements_experiment", "experiment_id", "id"),)


class ShareLink(Base):
    """A link that shows one report to whoever has it, until revoked; only its hash is kept."""

    __tablename__ = "share_links"
    id: Mapped[int] = _id()
    digest: Mapped[bytes] = mapped_column(unique=True)
    experiment_id: Mapped[int] = mapped_column(
        Key, ForeignKey("experiments.id", ondelete="CASCADE")
    )
    made_by: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Letter(Base):
    """Who gets a shop's report by e-mail, and when the last one went out."""

    __tablename__ = "letters"
    shop_id: Mapped[int] = _shop(primary=True)
    email: Mapped[str] = mapped_column(primary_key=True)
    sent_at: Mapped[datetime | None]


class VerdictDay(Base):
    """What the verdict was on a day: appended, never changed, so that peeking stays honest."""

    __tablename__ = "verdict_days"
    experiment_id: Mapped[int] = mapped_column(
        Key, ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[str] = mapped_column(primary_key=True)
    running: Mapped[str]
    verdict: Mapped[str]


class ReportRow(Base):
    """The report as last computed: web workers only read it."""

    __tablename__ = "reports"
    experiment_id: Mapped[int] = mapped_column(
        Key, ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True
    )
    computed_at: Mapped[datetime]
    body: Mapped[str]


# --- the clock and the people --------------------------------------------------------------------


class JobRun(Base):
    __tablename__ = "job_runs"
    id: Mapped[int] = _id()
    job: Mapped[str]
    shop_id: Mapped[int | None] = mapped_column(Key, ForeignKey("shops.id", ondelete="CASCADE"))
    started_at: Mapped[datetime]
    heartbeat_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str]  # running, ok, failed, cut off
    detail: Mapped[str]
    __table_args__ = (Index("ix_job_runs_job_shop", "job", "shop_id", "started_at"),)


class Request(Base):
    """Something a person asked the clock to do now: "sync", "train", "tally"."""

    __tablename__ = "requests"
    id: Mapped[int] = _id()
    shop_id: Mapped[int] = _shop()
    job: Mapped[str]
    asked_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = _id()
    email: Mapped[str] = mapped_column(unique=True)
    password: Mapped[str]  # argon2
    session_mark: Mapped[str]  # changed to end every session of this user
    created_at: Mapped[datetime]


class Membership(Base):
    __tablename__ = "memberships"
    user_id: Mapped[int] = mapped_column(
        Key, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    shop_id: Mapped[int] = _shop(primary=True)
    role: Mapped[str]  # owner, editor, viewer


class SetupLink(Base):
    """A one-time link; only its hash is kept. Its holder becomes owner of every shop, or, where it
    names a shop, a member of that one in a role."""

    __tablename__ = "setup_links"
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    shop_id: Mapped[int | None] = mapped_column(Key, ForeignKey("shops.id", ondelete="CASCADE"))
    role: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Attempt(Base):
    """A try at log-in, /me, an exchange or a set-up, counted across all workers."""

    __tablename__ = "attempts"
    id: Mapped[int] = _id()
    scope: Mapped[str]
    who: Mapped[bytes]  # a keyed hash of the address or the name
    at: Mapped[datetime]
    __table_args__ = (Index("ix_attempts_scope_who", "scope", "who", "at"),)


class Audit(Base):
    """Who changed what, for people to read; appended only."""

    __tablename__ = "audit"
    id: Mapped[int] = _id()
    shop_id: Mapped[int | None] = mapped_column(Key, ForeignKey("shops.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(Key)
    at: Mapped[datetime]
    action: Mapped[str]
    detail: Mapped[str]


# --- privacy -------------------------------------------------------------------------------------


class Erasure(Base):
    """That somebody was forgotten, and how much of them; nothing here names who it was."""

    __tablename__ = "erasures"
    id: Mapped[int] = _id()
    shop_id: Mapped[int] = _shop()
    certificate: Mapped[str] = mapped_column(unique=True)  # random
    kind: Mapped[str]  # customer or visitor
    via: Mapped[str]  # who asked: admin, command, shopper, or a platform's name
    at: Mapped[datetime]
    touched: Mapped[dict[str, int]] = mapped_column(JSON)  # table -> rows deleted or emptied
    __table_args__ = (Index("ix_erasures_shop", "shop_id"),)
