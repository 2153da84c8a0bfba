"""What a shopper's browser told, once per event id; accepted means committed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from store import tables
from store.records import Arm, EventType, Experiment, Placement
from store.upsert import insert
from store.writes.units import touch_visitors


@dataclass(frozen=True, slots=True)
class Told:
    """One event, checked: its token was ours and its visitor the token's own."""

    id: bytes  # the browser's UUID
    type: EventType
    visitor: bytes | None
    product_id: int | None = None
    placement: Placement | None = None
    experiment_id: int | None = None
    arm: Arm | None = None
    model_id: int | None = None
    nonce: bytes | None = None
    at: datetime | None = None


def save_events(
    connection: Connection,
    shop_id: int,
    events: Sequence[Told],
    now: datetime,
    holdout: Experiment | None = None,
    device: str = "",
) -> None:
    """Save events: the same id twice counts once, and so do an answer's exposure and view.

    An exposure is the visitor's entry into its experiment, unless they are in it already; and into
    the treatment of the shop's holdout, of which everybody is part who was not held out.
    """
    if not events:
        return
    connection.execute(
        insert(connection, tables.Event).on_conflict_do_nothing(),
        [
            {
                "shop_id": shop_id,
                "id": event.id,
                "type": event.type,
                "visitor": event.visitor,
                "product_id": event.product_id,
                "placement": event.placement,
                "experiment_id": event.experiment_id,
                "arm": event.arm,
                "model_id": event.model_id,
                "nonce": event.nonce,
                "at": event.at,
                "received_at": now,
            }
            for event in events
        ],
    )
    touch_visitors(
        connection,
        shop_id,
        {
            event.visitor
            for event in events
            if event.type == "click" and event.experiment_id is not None and event.visitor
        },
    )
    entries = [
        {
            "experiment_id": event.experiment_id,
            "visitor": event.visitor,
            "arm": event.arm,
            "entered_at": now,
            "device": device or None,
        }
        for event in events
        if event.type == "exposure" and event.experiment_id is not None and event.visitor
    ]
    if holdout is not None:
        entries += [
            entry | {"experiment_id": holdout.id, "arm": "treatment"}
            for entry in entries
            if entry["experiment_id"] != holdout.id
        ]
    if entries:
        connection.execute(insert(connection, tables.Exposure).on_conflict_do_nothing(), entries)
