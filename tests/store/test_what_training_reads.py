"""What trainers are told: a gift is nobody's taste, a return was not bought, and of page views only
those of visitors who consented and are people."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from recommenders.bought_together import BoughtTogether
from recommenders.known import Known
from store import tables
from store.engine import reading, writing
from store.keys import digest
from store.opening import Store
from store.reads import shops
from store.reads.outcomes import ROBOT_PAGES_A_MINUTE
from store.reads.training import TrainingData, training_data
from store.records import (
    NEVER_S,
    EventType,
    Order,
    OrderLine,
    Product,
    Refund,
    RefundLine,
    Rule,
    ShopFacts,
)
from store.writes import catalogue, orders, privacy, refunds, rules
from store.writes.events import Told, save_events
from store.writes.shops import add_shop
from tests.shops import open_store

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def order(number: str, *lines: OrderLine, **changes: object) -> Order:
    facts: dict[str, object] = {
        "id": number, "placed_at": NOON, "updated_at": NOON, "currency": "GBP", "status": "paid",
        "total_minor": 0, "lines": lines, "customer_id": "c1",
    }  # fmt: skip
    return Order(**(facts | changes))  # type: ignore[arg-type]


def line(product: str, quantity: int = 1, minor: int = 500, **changes: int) -> OrderLine:
    return OrderLine(f"l-{product}", product, quantity, minor * quantity, **changes)


def back(order: str, *lines: RefundLine, id: str = "r") -> Refund:
    return Refund(f"{id}-{order}", order, NOON, NOON, 500, lines=lines)


@pytest.fixture
def store(engine: Engine) -> Store:
    return open_store(engine)


@pytest.fixture
def shop(store: Store) -> int:
    with writing(store.engine) as connection:
        facts = ShopFacts("Tea", "https://tea.example", "GBP", "Europe/London")
        shop, _ = add_shop(connection, store.ring, "files", facts, {}, NOON)
        goods = [Product(p, p, "GBP", NOON) for p in ("cup", "pot", "tray", "set")]
        catalogue.save_products(connection, shop, goods)
    return shop


def learned(
    store: Store, shop: int, told: list[Order], given_back: list[Refund] | None = None
) -> list[tuple[str, int, bool]]:
    """(product, pieces, whether the buyer is told) of each line."""
    with writing(store.engine) as connection:
        pepper = shops.keys(connection, store.ring, shop, NOON).pepper
        orders.save_orders(connection, shop, pepper, told)
        refunds.save_refunds(connection, shop, given_back or [])
    with reading(store.engine) as connection:
        data = training_data(connection, shop)
    lines = data.interactions
    return sorted(
        (data.catalogue.titles[product], int(quantity), bool(customer >= 0))
        for product, quantity, customer in zip(
            lines.product, lines.quantity, lines.customer, strict=True
        )
    )


def test_what_was_given_back_was_not_bought(store: Store, shop: int) -> None:
    told = [order("1", line("cup", 3), line("pot"), line("tray"))]
    given = [
        back("1", RefundLine("l-cup", 1, 500), RefundLine("l-pot", 1, 500)),
        back("1", RefundLine("l-cup", 1, 500), id="again"),
    ]
    assert learned(store, shop, told, given) == [("cup", 1, True), ("tray", 1, True)]


def test_money_paid_back_in_full_is_a_return_and_in_part_a_kindness(
    store: Store, shop: int
) -> None:
    told = [order("1", line("cup", 2, discount_minor=100), line("pot"), line("tray", minor=0))]
    given = [
        back(
            "1",
            RefundLine("l-cup", 0, 900),  # all that was paid, without saying how many pieces
            RefundLine("l-pot", 0, 499),
            RefundLine("l-tray", 0, 0),
            RefundLine(None, 0, 5_000),  # shipping, or nobody knows what for
        )
    ]
    assert learned(store, shop, told, given) == [("pot", 1, True), ("tray", 1, True)]


def test_a_refund_of_another_order_or_line_changes_nothing(store: Store, shop: int) -> None:
    told = [order("1", line("cup")), order("2", line("pot"))]
    given = [back("2", RefundLine("l-cup", 1, 500)), back("3", RefundLine("l-cup", 1, 500))]
    assert learned(store, shop, told, given) == [("cup", 1, True), ("pot", 1, True)]


def test_returns_make_no_company(store: Store, shop: int) -> None:
    told = [order(str(n), line("cup"), line("pot"), customer_id=f"c{n}") for n in range(5)]
    kept, returned = told[:3], told[3:]
    given = [back(it.id, RefundLine("l-pot", 1, 500)) for it in returned]
    learned(store, shop, kept + returned, given)
    with reading(store.engine) as connection:
        data = training_data(connection, shop)
    known = Known(data.interactions, data.catalogue, int(NOON.timestamp()) + 1)
    lists = BoughtTogether().fit(known)
    assert lists.support[0, 0] == 3, "of five orders with both three kept both"


def test_gifts_count_for_company_and_for_nobodys_taste(store: Store, shop: int) -> None:
    told = [order("1", line("cup"), line("pot"), gift=True), order("2", line("tray"))]
    assert learned(store, shop, told) == [
        ("cup", 1, False), ("pot", 1, False), ("tray", 1, True)
    ]  # fmt: skip


def test_tests_and_cancelled_orders_are_not_read(store: Store, shop: int) -> None:
    told = [
        order("1", line("cup"), source="test"),
        order("2", line("pot"), status="cancelled"),
        order("3", line("tray")),
    ]
    assert learned(store, shop, told) == [("tray", 1, True)]


# --- page views -----------------------------------------------------------------------------------


def look(
    store: Store,
    shop: int,
    *seen: tuple[str | None, str, float],
    kind: EventType = "product_view",
) -> None:
    """(visitor, product, days before noon) each."""
    with writing(store.engine) as connection:
        pepper = shops.keys(connection, store.ring, shop, NOON).pepper
        p = tables.Product
        named = connection.execute(select(p.external_id, p.id))
        keys = {row.external_id: row.id for row in named}
        for who, product, days in seen:
            visitor = None if who is None else digest(pepper, "visitor", who)
            told = Told(secrets.token_bytes(16), kind, visitor, keys[product])
            save_events(connection, shop, [told], NOON - timedelta(days=days))


def read(store: Store, shop: int, *told: Order) -> TrainingData:
    """After these orders and, so that there is a now, one at noon by somebody else."""
    with writing(store.engine) as connection:
        pepper = shops.keys(connection, store.ring, shop, NOON).pepper
        last = order("last", line("set"), customer_id="somebody else")
        orders.save_orders(connection, shop, pepper, [*told, last])
    with reading(store.engine) as connection:
        return training_data(connection, shop)


def viewed(data: TrainingData) -> list[tuple[str, bool]]:
    """(product, whether the customer is told) of each view."""
    views = data.page_views
    if views is None:
        return []
    return sorted(
        (data.catalogue.titles[product], bool(customer >= 0))
        for product, customer in zip(views.product, views.customer, strict=True)
    )


def test_a_shop_without_page_views_trains_from_the_same_data_as_ever(
    store: Store, shop: int
) -> None:
    before = read(store, shop)
    look(store, shop, (None, "cup", 1), ("anna", "pot", -1))
    look(store, shop, ("anna", "cup", 1), kind="click")
    after = read(store, shop)
    assert before.page_views is after.page_views is None
    assert before.data_hash == after.data_hash


def test_views_with_a_visitor_before_the_last_order_are_read(store: Store, shop: int) -> None:
    look(store, shop, ("anna", "cup", 2), ("anna", "pot", 0), ("bert", "cup", 1), (None, "set", 1))
    data = read(store, shop)
    assert viewed(data) == [("cup", False), ("cup", False), ("pot", False)]
    views = data.page_views
    assert views is not None
    noon = int(NOON.timestamp())
    assert sorted(views.at_s.tolist()) == [noon - 2 * 86_400, noon - 86_400, noon]
    assert len(set(views.visitor.tolist())) == 2
    assert data.data_hash != read(store, shop, order("1", line("cup"))).data_hash


def test_a_visitor_is_the_one_customer_who_ordered_in_that_browser(store: Store, shop: int) -> None:
    look(store, shop, ("anna's phone", "cup", 3), ("the library's", "pot", 3))
    bought = [
        order("1", line("set"), customer_id="anna", visitor="anna's phone"),
        order("2", line("set"), customer_id="anna", visitor="the library's"),
        order("3", line("set"), customer_id="bert", visitor="the library's"),
    ]
    data = read(store, shop, *bought)
    assert viewed(data) == [("cup", True), ("pot", False)]
    views = data.page_views
    assert views is not None
    assert set(views.linked_s.tolist()) <= {0, int(NOON.timestamp())}


def test_robots_and_sensitive_products_take_no_part(store: Store, shop: int) -> None:
    pages = [("robot", "cup", 1.0)] * (ROBOT_PAGES_A_MINUTE + 1)
    look(store, shop, *pages, ("anna", "tray", 1), ("anna", "pot", 1))
    with writing(store.engine) as connection:
        rules.add_rule(connection, shop, Rule("sensitive", "product", "tray"), NOON)
    assert viewed(read(store, shop)) == [("pot", False)]


def test_who_withdraws_is_not_learned_from(store: Store, shop: int) -> None:
    look(store, shop, ("anna", "cup", 1), ("bert", "pot", 1))
    with writing(store.engine) as connection:
        pepper = shops.keys(connection, store.ring, shop, NOON).pepper
        privacy.forget_visitor(connection, shop, digest(pepper, "visitor", "anna"), "shopper", NOON)
    assert viewed(read(store, shop)) == [("pot", False)]


# --- clicks ---------------------------------------------------------------------------------------


def show(
    store: Store,
    shop: int,
    who: str | None,
    *in_sight: str,
    page: str | None = "cup",
    clicked: tuple[str, ...] = (),
    carted: tuple[str, ...] = (),
    days: float = 1,
) -> None:
    """A shelf in sight on a product's page, and what came of it an hour later."""
    with writing(store.engine) as connection:
        pepper = shops.keys(connection, store.ring, shop, NOON).pepper
        p = tables.Product
        keys = {row.external_id: row.id for row in connection.execute(select(p.external_id, p.id))}
        visitor = None if who is None else digest(pepper, "visitor", who)
        nonce = secrets.token_bytes(8)

        def told(kind: EventType, product: int | None, items: tuple[int, ...] = ()) -> Told:
            return Told(
                secrets.token_bytes(16), kind, visitor, product, "also_bought", nonce=nonce,
                page_id=keys[page] if page else None, items=items,
            )  # fmt: skip

        at = NOON - timedelta(days=days)
        save_events(connection, shop, [told("view", None, tuple(keys[it] for it in in_sight))], at)
        acts = [told("click", keys[it]) for it in clicked]
        acts += [told("cart", keys[it]) for it in carted]
        save_events(connection, shop, acts, at + timedelta(hours=1))


