"""Who may log in, and which shops each of them may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, func, select

from store import tables
from store.writes.people import ROLES, link_digest

LinkState = Literal["ready", "used", "old", "unknown"]


@dataclass(frozen=True, slots=True)
class User:
    id: int
    email: str
    password: str
    session_mark: str


def user(connection: Connection, user_id: int) -> User | None:
    u = tables.User
    row = connection.execute(
        select(u.id, u.email, u.password, u.session_mark).where(u.id == user_id)
    ).first()
    return None if row is None else User(*row)


def user_by_email(connection: Connection, email: str) -> User | None:
    u = tables.User
    row = connection.execute(
        select(u.id, u.email, u.password, u.session_mark).where(u.email == email.strip().lower())
    ).first()
    return None if row is None else User(*row)


def any_user(connection: Connection) -> bool:
    return bool(connection.scalar(select(func.count()).select_from(tables.User)))


def roles(connection: Connection, user_id: int) -> dict[int, str]:
    """Shop -> role of everything this user may see."""
    m = tables.Membership
    rows = connection.execute(select(m.shop_id, m.role).where(m.user_id == user_id))
    return {row[0]: row[1] for row in rows}


def setup_link(connection: Connection, secret: str, now: datetime) -> LinkState:
    """What a one-time link is still good for. Looking at it does not use it up."""
    s = tables.SetupLink
    row = connection.execute(
        select(s.used_at, s.expires_at).where(s.digest == link_digest(secret), s.shop_id.is_(None))
    ).first()
    return _state(row, now)


def _state(row: Any, now: datetime) -> LinkState:
    if row is None:
        return "unknown"
    if row.used_at is not None:
        return "used"
    return "ready" if row.expires_at > now else "old"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a one-time link to one shop is good for."""

    state: LinkState
    shop: str = ""
    role: str = ""


def invitation(connection: Connection, secret: str, now: datetime) -> Invitation:
    s, shop = tables.SetupLink, tables.Shop
    row = connection.execute(
        select(s.used_at, s.expires_at, s.role, shop.name)
        .join(shop, shop.id == s.shop_id)
        .where(s.digest == link_digest(secret))
    ).first()
    if row is None:
        return Invitation("unknown")
    return Invitation(_state(row, now), row.name, row.role or "")


@dataclass(frozen=True, slots=True)
class Open:
    """An invitation nobody has used yet."""

    digest: bytes
    role: str
    expires_at: datetime


def open_invitations(connection: Connection, shop_id: int, now: datetime) -> list[Open]:
    s = tables.SetupLink
    rows = connection.execute(
        select(s.digest, s.role, s.expires_at)
        .where(s.shop_id == shop_id, s.used_at.is_(None), s.expires_at > now)
        .order_by(s.created_at)
    )
    return [Open(digest, str(role), at) for digest, role, at in rows]


@dataclass(frozen=True, slots=True)
class Member:
    user_id: int
    email: str
    role: str


def members(connection: Connection, shop_id: int) -> list[Member]:
    """Who may see a shop, owners first."""
    m, u = tables.Membership, tables.User
    rows = connection.execute(
        select(u.id, u.email, m.role).join(m, m.user_id == u.id).where(m.shop_id == shop_id)
    )
    found = [Member(*row) for row in rows]
    return sorted(found, key=lambda it: (-ROLES.index(it.role), it.email))


def every(connection: Connection) -> list[User]:
    """Everybody with an account, the oldest first."""
    u = tables.User
    rows = connection.execute(select(u.id, u.email, u.password, u.session_mark).order_by(u.id))
    return [User(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the audit log."""

    id: int
    at: datetime
    who: str | None  # None: a command, the clock, or an account that is gone
    action: str
    detail: str


def log(
    connection: Connection, shop_id: int, before: int | None = None, limit: int = 50
) -> list[Line]:
    """The shop's log, the newest first; `before` is the last line of the page above."""
    a, u = tables.Audit, tables.User
    mine = a.shop_id == shop_id
    if before is not None:
        mine &= a.id < before
    rows = connection.execute(
        select(a.id, a.at, u.email, a.action, a.detail)
        .outerjoin(u, u.id == a.user_id)
        .where(mine)
        .order_by(a.id.desc())
        .limit(limit)
    )
    return [Line(*row) for row in rows]
