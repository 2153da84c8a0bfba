"""A shop of any number of orders for the bench, which costs next to nothing to ask.

Orders stand a second apart and are written from a template, so that what WooCommerce's windows and
Shopify's lists ask for is arithmetic. `python -m tests.bench.endless_shop ORDERS` serves until its
standard input ends.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors.shopify.api import VERSION
from tests.connectors.shopify import made
from tests.connectors.shopify.made import Bought

BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
PRODUCTS = 5_000
BUYERS = 300_000
# Lines of an order, in turn: 2.4 on average, as in the demo shop's own data.
LINES = (1, 2, 1, 4, 3, 2, 1, 5, 2, 3)


def shopify_lines(number: int) -> list[bytes]:
    """An order as a bulk operation writes it: its own line, and one for each of its lines."""
    row, children = _SHOPIFY[number % len(LINES)]
    at = (BEGAN + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    id, buyer = b"%d" % (number + 1), b"%d" % (1 + number * 7_919 % BUYERS)
    parent = row.replace(b"@id", id).replace(b"@at", at).replace(b"@buyer", buyer)
    lines = [parent]
    for place, child in enumerate(children):
        product = b"%d" % (1 + (number * 31 + place * 977) % PRODUCTS)
        lines.append(
            child.replace(b"@id", id).replace(b"@line", id + b"%d" % place).replace(b"@p", product)
        )
    return lines


def _shopify_templates() -> list[tuple[bytes, list[bytes]]]:
    found = []
    for count in LINES:
        order = made.order(1, tuple(Bought(1, 1 + n % 2) for n in range(count)), shipping_minor=399)
        children = order.pop("lineItems")
        for name in ("refunds", "netSales", "createdAt", "presentmentCurrencyCode"):
            del order[name]
        for name in ("subtotalPriceSet", "totalDiscountsSet", "totalRefundedSet"):
            del order[name]
        for name in ("currentSubtotalPriceSet", "currentTotalTaxSet"):
            del order[name]
        order |= {
            "id": "gid://shopify/Order/@id",
            "name": "#@id",
            "customer": {"id": "gid://shopify/Customer/@buyer"},
            "processedAt": "@at",
            "updatedAt": "@at",
        }
        inner = [
            line
            | {
                "id": "gid://shopify/LineItem/@line",
                "title": "Product @p",
                "product": {"id": "gid://shopify/Product/@p"},
                "variant": {"id": "gid://shopify/ProductVariant/@p00"},
                "__parentId": "gid://shopify/Order/@id",
            }
            for line in children
        ]
        found.append((_dumped(order), [_dumped(line) for line in inner]))
    return found


def _dumped(row: dict[str, Any]) -> bytes:
    """Only the shop's own side of amounts is asked for."""
    text = json.dumps(row, separators=(",", ":"))
    text = re.sub(r',"currencyCode":"GBP"\},"presentmentMoney":\{[^}]*\}', "}", text)
    return text.encode() + b"\n"


_SHOPIFY = _shopify_templates()


