"""Counting who changed gives the rows of counting everybody, and reads nobody else again."""

from __future__ import annotations

import random
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
from store.reads import shops
from store.records import Order, OrderLine, Refund, ShopFacts
from store.writes import catalogue, events, orders, privacy, refunds
from store.writes import experiments as writes
from store.writes import shops as shop_writes
from tests.shops import NOW, product

START = NOW - timedelta(days=40)
DAY = timedelta(days=1)
COUNTED = (tables.UnitRow, tables.TallyRow, tables.SegmentTally, tables.ObservedDay)


class Life:
    """A shop with a running test, and what happens in it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        with writing(store.engine) as connection:
            shop_id, _ = shop_writes.add_shop(
                connection,
                store.ring,
                "files",
                ShopFacts("Lamps", "https://shop.example", "GBP", "Europe/London"),
                {},
                NOW,
                simulated=True,
            )
            catalogue.save_products(connection, shop_id, [product(n) for n in range(6)])
            writes.start_experiment(
                connection,
                shop_id,
                placement="also_bought",
                against="bestsellers",
                metric="rpv",
                started_at=START,
                ends_at=START + 28 * DAY,
                window_s=7 * 86_400,
                cap_minor=5_000,
                planned_visitors=1_000,
                planned_conversions=30,
            )
        with reading(store.engine) as connection:
            self.shop = shops.by_id(connection, shop_id)
            self.experiment = reads.every(connection, self.shop.id)[0].experiment
            self.pepper = shops.keys(connection, store.ring, self.shop.id, NOW).pepper
            self.products = connection.scalars(select(tables.Product.id)).all()
        self.told = 0

    def visitor(self, name: str) -> bytes:
        return digest(self.pepper, "visitor", name)

    def tell(
        self, kind: str, name: str | None, at: datetime, arm: str = "treatment", first: int = 0
    ) -> None:
        self.told += 1
        event: Any = events.Told(
            id=self.told.to_bytes(16, "big"),
            type=kind,  # type: ignore[arg-type]
            visitor=self.visitor(name) if name else None,
            product_id=self.products[0] if kind in ("product_view", "click") else None,
            placement="also_bought",
            experiment_id=None if kind == "product_view" else self.experiment.id,
            arm=None if kind == "product_view" else arm,  # type: ignore[arg-type]
            nonce=self.told.to_bytes(8, "big"),
            items=tuple(self.products[first : first + 3]) if kind == "view" else (),
            led_by="blend" if first % 2 else "similar",
        )
        with writing(self.store.engine) as connection:
            events.save_events(connection, self.shop.id, [event], at)

    def buy(self, number: int, at: datetime, **facts: Any) -> None:
        minor = facts.pop("minor", 1_000)
        order = Order(
            id=f"x{number}",
            placed_at=at,
            updated_at=facts.pop("updated_at", at),
            currency="GBP",
            status=facts.pop("status", "paid"),
            total_minor=minor,
            lines=(OrderLine(f"x{number}-1", "p0", 1, minor),),
            **facts,
        )
        with writing(self.store.engine) as connection:
            orders.save_orders(connection, self.shop.id, self.pepper, [order])

    def refund(self, number: int, at: datetime, minor: int) -> None:
        with writing(self.store.engine) as connection:
            refund = Refund(f"r{number}", f"x{number}", at, at, minor)
            refunds.save_refunds(connection, self.shop.id, [refund])

    def count(self, at: datetime) -> Any:
        with writing(self.store.engine) as connection:
            shop_writes.set_clock(connection, self.shop.id, at)
        with reading(self.store.engine) as connection:
            self.shop = shops.by_id(connection, self.shop.id)
        return tally(self.store, self.shop)[0]

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that counting leaves behind."""
        with reading(self.store.engine) as connection:
            return {
                t.__tablename__: sorted(
                    (tuple(row) for row in connection.execute(select(t))), key=repr
                )
                for t in COUNTED
            }

    def forget_counts(self) -> None:
        with writing(self.store.engine) as connection:
            for table in COUNTED:
                connection.execute(delete(table))
            connection.execute(update(tables.Exposure).values(counted=False))


