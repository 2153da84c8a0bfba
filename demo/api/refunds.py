"""Refunds: a resource of their own; the order they belong to keeps its lines and its total."""

from __future__ import annotations

import sqlite3
import time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

import flask

from demo import announce
from demo.api.asked import TRUE, Asked, invalid, sent
from demo.api.listing import Listed, Paging, Where, read
from demo.api.order_body import line_body
from demo.api.orders import find, set_status
from demo.api.wire import Json, Refused, answer, gmt, home, item, kept, links, local, money
from demo.database import changing, here, take_ids

rooms = flask.Blueprint("refunds", __name__)
DATED = {
    "after": "created_s",
    "before": "created_s",
    "modified_after": "created_s",  # a refund never changes
    "modified_before": "created_s",
}


@rooms.get("/refunds")
def every() -> flask.Response:
    listed = _listed(Where())
    rows = [
        kept({**_parent_first(body, row["order_id"]), "_links": _links(row)})
        for body, row in zip(bodies_of(listed.rows), listed.rows, strict=True)
    ]
    return answer(rows, headers=listed.headers)


@rooms.get("/orders/<int:order_id>/refunds")
def many(order_id: int) -> flask.Response:
    find(order_id)
    where = Where()
    where.also("order_id = ?", order_id)
    listed = _listed(where)
    rows = [
        kept({**body, "_links": _links(row)})
        for body, row in zip(bodies_of(listed.rows), listed.rows, strict=True)
    ]
    return answer(rows, headers=listed.headers, allow=("GET", "POST"))


@rooms.get("/orders/<int:order_id>/refunds/<int:id>")
def one(order_id: int, id: int) -> flask.Response:
    row = _find(order_id, id)
    return item(bodies_of([row])[0], _links(row), allow=("GET", "DELETE"))


@rooms.post("/orders/<int:order_id>/refunds")
def create(order_id: int) -> flask.Response:
    given, db, now_s = sent(), here(), int(time.time())
    with changing(db):
        order = find(order_id)
        lines = _asked_lines(db, order_id, given.get("line_items", []))
        amount_minor = (
            _minor("amount", given["amount"])
            if "amount" in given
            else sum(minor for _, _, minor in lines)
        )
        if amount_minor <= 0:
            raise invalid("amount", "Refund amount must be greater than zero.")
        before = db.execute(
            "SELECT coalesce(sum(amount_minor), 0) FROM refunds WHERE order_id = ?", (order_id,)
        ).fetchone()[0]
        left = order["total_minor"] - before
        if amount_minor > left:
            raise Refused(
                500, "woocommerce_rest_cannot_create_order_refund", "Invalid refund amount."
            )
        kind = "full" if amount_minor == order["total_minor"] else "partial"
        (id,) = take_ids(db, "posts")
        db.execute(
            "INSERT INTO refunds VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                id,
                order_id,
                now_s,
                amount_minor,
                str(given.get("reason") or ""),
                kind,
                take_ids(db, "meta")[0],
            ),
        )
        for (line_id, quantity, minor), new_id, meta_id in zip(
            lines,
            take_ids(db, "lines", len(lines)),
            take_ids(db, "meta", len(lines)),
            strict=True,
        ):
            db.execute(
                "INSERT INTO refund_lines VALUES (?, ?, ?, ?, ?, ?)",
                (id, new_id, line_id, quantity, minor, meta_id),
            )
        if amount_minor == left:
            set_status(db, order, "refunded")
        db.execute("UPDATE orders SET modified_s = ? WHERE id = ?", (now_s, order_id))
        announce.about(db, "order.updated", order_id)
    row = _find(order_id, id)
    return item(
        bodies_of([row])[0],
        _links(row),
        status=201,
        headers={"Location": home(f"/wp-json/wc/v3/orders/{order_id}/refunds/{id}")},
        allow=("GET", "POST"),
    )


@rooms.delete("/orders/<int:order_id>/refunds/<int:id>")
def remove(order_id: int, id: int) -> flask.Response:
    """Leaves the order's date_modified as it was: only a sweep of the refunds notices."""
    row = _find(order_id, id)
    if flask.request.args.get("force") not in TRUE:
        raise Refused(
            501,
            "woocommerce_rest_trash_not_supported",
            "The shop_order_refund does not support trashing.",
        )
    (gone,), db = bodies_of([row]), here()
    with changing(db):
        db.execute("DELETE FROM refund_lines WHERE refund_id = ?", (id,))
        db.execute("DELETE FROM refunds WHERE id = ?", (id,))
    return item(gone, _links(row), allow=("GET", "DELETE"))


