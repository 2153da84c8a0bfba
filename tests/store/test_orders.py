"""Orders and refunds: exactly once, the newest wins, people are hashes, erased stays erased."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text

from store import engine as store_engine
from store import tables
from store.engine import reading, writing
from store.keys import Ring, digest, email_digest
from store.reads import shops
from store.records import CUSTOMERS_OWN, Order, OrderLine, Refund, RefundLine, ShopFacts
from store.writes import models, privacy, refunds
from store.writes import orders as writes
from store.writes.shops import add_shop

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
RING = Ring(["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="])
PEPPER = b"p" * 32


@pytest.fixture
def shop(engine: Engine) -> int:
    with writing(engine) as connection:
        facts = ShopFacts("Gifts", "https://gifts.example", "GBP", "Europe/London")
        return add_shop(connection, RING, "woocommerce", facts, {"key": "ck"}, NOON)[0]


def order(
    number: int = 1,
    *,
    changed: int = 0,
    gross: int = 500,
    lines: int = 2,
    customer: str | None = None,
    email: str | None = None,
    visitor: str | None = None,
    token: str | None = None,
) -> Order:
    return Order(
        id=str(number),
        placed_at=NOON,
        updated_at=NOON + timedelta(seconds=changed),
        currency="GBP",
        status="paid",
        total_minor=gross * lines,
        lines=tuple(
            OrderLine(f"{number}-{i}", f"p{i}", quantity=1, gross_minor=gross, token=token)
            for i in range(lines)
        ),
        customer_id=customer,
        email=email,
        visitor=visitor,
    )


def rows(engine: Engine) -> list[tuple[object, ...]]:
    """Everything an order left, in an order that does not depend on when it was written."""
    o, line = tables.Order, tables.OrderLine
    with reading(engine) as connection:
        found = connection.execute(
            select(
                o.external_id, o.updated_at, o.total_minor, o.customer_id, o.visitor,
                line.external_id, line.gross_minor, line.quantity,
            )
            .join(line, line.order_id == o.id)
            .order_by(o.external_id, line.external_id)
        )  # fmt: skip
        return [tuple(row) for row in found]


def test_saving_twice_is_saving_once(engine: Engine, shop: int) -> None:
    for _ in range(2):
        with writing(engine) as connection:
            writes.save_orders(connection, shop, PEPPER, [order(1), order(2)])
    with reading(engine) as connection:
        counts = shops.counts(connection, shop)
    assert (counts.orders, counts.lines) == (2, 4)


def test_an_older_copy_never_overwrites_a_newer_one(engine: Engine, shop: int) -> None:
    with writing(engine) as connection:
        writes.save_orders(connection, shop, PEPPER, [order(changed=10, gross=700, lines=3)])
    newer = rows(engine)
    with writing(engine) as connection:
        writes.save_orders(connection, shop, PEPPER, [order(changed=9, gross=1, lines=1)])
    assert rows(engine) == newer


def test_a_newer_copy_replaces_the_lines_too(engine: Engine, shop: int) -> None:
    with writing(engine) as connection:
        writes.save_orders(connection, shop, PEPPER, [order(lines=3)])
        writes.save_orders(connection, shop, PEPPER, [order(changed=1, lines=1)])
    assert len(rows(engine)) == 1


@given(
    copies=st.permutations(
        [order(n, changed=c, gross=100 + c, lines=1 + c) for n in (1, 2) for c in (0, 1, 2)]
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_the_order_of_arrival_does_not_matter(
    sqlite_template: object, copies: list[Order], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("arrival") / "store.sqlite"
    shutil.copy(str(sqlite_template), path)
    engine = store_engine.open(f"sqlite:///{path}")
    with writing(engine) as connection:
        facts = ShopFacts("Gifts", "", "GBP", "UTC")
        shop = add_shop(connection, RING, "files", facts, {}, NOON)[0]
    for start in range(0, len(copies), 2):
        with writing(engine) as connection:
            writes.save_orders(connection, shop, PEPPER, copies[start : start + 2])
    kept = [(row[0], row[2], row[6]) for row in rows(engine)]
    engine.dispose()
    assert kept == [(n, 306, 102) for n in ("1", "2") for _ in range(3)]


def test_a_guest_and_an_account_with_one_address_are_one_customer(
    engine: Engine, shop: int
) -> None:
    with writing(engine) as connection:
        writes.save_orders(
            connection,
            shop,
            PEPPER,
            [
                order(1, email="Ann@Example.org "),
                order(2, customer="7", email="ann@example.org"),
                order(3, customer="7", email="ann@work.example"),
                order(4, email="ANN@work.example"),
                order(5, email="bob@example.org"),
                order(6),
            ],
        )
    with reading(engine) as connection:
        found = dict(
            connection.execute(select(tables.Order.external_id, tables.Order.customer_id)).all()
        )
    assert found["1"] == found["2"] == found["3"] == found["4"]
    assert found["5"] not in (None, found["1"])
    assert found["6"] is None


def test_no_address_reaches_the_database(engine: Engine, shop: int) -> None:
    with writing(engine) as connection:
        writes.save_orders(
            connection,
            shop,
            PEPPER,
            [order(email="ann@example.org", customer="77123", visitor="v" * 32)],
        )
        everything = [
            connection.execute(text(f"SELECT * FROM {table}")).all()  # noqa: S608 - our own names
            for table in tables.Base.metadata.tables
        ]
    for forbidden in ("ann@example.org", "77123", "v" * 32):
        assert forbidden not in repr(everything)


def test_a_visitor_who_buys_as_a_customer_is_that_customer(engine: Engine, shop: int) -> None:
    with writing(engine) as connection:
        writes.save_orders(
            connection, shop, PEPPER, [order(email="ann@example.org", visitor="v" * 32)]
        )
        link = connection.execute(
            select(tables.Identity.visitor, tables.CustomerDigest.digest).join(
                tables.CustomerDigest,
                tables.CustomerDigest.customer_id == tables.Identity.customer_id,
            )
        ).one()
    assert bytes(link[0]) == digest(PEPPER, "visitor", "v" * 32)
    assert bytes(link[1]) == email_digest(PEPPER, "ann@example.org")


def test_an_erased_customer_is_not_restored_by_a_later_sync(engine: Engine, shop: int) -> None:
    seen = order(email="ann@example.org", visitor="v" * 32, token="signed")
    with writing(engine) as connection:
        writes.save_orders(connection, shop, PEPPER, [seen])
        customer = connection.scalar(select(tables.Order.customer_id))
        assert customer is not None
        privacy.erase_customer(connection, shop, customer)
    with writing(engine) as connection:
        writes.save_orders(
            connection,
            shop,
            PEPPER,
            [
                order(
                    changed=5, gross=900, email="ann@example.org", visitor="v" * 32, token="signed"
                )
            ],
        )
    with reading(engine) as connection:
        kept = connection.execute(
            select(tables.Order.customer_id, tables.Order.visitor, tables.Order.total_minor)
        ).one()
        people = [
            connection.execute(select(table)).all()
            for table in (tables.Customer, tables.CustomerDigest, tables.Identity)
        ]
        tokens = set(connection.scalars(select(tables.OrderLine.token)))
    assert kept[0] is None
    assert bytes(kept[1]) != digest(PEPPER, "visitor", "v" * 32)
    assert kept[2] == 1800  # the amounts still follow the shop
    assert people == [[], [], []]
    assert tokens == {None}  # a token holds its visitor's hash


def test_an_erased_customers_lists_go_and_their_number_is_never_given_again(
    engine: Engine, shop: int
) -> None:
    with writing(engine) as connection:
        writes.save_orders(connection, shop, PEPPER, [order(customer="7")])
        customer = connection.scalar(select(tables.Order.customer_id))
        assert customer is not None
        model, _ = models.begin_model(connection, shop, NOON, "hash", 1, NOON)
        own = [f"{strategy}:{customer}" for strategy in CUSTOMERS_OWN]
        others = ["bestseller:", f"similar:{customer}", f"personal:{customer}1"]
        models.save_lists(connection, model, [(slot, b"") for slot in (*own, *others)])
        privacy.erase_customer(connection, shop, customer)
        kept = set(connection.scalars(select(tables.ListRow.slot)))
        writes.save_orders(connection, shop, PEPPER, [order(2, customer="8")])
        stranger = connection.scalar(
            select(tables.Order.customer_id).where(tables.Order.external_id == "2")
        )
    assert kept == set(others)
    assert stranger != customer


def test_a_refund_may_come_before_its_order_and_counts_once(engine: Engine, shop: int) -> None:
    refund = Refund(
        id="9",
        order_id="1",
        refunded_at=NOON,
        updated_at=NOON,
        total_minor=500,
        lines=(RefundLine("1-0", 1, 500),),
    )
    with writing(engine) as connection:
        assert refunds.save_refunds(connection, shop, [refund, refund]) == 1
        refunds.save_refunds(connection, shop, [refund])
        writes.save_orders(connection, shop, PEPPER, [order(1)])
    with reading(engine) as connection:
        assert shops.counts(connection, shop).refunds == 1
        assert len(connection.execute(select(tables.RefundLine)).all()) == 1


def test_a_product_that_only_an_order_names_is_kept_but_never_shown(
    engine: Engine, shop: int
) -> None:
    with writing(engine) as connection:
        writes.save_orders(connection, shop, PEPPER, [order(lines=1)])
    with reading(engine) as connection:
        product = connection.execute(
            select(tables.Product.external_id, tables.Product.withheld)
        ).one()
        counts = shops.counts(connection, shop)
    assert tuple(product) == ("p0", "unknown")
    assert (counts.products, counts.sellable) == (0, 0)
