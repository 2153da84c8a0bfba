"""Webhooks as a resource: made, listed and removed by REST. `demo.deliver` sends them."""

from __future__ import annotations

import re
import secrets
import sqlite3
import time

import flask

from demo.api.asked import TRUE, Asked, sent
from demo.api.listing import Paging, Where, read
from demo.api.wire import Json, Refused, answer, gmt, home, item, kept, links, local
from demo.database import changing, here

rooms = flask.Blueprint("webhooks", __name__)
TOPIC = re.compile(r"(order|product)\.(created|updated|deleted|restored)")
HOOKS = {  # the shop's own names of what fires them
    "order.created": ["woocommerce_new_order"],
    "order.updated": ["woocommerce_update_order", "woocommerce_order_refunded"],
    "order.deleted": ["wp_trash_post", "woocommerce_trash_order"],
    "order.restored": ["untrashed_post", "woocommerce_untrash_order"],
    "product.restored": ["untrashed_post"],
    "product.created": ["woocommerce_new_product"],
    "product.updated": ["woocommerce_update_product"],
    "product.deleted": ["wp_trash_post"],
}


@rooms.get("/webhooks")
def many() -> flask.Response:
    asked, where = Asked(), Where()
    status = asked.one_of("status", ("all", "active", "paused", "disabled"), "all")
    if status != "all":
        where.also("status = ?", status)
    paging = Paging.asked(asked)
    asked.settle()
    listed = read("webhooks", where, "created_s DESC, id DESC", paging)
    rows = [kept({**_body(row), "_links": _links(row)}) for row in listed.rows]
    return answer(rows, headers=listed.headers, allow=("GET", "POST"))


@rooms.get("/webhooks/<int:id>")
def one(id: int) -> flask.Response:
    row = _find(id)
    return item(_body(row), _links(row), allow=("GET", "POST", "PUT", "PATCH", "DELETE"))


@rooms.post("/webhooks")
def create() -> flask.Response:
    given = sent()
    topic, url = str(given.get("topic", "")), str(given.get("delivery_url", ""))
    if not TOPIC.fullmatch(topic):
        raise Refused(
            400,
            "woocommerce_rest_invalid_webhook_topic",
            "Webhook topic is required and must be valid.",
        )
    if not re.fullmatch(r"https?://[^\s/]+.*", url):
        raise Refused(
            400,
            "woocommerce_rest_invalid_webhook_delivery_url",
            "Webhook delivery URL must be a valid URL starting with http:// or https://.",
        )
    db, now_s = here(), int(time.time())
    with changing(db):
        id = db.execute(
            "INSERT INTO webhooks (name, status, topic, delivery_url, secret, created_s)"
            " VALUES (?, 'active', ?, ?, ?, ?)",
            (
                str(given.get("name") or f"Webhook for {topic}"),
                topic,
                url,
                str(given.get("secret") or secrets.token_hex(25)),
                now_s,
            ),
        ).lastrowid
        db.execute("INSERT INTO deliveries (webhook_id) VALUES (?)", (id,))  # the ping
    row = _find(int(id or 0))
    location = {"Location": home(f"/wp-json/wc/v3/webhooks/{id}")}
    return item(_body(row), _links(row), status=201, headers=location, allow=("GET", "POST"))


@rooms.route("/webhooks/<int:id>", methods=["POST", "PUT", "PATCH"])
def change(id: int) -> flask.Response:
    """Status and secret, as far as anybody changes them; switched on, it may fail anew."""
    row, given, db = _find(id), sent(), here()
    status = given.get("status", row["status"])
    if status not in ("active", "paused", "disabled"):
        raise Refused(
            400,
            "woocommerce_rest_shop_webhook_invalid_status",
            "Webhook status must be valid.",
        )
    with changing(db):
        db.execute(
            "UPDATE webhooks SET status = ?, secret = ?, failures = 0, modified_s = ? WHERE id = ?",
            (status, str(given.get("secret") or row["secret"]), int(time.time()), id),
        )
    row = _find(id)
    return item(_body(row), _links(row), allow=("GET", "POST", "PUT", "PATCH", "DELETE"))


@rooms.delete("/webhooks/<int:id>")
def remove(id: int) -> flask.Response:
    row, db = _find(id), here()
    if flask.request.args.get("force") not in TRUE:
        raise Refused(
            501, "woocommerce_rest_trash_not_supported", "Webhooks do not support trashing."
        )
    with changing(db):
        db.execute("DELETE FROM deliveries WHERE webhook_id = ?", (id,))
        db.execute("DELETE FROM webhooks WHERE id = ?", (id,))
    return item(_body(row), _links(row), allow=("GET", "POST", "PUT", "PATCH", "DELETE"))


def _find(id: int) -> sqlite3.Row:
    row: sqlite3.Row | None = (
        here().execute("SELECT * FROM webhooks WHERE id = ?", (id,)).fetchone()
    )
    if row is None:
        raise Refused(404, "woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.")
    return row


def _links(row: sqlite3.Row) -> Json:
    return links(f"/wp-json/wc/v3/webhooks/{row['id']}")


def _body(row: sqlite3.Row) -> Json:
    """Without the secret: whoever made the webhook knows it."""
    resource, event = row["topic"].split(".")
    return {
        "id": row["id"],
        "name": row["name"],
        "status": row["status"],
        "topic": row["topic"],
        "resource": resource,
        "event": event,
        "hooks": HOOKS[row["topic"]],
        "delivery_url": row["delivery_url"],
        "date_created": local(row["created_s"]),
        "date_created_gmt": gmt(row["created_s"]),
        "date_modified": local(row["modified_s"]),
        "date_modified_gmt": gmt(row["modified_s"]),
    }
