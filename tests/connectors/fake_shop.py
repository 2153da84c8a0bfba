"""A WooCommerce shop on loopback that serves what a real one was recorded to say.

Plain http, so it takes OAuth 1.0a only; its own check of the signature is written from RFC 5849
and not with the library that signs. `faults` are answers given instead, in turn.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from tests.connectors.golden import told

KEY, SECRET = "ck_" + "1" * 40, "cs_" + "2" * 40


class FakeShop:
    def __init__(self) -> None:
        self.home = ""  # set when it is served
        self.url = ""
        self.lists: dict[str, list[dict[str, Any]]] = {
            "products": told("products") + told("products-trash"),
            "orders": told("orders") + told("orders-trash"),
            "refunds": told("refunds"),
            "products/categories": told("categories"),
        } | {f"products/{id}/variations": told(f"variations-{id}") for id in (33, 34, 225)}
        self.permissions = "read"
        self.clock_s = 0  # how far the shop's clock is ahead
        self.faults: list[Response] = []
        self.asked: list[Request] = []
        self.index = {
            "name": "Lab &amp; Sons",
            "timezone_string": "America/New_York",
            "gmt_offset": "-5",
            "namespaces": ["oembed/1.0", "wc/v3", "wp/v2"],
        }
        self.pretty = True
        self.nonces: set[str] = set()

    def __call__(self, environ: Any, start: Any) -> Any:
        request = Request(environ)
        self.asked.append(request)
        response = self.faults.pop(0) if self.faults else self.answer(request)
        response.headers["Date"] = format(self.now(), "%a, %d %b %Y %H:%M:%S GMT")
        return response(environ, start)

    def now(self) -> datetime:
        return datetime.fromtimestamp(datetime.now(UTC).timestamp() + self.clock_s, UTC)

    def answer(self, request: Request) -> Response:
        path = request.path
        if path == "/" and "rest_route" in request.args:
            return reply(self.index | {"home": self.home})
        if not self.pretty or not path.startswith("/wp-json/"):
            return Response("<html><h1>Not Found</h1></html>", 404, mimetype="text/html")
        route = path.removeprefix("/wp-json/")
        if route == "":
            return reply(self.index | {"home": self.home})
        if refusal := self.refusal(request):
            return refusal
        route = route.removeprefix("wc/v3/")
        if route == "data/currencies/current":
            return reply(told("currency"))
        if route in self.lists:
            return self.list(route, request)
        return reply({"code": "rest_no_route", "message": "No route was found"}, 404)

    def refusal(self, request: Request) -> Response | None:
        told = dict(request.args)
        if "oauth_consumer_key" not in told:
            return refused("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
        wrong = "woocommerce_rest_authentication_error"
        if told["oauth_consumer_key"] != KEY:
            return refused(wrong, "Consumer key is invalid.")
        signature = told.pop("oauth_signature")
        pairs = sorted((quote(k, safe="~"), quote(v, safe="~")) for k, v in told.items())
        text = "&".join(f"{k}={v}" for k, v in pairs)
        base = f"GET&{quote(self.home + request.path, safe='~')}&{quote(text, safe='~')}"
        digest = hmac.new(f"{SECRET}&".encode(), base.encode(), hashlib.sha256).digest()
        if base64.b64encode(digest).decode() != signature:
            return refused(wrong, "Invalid signature - provided signature does not match.")
        if abs(int(told["oauth_timestamp"]) - self.now().timestamp()) > 15 * 60:
            return refused(wrong, "Invalid timestamp.")
        if told["oauth_nonce"] in self.nonces:
            return refused(wrong, "Invalid nonce - nonce has already been used.")
        self.nonces.add(told["oauth_nonce"])
        if "read" not in self.permissions:
            return refused(wrong, "The API key provided does not have read permissions.")
        return None

    def list(self, route: str, request: Request) -> Response:
        args = request.args
        rows = self.lists[route]
        if any("status" in row for row in rows) and "variations" not in route:
            trash = args.get("status") == "trash"
            rows = [row for row in rows if (row["status"] == "trash") is trash]
        if "include" in args:
            rows = [row for row in rows if str(row["id"]) in args["include"].split(",")]
        for param, field, sign in (
            ("modified_after", "date_modified_gmt", 1),
            ("modified_before", "date_modified_gmt", -1),
            ("after", "date_created_gmt", 1),
            ("before", "date_created_gmt", -1),
        ):
            if param in args:
                assert args["dates_are_gmt"] == "true"
                edge = args[param]
                rows = [r for r in rows if (r[field] > edge if sign == 1 else r[field] < edge)]
        field = {"id": "id", "modified": "date_modified_gmt", "date": "date_created_gmt"}[
            args.get("orderby", "id")
        ]
        rows = sorted(rows, key=lambda r: (r[field], r["id"]), reverse=args.get("order") == "desc")
        size, page = int(args.get("per_page", 10)), int(args.get("page", 1))
        shown = [only(row, args.get("_fields")) for row in rows[(page - 1) * size : page * size]]
        total = {"X-WP-Total": str(len(rows)), "X-WP-TotalPages": str(-(-len(rows) // size))}
        return reply(shown, headers=total)


def only(row: dict[str, Any], fields: str | None) -> dict[str, Any]:
    """`_fields`, with dots into objects and not into lists."""
    if not fields:
        return row
    cut: dict[str, Any] = {}
    for field in fields.split(","):
        name, _, inner = field.partition(".")
        if inner and isinstance(row.get(name), dict):
            cut.setdefault(name, {})[inner] = row[name].get(inner)
        elif not inner and name in row:
            cut[name] = row[name]
    return cut


def reply(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(data), status, headers, mimetype="application/json")


def refused(code: str, message: str) -> Response:
    return reply({"code": code, "message": message, "data": {"status": 401}}, 401)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def send_response(self, code: int, message: str | None = None) -> None:
        self.send_response_only(code, message)  # without a Date: the shop has its own clock

    def log_request(self, *args: Any) -> None:
        pass


@contextmanager
def served(shop: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, shop, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
