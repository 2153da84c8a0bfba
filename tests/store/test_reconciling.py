"""Two accounts of the same orders: every difference is found, and no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from store.reconciling import Account, Sums, account, compare
from store.records import Order, OrderLine, Refund, RefundLine

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
TOKYO = ZoneInfo("Asia/Tokyo")


def one(id: str = "1", **changes: object) -> Account:
    facts: dict[str, object] = {
        "id": id, "number": id, "placed_at": NOON, "updated_at": NOON, "currency": "GBP",
        "status": "paid", "gross_minor": 1_000, "discount_minor": 100, "tax_minor": 180,
        "total_minor": 1_080, "refund_minor": 600, "refund_net_minor": 500,
    }  # fmt: skip
    return Account(**(facts | changes))  # type: ignore[arg-type]


def test_the_sum_done_on_paper() -> None:
    lines = (OrderLine("a", "p", 2, 1_000, 100, 180), OrderLine("b", None, 1, 500, 0, 100))
    order = Order("7", NOON, NOON, "GBP", "paid", 2_180, lines, tax_minor=330, shipping_minor=450)
    refunds = [
        Refund("r1", "7", NOON, NOON, 1_080, 180, 0, (RefundLine("a", 2, 900, 180),)),
        Refund("r2", "7", NOON, NOON, 540, 90, 450),
    ]
    found = account(order, refunds)
    assert (found.gross_minor, found.discount_minor) == (1_500, 100)
    assert (found.refund_minor, found.refund_net_minor) == (1_620, 900)
    assert found.sums() == Sums(1, 1_500, 100, 1_620, 330, 500)


def test_the_same_on_both_sides_differs_in_nothing() -> None:
    found = compare([one("1"), one("2")], [one("2"), one("1")], UTC)
    assert found.differences == ()
    assert found.orders == 2
    (day,) = found.days
    assert day.ours == day.theirs == Sums(2, 2_000, 200, 1_200, 360, 800)


def test_each_kind_of_difference_has_its_name() -> None:
    later = NOON + timedelta(seconds=1)
    found = compare(
        [one("2"), one("3"), one("4", status="placed"), one("5"), one("6", status="cancelled")],
        [one("1"), one("3", total_minor=1_081), one("4", updated_at=later), one("5")],
        UTC,
    )
    assert [(d.id, d.kind, d.parts) for d in found.differences] == [
        ("1", "missing here", ()),
        ("2", "missing there", ()),
        ("3", "differs", (("total_minor", 1_080, 1_081),)),
        ("4", "newer there", (("status", "placed", "paid"),)),
    ]


def test_faults_that_cancel_out_in_a_sum_are_found() -> None:
    found = compare(
        [one("1", gross_minor=900), one("2", gross_minor=1_100)], [one("1"), one("2")], UTC
    )
    assert found.days[0].ours == found.days[0].theirs
    assert [d.id for d in found.differences] == ["1", "2"]


def test_days_are_the_shops_and_currencies_stand_apart() -> None:
    late = datetime(2026, 11, 1, 20, tzinfo=UTC)
    both = [one("1", placed_at=late), one("2", placed_at=late, currency="JPY")]
    found = compare(both, both, TOKYO)
    assert [(day.day, day.currency) for day in found.days] == [
        (date(2026, 11, 2), "GBP"), (date(2026, 11, 2), "JPY"),
    ]  # fmt: skip


def test_what_is_not_paid_counts_as_nothing() -> None:
    found = compare([one(status="placed")], [one(status="placed")], UTC)
    assert (found.days, found.differences) == ((), ())


accounts = st.builds(
    one,
    id=st.sampled_from("1234"),
    gross_minor=st.integers(0, 10**12),
    refund_minor=st.integers(0, 10**12),
    currency=st.sampled_from(["GBP", "JPY"]),
    status=st.sampled_from(["paid", "placed", "cancelled"]),
    placed_at=st.sampled_from([NOON, NOON + timedelta(days=1)]),
)


@settings(max_examples=50)
@given(st.lists(accounts, max_size=6), st.lists(accounts, max_size=6))
def test_sums_agree_where_no_order_differs_and_mending_ends_it(
    ours: list[Account], theirs: list[Account]
) -> None:
    found = compare(ours, theirs, UTC)
    if not found.differences:
        assert all(day.ours == day.theirs for day in found.days)
    held = {one.id: one for one in ours} | {one.id: one for one in theirs}
    there = {one.id for one in theirs}
    mended = [one if id in there else replace(one, status="cancelled") for id, one in held.items()]
    assert compare(mended, theirs, UTC).differences == ()
