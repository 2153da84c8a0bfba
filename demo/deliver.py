"""How do webhooks reach their receivers? A thread sends what `demo.announce` wrote down.

As in a real shop: soon after the change, not during it; signed with the webhook's secret; never
tried again; and a webhook that failed more than five times is disabled.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import secrets
import sqlite3
import threading

import flask
import urllib3

from demo.api import order_body, orders, product_body, products
from demo.api.wire import VERSION, Refused, home, php_json
from demo.database import changing, here

LOOK_EVERY_S = 0.5
TIMEOUT_S = 5
MOST_FAILURES = 5
AGENT = f"WooCommerce/{VERSION} Hookshot (WordPress/7.0.4)"
log = logging.getLogger(__name__)


class Sender(threading.Thread):
    def __init__(self, app: flask.Flask) -> None:
        super().__init__(name="webhooks", daemon=True)
        self.app = app
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.wait(LOOK_EVERY_S):
            try:
                send_waiting(self.app)
            except sqlite3.OperationalError as error:  # locked for long: the next look sends it
                log.warning("Webhooks wait: %s", error)

    def stop(self) -> None:
        self.stopping.set()
        self.join(TIMEOUT_S + 1)


def send_waiting(app: flask.Flask) -> int:
    """Send every delivery that waits; how many there were."""
    with app.test_request_context("/wp-json/wc/v3/"):
        waiting = (
            here()
            .execute(
                "SELECT d.id AS delivery_id, d.resource_id, w.* FROM deliveries d"
                " JOIN webhooks w ON w.id = d.webhook_id WHERE w.status = 'active' ORDER BY d.id"
            )
            .fetchall()
        )
        for row in waiting:
            # Removed before it is sent: a delivery happens once or, if the shop dies, not at all.
            with changing(here()):
                here().execute("DELETE FROM deliveries WHERE id = ?", (row["delivery_id"],))
            if not _send(row):
                _count_failure(row["id"])
        return len(waiting)


def _send(row: sqlite3.Row) -> bool:
    headers = {"User-Agent": AGENT, "Accept": "*/*"}
    if row["resource_id"] is None:
        body = f"webhook_id={row['id']}".encode()
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    else:
        resource, event = row["topic"].split(".")
        try:
            body = _resource(resource, event, row["resource_id"])
        except Refused:  # deleted for good since
            return True
        digest = hmac.digest(row["secret"].encode(), body, hashlib.sha256)
        headers |= {
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": home("/"),
            "X-WC-Webhook-Topic": row["topic"],
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": base64.b64encode(digest).decode(),
            "X-WC-Webhook-ID": str(row["id"]),
            "X-WC-Webhook-Delivery-ID": secrets.token_hex(16),
        }
    try:
        with urllib3.PoolManager() as pool:
            answer = pool.request(
                "POST",
                row["delivery_url"],
                body=body,
                headers=headers,
                timeout=TIMEOUT_S,
                retries=False,
                redirect=False,
            )
    except urllib3.exceptions.HTTPError as error:
        log.warning("Webhook %s was not delivered: %s", row["id"], type(error).__name__)
        return False
    return 200 <= answer.status < 400


def _resource(resource: str, event: str, id: int) -> bytes:
    if event == "deleted":
        return php_json({"id": id})
    if resource == "product":
        return php_json(product_body.complete(products.find(id)))
    return php_json(order_body.complete(orders.find(id)))


def _count_failure(id: int) -> None:
    with changing(here()):
        here().execute("UPDATE webhooks SET failures = failures + 1 WHERE id = ?", (id,))
        here().execute(
            "UPDATE webhooks SET status = 'disabled' WHERE id = ? AND failures > ?",
            (id, MOST_FAILURES),
        )
