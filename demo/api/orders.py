"""The order resource: its shape, its list, and what may be changed about it.

A page of a full sync is 100 orders with some 2,600 lines: two statements, one dict per line.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
import time
from typing import Any

import flask
import orjson

from demo import announce
from demo.api.asked import TRUE, Asked
from demo.api.listing import Paging, Where, read
from demo.api.products import PICTURE_ID, invalid, picture, sent
from demo.api.wire import (
    VERSION,
    Json,
    Refused,
    answer,
    asks_for,
    gmt,
    home,
    item,
    kept,
    links,
    local,
    money,
    number,
)
from demo.database import changing, fact, here, take_ids

rooms = flask.Blueprint("orders", __name__)
STATUSES = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed")
PAID = ("processing", "completed", "refunded")
ORDERS = {
    "date": "created_s {way}, id {way}",
    "modified": "modified_s {way}, id {way}",
    "id": "id {way}",
    "include": "id {way}",
    "title": "id {way}",
    "slug": "id {way}",
}
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


@rooms.get("/orders")
def many() -> flask.Response:
    asked, where = Asked(), Where()
    statuses = asked.some_of("status", ("any", "trash", *STATUSES)) or ["any"]
    if "any" in statuses:
        where.also("status <> 'trash'")  # also for any,trash: the trash is asked for alone
    else:
        where.among("status", statuses)
    where.dated(asked)
    if (ids := asked.ids("include")) is not None:
        where.among("id", ids)
    if (ids := asked.ids("exclude")) is not None:
        where.among("id", ids, out=True)
    if "customer" in asked.args:
        where.also("customer_id = ?", asked.whole("customer", 0))
    if "product" in asked.args:
        product = asked.whole("product", 0)
        where.also("id IN (SELECT order_id FROM order_lines WHERE product_id = ?)", product)
    orderby = asked.one_of("orderby", tuple(ORDERS), "date")
    way = asked.one_of("order", ("asc", "desc"), "desc")
    decimals = asked.whole("dp", 2, 0, 8)
    paging = Paging.asked(asked)
    asked.settle()

    adds = {"status[0]": "any"} if "status" not in asked.args else {}
    listed = read(
        "orders", where, ORDERS[orderby].format(way=way), paging, forgets_totals=True, adds=adds
    )
    bodies = [kept({**body, "_links": _links(body)}) for body in bodies_of(listed.rows, decimals)]
    return answer(bodies, headers=listed.headers, allow=("GET", "POST"))


@rooms.get("/orders/<int:id>")
def one(id: int) -> flask.Response:
    asked = Asked()
    decimals = asked.whole("dp", 2, 0, 8)
    asked.settle()
    (body,) = bodies_of([find(id)], decimals)
    return item(body, _links(body), allow=("GET", "POST", "PUT", "PATCH", "DELETE"))


@rooms.route("/orders/<int:id>", methods=["PUT", "POST", "PATCH"])
def change(id: int) -> flask.Response:
    given = sent()
    status = given.get("status")
    if status is not None and status not in STATUSES:
        raise invalid("status", f"status is not one of {', '.join(STATUSES)}.")
    meta = given.get("meta_data", [])
    if not isinstance(meta, list) or not all(isinstance(m, dict) and "key" in m for m in meta):
        raise invalid("meta_data", "meta_data is not of type array.")
    db = here()
    with changing(db):
        row = find(id)
        if status is not None:
            set_status(db, row, status)
        if meta:
            entries = {entry["key"]: entry for entry in orjson.loads(row["meta"])}
            for entry in meta:
                known = entries.get(entry["key"]) or {"id": take_ids(db, "meta")[0]}
                entries[entry["key"]] = {
                    "id": known["id"],
                    "key": entry["key"],
                    "value": entry.get("value"),
                }
            saved = orjson.dumps(list(entries.values())).decode()
            db.execute("UPDATE orders SET meta = ? WHERE id = ?", (saved, id))
        if "customer_note" in given:
            note = str(given["customer_note"])
            db.execute("UPDATE orders SET note = ? WHERE id = ?", (note, id))
        db.execute("UPDATE orders SET modified_s = ? WHERE id = ?", (int(time.time()), id))
        announce.about(db, "order.updated", id)
    return one(id)


def set_status(db: sqlite3.Connection, row: sqlite3.Row, status: str) -> None:
    """With the dates that come with it; only the first payment and completion are kept."""
    now_s = int(time.time())
    db.execute(
        "UPDATE orders SET status = ?, modified_s = ?, paid_s = coalesce(paid_s, ?),"
        " completed_s = coalesce(completed_s, ?) WHERE id = ?",
        (
            status,
            now_s,
            now_s if status in PAID[:2] else None,
            now_s if status == "completed" else None,
            row["id"],
        ),
    )


@rooms.delete("/orders/<int:id>")
def remove(id: int) -> flask.Response:
    row, db = find(id), here()
    (gone,) = bodies_of([row], 2)
    if flask.request.args.get("force") in TRUE:
        with changing(db):
            db.execute(
                "DELETE FROM refund_lines WHERE refund_id IN"
                " (SELECT id FROM refunds WHERE order_id = ?)",
                (id,),
            )
            for table in ("refunds", "order_lines"):
                db.execute(f"DELETE FROM {table} WHERE order_id = ?", (id,))  # noqa: S608
            db.execute("DELETE FROM orders WHERE id = ?", (id,))
        return item(gone, _links(gone), allow=("GET", "POST", "PUT", "PATCH", "DELETE"))
    if row["status"] == "trash":
        raise Refused(
            410, "woocommerce_rest_already_trashed", "The shop_order has already been deleted."
        )
    with changing(db):
        db.execute(
            "UPDATE orders SET status = 'trash', status_before_trash = status, modified_s = ?"
            " WHERE id = ?",
            (int(time.time()), id),
        )
        announce.about(db, "order.deleted", id)
    return one(id)


def find(id: int) -> sqlite3.Row:
    row: sqlite3.Row | None = here().execute("SELECT * FROM orders WHERE id = ?", (id,)).fetchone()
    if row is None:
        raise Refused(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
    return row


def order_key(id: int) -> str:
    """What opens an order's thank-you page to whoever placed it."""
    if "order_key_secret" not in flask.g:
        flask.g.order_key_secret = (fact(here(), "order_key_secret") or "").encode()
    digest = hmac.digest(flask.g.order_key_secret, str(id).encode(), hashlib.sha256)
    return f"wc_order_{digest.hex()[:13]}"


# --- the shape -----------------------------------------------------------------------------------


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


def _links(body: Json) -> Json:
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
