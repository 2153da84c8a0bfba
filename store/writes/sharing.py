"""Links that show one report to whoever has them, and who gets it by e-mail."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, update

from store import tables, upsert

# Long enough for a report that is discussed, short enough that a forgotten link does not stay.
GOOD_FOR = timedelta(days=90)


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def make_link(connection: Connection, experiment_id: int, made_by: str, now: datetime) -> str:
    """A new link's secret; only its hash is kept, so it is shown this once."""
    token = secrets.token_urlsafe(24)
    connection.execute(
        insert(tables.ShareLink).values(
            digest=digest(token),
            experiment_id=experiment_id,
            made_by=made_by,
            created_at=now,
            expires_at=now + GOOD_FOR,
        )
    )
    return token


def revoke_link(connection: Connection, experiment_id: int, link_id: int, now: datetime) -> None:
    s = tables.ShareLink
    connection.execute(
        update(s)
        .where(s.id == link_id, s.experiment_id == experiment_id, s.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def send_letters_to(connection: Connection, shop_id: int, email: str) -> None:
    statement = upsert.insert(connection, tables.Letter).values(shop_id=shop_id, email=email)
    connection.execute(statement.on_conflict_do_nothing())


def stop_letters(connection: Connection, shop_id: int, email: str) -> None:
    t = tables.Letter
    connection.execute(delete(t).where(t.shop_id == shop_id, t.email == email))


def letter_sent(connection: Connection, shop_id: int, email: str, now: datetime) -> None:
    t = tables.Letter
    connection.execute(update(t).where(t.shop_id == shop_id, t.email == email).values(sent_at=now))
