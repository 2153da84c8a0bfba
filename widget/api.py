"""What the shopper's browser asks: shelves, events, and what is held about a visitor.

Addresses and formats are those of docs/http.md. No log-in, no cookie, no session: a shop is known
by the public key in its pages, a visitor by the id that shelf.js made.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import orjson
from flask import Blueprint, Response, abort, request
from sqlalchemy import Engine

from store.engine import reading, settle, writing
from store.keys import Ring, digest
from store.reads import privacy as privacy_reads
from store.reads.shop_config import ShopConfig
from store.writes import checkouts, people, privacy
from widget import query
from widget.shelves import EVENTS, RULE, Shelves
from widget.telling import Telling, body_object

# /me is for people, not for scanning: a shopper needs it once or twice.
ME_TRIES = 30
ME_WITHIN = timedelta(minutes=10)

JSON = "application/json"


def blueprint(engine: Engine, ring: Ring, shelves: Shelves, telling: Telling) -> Blueprint:
    pages = Blueprint("storefront", __name__)
    shop_of = shelves.shop

    @pages.get(RULE)
    def shelf(key: str) -> Response:
        """HEAD comes here (and what OPTIONS and 405 tell); GET is answered in front of Flask."""
        body, headers = shelves.answer(key, request.query_string)
        return Response(body, headers=headers)

    @pages.post(EVENTS)
    def shelf_events(key: str) -> Response:
        """Comes here where the way in front of Flask does not take it: in pieces, or too long."""
        body = telling.answer(
            shop_of(key), request.get_data(cache=False), request.user_agent.string
        )
        return Response(body, status=202, content_type=JSON, headers={"Cache-Control": "no-store"})

    @pages.post("/v1/<key>/checkouts")
    def completed(key: str) -> Response:
        """A pixel on the thank-you page says whose checkout it was. Amounts come with the order."""
        config = shop_of(key)
        sent = body_object(request.get_data(cache=False))
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
