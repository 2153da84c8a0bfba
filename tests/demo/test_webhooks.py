"""Webhooks: made by REST, sent soon after, signed, never repeated."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from demo.deliver import MOST_FAILURES, send_waiting


@pytest.fixture
def inbox(httpserver: HTTPServer) -> list[Request]:
    got: list[Request] = []

    def take(request: Request) -> Response:
        request.get_data()
        got.append(request)
        return Response(status=200)

    httpserver.expect_request("/hook").respond_with_handler(take)
    return got


def make(shop: Any, url: str, topic: str = "order.updated") -> Any:
    answer = shop.ask(
        "/webhooks",
        "POST",
        json={"name": "ours", "topic": topic, "delivery_url": url, "secret": "s3cret"},
    )
    assert answer.status_code == 201, answer.text
    return answer.json


def test_a_webhook_has_the_shape_of_a_real_one(shop: Any, golden: Any) -> None:
    real = json.loads(golden.raw("webhook-create")[2])
    ours = make(shop, "http://127.0.0.1:9/")
    assert ours.keys() == real.keys()
    assert "secret" not in ours
    assert ours["hooks"] == real["hooks"]
    assert shop.get(f"/webhooks/{ours['id']}")["delivery_url"] == "http://127.0.0.1:9/"
    assert [row["id"] for row in shop.get("/webhooks")] == [ours["id"]]
    assert shop.ask(f"/webhooks/{ours['id']}?force=true", "DELETE").status_code == 200
    assert shop.get("/webhooks") == []


def test_creation_pings_without_a_signature(
    shop: Any, inbox: list[Request], httpserver: HTTPServer
) -> None:
    id = make(shop, httpserver.url_for("/hook"))["id"]
    assert send_waiting(shop.app) == 1
    (ping,) = inbox
    assert ping.get_data() == f"webhook_id={id}".encode()
    assert "X-WC-Webhook-Signature" not in ping.headers


def test_a_change_is_sent_once_and_signed(
    shop: Any, inbox: list[Request], httpserver: HTTPServer, golden: Any
) -> None:
    make(shop, httpserver.url_for("/hook"))
    id = shop.get("/orders?per_page=1&_fields=id")[0]["id"]
    shop.ask(f"/orders/{id}", "PUT", json={"status": "on-hold"})
    send_waiting(shop.app)
    assert send_waiting(shop.app) == 0
    _ping, sent = inbox
    signature = hmac.digest(b"s3cret", sent.get_data(), hashlib.sha256)
    assert sent.headers["X-WC-Webhook-Signature"] == base64.b64encode(signature).decode()
    assert sent.headers["X-WC-Webhook-Topic"] == "order.updated"
    body = json.loads(sent.get_data())
    assert (body["id"], body["status"]) == (id, "on-hold")
    head = (golden.folder / "webhook-order-updated.raw").read_text().split("\n\n")[0]
    real = {line.split(":")[0].lower() for line in head.split("\n")[1:]}
    assert real <= {name.lower() for name, _ in sent.headers} | {"connection"}


def test_trash_tells_only_the_id_and_deleting_for_good_tells_nothing(
    shop: Any, inbox: list[Request], httpserver: HTTPServer
) -> None:
    make(shop, httpserver.url_for("/hook"), "product.deleted")
    shop.ask("/products/1001", "DELETE")
    shop.ask("/products/1002?force=true", "DELETE")
    send_waiting(shop.app)
    assert [request.get_data() for request in inbox[1:]] == [b'{"id":1001}']


def test_a_webhook_that_keeps_failing_is_disabled(shop: Any, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/broken").respond_with_data(status=500)
    id = make(shop, httpserver.url_for("/broken"), "product.updated")["id"]
    for _ in range(MOST_FAILURES):
        assert send_waiting(shop.app) == 1
        shop.ask("/products/1001", "PUT", json={})
    assert shop.get(f"/webhooks/{id}")["status"] == "active"
    send_waiting(shop.app)
    assert shop.get(f"/webhooks/{id}")["status"] == "disabled"


@pytest.mark.parametrize(
    "wrong", [{"topic": "nonsense"}, {"topic": "order.updated", "delivery_url": "ftp://x"}, {}]
)
def test_nonsense_is_refused(shop: Any, wrong: dict[str, str]) -> None:
    assert shop.ask("/webhooks", "POST", json=wrong).status_code == 400