def _listed(where: Where) -> Listed:
    asked = Asked()
    where.dated(asked, DATED)
    way = asked.one_of("order", ("asc", "desc"), "desc")
    orderby = asked.one_of(
        "orderby", ("date", "id", "include", "title", "slug", "modified"), "date"
    )
    paging = Paging.asked(asked)
    asked.settle()
    order = f"created_s {way}, id {way}" if orderby in ("date", "modified") else f"id {way}"
    return read("refunds", where, order, paging)


def _find(order_id: int, id: int) -> sqlite3.Row:
    find(order_id)
    row: sqlite3.Row | None = (
        here()
        .execute("SELECT * FROM refunds WHERE id = ? AND order_id = ?", (id, order_id))
        .fetchone()
    )
    if row is None:
        raise Refused(404, "woocommerce_rest_invalid_order_refund_id", "Invalid order refund ID.")
    return row


def _asked_lines(
    db: sqlite3.Connection, order_id: int, given: object
) -> list[tuple[int, int, int]]:
    """(order line, quantity, money given back) of each line that the refund names."""
    known = {
        row["id"]: row["quantity"]
        for row in db.execute("SELECT * FROM order_lines WHERE order_id = ?", (order_id,))
    }
    lines = []
    for entry in given if isinstance(given, list) else [None]:
        named: Json = entry if isinstance(entry, dict) else {}
        line_id, quantity = named.get("id"), named.get("quantity", 0)
        if not isinstance(line_id, int) or line_id not in known:
            raise invalid("line_items", "line_items names a line that is not in this order.")
        if not isinstance(quantity, int) or not 0 <= quantity <= known[line_id]:
            raise invalid("line_items", "line_items gives back more than was bought.")
        minor = _minor("line_items", named.get("refund_total", 0))
        lines.append((line_id, quantity, minor))
    return lines


def _minor(name: str, value: object) -> int:
    try:
        return int((Decimal(str(value)) * 100).quantize(Decimal(1), ROUND_HALF_UP))
    except (InvalidOperation, ValueError):  # not a number, or NaN
        raise invalid(name, f"{name} is not an amount: write it like 12.50.") from None


# --- the shape -----------------------------------------------------------------------------------


def bodies_of(rows: list[sqlite3.Row]) -> list[Json]:
    return [_body(row) for row in rows]


def _body(row: sqlite3.Row) -> Json:
    lines = here().execute(
        "SELECT r.id, r.line_id, r.quantity, r.total_minor, r.meta_id, l.product_id, l.price_milli,"
        " coalesce(l.name, p.first_name) AS name, p.sku, p.deleted"
        " FROM refund_lines r JOIN order_lines l ON l.order_id = ? AND l.id = r.line_id"
        " JOIN products p ON p.id = l.product_id WHERE r.refund_id = ? ORDER BY r.id",
        (row["order_id"], row["id"]),
    )
    return {
        "id": row["id"],
        "date_created": local(row["created_s"]),
        "date_created_gmt": gmt(row["created_s"]),
        "amount": money(row["amount_minor"]),
        "reason": row["reason"],
        "refunded_by": 1,
        "refunded_payment": False,
        "meta_data": [{"id": row["meta_id"], "key": "_refund_type", "value": row["kind"]}],
        "line_items": [
            line_body(
                line["id"],
                line["name"],
                line["product_id"],
                -line["quantity"],
                money(-line["total_minor"]),
                "0.00",
                line["price_milli"] / 1000,
                line["sku"],
                line["deleted"],
                [
                    {
                        "id": line["meta_id"],
                        "key": "_refunded_item_id",
                        "value": str(line["line_id"]),
                        "display_key": "_refunded_item_id",
                        "display_value": str(line["line_id"]),
                    }
                ],
            )
            for line in lines
        ],
        "shipping_lines": [],
        "tax_lines": [],
        "fee_lines": [],
    }


def _parent_first(body: Json, order_id: int) -> Json:
    """The list of all refunds says whose each is; the list of one order's does not."""
    return {"id": body["id"], "parent_id": order_id, **body}


def _links(row: sqlite3.Row) -> Json:
    order = f"/wp-json/wc/v3/orders/{row['order_id']}"
    return links(f"{order}/refunds/{row['id']}", allow=("GET", "DELETE"), up=order)
