"""A tally counts each order once, in the arm and window of whoever placed it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from experiments import persons
from scheduler.tally import tally
from store import tables
from store.engine import reading, writing
from store.keys import digest
from store.opening import Store
from store.reads import experiments as reads
from store.reads import outcomes, shops
from store.reads.shops import Shop
from store.records import Experiment, Order, OrderLine, Refund, RefundLine, Unit
from store.writes import experiments, orders, refunds
from store.writes import shops as shop_writes
from tests.shops import NOW, fill

START = NOW - timedelta(days=30)


@pytest.fixture
def shop(any_store: Store) -> Shop:
    return fill(any_store, trained=False)


@pytest.fixture
def store(any_store: Store) -> Store:
    return any_store


@pytest.fixture
def experiment(store: Store, shop: Shop) -> Experiment:
    with writing(store.engine) as connection:
        experiments.start_experiment(
            connection,
            shop.id,
            placement="also_bought",
            against="none",
            metric="rpv",
            started_at=START,
            ends_at=START + timedelta(days=28),
            window_s=7 * 86_400,
            cap_minor=5_000,
            planned_visitors=1_000,
            planned_conversions=30,
        )
    with reading(store.engine) as connection:
        return reads.every(connection, shop.id)[0].experiment


def pepper(store: Store, shop: Shop) -> bytes:
    with reading(store.engine) as connection:
        return shops.keys(connection, store.ring, shop.id, NOW).pepper


def enter(
    store: Store, shop: Shop, experiment: Experiment, visitor: str, arm: str, at: datetime
) -> None:
    with writing(store.engine) as connection:
        connection.execute(
            insert(tables.Exposure).values(
                experiment_id=experiment.id,
                visitor=digest(pepper(store, shop), "visitor", visitor),
                arm=arm,
                entered_at=at,
            )
        )


def buy(
    store: Store, shop: Shop, number: int, at: datetime, minor: int = 1_000, **facts: Any
) -> None:
    order = Order(
        id=f"x{number}",
        placed_at=at,
        updated_at=facts.pop("updated_at", at),
        currency="GBP",
        status=facts.pop("status", "paid"),
        total_minor=minor,
        lines=(OrderLine(f"x{number}-1", "p1", 1, minor),),
        **facts,
    )
    with writing(store.engine) as connection:
        orders.save_orders(connection, shop.id, pepper(store, shop), [order])


def units(store: Store, shop: Shop, experiment: Experiment) -> list[Unit]:
    with reading(store.engine) as connection:
        raw = outcomes.everyone(connection, shop.id, experiment)
    found = persons.units(
        experiment, raw.entries, raw.links, raw.orders, raw.clicks, raw.attributed_minor, raw.robots
    )
    return sorted(found, key=lambda u: u.entered_at)


DAY = timedelta(days=1)


def test_only_what_a_visitor_buys_in_their_window_counts(
    store: Store, shop: Shop, experiment: Experiment
) -> None:
    entered = START + DAY
    enter(store, shop, experiment, "v1" * 8, "treatment", entered)
    for number, at in enumerate(
        (entered - DAY, entered, entered + 6 * DAY, entered + 7 * DAY), start=1
    ):
        buy(store, shop, number, at, visitor="v1" * 8)
    (unit,) = units(store, shop, experiment)
    assert (unit.orders, unit.revenue_minor, unit.before_minor) == (2, 2_000, 1_000)


def test_an_order_in_the_same_second_as_the_entry_counts(
    store: Store, shop: Shop, experiment: Experiment
) -> None:
    entered = START + DAY
    enter(store, shop, experiment, "v1" * 8, "control", entered + timedelta(milliseconds=700))
    buy(store, shop, 1, entered, visitor="v1" * 8)
    assert units(store, shop, experiment)[0].orders == 1


def test_orders_that_no_shopper_placed_or_that_came_to_nothing_do_not_count(
    store: Store, shop: Shop, experiment: Experiment
) -> None:
    entered = START + DAY
    enter(store, shop, experiment, "v1" * 8, "treatment", entered)
    for number, facts in enumerate(
        (
            {"status": "cancelled"},
            {"status": "placed"},
            {"source": "renewal"},
            {"source": "manual"},
            {"source": "pos"},
            {"source": "test"},
        ),
        start=1,
    ):
        buy(store, shop, number, entered + DAY, visitor="v1" * 8, **facts)
    assert units(store, shop, experiment)[0].orders == 0


def test_refunds_are_subtracted_and_an_order_cancelled_later_vanishes(
    store: Store, shop: Shop, experiment: Experiment
) -> None:
    entered = START + DAY
    enter(store, shop, experiment, "v1" * 8, "treatment", entered)
    buy(store, shop, 1, entered, 1_000, visitor="v1" * 8)
    buy(store, shop, 2, entered + DAY, 400, visitor="v1" * 8)
    refund = Refund(
        id="r1",
        order_id="x1",
        refunded_at=entered + 20 * DAY,
        updated_at=entered + 20 * DAY,
        total_minor=360,
        tax_minor=50,
        shipping_minor=10,
        lines=(RefundLine("x1-1", 0, 300, 50),),
    )
    with writing(store.engine) as connection:
        refunds.save_refunds(connection, shop.id, [refund])
    assert units(store, shop, experiment)[0].revenue_minor == 1_100
    later = entered + 21 * DAY
    buy(
        store, shop, 2, entered + DAY, 400,
        visitor="v1" * 8, status="cancelled", updated_at=later,
    )  # fmt: skip
    assert units(store, shop, experiment)[0].revenue_minor == 700


def test_devices_of_one_customer_are_one_unit_in_the_arm_of_the_first_entry(
    store: Store, shop: Shop, experiment: Experiment
) -> None:
    enter(store, shop, experiment, "phone-phone-phone", "control", START + DAY)
    enter(store, shop, experiment, "laptop-laptop-laptop", "treatment", START + 2 * DAY)
    enter(store, shop, experiment, "stranger-stranger", "treatment", START + 3 * DAY)
    for number, visitor in enumerate(("phone-phone-phone", "laptop-laptop-laptop"), start=1):
        buy(store, shop, number, START + 2 * DAY, visitor=visitor, customer_id="c1")
    # An order of the same customer that carries no visitor at all is theirs, too.
    buy(store, shop, 3, START + 4 * DAY, customer_id="c1")
    person, stranger = units(store, shop, experiment)
    assert (person.arm, person.crossed) == ("control", True)
    assert person.orders >= 3
    assert (stranger.arm, stranger.crossed, stranger.orders) == ("treatment", False, 0)


def test_each_ended_day_is_judged_once_and_the_report_is_kept(
    store: Store, shop: Shop, experiment: Experiment
) -> None:
    enter(store, shop, experiment, "v1" * 8, "treatment", START + DAY)
    enter(store, shop, experiment, "v2" * 8, "control", START + DAY)
    buy(store, shop, 1, START + DAY, 9_000, visitor="v1" * 8)
    (report,) = tally(store, shop)
    assert report.treatment.visitors == report.control.visitors == 1
    assert report.treatment.revenue_minor == 9_000
    assert report.treatment.capped_minor == 5_000
    assert report.verdict.kind == "too_early"
    with reading(store.engine) as connection:
        days = reads.judged_days(connection, experiment.id)
        stored = reads.report_body(connection, experiment.id)
    assert len(days) in (29, 30)  # as midnights fall in the shop's zone
    assert stored is not None
    assert stored[0] == report.to_json()

    tally(store, shop)
    with reading(store.engine) as connection:
        assert reads.judged_days(connection, experiment.id) == days


def test_attributed_revenue_is_only_what_was_bought_within_a_week_after_its_click(
    store: Store, shop: Shop, experiment: Experiment
) -> None:
    enter(store, shop, experiment, "v1" * 8, "treatment", START)
    visitor = digest(pepper(store, shop), "visitor", "v1" * 8)
    with writing(store.engine) as connection:
        product = connection.scalar(
            select(tables.Product.id).where(tables.Product.external_id == "p1")
        )
        connection.execute(
            insert(tables.Event).values(
                shop_id=shop.id,
                id=b"0" * 16,
                type="click",
                visitor=visitor,
                product_id=product,
                placement="also_bought",
                experiment_id=experiment.id,
                arm="treatment",
                received_at=START + DAY,
            )
        )
    buy(store, shop, 1, START, 100, visitor="v1" * 8)
    buy(store, shop, 2, START + 2 * DAY, 1_000, visitor="v1" * 8)
    buy(store, shop, 3, START + 9 * DAY, 10_000, visitor="v1" * 8)
    assert units(store, shop, experiment)[0].attributed_minor == 1_000


def test_counting_every_day_or_only_at_the_end_keeps_the_same_verdicts(
    store: Store, shop: Shop, experiment: Experiment
) -> None:
    with writing(store.engine) as connection:
        connection.execute(update(tables.Shop).values(simulated=True))
    for number in range(40):
        arm = "treatment" if number % 2 else "control"
        visitor = f"visitor-{number:08d}"
        enter(store, shop, experiment, visitor, arm, START + number * timedelta(hours=5))
        if number % 3 == 0:
            at = START + number * timedelta(hours=5) + timedelta(hours=1)
            buy(store, shop, number, at, visitor=visitor)

    def count_until(*days: int) -> list[tuple[str, str, str]]:
        for day in days:
            with writing(store.engine) as connection:
                shop_writes.set_clock(connection, shop.id, START + day * DAY)
            with reading(store.engine) as connection:
                today = shops.by_id(connection, shop.id)
            tally(store, today)
        with reading(store.engine) as connection:
            return reads.judged_days(connection, experiment.id)

    daily = count_until(*range(1, 30))
    with writing(store.engine) as connection:
        connection.execute(delete(tables.VerdictDay))
    assert len(daily) >= 28
    at_once = count_until(29)
    assert [day for day, _, _ in at_once] == [day for day, _, _ in daily]
    assert at_once[-1] == daily[-1]
