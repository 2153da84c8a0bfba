"""One shopper: shown, handed over, kept out of taste, forgotten with a certificate."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from store import tables
from store.engine import reading, writing
from store.keys import digest
from store.opening import Store
from store.reads import privacy, shop_config, shopper, shops
from store.reads.shops import Shop
from store.reads.training import training_data
from tests.plugin.site import NOON, Site, send
from tests.plugin.site import words as text_of


@pytest.fixture
def trained(store: Store) -> Site:
    return Site(store)


@pytest.fixture
def owner(trained: Site, shop: Shop) -> FlaskClient:
    return trained.owner_of(shop)


def ask(owner: FlaskClient, shop: Shop, to: str, **form: str):  # type: ignore[no-untyped-def]
    page = f"/admin/shops/{shop.key}/privacy/"
    return send(owner, page, page + to, **{"kind": "customer", "named": "c1"} | form)


def test_a_customer_is_shown_and_handed_over_in_two_forms(owner: FlaskClient, shop: Shop) -> None:
    shown = text_of(ask(owner, shop, "person"))
    assert "10 orders" in shown
    told = ask(owner, shop, "export", form="json")
    assert told.content_type == "application/json"
    assert "c1" not in told.headers["Content-Disposition"]
    assert len(told.json["orders"]) == 10
    page = ask(owner, shop, "export", form="text")
    assert page.text.count("<li>o") == 10
    assert "attachment" in page.headers["Content-Disposition"]
    assert "<script" not in page.text


def test_somebody_unknown_is_said_to_be(owner: FlaskClient, shop: Shop) -> None:
    missing = ask(owner, shop, "person", named="nobody@example.com")
    assert missing.status_code == 422
    assert "Nothing is held about a customer" in text_of(missing)
    assert ask(owner, shop, "person", named=" ").status_code == 422
    unknown = ask(owner, shop, "person", kind="visitor", named="v" * 32)
    assert "0 events" in text_of(unknown)


def test_forgetting_needs_a_tick_and_leaves_a_certificate_that_names_nobody(
    owner: FlaskClient, store: Store, shop: Shop
) -> None:
    refused = ask(owner, shop, "erase")
    assert refused.status_code == 422
    assert "Nothing was erased" in text_of(refused)
    done = ask(owner, shop, "erase", sure="yes")
    assert done.status_code == 303
    page = text_of(owner.get(f"/admin/shops/{shop.key}/privacy/"))
    with reading(store.engine) as connection:
        (kept,) = privacy.erasures(connection, shop.id)
    assert kept.certificate in page
    assert (kept.kind, kept.via) == ("customer", "admin")
    assert kept.touched["orders"] == 10
    assert kept.touched["customers"] == 1
    assert ask(owner, shop, "person").status_code == 422  # nobody by this name any more
    nothing = ask(owner, shop, "erase", kind="visitor", named="v" * 32, sure="yes")
    assert nothing.status_code == 303
    with reading(store.engine) as connection:
        assert len(privacy.erasures(connection, shop.id)) == 1  # no line for nobody


def test_an_order_kept_out_of_taste_counts_for_the_shop_and_not_for_the_buyer(
    owner: FlaskClient, store: Store, shop: Shop
) -> None:
    with reading(store.engine) as connection:
        before = training_data(connection, shop.id).interactions
        config = shop_config.shop_config(connection, store.ring, shop.key)
        assert config is not None
        bought = shopper.buyer(connection, config, "c1", shop.now(), 50)
        o = tables.Order
        mine = connection.scalars(
            select(o.external_id).where(o.customer_id == bought.customer)  # type: ignore[union-attr]
        ).all()
    for order in mine:
        assert ask(owner, shop, "taste", order=order, out="yes").status_code == 200
    with reading(store.engine) as connection:
        after = training_data(connection, shop.id).interactions
        now = shopper.buyer(connection, config, "c1", shop.now(), 50)
        assert bought
        assert now
        assert bought.customer in before.customer_keys
        assert bought.customer not in after.customer_keys
        assert (before.product == after.product).all()  # what goes together is as it was
        assert bought.bought
        assert now.bought == ()
    assert "kept out of taste" in text_of(ask(owner, shop, "person"))
    ask(owner, shop, "taste", order=mine[0], out="no")
    with reading(store.engine) as connection:
        again = shopper.buyer(connection, config, "c1", shop.now(), 50)
    assert again
    assert again.bought
    assert ask(owner, shop, "taste", order="nothing", out="yes").status_code == 404


def test_what_a_platform_passed_on_is_answered_once_and_then_names_nobody(
    owner: FlaskClient, store: Store, shop: Shop
) -> None:
    with writing(store.engine) as connection:
        pepper = shops.keys(connection, store.ring, shop.id, NOON).pepper
        connection.execute(
            insert(tables.PrivacyRequest).values(
                shop_id=shop.id, kind="data_request", external_id="7",
                customer_id=privacy.customer_key(
                    connection, shop.id, digest(pepper, "customer", "c1")
                ),
                orders=["o1"], via="shopify", asked_at=NOON, due_at=NOON,
            )
        )  # fmt: skip
    page = f"/admin/shops/{shop.key}/privacy/"
    assert "A customer asks what is held of them" in text_of(owner.get(page))
    assert "10 orders" in text_of(send(owner, page, page + "person", request="1"))
    assert send(owner, page, page + "answered", request="1").status_code == 303
    with reading(store.engine) as connection:
        (kept,) = privacy.requests(connection, shop.id)
    assert kept.customer is None
    assert kept.done_at is not None
    assert send(owner, page, page + "answered", request="1").status_code == 404
    assert send(owner, page, page + "person", request="1").status_code == 422


def test_a_shopper_who_erases_alone_gets_a_line_too(store: Store, shop: Shop) -> None:
    from widget.app import create_app as create_storefront

    client = create_storefront(store).test_client()
    visitor = "5f0c1f6a9d0e4b7fa1c2d3e4f5061728"
    with reading(store.engine) as connection:
        pepper = shops.keys(connection, store.ring, shop.id, NOON).pepper
    with writing(store.engine) as connection:
        connection.execute(
            insert(tables.Event).values(
                shop_id=shop.id, id=b"x" * 16, type="view", received_at=NOON,
                visitor=digest(pepper, "visitor", visitor),
            )
        )  # fmt: skip
    for _ in range(2):
        answer = client.delete(f"/v1/{shop.key}/me", headers={"Alongside-Visitor": visitor})
        assert (answer.status_code, answer.data) == (204, b"")
    with reading(store.engine) as connection:
        (kept,) = privacy.erasures(connection, shop.id)
    assert (kept.kind, kept.via, kept.touched) == ("visitor", "shopper", {"events": 1})
