"""The storefront's addresses as OpenAPI 3.1, from the same limits that the code checks."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response

from store.records import PLACEMENTS
from widget import events, query

_KEY = {
    "name": "key",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "description": "The shop's public key, as in its pages.",
}
_VISITOR = {"type": "string", "pattern": f"^{query.VISITOR.pattern}$"}
_NULLABLE_TEXT = {"type": ["string", "null"]}
_NULLABLE_NUMBER = {"type": ["integer", "null"]}


def _parameter(name: str, about: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": about, "schema": schema}


def _json(schema: dict[str, Any], about: str) -> dict[str, Any]:
    return {"description": about, "content": {"application/json": {"schema": schema}}}


def _problems(*statuses: str) -> dict[str, Any]:
    about = {
        "403": "The customer is not signed by the shop, or too long ago.",
        "404": "No shop has this key, or the customer has no such order.",
        "405": "The address knows other methods; `Allow` names them.",
        "413": "The body is too large.",
        "422": "The request cannot be read; `detail` and `errors` say why.",
        "429": "Too many requests; `Retry-After` says when to come back.",
        "503": "The store did not answer in time.",
    }
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": about[status], "content": content} for status in statuses}


_ITEM = {
    "type": "object",
    "required": ["id", "title", "url", "strategy", "reason"],
    "properties": {
        "id": {"type": "string"},
        "title": {"type": "string"},
        "url": {"type": "string"},
        "image": _NULLABLE_TEXT,
        "width": {"type": "integer"},
        "height": {"type": "integer"},
        "srcset": {"type": "string", "description": "The picture in other widths, as in HTML."},
        "price_minor": {**_NULLABLE_NUMBER, "description": "In the currency's smallest unit."},
        "compare_at_minor": _NULLABLE_NUMBER,
        "currency": _NULLABLE_TEXT,
        "digits": {"type": "integer", "description": "Decimals of its smallest unit; else two."},
        "from": {"type": "boolean", "description": "The lowest of several prices."},
        "variant": {**_NULLABLE_TEXT, "description": "What the cart takes; null: choose options."},
        "strategy": {"type": "string"},
        "reason": {"type": "string"},
    },
}

_SHELF = {
    "type": "object",
    "required": ["placement", "title", "eligible", "arm", "experiment", "token", "model", "items"],
    "properties": {
        "placement": {"type": "string", "enum": list(PLACEMENTS)},
        "title": {"type": "string"},
        "eligible": {"type": "boolean"},
        "arm": {"enum": ["treatment", "control", None]},
        "experiment": _NULLABLE_NUMBER,
        "token": _NULLABLE_TEXT,
        "model": _NULLABLE_NUMBER,
        "layout": {"enum": ["carousel", "grid", None]},
        "limit": {"type": "integer", "description": "How many of the items to show."},
        "items": {"type": "array", "items": _ITEM, "maxItems": query.MOST_LIMIT},
    },
}

_EVENTS = {
    "type": "object",
    "required": ["events"],
    "properties": {
        "visitor": {"anyOf": [_VISITOR, {"type": "null"}]},
        "events": {
            "type": "array",
            "maxItems": events.MOST_EVENTS,
            "items": {
                "type": "object",
                "required": ["id", "type"],
                "properties": {
                    "id": {"type": "string", "pattern": "^[0-9a-fA-F-]{32,36}$"},
                    "type": {"enum": sorted(events.TYPES)},
                    "token": _NULLABLE_TEXT,
                    "item": {
                        "anyOf": [
                            _NULLABLE_TEXT,
                            {
                                "type": "array",
                                "items": {"type": "string"},
                                "maxItems": events.MOST_SHOWN,
                            },
                        ]
                    },
                    "at": {"type": ["string", "integer", "null"]},
                },
            },
        },
    },
}


_CHECKOUT = {
    "type": "object",
    "required": ["visitor", "checkout"],
    "properties": {
        "visitor": _VISITOR,
        "checkout": {"type": "string", "pattern": f"^{query.CHECKOUT.pattern}$"},
    },
}


def document() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Alongside storefront",
            "version": "1",
            "description": "What a shop's pages ask. No cookies, no log-in.",
        },
        "paths": {
            "/v1/{key}/shelf": {
                "get": {
                    "operationId": "shelf",
                    "summary": "The products of one shelf, with reasons and a signed token.",
                    "parameters": [_KEY, *_SHELF_PARAMETERS],
                    "responses": {
                        "200": _json(_SHELF, "The shelf."),
                        **_problems("404", "405", "422", "429", "503"),
                    },
                }
            },
            "/v1/{key}/shelf/events": {
                "post": {
                    "operationId": "events",
                    "summary": "What happened to shelves in a browser. Accepted means saved.",
                    "parameters": [_KEY],
                    "requestBody": {
                        "required": True,
                        "content": {
                            kind: {"schema": _EVENTS} for kind in ("application/json", "text/plain")
                        },
                    },
                    "responses": {
                        "202": _json(_ACCEPTED, "How many were saved, and which were not and why."),
                        **_problems("404", "405", "413", "422", "429", "503"),
                    },
                }
            },
            "/v1/{key}/checkouts": {
                "post": {
                    "operationId": "completed",
                    "summary": "Whose checkout it was, told by a pixel on the thank-you page.",
                    "parameters": [_KEY],
                    "requestBody": {
                        "required": True,
                        "content": {
                            kind: {"schema": _CHECKOUT}
                            for kind in ("application/json", "text/plain")
                        },
                    },
                    "responses": {
                        "204": {"description": "Noted; the order may come before or after."},
                        **_problems("404", "413", "422", "429", "503"),
                    },
                }
            },
            "/v1/{key}/me": {
                "parameters": [
                    _KEY,
                    {
                        "name": "Alongside-Visitor",
                        "in": "header",
                        "required": True,
                        "schema": _VISITOR,
                    },
                ],
                "get": {
                    "operationId": "me",
                    "summary": "What is held about this visitor.",
                    "responses": {
                        "200": _json({"type": "object"}, "Events and arms."),
                        **_problems("404", "405", "422", "429", "503"),
                    },
                },
                "delete": {
                    "operationId": "forgetMe",
                    "summary": "Erase what is held about this visitor.",
                    "responses": {
                        "204": {"description": "Erased, or nothing was held."},
                        **_problems("404", "405", "422", "429", "503"),
                    },
                },
            },
            "/v1/{key}/me/orders": {
                "get": {
                    "operationId": "myOrders",
                    "summary": "A signed customer's last orders, and which count for their taste.",
                    "parameters": [
                        _KEY,
                        {
                            **_parameter("customer", "A signed customer id.", {"type": "string"}),
                            "required": True,
                        },
                        _parameter("locale", "The page's language.", {"type": "string"}),
                    ],
                    "responses": {
                        "200": _json(_ORDERS, "The newest first, with words for the page."),
                        **_problems("403", "404", "405", "422", "429", "503"),
                    },
                },
                "post": {
                    "operationId": "keepOut",
                    "summary": "Not this purchase: an order is no taste, or counts again.",
                    "parameters": [_KEY],
                    "requestBody": {
                        "required": True,
                        "content": {
                            kind: {"schema": _KEPT_OUT}
                            for kind in ("application/json", "text/plain")
                        },
                    },
                    "responses": {
                        "204": {"description": "Noted."},
                        **_problems("403", "404", "405", "413", "422", "429", "503"),
                    },
                },
            },
        },
        "components": {
            "schemas": {
                "Problem": {
                    "type": "object",
                    "required": ["title", "status", "detail"],
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "detail": {"type": "string"},
                        "errors": {"type": "object"},
                    },
                }
            }
        },
    }


_ORDERS = {
    "type": "object",
    "required": ["words", "orders"],
    "properties": {
        "words": {"type": "object", "additionalProperties": {"type": "string"}},
        "orders": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "number", "placed_at", "items", "kept_out"],
                "properties": {
                    "id": {"type": "string"},
                    "number": {"type": "string"},
                    "placed_at": {"type": "string", "format": "date-time"},
                    "items": {"type": "array", "items": {"type": "string"}},
                    "kept_out": {"type": "boolean"},
                },
            },
        },
    },
}

_KEPT_OUT = {
    "type": "object",
    "required": ["customer", "order", "kept_out"],
    "properties": {
        "customer": {"type": "string", "description": "A signed customer id."},
        "order": {"type": "string", "minLength": 1, "maxLength": query.LONGEST_ID},
        "kept_out": {"type": "boolean"},
    },
}

_ACCEPTED = {
    "type": "object",
    "required": ["accepted", "rejected"],
    "properties": {
        "accepted": {"type": "integer"},
        "rejected": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"index": {"type": "integer"}, "reason": {"type": "string"}},
            },
        },
    },
}

_ID = {"type": "string", "maxLength": query.LONGEST_ID}
_IDS = {"type": "string", "description": "Ids, separated by commas."}
_LIMIT = {"type": "integer", "minimum": 1, "maximum": query.MOST_LIMIT}
_SHELF_PARAMETERS = [
    {
        **_parameter("placement", "Which question to answer.", {"enum": list(PLACEMENTS)}),
        "required": True,
    },
    _parameter("product", "The product of the page.", _ID),
    _parameter("visitor", "The id that shelf.js made, with full consent only.", _VISITOR),
    _parameter("customer", "A signed customer id.", {"type": "string"}),
    _parameter(
        "recent",
        f"Up to {query.MOST_RECENT} ids viewed, the newest first.",
        _ID | {"maxLength": 2000},
    ),
    _parameter("cart", f"Up to {query.MOST_CART} ids in the cart.", _IDS),
    _parameter(
        "limit",
        "How many products. Default: the merchant's choice.",
        {"type": "integer", "minimum": 1, "maximum": query.MOST_LIMIT},
    ),
    _parameter(
        "spare",
        "So many more, for those that the page will not show.",
        {"type": "integer", "minimum": 0, "maximum": query.MOST_LIMIT},
    ),
    _parameter("locale", "The page's language.", {"type": "string"}),
    _parameter("currency", "The page's currency.", {"type": "string", "pattern": "^[A-Z]{3}$"}),
    _parameter("category", "The category of the page.", _ID),
]


def blueprint() -> Blueprint:
    pages = Blueprint("openapi", __name__)
    body = orjson.dumps(document())

    @pages.get("/openapi.json")
    def openapi() -> Response:
        return Response(body, content_type="application/json")

    return pages