def woocommerce_row(number: int) -> bytes:
    row = _WOOCOMMERCE[number % len(LINES)]
    at = (BEGAN + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%S").encode()
    id = b"%d" % (number + 1)
    row = row.replace(b"@id", id).replace(b"@at", at)
    row = row.replace(b"@buyer", b"%d" % (1 + number * 7_919 % BUYERS))
    for place in range(LINES[number % len(LINES)]):
        product = b"%d" % (1 + (number * 31 + place * 977) % PRODUCTS)
        row = row.replace(b"@p%d@" % place, product)
    return row


def _woocommerce_templates() -> list[bytes]:
    found = []
    for count in LINES:
        lines = [
            {
                "id": f"@id{place}",
                "name": f"Product @p{place}@",
                "product_id": f"@p{place}@",
                "variation_id": 0,
                "quantity": 1,
                "subtotal": "12.50",
                "total": "12.50",
                "total_tax": "2.50",
                "meta_data": [],
                "tax_class": "",
                "sku": "SKU-@id",
                "price": 12.5,
                "image": {"id": "", "src": ""},
                "parent_name": None,
            }
            for place in range(count)
        ]
        found.append(
            re.sub(
                r'"(id|product_id|customer_id)":"(@[^"]+)"',
                r'"\1":\2',
                json.dumps(
                    {
                        "id": "@id",
                        "number": "@id",
                        "status": "completed",
                        "currency": "GBP",
                        "date_created_gmt": "@at",
                        "date_modified_gmt": "@at",
                        "created_via": "checkout",
                        "total": f"{15 * count + 4.79:.2f}",
                        "total_tax": f"{2.5 * count + 0.8:.2f}",
                        "shipping_total": "3.99",
                        "customer_id": "@buyer",
                        "billing": {"email": "buyer@buyer@example.com"},
                        "meta_data": [],
                        "line_items": lines,
                    },
                    separators=(",", ":"),
                ),
            ).encode()
        )
    return found


_WOOCOMMERCE = _woocommerce_templates()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    orders = 0

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/bulk/orders":
            self._file()
        elif parts.path == "/bulk/none":
            self._reply(b"")
        else:
            self._woocommerce(parts.path, dict(parse_qsl(parts.query)))

    # --- Shopify ---

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        query, given = asked["query"], asked["variables"]
        self._reply(json.dumps({"data": self._data(query, given)}).encode())

    def _data(self, query: str, given: dict[str, Any]) -> dict[str, Any]:
        nothing = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
        if "accessScopes" in query:
            scopes = [{"handle": "read_all_orders"}]
            return {"shop": {}, "currentAppInstallation": {"accessScopes": scopes}}
        if "bulkOperationRunQuery" in query:
            kind = "orders" if "lineItems" in given["query"] else "none"
            operation = {"id": kind, "createdAt": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
            return {"bulkOperationRunQuery": {"bulkOperation": operation, "userErrors": []}}
        if "bulkOperation(" in query:
            url = f"http://{self.headers['Host']}/bulk/{given['id']}"
            return {"bulkOperation": {"status": "COMPLETED", "url": url}}
        if "productsCount" in query:
            return {"productsCount": {"count": 0}}
        if "ordersCount" in query:
            return {"ordersCount": {"count": 0 if given.get("query") else self.orders}}
        return {"products": nothing, "orders": nothing}

    def _file(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("X-Shopify-API-Version", VERSION)
        self.end_headers()
        for part in _parts(self.orders):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

    # --- WooCommerce ---

    def _woocommerce(self, path: str, args: dict[str, str]) -> None:
        route = path.removeprefix("/wp-json/").removeprefix("wc/v3/")
        if route == "":
            index = {"name": "Big", "home": f"http://{self.headers['Host']}", "namespaces": []}
            self._reply(json.dumps(index).encode())
        elif route == "data/currencies/current":
            self._reply(b'{"code":"GBP"}')
        elif route != "orders" or args.get("status") == "trash":
            self._reply(b"[]", total=0)
        else:
            self._orders(args)

    def _orders(self, args: dict[str, str]) -> None:
        """Rows strictly between two instants are rows between two numbers."""
        low, high = 0, self.orders
        if after := args.get("modified_after"):
            low = max(low, _number(after) + 1)
        if before := args.get("modified_before"):
            high = min(high, _number(before))
        count = max(0, high - low)
        size, page = int(args["per_page"]), int(args["page"])
        start, end = (page - 1) * size, min(page * size, count)
        numbers = range(low + start, low + end)
        if args.get("order") == "desc":
            numbers = range(high - 1 - start, high - 1 - end, -1)
        body = b"[" + b",".join(map(woocommerce_row, numbers)) + b"]"
        self._reply(body, total=count)

    # --- both ---

    def _reply(self, body: bytes, total: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if total is not None:
            self.send_header("X-WP-Total", str(total))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _number(instant: str) -> int:
    at = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    return int((at - BEGAN).total_seconds())


def _parts(orders: int) -> Iterator[bytes]:
    """A megabyte or so each; an order's lines stand in the part after its own, ungrouped."""
    children: list[bytes] = []
    for start in range(0, orders, 1_000):
        part: list[bytes] = []
        late: list[bytes] = []
        for number in range(start, min(start + 1_000, orders)):
            parent, *own = shopify_lines(number)
            part.append(parent)
            late += own
        yield b"".join(part + children)
        children = late
    yield b"".join(children) or b"\n"


def main() -> None:
    Handler.orders = int(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
