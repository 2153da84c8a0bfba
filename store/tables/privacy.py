"""Who was erased, so that no later sync brings them back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    JSON,
    Index,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, of_shop, own_id


class Erasure(Base):
    """That somebody was forgotten, and how much of them; nothing here names who it was."""

    __tablename__ = "erasures"
    id: Mapped[int] = own_id()
    shop_id: Mapped[int] = of_shop()
    certificate: Mapped[str] = mapped_column(unique=True)  # random
    kind: Mapped[str]  # customer or visitor
    via: Mapped[str]  # who asked: admin, command, shopper, or a platform's name
    at: Mapped[datetime]
    touched: Mapped[dict[str, int]] = mapped_column(JSON)  # table -> rows deleted or emptied
    __table_args__ = (Index("ix_erasures_shop", "shop_id"),)
