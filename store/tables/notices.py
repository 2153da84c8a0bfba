"""What shops tell by themselves (webhooks), kept by name until the clock has worked it off."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, Key, of_shop, own_id


class Notice(Base):
    """Something a shop's webhook named, to be asked for: one row however often it was told."""

    __tablename__ = "webhook_inbox"
    shop_id: Mapped[int] = of_shop(primary=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # as in `reads.inbox.KINDS`
    external_id: Mapped[str] = mapped_column(primary_key=True)
    told_at: Mapped[datetime]  # the last time
    due_at: Mapped[datetime]  # not to be worked on before
    tries: Mapped[int]
    __table_args__ = (Index("ix_webhook_inbox_due", "due_at"),)


class Delivery(Base):
    """A webhook that came: a hash of its id, topic and body, so that a repeat is known."""

    __tablename__ = "webhook_deliveries"
    shop_id: Mapped[int] = of_shop(primary=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
    __table_args__ = (Index("ix_webhook_deliveries_received", "received_at"),)


class PrivacyRequest(Base):
    """What a platform passed on for a shopper, or of a shop that left, as the law wants it."""

    __tablename__ = "privacy_requests"
    id: Mapped[int] = own_id()
    shop_id: Mapped[int] = of_shop()
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