@pytest.fixture
def life(any_store: Store) -> Life:
    return Life(any_store)


@pytest.mark.parametrize("seed", [1, 2])
def test_counting_what_changed_gives_the_rows_of_counting_everything(life: Life, seed: int) -> None:
    dice = random.Random(seed)
    names = [f"visitor-{n:08d}" for n in range(12)]
    for step in range(45):
        at = START + step * timedelta(hours=11)
        name = dice.choice(names)
        match dice.randrange(11):
            case 0 | 1 | 2:
                arm = dice.choice(["control", "treatment"])
                life.tell("exposure", name, at, arm, dice.randrange(4))
            case 3:
                life.tell("click", name, at)
            case 8 | 9:
                kind = dice.choice(["view", "view", "empty", "product_view"])
                someone = name if kind != "product_view" or dice.random() < 0.5 else None
                life.tell(kind, someone, at, first=dice.randrange(4))
            case 4 | 5:
                visitor = name if dice.random() < 0.8 else None
                customer = f"c{dice.randrange(4)}" if dice.random() < 0.6 else None
                life.buy(dice.randrange(15), at, visitor=visitor, customer_id=customer)
            case 6:
                life.refund(dice.randrange(15), at, dice.randrange(1, 500))
            case 7:
                with writing(life.store.engine) as connection:
                    orders.cancel_orders(
                        connection, life.shop.id, [f"x{dice.randrange(15)}"], "trash"
                    )
            case _ if step % 20 == 19:
                with writing(life.store.engine) as connection:
                    privacy.erase_visitor(connection, life.shop.id, life.visitor(name))
        if dice.random() < 0.3:
            life.count(at)
    life.count(START + 35 * DAY)
    by_delta = life.rows()
    assert by_delta["units"]
    assert len(by_delta["observed_days"]) > 30
    life.forget_counts()
    life.count(START + 35 * DAY)
    assert life.rows() == by_delta


