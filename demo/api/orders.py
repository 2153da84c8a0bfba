"""The order resource: its list, and what may be changed about it."""

from __future__ import annotations

import sqlite3
import time

import flask
import orjson

from demo import announce
from demo.api.asked import TRUE, Asked, invalid, sent
from demo.api.listing import Paging, Where, read
from demo.api.order_body import bodies_of, links_of
from demo.api.wire import Refused, answer, item, kept
from demo.database import changing, here, take_ids

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
    bodies = [kept({**body, "_links": links_of(body)}) for body in bodies_of(listed.rows, decimals)]
    return answer(bodies, headers=listed.headers, allow=("GET", "POST"))


@rooms.get("/orders/<int:id>")
def one(id: int) -> flask.Response:
    asked = Asked()
    decimals = asked.whole("dp", 2, 0, 8)
    asked.settle()
    (body,) = bodies_of([find(id)], decimals)
    return item(body, links_of(body), allow=("GET", "POST", "PUT", "PATCH", "DELETE"))


@rooms.route("/orders/<int:id>", methods=["PUT", "POST", "PATCH"])
def change(id: int) -> flask.Response:
    given = sent()
    status = given.get("status")
    if status is not None and status not in STATUSES:
        raise invalid("status", f"status is not one of {', '.join(STATUSES)}.")
    meta = given.get("meta_data", [])
    if not isinstance(meta, list) or not all(
        isinstance(entry, dict) and isinstance(entry.get("key"), str) for entry in meta
    ):
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
        return item(gone, links_of(gone), allow=("GET", "POST", "PUT", "PATCH", "DELETE"))
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
