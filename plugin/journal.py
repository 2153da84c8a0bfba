"""Who changed what: each change made through a page leaves a line in the audit log."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import g
from sqlalchemy import Connection

from plugin import session
from store.writes import people


def note(changing: Connection, action: str, detail: str = "") -> None:
    """Call it in the transaction of the change itself, so that both happen or neither."""
    who, shop = session.person(), g.get("shop")
    people.note(
        changing,
        action,
        detail,
        datetime.now(UTC),
        shop_id=shop.id if shop else None,
        user_id=who.id if who else None,
    )
