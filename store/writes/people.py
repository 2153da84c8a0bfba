"""What changes about those who log in: users, one-time links, attempts, and the audit log."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from store import tables, upsert
from store.errors import Explained
from store.keys import Ring

Role = Literal["viewer", "editor", "owner"]
ROLES: tuple[Role, ...] = ("viewer", "editor", "owner")  # each may all that those before it may

# Long enough to fetch a coffee before opening it, short enough that a forgotten one is worthless.
SETUP_LINK_FOR = timedelta(hours=24)
# An invitation goes to somebody who may be away over the weekend.
INVITATION_FOR = timedelta(days=4)


def link_digest(secret: str) -> bytes:
    """Only this of a one-time link is kept. It needs no key: the secret is 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def make_setup_link(connection: Connection, now: datetime) -> str:
    """A new one-time secret; earlier unused ones end."""
    s = tables.SetupLink
    connection.execute(delete(s).where(s.used_at.is_(None), s.shop_id.is_(None)))
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
        update(s).where(_usable(secret, now), s.shop_id.is_(None)).values(used_at=now)
    )
    return result.rowcount == 1


def _usable(secret: str, now: datetime) -> ColumnElement[bool]:
    s = tables.SetupLink
    return (s.digest == link_digest(secret)) & s.used_at.is_(None) & (s.expires_at > now)


def invite(connection: Connection, shop_id: int, role: str, now: datetime) -> str:
    """A one-time secret that makes its holder a member of one shop."""
    secret = secrets.token_urlsafe(32)
    connection.execute(
        insert(tables.SetupLink).values(
            digest=link_digest(secret),
            shop_id=shop_id,
            role=role,
            created_at=now,
            expires_at=now + INVITATION_FOR,
        )
    )
    return secret


def invite_first_owner(connection: Connection, shop_id: int, now: datetime) -> str | None:
    """An invitation to own a shop that nobody owns; the one before opens nothing any more.

    None: it has an owner, who invites others.
    """
    s, m = tables.SetupLink, tables.Membership
    owned = select(m.user_id).where(m.shop_id == shop_id, m.role == "owner")
    if connection.execute(owned.limit(1)).first() is not None:
        return None
    connection.execute(delete(s).where(s.shop_id == shop_id, s.used_at.is_(None)))
    return invite(connection, shop_id, "owner", now)


def use_invitation(connection: Connection, secret: str, user_id: int, now: datetime) -> int | None:
    """Make this user what the invitation says; returns the shop. None: it was used or is over.

    It never takes a role away: an owner who opens a viewer's invitation stays owner.
    """
    s, m = tables.SetupLink, tables.Membership
    row = connection.execute(
        select(s.shop_id, s.role).where(_usable(secret, now), s.shop_id.is_not(None))
    ).first()
    if row is None:
        return None
    used = connection.execute(update(s).where(_usable(secret, now)).values(used_at=now))
    if used.rowcount != 1:
        return None
    shop_id, role = int(row[0] or 0), str(row[1])
    has = connection.scalar(select(m.role).where(m.user_id == user_id, m.shop_id == shop_id))
    if has is None or _rank(role) > _rank(has):
        grant(connection, user_id, shop_id, role)
    return shop_id


def _rank(role: str) -> int:
    return [*ROLES].index(role) if role in ROLES else -1


def withdraw_invitation(connection: Connection, shop_id: int, digest: bytes) -> None:
    s = tables.SetupLink
    connection.execute(
        delete(s).where(s.shop_id == shop_id, s.digest == digest, s.used_at.is_(None))
    )


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


class LastOwner(Explained):
    """A shop must keep somebody who owns it."""


def set_role(connection: Connection, shop_id: int, user_id: int, role: str) -> None:
    """Change what a member may; the last owner stays one."""
    _keep_an_owner(connection, shop_id, user_id, role)
    m = tables.Membership
    connection.execute(
        update(m).where(m.shop_id == shop_id, m.user_id == user_id).values(role=role)
    )


def remove_member(connection: Connection, shop_id: int, user_id: int) -> None:
    """End a membership; whoever is a member of no shop any more goes with it."""
    _keep_an_owner(connection, shop_id, user_id, None)
    m, u = tables.Membership, tables.User
    connection.execute(delete(m).where(m.shop_id == shop_id, m.user_id == user_id))
    if not connection.scalar(select(func.count()).where(m.user_id == user_id)):
        connection.execute(delete(u).where(u.id == user_id))


def remove_user(connection: Connection, user_id: int) -> None:
    """Delete an account with its memberships; lines of the audit log keep its number."""
    m, u = tables.Membership, tables.User
    for shop_id in connection.scalars(select(m.shop_id).where(m.user_id == user_id)).all():
        _keep_an_owner(connection, shop_id, user_id, None)
    connection.execute(delete(u).where(u.id == user_id))


def _keep_an_owner(connection: Connection, shop_id: int, user_id: int, becomes: str | None) -> None:
    m, s = tables.Membership, tables.Shop
    owners = set(
        connection.scalars(select(m.user_id).where(m.shop_id == shop_id, m.role == "owner"))
    )
    if becomes != "owner" and owners == {user_id}:
        name = connection.scalar(select(s.name).where(s.id == shop_id))
        raise LastOwner(
            f"{name} has no other owner. Make somebody else an owner first, or remove the shop."
        )


def count_attempt(
    connection: Connection, ring: Ring, scope: str, who: str, now: datetime, within: timedelta
) -> int:
    """Note a try and tell how many there were in this window, this one included.

    Kept is a hash keyed by SECRET_KEYS: without a key an IPv4 address could be found again by
    trying all of them. Replacing the key only forgets the tries of the last minutes.
    """
    a = tables.Attempt
    name = hashlib.blake2b(
        who.encode(), key=ring.derive("alongside: attempts")[0], digest_size=16
    ).digest()
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
