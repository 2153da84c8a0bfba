"""Who may log in, and which shops each of them may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, func, select

from store import tables
from store.writes.people import link_digest


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


def setup_link(
    connection: Connection, secret: str, now: datetime
) -> Literal["ready", "used", "old", "unknown"]:
    """What a one-time link is still good for. Looking at it does not use it up."""
    s = tables.SetupLink
    row = connection.execute(
        select(s.used_at, s.expires_at).where(s.digest == link_digest(secret))
    ).first()
    if row is None:
        return "unknown"
    if row.used_at is not None:
        return "used"
    return "ready" if row.expires_at > now else "old"


def every(connection: Connection) -> list[User]:
    """Everybody with an account, the oldest first."""
    u = tables.User
    rows = connection.execute(select(u.id, u.email, u.password, u.session_mark).order_by(u.id))
    return [User(*row) for row in rows]
