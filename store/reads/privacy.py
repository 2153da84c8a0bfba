"""What do we hold about one person? The whole of it, in words a person can read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from store import tables


def visitor_data(connection: Connection, shop_id: int, visitor: bytes) -> dict[str, Any]:
    """Events and arms of a visitor: never orders or a customer, which need more proof than an id.

    The shape is the same for a visitor nobody has heard of.
    """
    e, x, t, p = tables.Event, tables.Exposure, tables.Experiment, tables.Product
    events = connection.execute(
        select(e.type, p.external_id, e.placement, e.arm, e.received_at)
        .outerjoin(p, p.id == e.product_id)
        .where(e.shop_id == shop_id, e.visitor == visitor)
        .order_by(e.received_at)
    )
    arms = connection.execute(
        select(t.number, x.arm, x.entered_at)
        .join(t, t.id == x.experiment_id)
        .where(t.shop_id == shop_id, x.visitor == visitor)
        .order_by(t.number)
    )
    return {
        "events": [
            {"type": kind, "item": item, "placement": placement, "arm": arm, "at": at}
            for kind, item, placement, arm, at in events
        ],
        "experiments": [
            {"experiment": number, "arm": arm, "entered_at": at} for number, arm, at in arms
        ],
    }
