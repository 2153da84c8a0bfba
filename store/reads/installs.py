"""Which shop is about to be connected by whoever knows this one-time word?"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, select

from store import tables
from store.keys import Ring
from store.writes.installs import digest

State = Literal["open", "used", "over"]


@dataclass(frozen=True, slots=True)
class Install:
    platform: str
    shop_url: str
    return_url: str
    caller_state: str
    user_id: int | None
    state: State
    credentials: dict[str, str] | None = field(repr=False)  # None: the shop sent none yet


def find(connection: Connection, ring: Ring, secret: str, now: datetime) -> Install | None:
    """None: nobody ever made this word."""
    i = tables.Install
    row = connection.execute(
        select(
            i.platform, i.shop_url, i.return_url, i.state, i.user_id, i.wrapped, i.used_at,
            i.expires_at,
        ).where(i.digest == digest(secret))
    ).first()  # fmt: skip
    if row is None:
        return None
    state: State = "used" if row.used_at else "open" if row.expires_at > now else "over"
    opened = json.loads(ring.unwrap(bytes(row.wrapped))) if row.wrapped else None
    return Install(
        row.platform, row.shop_url, row.return_url, row.state, row.user_id, state, opened
    )
