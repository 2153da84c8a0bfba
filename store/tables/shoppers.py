"""What visitors saw and did, and which of them are one customer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Index,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, Key, of_shop


class Identity(Base):
    """A visitor who turned out to be a customer, and since when we know."""

    __tablename__ = "identities"
    shop_id: Mapped[int] = of_shop(primary=True)
    visitor: Mapped[bytes] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(Key, ForeignKey("customers.id"), primary_key=True)
    seen_at: Mapped[datetime]
    # With the visitor, which is what a shelf looks up: before SQLite has counted its tables, it
    # takes the key instead, and reads all visitors of the shop.
    __table_args__ = (Index("ix_identities_customer", "shop_id", "customer_id", "visitor"),)


class Event(Base):
    """What a browser told us, once per event id. The token's facts are spelled out in columns."""

    __tablename__ = "events"
    shop_id: Mapped[int] = of_shop(primary=True)
    id: Mapped[bytes] = mapped_column(primary_key=True)  # the browser's UUID
    type: Mapped[str]
    visitor: Mapped[bytes | None]
    product_id: Mapped[int | None] = mapped_column(Key)
    placement: Mapped[str | None]
    experiment_id: Mapped[int | None]
    arm: Mapped[str | None]
    model_id: Mapped[int | None]
    nonce: Mapped[bytes | None]  # which answer it belongs to
    # The new product that the answer tried, and with which chance of 10,000: what is learned from
    # it later divides by that.
    tried: Mapped[int | None] = mapped_column(Key)
    chance: Mapped[int | None]
    page_id: Mapped[int | None] = mapped_column(Key)  # the product on whose page the shelf stood
    at: Mapped[datetime | None]  # the browser's clock: for order only
    items: Mapped[bytes | None]  # of a view: the products in sight, packed (`packing.pack_keys`)
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


class Unwanted(Base):
    """What a visitor does not want on their shelves: said so, or left unclicked many times."""

    __tablename__ = "unwanted"
    shop_id: Mapped[int] = of_shop(primary=True)
    visitor: Mapped[bytes] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(
        Key, ForeignKey("products.id", ondelete="CASCADE"), primary_key=True
    )
    dismissed: Mapped[bool]  # False: only ignored, and so only for a while
    told_at: Mapped[datetime]
    __table_args__ = (Index("ix_unwanted_told", "shop_id", "told_at"),)


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
    led_by: Mapped[str | None]  # the strategy in front on the tested shelf, then, in either arm
    counted: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    __table_args__ = (Index("ix_exposures_counted", "experiment_id", "counted"),)
