"""A simulated shop and its own clock: for the demo and tests, never by a request."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, update

from store import tables


def simulate(connection: Connection, shop_id: int, at: datetime | None) -> None:
    """Mark a shop as simulated, for good, and set its clock (None: the world's)."""
    s = tables.Shop
    connection.execute(update(s).where(s.id == shop_id).values(simulated=True, clock_at=at))
