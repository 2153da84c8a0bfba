"""What the clock did, and what is to be done now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, Key, own_id


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
    host: Mapped[str | None]  # the machine that did it
    __table_args__ = (
        Index("ix_job_runs_job_shop", "job", "shop_id", "started_at"),
        # Asked every second of a table that remembers 90 days.
        Index(
            "ix_job_runs_running",
            "shop_id",
            sqlite_where=text("outcome = 'running'"),
            postgresql_where=text("outcome = 'running'"),
        ),
    )


class Request(Base):
    """Something to be done now: a person asked for it, or its turn came. It goes when it is done.

    Of one shop at most one training and one other job are at work: the database sees to that.
    """

    __tablename__ = "requests"
    id: Mapped[int] = own_id()
    shop_id: Mapped[int | None] = mapped_column(  # None: for all shops
        Key, ForeignKey("shops.id", ondelete="CASCADE")
    )
    job: Mapped[str]
    asked_at: Mapped[datetime]
    by_clock: Mapped[bool] = mapped_column(server_default=text("false"))
    taken_at: Mapped[datetime | None]  # None: it waits
    run_id: Mapped[int | None] = mapped_column(  # None: nobody is at work on it
        Key, ForeignKey("job_runs.id", ondelete="SET NULL")
    )
    tries: Mapped[int] = mapped_column(server_default=text("0"))  # that died over it
    __table_args__ = (
        Index(
            "ix_requests_waiting",
            "job",
            "shop_id",
            sqlite_where=text("taken_at IS NULL"),
            postgresql_where=text("taken_at IS NULL"),
        ),
        Index("ix_requests_run", "run_id"),
        Index(
            "ix_requests_one_training",
            "shop_id",
            unique=True,
            sqlite_where=text("run_id IS NOT NULL AND job = 'train'"),
            postgresql_where=text("run_id IS NOT NULL AND job = 'train'"),
        ),
        Index(
            "ix_requests_one_other",
            "shop_id",
            unique=True,
            sqlite_where=text("run_id IS NOT NULL AND job <> 'train'"),
            postgresql_where=text("run_id IS NOT NULL AND job <> 'train'"),
        ),
    )
