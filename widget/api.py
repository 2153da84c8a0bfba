"""What the shopper's browser asks: shelves, events, and what is held about a visitor.

Addresses and formats are those of docs/http.md. No log-in, no cookie, no session: a shop is known
by the public key in its pages, a visitor by the id that shelf.js made.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import BoundedSemaphore
from typing import Any

import orjson
from flask import Blueprint, Response, abort, request
from sqlalchemy import Engine
from werkzeug.exceptions import TooManyRequests

from store.engine import Serving, reading, settle, writing
from store.keys import Ring, digest
from store.reads import privacy as privacy_reads
from store.reads.shelf import known_products
from store.reads.shop_config import ShopConfig
from store.writes import checkouts, people, privacy
from store.writes import events as event_writes
from widget import agents, events, query
from widget.metrics import count_events
from widget.problems import problem
from widget.shelves import RULE, Shelves

# /me is for people, not for scanning: a shopper needs it once or twice.
ME_TRIES = 30
ME_WITHIN = timedelta(minutes=10)

# Of a worker's four threads so many may wait for the store's one writer; shelves find the others.
# Who has no turn after a moment is told to come back, before everybody waits.
WRITERS = 2
TURN_WITHIN_S = 0.5
BUSY_FOR_S = 5

JSON = "application/json"


def blueprint(
    engine: Engine, ring: Ring, serving: Serving, shelves: Shelves, turns: BoundedSemaphore
) -> Blueprint:
    pages = Blueprint("storefront", __name__)
    shop_of = shelves.shop

    @pages.get(RULE)
    def shelf(key: str) -> Response:
        """HEAD comes here (and what OPTIONS and 405 tell); GET is answered in front of Flask."""
        body, headers = shelves.answer(key, request.query_string)
        return Response(body, headers=headers)

    @pages.post("/v1/<key>/shelf/events")
    def shelf_events(key: str) -> Response:
        config = shop_of(key)
        sent = _events_body()
        if isinstance(sent, Response):
            return sent
        visitor, told = sent
        who = digest(config.keys.pepper, "visitor", visitor) if visitor else None
        now = config.shop.now()
        known = known_products(serving, config.shop.id, events.items(told))
        checker = events.Checker(
            config.shop.id,
            config.keys.token,
            who,
            {external: product.key for external, product in known.items()},
            now,
        )
        agent = request.user_agent.string
        robot = "robots are not counted" if agents.is_robot(agent) else None
        checked = [robot or checker.check(event) for event in told]
        good = [event for event in checked if not isinstance(event, str)]
        if good:
            if not turns.acquire(timeout=TURN_WITHIN_S):
                raise TooManyRequests("Too many events at once.", retry_after=BUSY_FOR_S)
            try:
                with writing(engine) as connection:
                    event_writes.save_events(
                        connection, config.shop.id, good, now, config.holdout, agents.device(agent)
                    )
            finally:
                turns.release()
        count_events(len(good), len(told) - len(good))
        rejected = [
            {"index": index, "reason": event}
            for index, event in enumerate(checked)
            if isinstance(event, str)
        ]
        body = orjson.dumps({"accepted": len(good), "rejected": rejected})
        return Response(body, status=202, content_type=JSON, headers={"Cache-Control": "no-store"})

    @pages.post("/v1/<key>/checkouts")
    def completed(key: str) -> Response:
        """A pixel on the thank-you page says whose checkout it was. Amounts come with the order."""
        config = shop_of(key)
        sent = json_body()
        if isinstance(sent, Response):
            return sent
        visitor, checkout = sent.get("visitor"), sent.get("checkout")
        faults = {}
        if not (isinstance(visitor, str) and query.VISITOR.fullmatch(visitor)):
            faults["visitor"] = "must be 16 to 64 of A-Z a-z 0-9 _ -"
        if not (isinstance(checkout, str) and query.CHECKOUT.fullmatch(checkout)):
            faults["checkout"] = "must be 16 to 128 of A-Z a-z 0-9 _ -"
        if faults:
            raise query.Malformed(faults)
        pepper = config.keys.pepper
        with writing(engine) as connection:
            checkouts.tell(
                connection,
                config.shop.id,
                digest(pepper, "checkout", str(checkout)),
                digest(pepper, "visitor", str(visitor)),
                config.shop.now(),
            )
        return Response(status=204, headers={"Cache-Control": "no-store"})

    @pages.get("/v1/<key>/me")
    def me(key: str) -> Response:
        config, visitor = _visitor(engine, ring, shop_of, key)
        with reading(engine) as connection:
            held = privacy_reads.visitor_data(connection, config.shop.id, visitor)
        return Response(
            orjson.dumps(held, option=orjson.OPT_UTC_Z),
            content_type=JSON,
            headers={"Cache-Control": "private, no-store"},
        )

    @pages.delete("/v1/<key>/me")
    def forget_me(key: str) -> Response:
        config, visitor = _visitor(engine, ring, shop_of, key)
        with writing(engine) as connection:
            privacy.forget_visitor(
                connection, config.shop.id, visitor, "shopper", config.shop.now()
            )
        settle(engine)
        return Response(status=204, headers={"Cache-Control": "no-store"})

    return pages


def json_body() -> dict[str, Any] | Response:
    """The object that a request's body holds, or the refusal."""
    body = request.get_data(cache=False)
    if len(body) > events.LONGEST_BODY:
        return problem(413, "Too large", f"Send at most {events.LONGEST_BODY} bytes at once.")
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError:
        return problem(422, "Unprocessable", "The body must be JSON in UTF-8.")
    return sent if isinstance(sent, dict) else {}


def _events_body() -> tuple[str | None, list[Any]] | Response:
    """(visitor or None, events) of a request's body, or the refusal."""
    sent = json_body()
    if isinstance(sent, Response):
        return sent
    if not isinstance(sent.get("events"), list):
        return problem(422, "Unprocessable", 'The body must be {"visitor", "events": [...]}.')
    if len(sent["events"]) > events.MOST_EVENTS:
        return problem(422, "Unprocessable", f"Send at most {events.MOST_EVENTS} events at once.")
    visitor = sent.get("visitor")
    if visitor is not None and not (isinstance(visitor, str) and query.VISITOR.fullmatch(visitor)):
        return problem(422, "Unprocessable", "visitor must be 16 to 64 of A-Z a-z 0-9 _ - or null.")
    return visitor, sent["events"]


def _visitor(
    engine: Engine, ring: Ring, shop_of: Callable[[str], ShopConfig], key: str
) -> tuple[ShopConfig, bytes]:
    """The shop and the visitor of a /me request, counted against its limit."""
    config = shop_of(key)
    count_try(engine, ring, config)
    visitor = request.headers.get("Alongside-Visitor", "")
    if not query.VISITOR.fullmatch(visitor):
        raise query.Malformed({"Alongside-Visitor": "must be 16 to 64 of A-Z a-z 0-9 _ -"})
    return config, digest(config.keys.pepper, "visitor", visitor)


def count_try(engine: Engine, ring: Ring, config: ShopConfig) -> None:
    """One more question about a person from this address, or the refusal."""
    with writing(engine) as connection:
        tries = people.count_attempt(
            connection,
            ring,
            f"me:{config.shop.id}",
            request.remote_addr or "",
            config.shop.now(),
            ME_WITHIN,
        )
    if tries > ME_TRIES:
        abort(429, "Too many requests about shoppers from here. Try again in ten minutes.")
