"""To the penny: what a WooCommerce shop sends, saved and summed, is what the sum on paper says.

`tests/golden/woocommerce/penny.json` holds orders and refunds as the API writes them, each with the
sums done by hand. Line amounts come without tax, whether a shop's prices hold it or not.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.woocommerce import parse
from store import reconciling
from store.engine import reading, writing
from store.opening import Store
from store.reads import reconcile, shops
from store.reconciling import Sums, account, compare
from store.records import ShopFacts, exponent
from store.writes import orders as writes
from store.writes import refunds
from store.writes.shops import add_shop

CASES = json.loads(
    (Path(__file__).parents[1] / "golden" / "woocommerce" / "penny.json").read_text()
)
SINCE, UNTIL = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_one_order_is_worth_what_the_sum_on_paper_says(case: dict[str, Any]) -> None:
    order = parse.order(case["order"])
    back = [parse.refund(row, case["order"]["currency"]) for row in case["refunds"]]
    assert asdict(account(order, back).sums()) == case["sums"]
    assert order.fees_minor == case["fees_minor"]
    net = sum(line.gross_minor - line.discount_minor for line in order.lines)
    assert order.total_minor == (net + order.tax_minor + order.shipping_minor + order.fees_minor)


def test_all_of_them_in_the_store_are_the_same_by_day_and_currency(any_store: Store) -> None:
    told = [parse.order(case["order"]) for case in CASES]
    back = [
        parse.refund(row, case["order"]["currency"]) for case in CASES for row in case["refunds"]
    ]
    with writing(any_store.engine) as connection:
        facts = ShopFacts("Penny", "https://penny.example", "GBP", "Europe/London")
        shop_id, _ = add_shop(connection, any_store.ring, "woocommerce", facts, {}, UNTIL)
        pepper = shops.keys(connection, any_store.ring, shop_id, UNTIL).pepper
        for _ in range(2):  # what comes twice counts once
            refunds.save_refunds(connection, shop_id, back)  # before their orders, as may happen
            writes.save_orders(connection, shop_id, pepper, told)
    with reading(any_store.engine) as connection:
        ours = reconcile.accounts(connection, shop_id, SINCE, UNTIL)
    by_order = reconciling.by_order(back)
    theirs = [account(order, by_order.get(order.id, [])) for order in told]
    found = compare(ours, theirs, UTC)
    assert found.differences == ()
    on_paper: dict[str, Sums] = {}
    for case in CASES:
        currency = case["order"]["currency"]
        on_paper[currency] = on_paper.get(currency, Sums()) + Sums(**case["sums"])
    in_store: dict[str, Sums] = {}
    for day in found.days:
        in_store[day.currency] = in_store.get(day.currency, Sums()) + day.ours
    assert in_store == on_paper
    assert in_store["GBP"].net_minor == 833 + 16_000 + 1_667 - 500 + 0 + 5_000 + 0


def text(minor: int, currency: str, spare: int) -> str:
    """An amount as a shop writes it: with its currency's decimals, and zeros to spare."""
    decimals = exponent(currency)
    return f"{Decimal(minor).scaleb(-decimals):.{decimals + spare}f}"


cents = st.integers(0, 10**9)


@settings(max_examples=60)
@given(
    currency=st.sampled_from(["GBP", "JPY", "KWD", "EUR"]),
    spare=st.integers(0, 3),
    lines=st.lists(st.tuples(cents, cents, cents, st.integers(1, 99)), min_size=1, max_size=5),
    shipping=cents,
    fee=st.integers(-(10**6), 10**6),
    refunds=st.lists(st.tuples(st.integers(1, 10**9), cents, cents), max_size=4),
)
def test_whatever_the_amounts_nothing_is_lost_or_made(
    currency: str,
    spare: int,
    lines: list[tuple[int, int, int, int]],
    shipping: int,
    fee: int,
    refunds: list[tuple[int, int, int]],
) -> None:
    paid = [(max(gross, total), min(gross, total), tax, q) for gross, total, tax, q in lines]
    tax = sum(line[2] for line in paid)
    total = sum(line[1] for line in paid) + tax + shipping + fee
    row = CASES[0]["order"] | {
        "currency": currency,
        "total": text(total, currency, spare),
        "total_tax": text(tax, currency, spare),
        "shipping_total": text(shipping, currency, spare),
        "line_items": [
            CASES[0]["order"]["line_items"][0]
            | {
                "id": number, "quantity": quantity, "subtotal": text(gross, currency, spare),
                "total": text(net, currency, spare), "total_tax": text(of_it, currency, spare),
            }
            for number, (gross, net, of_it, quantity) in enumerate(paid, start=1)
        ],
    }  # fmt: skip
    given_back = [
        {
            "id": number, "parent_id": 1, "date_created_gmt": "2026-10-05T12:00:00",
            "amount": text(net + of_it + more, currency, spare),
            "line_items": [
                {
                    "quantity": -1, "total": text(-net, currency, spare),
                    "total_tax": text(-of_it, currency, spare), "meta_data": [],
                }
            ],
            "shipping_lines": [], "fee_lines": [],
        }
        for number, (net, of_it, more) in enumerate(refunds, start=1)
    ]  # fmt: skip
    order = parse.order(row)
    assert order.total_minor == total
    assert order.fees_minor == fee
    sums = account(order, [parse.refund(one, currency) for one in given_back]).sums()
    gross = sum(line[0] for line in paid)
    discount = gross - sum(line[1] for line in paid)
    back = sum(sum(one) for one in refunds)
    assert sums == Sums(
        1, gross, discount, back, tax, gross - discount - (back - sum(one[1] for one in refunds))
    )