def shown(data: TrainingData) -> list[tuple[str, str, int, bool, bool]]:
    """(page, product, place, clicked, carted) of each product in sight."""
    told = data.impressions
    if told is None:
        return []
    titles = data.catalogue.titles
    return sorted(
        (titles[page], titles[product], int(place), clicked < NEVER_S, carted < NEVER_S)
        for page, product, place, clicked, carted in zip(
            told.page, told.product, told.place, told.clicked_s, told.carted_s, strict=True
        )
    )


def test_what_was_in_sight_on_a_page_is_read_with_its_clicks(store: Store, shop: int) -> None:
    before = read(store, shop).data_hash
    show(store, shop, "anna", "pot", "tray", clicked=("tray",))
    show(store, shop, "bert", "pot", page="tray", carted=("pot",), days=2)
    data = read(store, shop)
    assert shown(data) == [
        ("cup", "pot", 0, False, False),
        ("cup", "tray", 1, True, False),
        ("tray", "pot", 0, False, True),
    ]
    told = data.impressions
    assert told is not None
    noon = int(NOON.timestamp())
    assert told.shown_s.tolist() == [noon - 2 * 86_400, noon - 86_400, noon - 86_400]
    assert told.clicked_s.tolist()[2] == noon - 86_400 + 3_600
    assert len(set(told.visitor.tolist())) == 2
    assert data.data_hash != before