def test_adding_a_day_counts_only_whom_it_touched(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(30):
        life.tell("exposure", f"visitor-{n:08d}", START + n * timedelta(hours=8))
    life.count(START + 11 * DAY)
    counted: list[int] = []
    whole = persons.units

    def units(experiment: Any, entries: Any, *rest: Any) -> Any:
        counted.append(len(entries))
        return whole(experiment, entries, *rest)

    monkeypatch.setattr(persons, "units", units)
    life.count(START + 11 * DAY)
    assert counted == []
    life.tell("exposure", "somebody-else-00", START + 11 * DAY)
    life.buy(1, START + 11 * DAY, visitor="visitor-00000003")
    report = life.count(START + 12 * DAY)
    assert counted == [2]
    assert report.treatment.visitors == 31


def test_a_settled_day_is_not_read_again(life: Life) -> None:
    """Its raw rows are taken away behind the counting's back: every figure stays, and grows."""
    for n in range(20):
        at = START + n * timedelta(hours=8)
        for kind in ("product_view", "exposure", "view"):
            life.tell(kind, f"visitor-{n:08d}", at, first=n % 3)
        life.tell("empty", f"nothing-{n:08d}", at)
        life.buy(n, at + timedelta(hours=1), visitor=f"visitor-{n:08d}" if n % 2 else None)
    before = life.count(START + 8 * DAY)
    with writing(life.store.engine) as connection:
        for table in (tables.Event, tables.OrderLine, tables.Order, tables.Identity):
            connection.execute(delete(table))
    life.tell("product_view", "somebody-else-00", START + 8 * DAY)
    life.tell("exposure", "somebody-else-00", START + 8 * DAY)
    life.tell("view", "somebody-else-00", START + 8 * DAY, first=3)
    after = life.count(START + 9 * DAY)
    assert before.shown.treatment.views == 20
    assert after.shown.treatment.views == 21
    assert (before.shown.treatment.products, after.shown.treatment.products) == (5, 6)
    assert (before.health.orders, before.health.orders_without_visitor) == (20, 10)
    assert (after.health.orders, after.health.orders_without_visitor) == (20, 10)
    assert before.health.eligible_control is None
    assert before.health.eligible_treatment == 0.5
    assert after.health.eligible_treatment == 21 / 41
    assert after.treatment.orders_so_far == before.treatment.orders_so_far == 10


def test_a_late_order_has_its_settled_day_counted_again(life: Life) -> None:
    life.tell("exposure", "visitor-00000001", START)
    assert life.count(START + 5 * DAY).health.orders == 0
    life.buy(1, START + DAY, visitor="visitor-00000001")
    assert life.count(START + 6 * DAY).health.orders == 1
    life.buy(1, START + DAY, status="cancelled", updated_at=START + 6 * DAY)
    assert life.count(START + 7 * DAY).health.orders == 0


def test_an_order_that_moves_to_another_visitor_is_taken_from_the_first(life: Life) -> None:
    for name in ("visitor-00000001", "visitor-00000002"):
        life.tell("exposure", name, START)
    life.buy(1, START + DAY, visitor="visitor-00000001")
    life.count(START + 2 * DAY)
    life.buy(1, START + DAY, visitor="visitor-00000002", updated_at=START + 2 * DAY)
    life.count(START + 3 * DAY)
    with reading(life.store.engine) as connection:
        rows = connection.execute(select(tables.UnitRow.visitor, tables.UnitRow.orders)).all()
    bought = {bytes(visitor): number for visitor, number in rows}
    assert bought == {life.visitor("visitor-00000001"): 0, life.visitor("visitor-00000002"): 1}


def test_a_late_refund_restates_a_finished_test_and_keeps_the_figure_before(life: Life) -> None:
    entries = [
        {
            "experiment_id": life.experiment.id,
            "visitor": life.visitor(f"visitor-{n:08d}"),
            "arm": "treatment" if n % 2 else "control",
            "entered_at": START + n * timedelta(minutes=40),
        }
        for n in range(600)
    ]
    with writing(life.store.engine) as connection:
        connection.execute(insert(tables.Exposure), entries)
    made = [
        Order(
            id=f"x{n}", placed_at=START + n * timedelta(minutes=40) + timedelta(hours=1),
            updated_at=START + 20 * DAY, currency="GBP", status="paid", total_minor=2_000,
            lines=(OrderLine(f"x{n}-1", "p0", 1, 2_000 + 10 * (n % 7)),),
            visitor=f"visitor-{n:08d}",
        )
        for n in range(600)
        if n % 5 < 2 or n % 2
    ]  # fmt: skip
    with writing(life.store.engine) as connection:
        orders.save_orders(connection, life.shop.id, life.pepper, made)
    before = life.count(START + 36 * DAY)
    assert before.verdict.kind == "lift"
    assert len(before.restated) == 1
    life.refund(1, START + 37 * DAY, 1_500)  # treatment's
    after = life.count(START + 38 * DAY)
    locked, restated = after.restated
    assert locked.same_figures(before.restated[0])
    assert restated.at == START + 38 * DAY
    assert locked.revenue_treatment_minor - restated.revenue_treatment_minor == 1_500
    assert locked.revenue_control_minor == restated.revenue_control_minor
    assert before.extra is not None
    assert after.extra is not None
    assert locked.estimate_minor == before.extra.estimate_minor
    assert restated.estimate_minor == after.extra.estimate_minor
    assert after.extra.estimate_minor < before.extra.estimate_minor
    # Counting again says nothing new.
    assert len(life.count(START + 39 * DAY).restated) == 2
