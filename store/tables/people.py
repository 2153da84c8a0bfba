"""Who signs in, to which shops, and what they changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Index,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, Key, of_shop, own_id


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = own_id()
    email: Mapped[str] = mapped_column(unique=True)
    password: Mapped[str]  # argon2
    session_mark: Mapped[str]  # changed to end every session of this user
    created_at: Mapped[datetime]


class Membership(Base):
    __tablename__ = "memberships"
    user_id: Mapped[int] = mapped_column(
        Key, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    shop_id: Mapped[int] = of_shop(primary=True)
    role: Mapped[str]  # owner, editor, viewer


class SetupLink(Base):
    """A one-time link; only its hash is kept. Its holder becomes owner of every shop, or, where it
    names a shop, a member of that one in a role."""

    __tablename__ = "setup_links"
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    shop_id: Mapped[int | None] = mapped_column(Key, ForeignKey("shops.id", ondelete="CASCADE"))
    role: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Attempt(Base):
    """A try at log-in, /me, an exchange or a set-up, counted across all workers."""

    __tablename__ = "attempts"
    id: Mapped[int] = own_id()
    scope: Mapped[str]
    who: Mapped[bytes]  # a keyed hash of the address or the name
    at: Mapped[datetime]
    __table_args__ = (Index("ix_attempts_scope_who", "scope", "who", "at"),)


class Audit(Base):
    """Who changed what, for people to read; appended only."""

    __tablename__ = "audit"
    id: Mapped[int] = own_id()
    shop_id: Mapped[int | None] = mapped_column(Key, ForeignKey("shops.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(Key)
    at: Mapped[datetime]
    action: Mapped[str]
    detail: Mapped[str]