def test_a_click_on_what_was_scrolled_to_stood_behind_what_was_in_sight(
    store: Store, shop: int
) -> None:
    show(store, shop, "anna", "pot", clicked=("set",))
    assert shown(read(store, shop)) == [
        ("cup", "pot", 0, False, False),
        ("cup", "set", 1, True, False),
    ]


def test_a_click_after_the_last_order_is_not_known_yet(store: Store, shop: int) -> None:
    show(store, shop, "anna", "pot", clicked=("pot",), days=0.01)
    assert shown(read(store, shop)) == [("cup", "pot", 0, False, False)]


def test_a_click_tells_nothing_without_a_page_or_a_visitor(store: Store, shop: int) -> None:
    show(store, shop, None, "pot", clicked=("pot",))
    show(store, shop, "anna", "pot", page=None, clicked=("pot",))
    assert read(store, shop).impressions is None


def test_robots_and_sensitive_products_are_not_learned_from_by_clicks(
    store: Store, shop: int
) -> None:
    look(store, shop, *[("robot", "cup", 1.0)] * (ROBOT_PAGES_A_MINUTE + 1))
    show(store, shop, "robot", "pot", clicked=("pot",))
    show(store, shop, "anna", "tray", "set", clicked=("tray",))
    show(store, shop, "anna", "pot", page="tray")
    with writing(store.engine) as connection:
        rules.add_rule(connection, shop, Rule("sensitive", "product", "tray"), NOON)
    assert shown(read(store, shop)) == [("cup", "set", 1, False, False)]


def test_who_withdraws_takes_their_clicks_along(store: Store, shop: int) -> None:
    show(store, shop, "anna", "pot", clicked=("pot",))
    show(store, shop, "bert", "tray")
    with writing(store.engine) as connection:
        pepper = shops.keys(connection, store.ring, shop, NOON).pepper
        privacy.forget_visitor(connection, shop, digest(pepper, "visitor", "anna"), "shopper", NOON)
    assert shown(read(store, shop)) == [("cup", "tray", 0, False, False)]
