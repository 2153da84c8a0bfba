"""Counting who changed gives the rows of counting everybody, and reads nobody else again."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from experiments import persons
from store import tables
from store.engine import reading, writing
from store.opening import Store
from store.records import Order, OrderLine
from store.writes import orders, privacy
from tests.commands import run
from tests.life import DAY, START, Life

EQUAL = "The stored figures equal the recomputed ones.\n"


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
    checked = run(life.store, "report", life.shop.key, "--recompute", "--check")
    assert (checked.exit_code, checked.stderr) == (0, EQUAL), checked.output
    life.forget_counts()
    life.count(START + 35 * DAY)
    assert life.rows() == by_delta


def test_recomputing_names_the_figures_that_were_changed_behind_the_counting(life: Life) -> None:
    for n in range(6):
        life.tell("exposure", f"visitor-{n:08d}", START, "treatment" if n % 2 else "control")
        life.buy(n, START + DAY, visitor=f"visitor-{n:08d}", minor=1_000 + n)
    life.count(START + 9 * DAY)
    line = ("report", life.shop.key, "--recompute", "--check")
    assert run(life.store, *line).stderr == EQUAL
    with writing(life.store.engine) as connection:
        order = tables.Order.external_id == "x1"
        connection.execute(update(tables.Order).where(order).values(status="cancelled"))
    checked = run(life.store, *line)
    assert checked.exit_code == 1
    assert "treatment.orders" in checked.stderr
    assert "control" not in checked.stderr


def test_repeat_purchases_are_told_of_whom_so_many_days_have_passed(life: Life) -> None:
    """In control second orders after 29 and 61 days, in treatment after 89 and one never."""
    plan = {"control": (29, 61), "treatment": (89, None)}
    number = 0
    for arm, seconds in plan.items():
        for second in seconds:
            number += 1
            name = f"visitor-{number:08d}"
            life.tell("exposure", name, START, arm)
            life.buy(number, START + DAY, visitor=name)
            if second is not None:
                life.buy(100 + number, START + (1 + second) * DAY, visitor=name)
    told = {}
    for day in (30, 31, 61, 91):
        report = life.count(START + day * DAY)
        told[day] = {(it.arm, it.days): (it.again, it.buyers) for it in report.repeats}
    # Nobody's days are over yet: no share, which is not a share of none.
    assert told[30] == dict.fromkeys(told[30], (0, 0))
    assert len(told[30]) == 6
    assert told[31]["control", 30] == (1, 2)
    assert told[31]["treatment", 30] == (0, 2)
    assert told[31]["control", 60] == (0, 0)
    assert told[61]["control", 60] == (1, 2)
    assert told[91]["control", 90] == (2, 2)
    assert told[91]["treatment", 90] == (1, 2)


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
