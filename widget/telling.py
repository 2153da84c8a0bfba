"""What becomes of the events that a page sends? Read, checked and committed; what was refused is
told.

One transaction a request; 202 says that it is committed. Which events are believed is
`events.py`'s, what is written `store.writes.events`'.
"""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import Any, NamedTuple

import orjson
from werkzeug.exceptions import RequestEntityTooLarge, TooManyRequests

from store.engine import Serving
from store.keys import digest
from store.reads.shelf import product_keys
from store.reads.shop_config import ShopConfig
from store.writes import events as event_writes
from widget import agents, events, query
from widget.metrics import count_events

# Of a worker's four threads so many may wait for the store's one writer; shelves find the others.
# Who has no turn after a moment is told to come back, before everybody waits.
WRITERS = 2
TURN_WITHIN_S = 0.5
BUSY_FOR_S = 5


class Told(NamedTuple):
    """A request's body, as far as its form goes."""

    visitor: str | None
    events: list[Any]


class Telling:
    """Takes events of all shops."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self.turns = BoundedSemaphore(WRITERS)

    def answer(self, config: ShopConfig, body: bytes, agent: str) -> bytes:
        """The body of the answer; what was accepted is committed."""
        told = read(body)
        who = digest(config.keys.pepper, "visitor", told.visitor) if told.visitor else None
        now = config.shop.now()
        products = product_keys(self._serving, config.shop.id, events.items(told.events))
        checker = events.Checker(config.shop.id, config.keys.token, who, products, now)
        robot = "robots are not counted" if agents.is_robot(agent) else None
        good: list[event_writes.Told] = []
        rejected: list[dict[str, object]] = []
        for index, event in enumerate(told.events):
            checked = robot or checker.check(event)
            if isinstance(checked, str):
                rejected.append({"index": index, "reason": checked})
            else:
                good.append(checked)
        if good:
            if not self.turns.acquire(timeout=TURN_WITHIN_S):
                raise TooManyRequests("Too many events at once.", retry_after=BUSY_FOR_S)
            try:
                with self._serving.writing() as connection:
                    event_writes.save_events(
                        connection, config.shop.id, good, now, config.holdout, agents.device(agent)
                    )
            finally:
                self.turns.release()
        count_events(len(good), len(rejected))
        return orjson.dumps({"accepted": len(good), "rejected": rejected})


def body_object(body: bytes) -> dict[str, Any]:
    """The JSON object that a body holds; something else than an object is an empty one."""
    if len(body) > events.LONGEST_BODY:
        raise RequestEntityTooLarge(f"Send at most {events.LONGEST_BODY} bytes at once.")
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise query.Malformed({"body": "must be JSON in UTF-8"}) from None
    return sent if isinstance(sent, dict) else {}


def read(body: bytes) -> Told:
    """What a body tells; raises what the request is refused with."""
    sent = body_object(body)
    told, visitor = sent.get("events"), sent.get("visitor")
    if not isinstance(told, list):
        raise query.Malformed({"body": 'must be {"visitor", "events": [...]}'})
    if len(told) > events.MOST_EVENTS:
        raise query.Malformed({"events": f"must be at most {events.MOST_EVENTS} at once"})
    if visitor is not None and not (isinstance(visitor, str) and query.VISITOR.fullmatch(visitor)):
        raise query.Malformed({"visitor": "must be 16 to 64 of A-Z a-z 0-9 _ - or null"})
    return Told(visitor, told)
