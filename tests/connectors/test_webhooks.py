"""Is what a shop's webhooks tell taken for what it is?"""

from __future__ import annotations

import json

import pytest

from connectors.errors import Unreadable
from connectors.woocommerce.webhooks import Told, is_ping, told
from tests.connectors.golden import exchange


def test_an_order_is_asked_for_by_name_and_its_refunds_are_read_besides() -> None:
    headers, body = exchange("webhook-order-updated")
    row = json.loads(body)
    found = told(headers["x-wc-webhook-topic"], body)
    assert found == Told(ask_orders=(str(row["id"]),), ask_refunds=True)
    without = told("order.created", json.dumps(row | {"refunds": []}).encode())
    assert not without.ask_refunds


def test_a_variations_body_asks_for_its_parent() -> None:
    headers, body = exchange("webhook-product-updated-variation")
    assert told(headers["x-wc-webhook-topic"], body) == Told(ask_products=("34",))


def test_a_deletion_is_asked_about_because_it_may_be_the_trash() -> None:
    headers, body = exchange("webhook-product-deleted")
    assert told(headers["x-wc-webhook-topic"], body) == Told(ask_products=("450",))
    assert told("order.deleted", b'{"id":7}') == Told(ask_orders=("7",))


def test_a_ping_is_known() -> None:
    headers, body = exchange("webhook-ping")
    assert is_ping(headers.get("x-wc-webhook-topic"), body)
    assert not is_ping("order.updated", body)
    assert not is_ping(None, b"webhook_id=1&x=<script>")


def test_other_topics_tell_nothing() -> None:
    assert told("customer.updated", b'{"id": 1, "email": "a@example.com"}') == Told()


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"id": 0}', b'{"id": "x"}', b"\xff"])
def test_a_body_that_cannot_be_read_says_so(body: bytes) -> None:
    with pytest.raises(Unreadable, match=r"webhook order\.updated"):
        told("order.updated", body)
