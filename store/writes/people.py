"""What changes about those who log in: users, one-time links, attempts, and the audit log."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, update

from store import tables, upsert

# Long enough to fetch a coffee before opening it, short enough that a forgotten one is worthless.
SETUP_LINK_FOR = timedelta(hours=24)


def link_digest(secret: str) -> bytes:
    """Only this of a one-time link is kept. It needs no key: the secret is 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def make_setup_link(connection: Connection, now: datetime) -> str:
    """A new one-time secret; earlier unused ones end."""
    s = tables.SetupLink
    connection.execute(delete(s).where(s.used_at.is_(None)))
    secret = secrets.token_urlsafe(32)
    connection.execute(
        insert(s).values(
            digest=link_digest(secret), created_at=now, expires_at=now + SETUP_LINK_FOR
        )
    )
    return secret


def use_setup_link(connection: Connection, secret: str, now: datetime) -> bool:
    """True once per link: the second use, an old link and a guess are all False."""
    s = tables.SetupLink
    result = connection.execute(
        update(s)
        .where(s.digest == link_digest(secret), s.used_at.is_(None), s.expires_at > now)
        .values(used_at=now)
    )
    return result.rowcount == 1


def save_user(connection: Connection, email: str, password_hash: str, now: datetime) -> int:
    """A new user, or a new password for the one with this e-mail; ends their sessions."""
    email = email.strip().lower()
    values = {"password": password_hash, "session_mark": secrets.token_urlsafe(16)}
    statement = upsert.insert(connection, tables.User).values(email=email, created_at=now, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=("email",), set_=values))
    return int(connection.scalar(select(tables.User.id).where(tables.User.email == email)) or 0)


def save_password_hash(connection: Connection, user_id: int, password_hash: str) -> None:
    """The same password under stronger parameters: sessions go on."""
    u = tables.User
    connection.execute(update(u).where(u.id == user_id).values(password=password_hash))


def end_sessions(connection: Connection, user_id: int) -> None:
    u = tables.User
    connection.execute(
        update(u).where(u.id == user_id).values(session_mark=secrets.token_urlsafe(16))
    )


def grant(connection: Connection, user_id: int, shop_id: int, role: str) -> None:
    statement = upsert.insert(connection, tables.Membership).values(
        user_id=user_id, shop_id=shop_id, role=role
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=("user_id", "shop_id"), set_={"role": role})
    )


def count_attempt(
    connection: Connection, scope: str, who: str, now: datetime, within: timedelta
) -> int:
    """Note a try and tell how many there were in this window, this one included."""
    a = tables.Attempt
    name = hashlib.sha256(who.encode()).digest()
    connection.execute(insert(a).values(scope=scope, who=name, at=now))
    return int(
        connection.scalar(
            select(func.count()).where(a.scope == scope, a.who == name, a.at > now - within)
        )
        or 0
    )


def forget_attempts(connection: Connection, before: datetime) -> None:
    connection.execute(delete(tables.Attempt).where(tables.Attempt.at < before))


def note(
    connection: Connection,
    action: str,
    detail: str,
    now: datetime,
    *,
    shop_id: int | None = None,
    user_id: int | None = None,
) -> None:
    """One line of the audit log. `detail` holds no secret and no shopper."""
    connection.execute(
        insert(tables.Audit).values(
            at=now, action=action, detail=detail, shop_id=shop_id, user_id=user_id
        )
    )
