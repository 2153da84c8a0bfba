"""What was trained: versions, their lists and measures, and which is live."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    JSON,
    ForeignKey,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, Key, of_shop, own_id


class Model(Base):
    """One training run. `version` counts from 1 in each shop."""

    __tablename__ = "models"
    id: Mapped[int] = own_id()
    shop_id: Mapped[int] = of_shop()
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
    shop_id: Mapped[int] = of_shop(primary=True)
    placement: Mapped[str] = mapped_column(primary_key=True)
    model_id: Mapped[int] = mapped_column(Key, ForeignKey("models.id"))
    strategies: Mapped[list[str]] = mapped_column(JSON)
    since_at: Mapped[datetime]


class Publication(Base):
    """Every flip of the pointer, never changed: experiments and the merchant read it."""

    __tablename__ = "publications"
    id: Mapped[int] = own_id()
    shop_id: Mapped[int] = of_shop()
    placement: Mapped[str]
    model_id: Mapped[int] = mapped_column(Key)
    strategies: Mapped[list[str]] = mapped_column(JSON)
    at: Mapped[datetime]
    why: Mapped[str]
