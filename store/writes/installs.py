"""What changes on the way from "connect this shop" to a connected shop.

Whoever knows the one-time words goes on: they are known to a browser and the shop alone, only
their hashes are kept, and each step happens once.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from secrets import token_urlsafe

from sqlalchemy import ColumnElement, Connection, delete, insert, update

from store import tables
from store.keys import Ring

# Time to log in at the shop and to read what is approved.
GOOD_FOR = timedelta(hours=1)
# The browser hands the code to the shop's server at once.
CODE_FOR = timedelta(minutes=10)
KEPT_FOR = timedelta(days=30)  # for whoever asks how a shop came to be connected


def digest(secret: str) -> bytes:
    """Needs no key: the secret is 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def begin(
    connection: Connection,
    platform: str,
    shop_url: str,
    now: datetime,
    *,
    return_url: str = "",
    state: str = "",
    user_id: int | None = None,
) -> str:
    """A shop is about to be connected; returns the one-time word."""
    secret = token_urlsafe(32)
    connection.execute(
        insert(tables.Install).values(
            digest=digest(secret),
            platform=platform,
            shop_url=shop_url,
            return_url=return_url,
            state=state,
            user_id=user_id,
            created_at=now,
            expires_at=now + GOOD_FOR,
        )
    )
    return secret


def keep_credentials(
    connection: Connection, ring: Ring, secret: str, credentials: dict[str, str], now: datetime
) -> bool:
    """The shop handed over its key. False: the word is unknown or over, or one came already."""
    i = tables.Install
    wrapped = ring.wrap(json.dumps(credentials).encode())
    done = connection.execute(
        update(i).where(_open(secret, now), i.wrapped.is_(None)).values(wrapped=wrapped)
    )
    return done.rowcount == 1


def use(connection: Connection, secret: str, now: datetime, shop_id: int | None = None) -> bool:
    """The word is spent, and the key with it: on this shop, or (None) on nothing. True once."""
    i = tables.Install
    done = connection.execute(
        update(i).where(_open(secret, now)).values(used_at=now, wrapped=None, shop_id=shop_id)
    )
    return done.rowcount == 1


def make_code(connection: Connection, secret: str, now: datetime) -> str:
    """The code with which the connected shop's own server fetches its keys."""
    i = tables.Install
    code = token_urlsafe(32)
    connection.execute(
        update(i)
        .where(i.digest == digest(secret))
        .values(code_digest=digest(code), code_expires_at=now + CODE_FOR)
    )
    return code


def exchange(connection: Connection, code: str, now: datetime) -> int | None:
    """The shop of this code, once; None: it is unknown, was used, or is over."""
    i = tables.Install
    found: int | None = connection.scalar(
        update(i)
        .where(i.code_digest == digest(code), i.code_expires_at > now)
        .values(code_expires_at=now)
        .returning(i.shop_id)
    )
    return found


def forget(connection: Connection, now: datetime) -> None:
    """Keys that nobody came back for go when their hour is over, rows after a month."""
    i = tables.Install
    connection.execute(
        update(i).where(i.wrapped.is_not(None), i.expires_at < now).values(wrapped=None)
    )
    connection.execute(delete(i).where(i.created_at < now - KEPT_FOR))


def _open(secret: str, now: datetime) -> ColumnElement[bool]:
    i = tables.Install
    return (i.digest == digest(secret)) & i.used_at.is_(None) & (i.expires_at > now)
