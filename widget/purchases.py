"""Which of my purchases say something of my taste? The shopper's own "not this purchase".

`GET` and `POST /v1/<key>/me/orders`, for a signed customer only: a visitor id never opens
purchases. An order that is kept out goes on counting for what is bought together, and for nobody's
own shelves. The sheet of shelf-more.js draws this, in the words that come with it.
"""

from __future__ import annotations

import orjson
from flask import Blueprint, Response, abort, request
from sqlalchemy import Engine

from store.engine import reading, writing
from store.keys import Ring, digest
from store.reads.purchases import purchases
from store.reads.shop_config import ShopConfig
from store.writes import privacy
from widget import customer as signed
from widget import query
from widget.api import JSON, count_try
from widget.shelves import Shelves
from widget.telling import body_object

# More would be a page of its own; what was bought before says less of today's taste anyway.
MOST_ORDERS = 12

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Your purchases, which your own shelves go by:",
        "keep_out": "Not my taste",
        "let_count": "Kept out: count it again",
    },
    "de": {
        "title": "Ihre Einkäufe, nach denen Ihre eigenen Regale gehen:",
        "keep_out": "Nicht mein Geschmack",
        "let_count": "Zählt nicht: wieder zählen",
    },
    "fr": {
        "title": "Vos achats, dont partent vos propres rayons :",
        "keep_out": "Pas à mon goût",
        "let_count": "Mis de côté : compter de nouveau",
    },
}

_PRIVATE = {"Cache-Control": "private, no-store"}


def blueprint(engine: Engine, ring: Ring, shelves: Shelves) -> Blueprint:
    pages = Blueprint("purchases", __name__)

    @pages.get("/v1/<key>/me/orders")
    def orders(key: str) -> Response:
        asked = query.fields(request.query_string)
        config = shelves.shop(key)
        count_try(engine, ring, config)
        who = _customer(config, asked.get("customer"))
        with reading(engine) as connection:
            found = purchases(connection, config.shop.id, who, MOST_ORDERS) or []
        locale = asked.get("locale", config.shop.locale)
        told = {
            "words": WORDS.get(locale[:2].lower(), WORDS["en"]),
            "orders": [
                {
                    "id": it.id,
                    "number": it.number,
                    "placed_at": it.placed_at,
                    "items": it.titles,
                    "kept_out": it.kept_out,
                }
                for it in found
            ],
        }
        body = orjson.dumps(told, option=orjson.OPT_UTC_Z)
        return Response(body, content_type=JSON, headers=_PRIVATE)

    @pages.post("/v1/<key>/me/orders")
    def keep_out(key: str) -> Response:
        config = shelves.shop(key)
        sent = body_object(request.get_data(cache=False))
        count_try(engine, ring, config)
        order, out = sent.get("order"), sent.get("kept_out")
        faults = {}
        if not (isinstance(order, str) and 0 < len(order) <= query.LONGEST_ID):
            faults["order"] = "must be the id of one of the customer's orders, as text"
        if not isinstance(out, bool):
            faults["kept_out"] = "must be true or false"
        if faults:
            raise query.Malformed(faults)
        who = _customer(config, sent.get("customer"))
        with writing(engine) as connection:
            changed = privacy.keep_out(connection, config.shop.id, str(order), bool(out), who)
        if not changed:
            abort(404, "This customer has no such order.")
        return Response(status=204, headers=_PRIVATE)

    return pages


def _customer(config: ShopConfig, text: object) -> bytes:
    """The keyed hash of a genuine signed customer's id."""
    found = None
    if isinstance(text, str):
        found = signed.read(config.keys.customer, text, config.shop.now())
    if found is None:
        abort(403, "customer must be signed by the shop and not too old. Load the page anew.")
    return digest(config.keys.pepper, "customer", found)
