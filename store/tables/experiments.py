"""Split tests: what each shopper was worth, a day at a time, and what was said of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Index,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, Key, of_shop, own_id


class Experiment(Base):
    """`number` counts from 1 in each shop; everything but `stopped_at` is locked at the start."""

    __tablename__ = "experiments"
    id: Mapped[int] = own_id()
    shop_id: Mapped[int] = of_shop()
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
    led_by: Mapped[str] = mapped_column(server_default="")
    first_order_at: Mapped[datetime | None]
    second_order_at: Mapped[datetime | None]
    robot: Mapped[bool]
    __table_args__ = (Index("ix_units_day", "experiment_id", "day"),)


class ObservedDay(Base):
    """What was seen of the measuring on one of the shop's days, and what shoppers saw: addable.

    A day that has ended is counted once and settled; only a changed order of it, or an erasure,
    has it counted again. So a count never reads the days before it.
    """

    __tablename__ = "observed_days"
    experiment_id: Mapped[int] = mapped_column(
        Key, ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[str] = mapped_column(primary_key=True)
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    settled: Mapped[bool]
    signs: Mapped[str]
    shown: Mapped[str]


class Touched(Base):
    """Somebody whose figures in experiments must be counted again; gone once they were."""

    __tablename__ = "touched"
    id: Mapped[int] = own_id()
    shop_id: Mapped[int] = of_shop()
    visitor: Mapped[bytes | None]
    customer_id: Mapped[int | None] = mapped_column(Key)
    __table_args__ = (Index("ix_touched_shop", "shop_id", "id"),)


class Restatement(Base):
    """A finished test's figures as they were locked, and as later refunds changed them."""

    __tablename__ = "restatements"
    id: Mapped[int] = own_id()
    experiment_id: Mapped[int] = mapped_column(
        Key, ForeignKey("experiments.id", ondelete="CASCADE")
    )
    at: Mapped[datetime]
    body: Mapped[str]
    __table_args__ = (Index("ix_restatements_experiment", "experiment_id", "id"),)


class ShareLink(Base):
    """A link that shows one report to whoever has it, until revoked; only its hash is kept."""

    __tablename__ = "share_links"
    id: Mapped[int] = own_id()
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
    shop_id: Mapped[int] = of_shop(primary=True)
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
