"""Which shops there are, with what keys, and how far each has been read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, Key, of_shop, own_id


class Shop(Base):
    __tablename__ = "shops"
    id: Mapped[int] = own_id()
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
    id: Mapped[int] = own_id()
    shop_id: Mapped[int] = of_shop()
    kind: Mapped[str]
    wrapped: Mapped[bytes]
    created_at: Mapped[datetime]
    __table_args__ = (Index("ix_shop_keys_shop_kind", "shop_id", "kind"),)


class Credential(Base):
    """What opens the shop's API: a JSON object, wrapped by SECRET_KEYS."""

    __tablename__ = "credentials"
    shop_id: Mapped[int] = of_shop(primary=True)
    wrapped: Mapped[bytes]
    updated_at: Mapped[datetime]


class Cursor(Base):
    """Where a stream (products, orders, refunds) goes on; saved in its page's transaction."""

    __tablename__ = "cursors"
    shop_id: Mapped[int] = of_shop(primary=True)
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
