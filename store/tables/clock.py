"""What the clock did, and what it has been asked to do."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Index,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, Key, of_shop, own_id


class JobRun(Base):
    __tablename__ = "job_runs"
    id: Mapped[int] = own_id()
    job: Mapped[str]
    shop_id: Mapped[int | None] = mapped_column(Key, ForeignKey("shops.id", ondelete="CASCADE"))
    started_at: Mapped[datetime]
    heartbeat_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str]  # running, ok, failed, cut off
    detail: Mapped[str]
    memory_kib: Mapped[int | None]  # the most that its process held; None: it did not end
    __table_args__ = (Index("ix_job_runs_job_shop", "job", "shop_id", "started_at"),)


class Request(Base):
    """Something a person asked the clock to do now: "sync", "train", "tally"."""

    __tablename__ = "requests"
    id: Mapped[int] = own_id()
    shop_id: Mapped[int] = of_shop()
    job: Mapped[str]
    asked_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
