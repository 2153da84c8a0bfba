"""Of a person's past counts what was known when they entered, and nothing an order told later."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from experiments import persons
from experiments.health import examine
from experiments.tally import DayTally
from store.records import Arm, Entered, Experiment, NetOrder, Unit

START = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
TEST = Experiment(
    1, "also_bought", "none", "cvr", "salt", 5_000, START, START + 28 * DAY, 7 * 86_400, None, 1, 1
)  # fmt: skip
LAPTOP, PHONE, ANNA = b"laptop", b"phone", 7


def of(entries: list[Entered], orders: list[NetOrder]) -> list[Unit]:
    links = [(o.visitor, o.customer) for o in orders if o.visitor and o.customer]
    return persons.units(TEST, entries, links, orders)


def entered(visitor: bytes, at: datetime = START, arm: Arm = "treatment") -> Entered:
    return Entered(visitor, arm, at)


def bought(number: int, at: datetime, visitor: bytes | None, customer: int | None) -> NetOrder:
    return NetOrder(number, customer, visitor, at, 1_000)


def test_the_past_is_what_this_browser_ordered_and_the_customer_it_ordered_as() -> None:
    (unit,) = of(
        [entered(LAPTOP)],
        [
            bought(1, START - 9 * DAY, LAPTOP, ANNA),
            bought(2, START - 8 * DAY, None, ANNA),  # by telephone, say
            bought(3, START - 100 * DAY, LAPTOP, ANNA),  # too long ago
        ],
    )
    assert unit.bought_before
    assert unit.before_minor == 2_000


def test_a_past_that_only_a_later_order_tells_is_not_counted() -> None:
    """Otherwise only buyers would have one, and who buys is what the test is about."""
    (unit,) = of(
        [entered(LAPTOP)],
        [bought(1, START - 9 * DAY, PHONE, ANNA), bought(2, START + DAY, LAPTOP, ANNA)],
    )
    assert unit.orders == 1
    assert not unit.bought_before
    assert unit.before_minor == 0


def test_an_order_of_the_instant_of_entry_is_the_first_in_the_window_not_the_past() -> None:
    (unit,) = of([entered(LAPTOP)], [bought(1, START, LAPTOP, ANNA)])
    assert (unit.orders, unit.before_minor) == (1, 0)


def test_a_strong_effect_does_not_make_the_groups_pasts_look_unequal() -> None:
    """Everybody logs in and has bought before on another device: three in ten in control buy and
    so reveal it, six in ten in treatment. Neither group is different from the other."""
    dice = random.Random(4)
    entries, orders = [], []
    for number in range(2_000):
        arm: Arm = "treatment" if number % 2 else "control"
        visitor = number.to_bytes(4, "big")
        entries.append(entered(visitor, START, arm))
        orders.append(bought(2 * number, START - 9 * DAY, None, number))
        if dice.random() < (0.6 if arm == "treatment" else 0.3):
            orders.append(bought(2 * number + 1, START + DAY, visitor, number))
    units = of(entries, orders)
    day = DayTally.of(units, cap_minor=None, window_s=TEST.window_s, until_at=START + 28 * DAY)
    assert day.entered.treatment.converters > 1.5 * day.entered.control.converters
    assert "unequal_past" not in examine_doubts(day)


def examine_doubts(day: DayTally) -> tuple[str, ...]:
    from experiments.health import Signs

    return examine(day, TEST.share, False, Signs()).doubts
