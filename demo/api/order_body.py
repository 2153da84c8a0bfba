"""What does an order look like in the API? Every key of a real order, in its order.

A page of a full sync is 100 orders with some 2,600 lines: two statements, one dict per line.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
from typing import Any

import flask
import orjson

from demo.api.product_body import PICTURE_ID, picture
from demo.api.wire import VERSION, Json, asks_for, gmt, home, links, local, money, number
from demo.database import fact, here

ADDRESS = (
    "first_name",
    "last_name",
    "company",
    "address_1",
    "address_2",
    "city",
    "state",
    "postcode",
    "country",
)


def order_key(id: int) -> str:
    """What opens an order's thank-you page to whoever placed it."""
    if "order_key_secret" not in flask.g:
        flask.g.order_key_secret = (fact(here(), "order_key_secret") or "").encode()
    digest = hmac.digest(flask.g.order_key_secret, str(id).encode(), hashlib.sha256)
    return f"wc_order_{digest.hex()[:13]}"


def complete(row: sqlite3.Row) -> Json:
    """An order with its links, as a webhook sends it."""
    (body,) = bodies_of([row], 2)
    return {**body, "_links": links_of(body)}


def bodies_of(rows: list[sqlite3.Row], decimals: int) -> list[Json]:
    ids = [row["id"] for row in rows]
    lines = _lines(ids, decimals) if asks_for("line_items") else {}
    refunds: dict[int, list[Json]] = {}
    for refund in here().execute(
        "SELECT * FROM refunds WHERE order_id IN (SELECT value FROM json_each(?)) ORDER BY id DESC",
        (orjson.dumps(ids).decode(),),
    ):
        refunds.setdefault(refund["order_id"], []).append(
            {
                "id": refund["id"],
                "reason": refund["reason"],
                "total": money(-refund["amount_minor"], decimals),
                "total_tax": money(0, decimals),
            }
        )
    return [
        _body(row, lines.get(row["id"], []), refunds.get(row["id"], []), decimals) for row in rows
    ]


def _lines(order_ids: list[int], decimals: int) -> dict[int, list[Json]]:
    rows = here().execute(
        "SELECT l.order_id, l.id, l.product_id, l.quantity, l.price_milli, l.total_minor,"
        " coalesce(l.name, p.first_name), l.meta, p.sku, p.deleted"
        " FROM order_lines l JOIN products p ON p.id = l.product_id"
        " WHERE l.order_id IN (SELECT value FROM json_each(?)) ORDER BY l.order_id, l.id",
        (orjson.dumps(order_ids).decode(),),
    )
    rows.row_factory = None  # plain tuples: half a million of them pass here in a full sync
    none = money(0, decimals)
    lines: dict[int, list[Json]] = {id: [] for id in order_ids}
    for order_id, id, product_id, quantity, price, minor, name, meta, sku, deleted in rows:
        total = money(minor, decimals)
        lines[order_id].append(
            line_body(
                id,
                name,
                product_id,
                quantity,
                total,
                none,
                price / 1000,
                sku,
                deleted,
                _shown(meta),
            )
        )
    return lines


def line_body(
    id: int,
    name: str,
    product_id: int,
    quantity: int,
    total: str,
    tax: str,
    price: float,
    sku: str,
    deleted: int,
    meta: list[Json],
) -> Json:
    """A line of an order or of a refund. A product deleted for good leaves only its name."""
    return {
        "id": id,
        "name": name,
        "product_id": 0 if deleted else product_id,
        "variation_id": 0,
        "quantity": quantity,
        "tax_class": "",
        "subtotal": total,
        "subtotal_tax": tax,
        "total": total,
        "total_tax": tax,
        "taxes": [],
        "meta_data": meta,
        "sku": None if deleted else sku,
        "global_unique_id": None if deleted else "",
        "price": number(price),
        "image": {"id": 0, "src": ""}
        if deleted
        else {"id": str(PICTURE_ID + product_id), "src": picture(product_id)},
        "parent_name": None,
    }


def _shown(meta: str | None) -> list[Json]:
    """A line's meta entries carry their key and value once more, for people."""
    return [
        {**entry, "display_key": entry["key"], "display_value": entry["value"]}
        for entry in (orjson.loads(meta) if meta else [])
    ]


def links_of(body: Json) -> Json:
    path = f"/wp-json/wc/v3/orders/{body['id']}"
    made = links(path)
    made["email_templates"] = [
        {"embeddable": True, "href": home(f"{path}/actions/email_templates")}
    ]
    if body["customer_id"]:
        made["customer"] = [{"href": home(f"/wp-json/wc/v3/customers/{body['customer_id']}")}]
    return made


def _body(row: sqlite3.Row, lines: list[Json], refunds: list[Json], decimals: int) -> Json:
    id, status = row["id"], row["status"]
    known: dict[str, Any] = orjson.loads(row["address"])
    address = {name: known.get(name, "") for name in ADDRESS}
    key, none = order_key(id), money(0, decimals)
    return {
        "id": id,
        "parent_id": 0,
        "status": status,
        "currency": "GBP",
        "version": VERSION,
        "prices_include_tax": False,
        "date_created": local(row["created_s"]),
        "date_modified": local(row["modified_s"]),
        "discount_total": none,
        "discount_tax": none,
        "shipping_total": none,
        "shipping_tax": none,
        "cart_tax": none,
        "total": money(row["total_minor"], decimals),
        "total_tax": none,
        "customer_id": row["customer_id"],
        "order_key": key,
        "billing": {**address, "email": row["email"], "phone": known.get("phone", "")},
        "shipping": {**address, "phone": known.get("phone", "")},
        "payment_method": "demo",
        "payment_method_title": "Demo (no payment is taken)",
        "transaction_id": "",
        "customer_ip_address": "",
        "customer_user_agent": "",
        "created_via": "checkout",
        "customer_note": row["note"],
        "date_completed": local(row["completed_s"]),
        "date_paid": local(row["paid_s"]),
        "cart_hash": "",
        "number": str(id),
        "meta_data": orjson.loads(row["meta"]),
        "line_items": lines,
        "tax_lines": [],
        "shipping_lines": [],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": refunds,
        "payment_url": home(f"/checkout/order-pay/{id}/?pay_for_order=true&key={key}"),
        "is_editable": status in ("pending", "on-hold"),
        "needs_payment": status in ("pending", "failed"),
        "needs_processing": True,
        "date_created_gmt": gmt(row["created_s"]),
        "date_modified_gmt": gmt(row["modified_s"]),
        "date_completed_gmt": gmt(row["completed_s"]),
        "date_paid_gmt": gmt(row["paid_s"]),
        "currency_symbol": "£",
    }
