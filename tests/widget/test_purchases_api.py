""" "Not this purchase": a signed customer says which of their orders is no taste of theirs."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from store import tables
from store.engine import reading, writing
from store.keys import digest
from store.opening import Store
from store.reads import shopper, shops
from store.reads.shop_config import shop_config
from store.reads.shops import Shop
from store.reads.training import training_data
from store.records import CUSTOMERS_OWN
from store.writes import privacy
from tests.shops import NOW
from tests.widget.test_shelf_api import ask, fresh_configuration, signed
from widget.api import ME_TRIES
from widget.purchases import MOST_ORDERS, WORDS

__all__ = ["fresh_configuration"]


@pytest.fixture
def c1(store: Store, shop: Shop) -> str:
    return signed(store, shop, "c1", int(time.time()) + 600)


def orders(client: FlaskClient, shop: Shop, customer: str, **more: str) -> Any:
    return client.get(f"/v1/{shop.key}/me/orders", query_string={"customer": customer, **more})


def keep_out(client: FlaskClient, shop: Shop, customer: str, order: object, out: object) -> Any:
    body = json.dumps({"customer": customer, "order": order, "kept_out": out})
    return client.post(f"/v1/{shop.key}/me/orders", data=body, content_type="text/plain")


def own_lists(store: Store, customer: int) -> list[str]:
    names = [f"{strategy}:{customer}" for strategy in CUSTOMERS_OWN]
    with reading(store.engine) as connection:
        kept = tables.ListRow
        return list(connection.scalars(select(kept.slot).where(kept.slot.in_(names))))


def test_a_customer_sees_their_last_orders_and_no_others(
    client: FlaskClient, shop: Shop, c1: str
) -> None:
    answer = orders(client, shop, c1)
    assert answer.headers["Cache-Control"] == "private, no-store"
    found = answer.json["orders"]
    assert 0 < len(found) <= MOST_ORDERS
    assert [it["placed_at"] for it in found] == sorted(it["placed_at"] for it in found)[::-1]
    assert all(int(it["id"][1:]) % 60 == 1 for it in found)  # c1's, as tests.shops deals them
    assert all(it["items"] and not it["kept_out"] for it in found)


@pytest.mark.parametrize("locale", ["en", "de-AT", "fr", "xx"])
def test_the_words_are_of_the_page(client: FlaskClient, shop: Shop, c1: str, locale: str) -> None:
    words = orders(client, shop, c1, locale=locale).json["words"]
    assert words == WORDS.get(locale[:2], WORDS["en"])
    assert words.keys() == WORDS["en"].keys()


def test_an_order_that_is_no_taste_leads_to_nothing_at_once_and_to_no_list_later(
    client: FlaskClient, shop: Shop, store: Store, c1: str
) -> None:
    with reading(store.engine) as connection:
        config = shop_config(connection, store.ring, shop.key)
        assert config is not None
        before = shopper.buyer(connection, config, "c1", shop.now(), 50)
        learned = training_data(connection, shop.id).interactions
    assert before is not None
    assert own_lists(store, before.customer)
    newest = orders(client, shop, c1).json["orders"][0]
    assert keep_out(client, shop, c1, newest["id"], True).status_code == 204
    assert orders(client, shop, c1).json["orders"][0]["kept_out"] is True
    # At once: nothing follows from it, and the lists that learned from it are gone.
    assert own_lists(store, before.customer) == []
    with reading(store.engine) as connection:
        now = shopper.buyer(connection, config, "c1", shop.now(), 50)
        then = training_data(connection, shop.id).interactions
    assert now is not None
    assert set(now.bought) < set(before.bought)
    items = ask(client, shop, placement="buy_again", customer=c1).json["items"]
    assert items == [], "until the next training nothing is said of what is bought again"
    # It still is an order: what is bought together is learned from it, without its buyer.
    assert len(then.order) == len(learned.order)
    lost = int((learned.customer >= 0).sum() - (then.customer >= 0).sum())
    assert lost == len(newest["items"])
    # And back.
    assert keep_out(client, shop, c1, newest["id"], False).status_code == 204
    with reading(store.engine) as connection:
        again = shopper.buyer(connection, config, "c1", shop.now(), 50)
    assert again == before


def test_nobody_but_the_signed_customer_comes_near_an_order(
    client: FlaskClient, shop: Shop, store: Store, c1: str
) -> None:
    c2s = orders(client, shop, signed(store, shop, "c2", int(time.time()) + 600)).json["orders"]
    assert keep_out(client, shop, c1, c2s[0]["id"], True).status_code == 404
    old = signed(store, shop, "c1", int(time.time()) - 1)
    for nobody in ("", "c1", "c1.99.ab", old, c1[:-1] + ("0" if c1[-1] != "0" else "1")):
        assert orders(client, shop, nobody).status_code == 403
        assert keep_out(client, shop, nobody, c2s[0]["id"], True).status_code == 403
    with reading(store.engine) as connection:
        assert not any(connection.scalars(select(tables.Order.kept_out)))
    stranger = signed(store, shop, "nobody", int(time.time()) + 600)
    assert orders(client, shop, stranger).json["orders"] == []


@pytest.mark.parametrize(
    ("order", "out", "fault"),
    [(7, True, "order"), ("", True, "order"), ("x" * 65, True, "order"), ("o1", "yes", "kept_out")],
)
def test_what_cannot_be_read_is_named(
    client: FlaskClient, shop: Shop, c1: str, order: object, out: object, fault: str
) -> None:
    answer = keep_out(client, shop, c1, order, out)
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [fault]


def test_both_are_counted_with_the_other_questions_about_a_person(
    client: FlaskClient, shop: Shop, c1: str
) -> None:
    for _ in range(ME_TRIES - 1):
        assert orders(client, shop, c1).status_code == 200
    assert keep_out(client, shop, c1, "o1", True).status_code in (204, 404)
    assert orders(client, shop, c1).status_code == 429
    assert keep_out(client, shop, c1, "o1", True).status_code == 429


def test_after_the_customer_is_forgotten_there_are_no_orders_to_see(
    client: FlaskClient, shop: Shop, store: Store, c1: str
) -> None:
    with writing(store.engine) as connection:
        pepper = shops.keys(connection, store.ring, shop.id, NOW).pepper
        d = tables.CustomerDigest
        key = connection.scalar(
            select(d.customer_id).where(d.digest == digest(pepper, "customer", "c1"))
        )
        privacy.forget_customer(connection, shop.id, int(key or 0), "admin", NOW)
    assert orders(client, shop, c1).json["orders"] == []


def test_a_sync_does_not_undo_what_a_shopper_said(
    client: FlaskClient, shop: Shop, store: Store, c1: str
) -> None:
    from store.writes import orders as order_writes
    from tests.shops import made_orders

    newest = orders(client, shop, c1).json["orders"][0]["id"]
    assert keep_out(client, shop, c1, newest, True).status_code == 204
    with writing(store.engine) as connection:
        pepper = shops.keys(connection, store.ring, shop.id, NOW).pepper
        connection.execute(update(tables.Order).values(updated_at=NOW.replace(year=2001)))
        order_writes.save_orders(connection, shop.id, pepper, made_orders())
    assert orders(client, shop, c1).json["orders"][0]["kept_out"] is True
