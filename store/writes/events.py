"""What a shopper's browser told, once per event id; accepted means committed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from store.engine import Writer, literal
from store.packing import pack_keys
from store.records import Arm, EventType, Experiment, Placement, Strategy
from store.tables import to_micros


class Told(NamedTuple):
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
    tried: int | None = None  # the new product that the answer tried, and its chance of 10,000
    chance: int | None = None
    page_id: int | None = None  # the product on whose page the shelf stood
    at: datetime | None = None
    items: tuple[int, ...] = ()  # of a view: the products in sight
    led_by: Strategy | None = None


_BEFORE_AT = Told._fields.index("at")

# The one write that comes with every page: literal, as what a shelf reads is.
_EVENT = """
INSERT INTO events (shop_id, id, type, visitor, product_id, placement, experiment_id, arm, model_id,
  nonce, tried, chance, page_id, at, received_at, items)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
# Said once, it stays said: to be ignored later changes nothing of a "not for me".
_UNWANTED = """
INSERT INTO unwanted (shop_id, visitor, product_id, dismissed, told_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (shop_id, visitor, product_id) DO UPDATE SET
  dismissed = unwanted.dismissed OR excluded.dismissed, told_at = excluded.told_at
"""
_ENTRY = """
INSERT INTO exposures (experiment_id, visitor, arm, entered_at, device, led_by)
VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
# Their figures are to be counted again (units.py).
_TOUCHED = "INSERT INTO touched (shop_id, visitor) VALUES (?, ?)"


def save_events(
    connection: Connection | Writer,
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
    received = to_micros(now)
    literal(
        connection,
        _EVENT,
        [
            # The columns are in the order of Told's fields, up to its instant.
            (
                shop_id,
                *event[:_BEFORE_AT],
                None if event.at is None else to_micros(event.at),
                received,
                pack_keys(event.items) if event.items else None,
            )
            for event in events
        ],
    )
    unwanted = [
        (shop_id, event.visitor, event.product_id, event.type == "dismiss", received)
        for event in events
        if event.type in ("dismiss", "ignore") and event.visitor and event.product_id is not None
    ]
    if unwanted:
        literal(connection, _UNWANTED, unwanted)
    clicked = {
        event.visitor
        for event in events
        if event.type == "click" and event.experiment_id is not None and event.visitor
    }
    if clicked:
        literal(connection, _TOUCHED, [(shop_id, visitor) for visitor in sorted(clicked)])
    entries = [
        (event.experiment_id, event.visitor, event.arm, event.led_by)
        for event in events
        if event.type == "exposure" and event.experiment_id is not None and event.visitor
    ]
    if holdout is not None:
        entries += [
            (holdout.id, visitor, "treatment", None)  # of every shelf: none of them leads
            for experiment, visitor, *_ in entries
            if experiment != holdout.id
        ]
    if entries:
        literal(
            connection,
            _ENTRY,
            [
                (experiment, visitor, arm, received, device or None, led_by)
                for experiment, visitor, arm, led_by in entries
            ],
        )
