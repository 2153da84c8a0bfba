"""Which links show a report to whom, and who gets it by e-mail."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from store import tables


@dataclass(frozen=True, slots=True)
class Link:
    id: int
    made_by: str
    created_at: datetime
    expires_at: datetime


def links(connection: Connection, experiment_id: int, now: datetime) -> list[Link]:
    """The links that still work, the newest first."""
    s = tables.ShareLink
    rows = connection.execute(
        select(s.id, s.made_by, s.created_at, s.expires_at)
        .where(s.experiment_id == experiment_id, s.revoked_at.is_(None), s.expires_at > now)
        .order_by(s.id.desc())
    )
    return [Link(*row) for row in rows]


def opened(connection: Connection, token: str, now: datetime) -> tuple[int, int] | None:
    """(shop, experiment's number) that a link shows; None: it does not work, or no longer."""
    s, e = tables.ShareLink, tables.Experiment
    row = connection.execute(
        select(e.shop_id, e.number)
        .select_from(s)
        .join(e, e.id == s.experiment_id)
        .where(
            s.digest == hashlib.sha256(token.encode()).digest(),
            s.revoked_at.is_(None),
            s.expires_at > now,
        )
    ).first()
    return None if row is None else (row[0], row[1])


@dataclass(frozen=True, slots=True)
class Letter:
    email: str
    sent_at: datetime | None


def letters(connection: Connection, shop_id: int) -> list[Letter]:
    """Who gets the shop's report by e-mail."""
    t = tables.Letter
    rows = connection.execute(
        select(t.email, t.sent_at).where(t.shop_id == shop_id).order_by(t.email)
    )
    return [Letter(*row) for row in rows]
