"""What was bought and given back, and by which customer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, Key, of_shop, own_id


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = own_id()
    shop_id: Mapped[int] = of_shop()
    # An erased customer's number is never given again: lists are named by it.
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012


class CustomerDigest(Base):
    """What a customer is known by: keyed hashes of an account id and of e-mail addresses."""

    __tablename__ = "customer_digests"
    shop_id: Mapped[int] = of_shop(primary=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(Key, ForeignKey("customers.id", ondelete="CASCADE"))
    # An account's, else an e-mail address's. None: saved before the two were told apart.
    account: Mapped[bool | None]


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = own_id()
    shop_id: Mapped[int] = of_shop()
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
    shop_id: Mapped[int] = of_shop(primary=True)
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
    id: Mapped[int] = own_id()
    shop_id: Mapped[int] = of_shop()
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
