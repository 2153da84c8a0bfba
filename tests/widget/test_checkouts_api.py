"""Orders without a cart find their visitor by the checkout's token, whichever comes first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from store import tables
from store.engine import reading, writing
from store.keys import digest
from store.opening import Store
from store.reads import shops
from store.reads.shops import Shop
from store.records import Order, OrderLine
from store.writes import checkouts, orders, privacy
from tests.shops import NOW

VISITOR, OTHER = "ab" * 16, "cd" * 16
TOKEN = "c0ffee" * 5


@pytest.fixture
def pepper(store: Store, shop: Shop) -> Iterator[bytes]:
    with reading(store.engine) as connection:
        yield shops.keys(connection, store.ring, shop.id, NOW).pepper


def told(client: FlaskClient, shop: Shop, **body: object) -> int:
    sent = {"visitor": VISITOR, "checkout": TOKEN, **body}
    return client.post(f"/v1/{shop.key}/checkouts", data=json.dumps(sent)).status_code


def arrives(store: Store, shop: Shop, pepper: bytes, *, age: int = 0, **changes: object) -> None:
    facts: dict[str, object] = {
        "id": "late",
        "placed_at": NOW,
        "updated_at": NOW + timedelta(minutes=age),
        "currency": "GBP",
        "status": "paid",
        "total_minor": 500,
        "lines": (OrderLine("1", "p0", 1, 500),),
        "customer_id": "c7",
        "checkout": TOKEN,
    }
    with writing(store.engine) as connection:
        orders.save_orders(connection, shop.id, pepper, [Order(**(facts | changes))])  # type: ignore[arg-type]


def visitor_of(store: Store) -> bytes | None:
    with reading(store.engine) as connection:
        return connection.scalar(
            select(tables.Order.visitor).where(tables.Order.external_id == "late")
        )


@pytest.mark.parametrize("first", ["the pixel", "the order"])
def test_an_order_gets_the_visitor_whichever_comes_first(
    store: Store, shop: Shop, client: FlaskClient, pepper: bytes, first: str
) -> None:
    if first == "the pixel":
        assert told(client, shop) == 204
    arrives(store, shop, pepper)
    if first == "the order":
        assert visitor_of(store) is None
        assert told(client, shop) == 204
    known = digest(pepper, "visitor", VISITOR)
    assert visitor_of(store) == known
    with reading(store.engine) as connection:
        linked = connection.scalars(
            select(tables.Identity.visitor).where(tables.Identity.visitor == known)
        ).all()
    assert len(linked) == 1, "a visitor who bought as a customer is that customer"


def test_an_order_that_names_its_visitor_keeps_it(
    store: Store, shop: Shop, client: FlaskClient, pepper: bytes
) -> None:
    arrives(store, shop, pepper, visitor=OTHER)
    assert told(client, shop) == 204
    assert visitor_of(store) == digest(pepper, "visitor", OTHER)


def test_the_first_who_tells_is_believed(
    store: Store, shop: Shop, client: FlaskClient, pepper: bytes
) -> None:
    assert told(client, shop) == 204
    assert told(client, shop, visitor=OTHER) == 204
    arrives(store, shop, pepper)
    assert visitor_of(store) == digest(pepper, "visitor", VISITOR)


def test_what_was_told_is_forgotten_and_the_order_keeps_its_visitor_through_later_syncs(
    store: Store, shop: Shop, client: FlaskClient, pepper: bytes
) -> None:
    arrives(store, shop, pepper)
    assert told(client, shop) == 204
    with writing(store.engine) as connection:
        checkouts.forget(connection, NOW + timedelta(days=1))
    with reading(store.engine) as connection:
        assert connection.scalars(select(tables.Checkout.checkout)).all() == []
    arrives(store, shop, pepper, age=1, status="refunded")
    assert visitor_of(store) == digest(pepper, "visitor", VISITOR)


def test_an_erased_visitor_leaves_no_checkout_behind(
    store: Store, shop: Shop, client: FlaskClient, pepper: bytes
) -> None:
    arrives(store, shop, pepper)
    assert told(client, shop) == 204
    with writing(store.engine) as connection:
        privacy.erase_visitor(connection, shop.id, digest(pepper, "visitor", VISITOR))
    arrives(store, shop, pepper, age=1)
    assert told(client, shop) == 204
    assert visitor_of(store) != digest(pepper, "visitor", VISITOR)
    with reading(store.engine) as connection:
        held = select(tables.Order.checkout).where(tables.Order.external_id == "late")
        assert connection.scalar(held) is None


@pytest.mark.parametrize(
    "body",
    [
        {"visitor": None},
        {"visitor": "short"},
        {"checkout": ""},
        {"checkout": 7},
        {"checkout": "a b" * 9},
    ],
)
def test_what_is_no_visitor_or_no_token_is_refused(
    shop: Shop, client: FlaskClient, body: dict[str, object]
) -> None:
    assert told(client, shop, **body) == 422
