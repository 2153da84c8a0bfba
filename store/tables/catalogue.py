"""What a shop sells, how its merchant steers it, and the cards shelves are made of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, Key, of_shop, own_id


class Product(Base):
    """A product; one that only an order names is here too, withheld as "unknown" until told of."""

    __tablename__ = "products"
    id: Mapped[int] = own_id()
    shop_id: Mapped[int] = of_shop()
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
    id: Mapped[int] = own_id()
    shop_id: Mapped[int] = of_shop()
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
    shop_id: Mapped[int] = of_shop(primary=True)
    placement: Mapped[str] = mapped_column(primary_key=True)
    shown: Mapped[bool]
    heading: Mapped[str | None]
    count: Mapped[int | None]
    layout: Mapped[str | None]
    variety: Mapped[int] = mapped_column(default=0, server_default=text("0"))


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
    shop_id: Mapped[int] = of_shop(primary=True)
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
