"""Which webhooks are to hear of a change? Writes the deliveries; `demo.deliver` sends them.

A delivery is saved in the transaction of its change, so neither exists without the other.
"""

from __future__ import annotations

import sqlite3


def about(db: sqlite3.Connection, topic: str, resource_id: int) -> None:
    """To be called inside the transaction that changes the resource."""
    db.execute(
        "INSERT INTO deliveries (webhook_id, resource_id)"
        " SELECT id, ? FROM webhooks WHERE topic = ? AND status = 'active'",
        (resource_id, topic),
    )
