"""A Shopify shop on loopback that answers by the official schema.

Questions are executed by graphql-core; their price is taken from a bucket of points first, and one
that the bucket cannot pay is refused, as a 200 or a 429. Lists are found as Shopify's search finds
them, a page begins after the last row of the one before, and what was touched meanwhile moved to
the end. Bulk operations take a few questions to finish and leave a file whose lines are mixed up.
`faults` are answers given instead, in turn.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import json
import random
import re
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute,
    get_named_type,
    parse,
    validate,
)
from werkzeug.wrappers import Request, Response

from connectors.shopify.api import VERSION
from tests.connectors.shopify.faults import Fault
from tests.connectors.shopify.made import gid, stamp
from tests.connectors.shopify.prices import MOST, price

SCHEMA = Path(__file__).parent.parent.parent / "golden" / "shopify" / "admin.graphql"
APP_ID, APP_SECRET = "app-1", "an app secret of thirty-two bytes"
DOMAIN = "made.myshopify.com"
SCOPES = (
    "read_products", "read_orders", "read_customers", "read_all_orders", "write_pixels",
    "read_customer_events",
)  # fmt: skip
# Which right a root field needs.
NEEDS = {"products": "read_products", "orders": "read_orders", "customer": "read_customers"}


@functools.cache
def schema() -> GraphQLSchema:
    made = build_schema(SCHEMA.read_text(), assume_valid=True)
    made.type_map["Node"].resolve_type = lambda row, *_: row.get("__typename")  # type: ignore[attr-defined]
    made.type_map["Media"].resolve_type = lambda row, *_: row.get("__typename")  # type: ignore[attr-defined]
    return made


@functools.cache
def understood(query: str) -> tuple[DocumentNode, tuple[str, ...]]:
    document = parse(query)
    return document, tuple(one.message for one in validate(schema(), document))


class FakeShopify:
    def __init__(
        self, products: Iterable[dict[str, Any]] = (), orders: Iterable[dict[str, Any]] = ()
    ) -> None:
        self.lists = {"products": list(products), "orders": list(orders)}
        self.url = ""  # set when it is served
        self.currency = "GBP"
        self.scopes = list(SCOPES)
        self.tokens = {"token-1"}
        self.refresh_tokens = ["refresh-1"]
        self.granted = 0
        self.version = VERSION
        self.faults: list[Fault] = []
        self.metafields: dict[str, str] = {}
        self.pixel: dict[str, Any] | None = None
        self.pixel_deployed = True
        self.asked: list[Request] = []
        self.operations: dict[str, dict[str, Any]] = {}
        self.bulk_polls = 1  # how often an operation is still at work when asked
        self.bulk_fails = 0  # how many operations end half-way
        self.most_running = 1
        self.clock_s = 0  # how far the shop's clock is ahead
        self.rng = random.Random(7)
        # Points: a bucket of which tests may make a small one.
        self.bucket, self.per_s = 100_000.0, 100_000.0
        self._points, self._points_at = self.bucket, time.monotonic()
        self._lock = threading.Lock()

    # --- HTTP ---

    def __call__(self, environ: Any, start: Any) -> Any:
        request = Request(environ)
        with self._lock:
            self.asked.append(request)
            fault = self.faults.pop(0) if self.faults else None
            response = fault(request) if fault else self.answer(request)
        response.headers["Date"] = format(self.now(), "%a, %d %b %Y %H:%M:%S GMT")
        return response(environ, start)

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.clock_s)

    def answer(self, request: Request) -> Response:
        if request.path == "/admin/oauth/access_token":
            return self.grant(request)
        if request.path.startswith("/bulk/"):
            return self.file(request)
        if not re.fullmatch(r"/admin/api/[0-9-]+/graphql\.json", request.path):
            return Response("<html>Not found</html>", 404, mimetype="text/html")
        if request.headers.get("X-Shopify-Access-Token") not in self.tokens:
            return reply({"errors": "[API] Invalid API key or access token"}, 401)
        told = request.get_json()
        answer, status = self.execute(told["query"], told.get("variables") or {})
        return reply(answer, status, {"X-Shopify-API-Version": self.version})

    def grant(self, request: Request) -> Response:
        told = request.get_json()
        if (told.get("client_id"), told.get("client_secret")) != (APP_ID, APP_SECRET):
            return reply({"error": "invalid_client"}, 400)
        kind = told.get("grant_type")
        # The last but one is good until the last is used.
        if kind == "refresh_token" and told["refresh_token"] not in self.refresh_tokens[-2:]:
            said = "This request requires an active refresh_token"
            return reply({"error": "invalid_request", "error_description": said}, 401)
        self.granted += 1
        token = f"token-{self.granted + 1}"
        self.tokens.add(token)
        answer = {"access_token": token, "scope": ",".join(self.scopes), "expires_in": 86399}
        if kind != "client_credentials":
            if kind == "refresh_token":
                self.refresh_tokens = [told["refresh_token"]]
            self.refresh_tokens.append(f"refresh-{self.granted + 1}")
            answer |= {
                "expires_in": 3600,
                "refresh_token": self.refresh_tokens[-1],
                "refresh_token_expires_in": 7_776_000,
            }
        return reply(answer)

    # --- questions ---

    def execute(self, query: str, variables: dict[str, Any]) -> tuple[dict[str, Any], int]:
        document, broken = understood(query)
        if broken:
            return {"errors": [{"message": message} for message in broken]}, 200
        cost = price(schema(), document, variables)
        if cost > MOST:
            extensions = {"code": "MAX_COST_EXCEEDED", "cost": cost, "maxCost": MOST}
            return {"errors": [{"message": "Too dear", "extensions": extensions}]}, 200
        now = time.monotonic()
        points = min(self.bucket, self._points + (now - self._points_at) * self.per_s)
        paid = points >= cost
        self._points, self._points_at = points - cost if paid else points, now
        told = {
            "requestedQueryCost": cost,
            "actualQueryCost": cost if paid else None,
            "throttleStatus": {
                "maximumAvailable": self.bucket,
                "currentlyAvailable": self._points,
                "restoreRate": self.per_s,
            },
        }
        if not paid:
            error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            status = 200 if len(self.asked) % 2 else 429
            return {"errors": [error], "extensions": {"cost": told}}, status
        done = execute(
            schema(), document, root_value={}, variable_values=variables,
            field_resolver=self.resolve, context_value={"bulk": False},
        )  # fmt: skip
        answer: dict[str, Any] = {"data": done.data, "extensions": {"cost": told}}
        if done.errors:
            answer["errors"] = [error.formatted for error in done.errors]
        return answer, 200

    def resolve(self, source: Any, info: GraphQLResolveInfo, **given: Any) -> Any:
        name, root = info.field_name, info.parent_type.name
        needs = NEEDS.get(name)
        if needs and needs not in self.scopes and root in ("QueryRoot", "Order"):
            raise GraphQLError(
                f"Access denied for {name} field. Required access: `{needs}` access scope.",
                extensions={"code": "ACCESS_DENIED"},
            )
        if root in ("QueryRoot", "Mutation"):
            return getattr(self, f"_{name}")(info, **given)
        value = source.get(name)
        if get_named_type(info.return_type).name.endswith("Connection"):
            return self.connection(list(value or ()), info, **given)
        return value

    def connection(self, rows: list[Any], info: GraphQLResolveInfo, **given: Any) -> Any:
        """Inner lists: cursors are places."""
        first = len(rows) if info.context["bulk"] else int(given["first"])
        start = int(given["after"]) if given.get("after") else 0
        shown = rows[start : start + first]
        more = start + first < len(rows)
        info_ = {"hasNextPage": more, "endCursor": str(start + len(shown)) if shown else None}
        return {"nodes": shown, "edges": [{"node": row} for row in shown], "pageInfo": info_}

    # --- the shop's lists ---

    def shown(self, name: str) -> list[dict[str, Any]]:
        if name == "orders" and "read_all_orders" not in self.scopes:
            edge = stamp(datetime.now(UTC) - timedelta(days=60))
            return [row for row in self.lists[name] if row["createdAt"] >= edge]
        return self.lists[name]

    def found(self, name: str, search: str | None) -> list[dict[str, Any]]:
        rows = self.shown(name)
        if not search:
            return list(rows)
        if above := re.fullmatch(r"id:>(\d+)", search):
            return [row for row in rows if number(row) > int(above[1])]
        window = re.fullmatch(r"processed_at:>='([0-9TZ:-]+)' processed_at:<'([0-9TZ:-]+)'", search)
        if window:
            return [row for row in rows if window[1] <= row["processedAt"] < window[2]]
        since = re.fullmatch(r"updated_at:>='([0-9TZ:-]+)'", search)
        assert since, search
        return [row for row in rows if row["updatedAt"] >= since[1]]

    def _list(self, name: str, info: GraphQLResolveInfo, **given: Any) -> Any:
        rows = self.found(name, given.get("query"))
        by_id = given.get("sortKey") == "ID"

        def place(row: dict[str, Any]) -> list[Any]:
            return [number(row)] if by_id else [row["updatedAt"], number(row)]

        rows.sort(key=place)
        if info.context["bulk"]:
            return {"edges": [{"node": row} for row in rows]}
        after = given.get("after")
        if after:
            edge = json.loads(base64.b64decode(after))
            rows = [row for row in rows if place(row) > edge]
        shown = rows[: given["first"]]
        cursor = base64.b64encode(json.dumps(place(shown[-1])).encode()).decode() if shown else None
        more = len(rows) > len(shown)
        return {"nodes": shown, "pageInfo": {"hasNextPage": more, "endCursor": cursor}}

    def _products(self, info: GraphQLResolveInfo, **given: Any) -> Any:
        return self._list("products", info, **given)

    def _orders(self, info: GraphQLResolveInfo, **given: Any) -> Any:
        return self._list("orders", info, **given)

    def _productsCount(self, info: GraphQLResolveInfo, **given: Any) -> Any:
        return {"count": len(self.found("products", given.get("query")))}

    def _ordersCount(self, info: GraphQLResolveInfo, **given: Any) -> Any:
        return {"count": len(self.found("orders", given.get("query")))}

    def _collections(self, info: GraphQLResolveInfo, **given: Any) -> Any:
        sizes: dict[str, int] = {}
        for row in self.lists["products"]:
            for one in row["collections"]:
                sizes[one["id"]] = sizes.get(one["id"], 0) + 1
        rows = [{"id": id, "productsCount": {"count": size}} for id, size in sizes.items()]
        return self.connection(rows, info, **given)

    def _node(self, info: GraphQLResolveInfo, id: str) -> Any:
        rows = [*self.lists["products"], *self.shown("orders")]
        rows += [refund for order in self.shown("orders") for refund in order["refunds"]]
        return next((row for row in rows if row["id"] == id), None)

    def _nodes(self, info: GraphQLResolveInfo, ids: list[str]) -> Any:
        return [self._node(info, id) for id in ids]

    def _shop(self, info: GraphQLResolveInfo) -> Any:
        return {
            "name": "Made  shop",
            "myshopifyDomain": DOMAIN,
            "primaryDomain": {"url": "https://shop.example"},
            "currencyCode": self.currency,
            "ianaTimezone": "Europe/London",
        }

    def _currentAppInstallation(self, info: GraphQLResolveInfo) -> Any:
        scopes = [{"handle": scope} for scope in self.scopes]
        return {"id": gid("AppInstallation", 1), "accessScopes": scopes}

    # --- what the shop's pages are told ---

    def _metafieldsSet(self, info: GraphQLResolveInfo, metafields: list[dict[str, Any]]) -> Any:
        assert {one["ownerId"] for one in metafields} == {gid("AppInstallation", 1)}
        self.metafields |= {f"{one['namespace']}.{one['key']}": one["value"] for one in metafields}
        return {"userErrors": []}

    def _webPixelCreate(self, info: GraphQLResolveInfo, webPixel: dict[str, Any]) -> Any:
        if not self.pixel_deployed:
            return {"userErrors": [{"code": "NO_EXTENSION", "message": "No extension found"}]}
        if self.pixel is not None:
            return {"userErrors": [{"code": "TAKEN", "message": "It is there already"}]}
        self.pixel = {"id": gid("WebPixel", 1), **webPixel}
        return {"userErrors": []}

    def _webPixel(self, info: GraphQLResolveInfo) -> Any:
        if self.pixel is None:
            raise GraphQLError("No web pixel was found for this app.")
        return self.pixel

    def _webPixelUpdate(self, info: GraphQLResolveInfo, id: str, webPixel: dict[str, Any]) -> Any:
        assert self.pixel is not None
        assert self.pixel["id"] == id
        self.pixel |= webPixel
        return {"userErrors": []}

    # --- bulk operations ---

    def _bulkOperationRunQuery(
        self, info: GraphQLResolveInfo, query: str, groupObjects: bool
    ) -> Any:
        for id in self.operations:  # they go on whether anybody asks or not
            self._bulkOperation(info, id)
        running = [one for one in self.operations.values() if one["status"] == "RUNNING"]
        if len(running) >= self.most_running:
            error = {"code": "OPERATION_IN_PROGRESS", "message": "A bulk query is in progress"}
            return {"bulkOperation": None, "userErrors": [error]}
        _, broken = understood(query)
        assert not broken, broken
        lines = self.lines(query)
        operation = {
            "id": gid("BulkOperation", len(self.operations) + 1),
            "status": "RUNNING",
            "createdAt": stamp(self.now()),
            "errorCode": None,
            "fileSize": None,
            "url": None,
            "partialDataUrl": None,
            "left": self.bulk_polls,
            "lines": lines,
        }
        self.operations[str(operation["id"])] = operation
        return {"bulkOperation": operation, "userErrors": []}

    def _bulkOperation(self, info: GraphQLResolveInfo, id: str) -> Any:
        operation = self.operations.get(id)
        if operation is None or operation["status"] != "RUNNING":
            return operation
        operation["left"] -= 1
        if operation["left"] < 0:
            url = f"{self.url}/bulk/{number(operation)}?signature=secret"
            if self.bulk_fails:
                self.bulk_fails -= 1
                operation["lines"] = operation["lines"][: len(operation["lines"]) // 2]
                operation |= {"status": "FAILED", "errorCode": "TIMEOUT", "partialDataUrl": url}
            else:
                url_or_none = url if operation["lines"] else None
                size = sum(len(line) + 1 for line in operation["lines"])
                operation |= {"status": "COMPLETED", "url": url_or_none, "fileSize": str(size)}
        return operation

    def lines(self, query: str) -> list[bytes]:
        done = execute(
            schema(), parse(query), root_value={}, field_resolver=self.resolve,
            context_value={"bulk": True},
        )  # fmt: skip
        assert not done.errors, done.errors
        parents, children = [], []
        for edge in next(iter((done.data or {}).values()))["edges"]:
            row = dict(edge["node"])
            for name, value in list(row.items()):
                if isinstance(value, dict) and "edges" in value:
                    del row[name]
                    inner = [e["node"] | {"__parentId": row["id"]} for e in value["edges"]]
                    children += inner
            parents.append(row)
        mixed = [*parents, *children]
        self.rng.shuffle(mixed)  # ungrouped: children stand anywhere
        return [json.dumps(r, separators=(",", ":"), ensure_ascii=False).encode() for r in mixed]

    def file(self, request: Request) -> Response:
        operation = self.operations.get(gid("BulkOperation", int(request.path.split("/")[-1])))
        if operation is None or operation.get("expired"):
            return Response("<Error><Code>ExpiredToken</Code></Error>", 400)
        body = b"".join(line + b"\n" for line in operation["lines"])
        if "Range" in request.headers:
            start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            return Response(body[start:], 206 if start < len(body) else 416)
        return Response(body)

    # --- what happens in the shop ---

    def touch(self, row: dict[str, Any], at: datetime | None = None, **changes: Any) -> None:
        row.update(changes, updatedAt=stamp(at or self.now()))


def number(row: dict[str, Any]) -> int:
    return int(str(row["id"]).rpartition("/")[2])


def reply(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(data), status, headers, mimetype="application/json")


def signed(body: bytes, secret: str = APP_SECRET) -> str:
    """X-Shopify-Hmac-Sha256 of a webhook's body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
