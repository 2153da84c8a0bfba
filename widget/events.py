"""Which of a browser's events do we believe? Pure: parsed JSON in, checked events and refusals out.

An event is believed when its token is ours, of this shop, not too old, and of the visitor who
sends it. The browser's own clock is noted but decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from experiments import token as tokens
from store.records import EventType
from store.writes.events import Told

MOST_EVENTS = 50
LONGEST_BODY = 32 * 1024
LONGEST_ID = 64
MOST_SHOWN = 24  # products of one view: as many as a shelf holds

# A click may come days after the answer, from a page left open or from a click kept for checkout;
# as long as shelf.js keeps tokens.
TOKEN_FOR = timedelta(days=7)

TYPES: dict[str, EventType] = {
    "product_view": "product_view",
    "exposure": "exposure",
    "empty": "empty",
    "view": "view",
    "click": "click",
    "cart": "cart",
    "dismiss": "dismiss",
    "ignore": "ignore",
}
# These are about one product of the shelf (or of the page); the others about the shelf itself.
_ABOUT_AN_ITEM = frozenset({"product_view", "click", "cart", "dismiss", "ignore"})


@dataclass(frozen=True, slots=True)
class Checker:
    """What an event is checked against; the same for all events of a request."""

    shop_id: int
    token_keys: Sequence[bytes]
    visitor: bytes | None  # the keyed digest of who sends
    products: Mapping[str, int]  # the shop's id -> the store's key
    now: datetime
    read: dict[str, tokens.TokenFacts | str] = field(default_factory=dict)  # tokens seen before

    def check(self, event: object) -> Told | str:
        """The event as it may be saved, or why it may not."""
        if not isinstance(event, dict):
            return "an event is a JSON object"
        kind = TYPES.get(event.get("type", "")) if isinstance(event.get("type"), str) else None
        if kind is None:
            return f"type must be one of {', '.join(TYPES)}"
        identifier = _uuid(event.get("id"))
        if identifier is None:
            return "id must be 32 hex digits or a UUID"
        at = _instant(event.get("at"))
        if isinstance(at, str):
            return at
        item = event.get("item")
        if kind == "view" and isinstance(item, list):
            shown = self._shown(item)
            product = None
        else:
            shown = ()
            product = self._product(item, kind)
        if isinstance(product, str):
            return product
        if isinstance(shown, str):
            return shown
        if kind == "product_view":
            return Told(identifier, kind, self.visitor, product_id=product, at=at)
        facts = self._token(event.get("token"))
        if isinstance(facts, str):
            return facts
        return Told(
            id=identifier,
            type=kind,
            # Anybody can have a token that caches keep: it tells of a shelf, never of a visitor.
            visitor=self.visitor if facts.visitor else None,
            product_id=product,
            placement=facts.placement,
            experiment_id=facts.experiment,
            arm=facts.arm,
            model_id=facts.model,
            nonce=facts.nonce,
            tried=facts.tried,
            chance=facts.chance,
            page_id=facts.page,
            at=at,
            items=shown,
            led_by=facts.led_by,
        )

    def _product(self, item: object, kind: EventType) -> int | str | None:
        if item is None and kind not in _ABOUT_AN_ITEM:
            return None
        if not isinstance(item, str):
            return "item must be a product's id, as text"
        key = self.products.get(item)
        return "item is not a product of this shop" if key is None else key

    def _shown(self, ids: list[object]) -> tuple[int, ...] | str:
        """The products of a shelf in sight; one that is gone from the shop since is left out."""
        if len(ids) > MOST_SHOWN or not all(isinstance(id, str) for id in ids):
            return f"the item of a view is a list of at most {MOST_SHOWN} products' ids, as text"
        keys = (self.products.get(str(id)) for id in ids)
        return tuple(dict.fromkeys(key for key in keys if key is not None))

    def _token(self, text: object) -> tokens.TokenFacts | str:
        if not isinstance(text, str):
            return "token must be the one that came with the shelf"
        if text not in self.read:  # the events of a page mostly carry the same one
            self.read[text] = self._read(text)
        return self.read[text]

    def _read(self, text: str) -> tokens.TokenFacts | str:
        facts = tokens.read(self.token_keys, text)
        if facts is None or facts.shop != self.shop_id:
            return "token is not one of this shop's"
        if not -timedelta(minutes=5) <= self.now - facts.issued_at <= TOKEN_FOR:
            return "token is too old"
        if facts.visitor is not None and (
            self.visitor is None or self.visitor[: tokens.VISITOR_BYTES] != facts.visitor
        ):
            return "token belongs to another visitor"
        return facts


def items(events: Sequence[object]) -> list[str]:
    """The products that events name, to be looked up at once."""
    named: dict[str, None] = {}
    for event in events:
        item = event.get("item") if isinstance(event, dict) else None
        for id in item[:MOST_SHOWN] if isinstance(item, list) else (item,):
            if isinstance(id, str) and 0 < len(id) <= LONGEST_ID and id.isprintable():
                named[id] = None
    return list(named)


# With a UUID's dashes or without.
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}", re.IGNORECASE)


def _uuid(value: object) -> bytes | None:
    """The 128 bits of an event's id."""
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        return None
    return bytes.fromhex(value.replace("-", ""))


def _instant(value: Any) -> datetime | str | None:
    """`at` in ISO 8601 with an offset, or milliseconds since 1970; absent is allowed."""
    if value is None:
        return None
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            return at.astimezone(UTC) if at.tzinfo else "at must carry an offset, like Z"
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return "at must be an ISO 8601 instant or milliseconds since 1970"
