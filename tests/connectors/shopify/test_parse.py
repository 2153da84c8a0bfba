"""Does what Shopify tells become the same in our nouns, to the penny?"""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.money import minor_units
from connectors.shopify import parse
from store.records import Category, Image
from tests.connectors.shopify import made
from tests.connectors.shopify.made import Back, Bought, gid, variant, written


def amount(row: dict[str, Any], name: str) -> int:
    return minor_units(row[name]["shopMoney"]["amount"], row["currencyCode"])


def net_of(row: dict[str, Any]) -> int:
    """What the order is worth by our records, as reports count it."""
    order = parse.order(row)
    refunds = [parse.refund(one) for one in row["refunds"]]
    net = sum(line.gross_minor - line.discount_minor for line in order.lines)
    return net - sum(r.total_minor - r.tax_minor - r.shipping_minor for r in refunds)


def reconciled(row: dict[str, Any]) -> None:
    """Our sums are the platform's."""
    order = parse.order(row)
    included = row["taxesIncluded"]
    net = sum(line.gross_minor - line.discount_minor for line in order.lines)
    assert order.total_minor == amount(row, "totalPriceSet")
    assert order.total_minor == net + order.tax_minor + order.shipping_minor + order.fees_minor
    assert order.tax_minor == amount(row, "totalTaxSet")
    lines_tax = sum(line.tax_minor for line in order.lines)
    assert net + (lines_tax if included else 0) == amount(row, "subtotalPriceSet")
    for line in order.lines:
        assert 0 <= line.discount_minor <= line.gross_minor
    if not included:
        assert order.discount_minor == amount(row, "totalDiscountsSet")
    assert order.fees_minor == amount(row, "totalTipReceivedSet")
    assert 0 <= order.shipping_minor <= amount(row, "totalShippingPriceSet")
    refunds = [parse.refund(one) for one in row["refunds"]]
    assert sum(refund.total_minor for refund in refunds) == amount(row, "totalRefundedSet")
    assert all(min(r.total_minor, r.tax_minor, r.shipping_minor) >= 0 for r in refunds)


lines = st.lists(
    st.builds(
        Bought,
        product=st.one_of(st.none(), st.integers(1, 9)),
        quantity=st.integers(1, 12),
        unit_minor=st.integers(0, 2_000_000),
        discount_minor=st.integers(0, 3_000_000),
    ),
    min_size=1,
    max_size=5,
).map(tuple)
refunds = st.lists(
    st.builds(
        Back,
        pieces=st.lists(st.tuples(st.integers(0, 0), st.integers(1, 5)), max_size=2).map(tuple),
        shipping=st.booleans(),
    ),
    max_size=3,
).map(tuple)


@given(
    bought=lines,
    back=refunds,
    currency=st.sampled_from(["GBP", "JPY", "KWD", "USD"]),
    included=st.booleans(),
    rate=st.sampled_from([Fraction(0), Fraction(1, 5), Fraction(77, 1000), Fraction(1, 10)]),
    discount=st.integers(0, 5_000_000),
    shipping=st.tuples(st.integers(0, 9_000), st.integers(0, 9_000)),
    tip=st.integers(0, 500),
    foreign=st.sampled_from([None, ("EUR", Fraction(117, 100)), ("JPY", Fraction(190))]),
)
def test_any_order_reconciles_to_the_penny(
    bought, back, currency, included, rate, discount, shipping, tip, foreign
) -> None:
    row = made.order(
        7,
        bought,
        currency=currency,
        included=included,
        rate=rate,
        discount_minor=discount,
        shipping_minor=shipping[0],
        shipping_discount_minor=shipping[1],
        tip_minor=tip,
        refunds=back,
        presentment=foreign,
    )
    reconciled(row)
    assert net_of(row) == row["netSales"]


# --- the cases that reports go wrong on, each done on paper --------------------------------------

FIFTH = Fraction(1, 5)


def test_tax_on_top() -> None:
    row = made.order(1, (Bought(1, 2, 1250),), shipping_minor=500)
    order = parse.order(row)
    assert (order.total_minor, order.tax_minor, order.shipping_minor) == (3600, 600, 500)
    assert (order.lines[0].gross_minor, order.lines[0].tax_minor) == (2500, 500)
    reconciled(row)


def test_tax_inside_is_taken_out() -> None:
    row = made.order(1, (Bought(1, 2, 1200),), included=True, shipping_minor=600)
    order = parse.order(row)
    assert (order.total_minor, order.tax_minor, order.shipping_minor) == (3000, 500, 500)
    assert (order.lines[0].gross_minor, order.lines[0].tax_minor) == (2000, 400)
    reconciled(row)


def test_discounts_of_the_line_and_of_the_order() -> None:
    two = (Bought(1, 1, 1000, discount_minor=100), Bought(2, 1, 3000))
    row = made.order(1, two, rate=Fraction(0), discount_minor=390)
    order = parse.order(row)
    assert [line.discount_minor for line in order.lines] == [190, 300]
    assert order.discount_minor == 490
    assert order.total_minor == 3510
    reconciled(row)


def test_a_discount_inside_a_taxed_price_loses_its_tax_too() -> None:
    row = made.order(1, (Bought(1, 1, 1200, discount_minor=600),), included=True)
    (line,) = parse.order(row).lines
    assert (line.gross_minor, line.discount_minor, line.tax_minor) == (1000, 500, 100)
    free = made.order(1, (Bought(1, 1, 1200, discount_minor=1200),), included=True)
    (line,) = parse.order(free).lines
    assert (line.gross_minor, line.discount_minor, line.tax_minor) == (1200, 1200, 0)


def test_refunds_in_part_and_in_several() -> None:
    back = (Back(((0, 1),)), Back(((0, 1), (1, 1)), shipping=True))
    row = made.order(1, (Bought(1, 3, 1000), Bought(2, 1, 700)), shipping_minor=500, refunds=back)
    first, second = (parse.refund(one) for one in row["refunds"])
    assert (first.total_minor, first.tax_minor, first.shipping_minor) == (1200, 200, 0)
    assert (second.total_minor, second.tax_minor, second.shipping_minor) == (2640, 440, 500)
    assert [line.amount_minor for line in second.lines] == [1000, 700]
    assert second.lines[0].line_id == "100"
    assert net_of(row) == row["netSales"] == 1000


def test_a_refund_larger_than_the_order() -> None:
    row = made.order(1, (Bought(1, 1, 1000),), refunds=(Back(((0, 1),), money_minor=2000),))
    assert row["displayFinancialStatus"] == "REFUNDED"
    (refund,) = (parse.refund(one) for one in row["refunds"])
    assert refund.total_minor == 2000
    assert net_of(row) == row["netSales"] == -800
    assert parse.order(row).status == "paid"


def test_money_given_back_for_nothing_returned() -> None:
    row = made.order(1, (Bought(1, 1, 1000),), refunds=(Back(money_minor=300),))
    assert net_of(row) == row["netSales"] == 700


def test_goods_taken_back_without_money_cost_nothing() -> None:
    row = made.order(1, (Bought(1, 1, 1000),), refunds=(Back(((0, 1),), money_minor=0),))
    (refund,) = (parse.refund(one) for one in row["refunds"])
    assert (refund.total_minor, refund.tax_minor) == (0, 0)
    assert net_of(row) == 1000


def test_a_line_taken_off_an_unpaid_order_is_lost_all_the_same() -> None:
    row = made.order(1, (Bought(1, 2, 1000),), refunds=(Back(((0, 1),), money_minor=0),))
    row["refunds"][0]["orderAdjustments"] = []
    (refund,) = (parse.refund(one) for one in row["refunds"])
    assert (refund.total_minor, refund.tax_minor) == (1200, 200)
    assert net_of(row) == 1000


@pytest.mark.parametrize(("currency", "text"), [("JPY", "1250.0"), ("KWD", "1.25")])
def test_currencies_without_decimals_and_with_three(currency: str, text: str) -> None:
    assert written(1250, currency) == text
    row = made.order(1, (Bought(1, 2, 1250),), currency=currency, shipping_minor=333)
    assert parse.order(row).lines[0].gross_minor == 2500
    reconciled(row)


def test_what_the_shopper_paid_in_is_not_read() -> None:
    row = made.order(1, (Bought(1, 1, 1000),), presentment=("JPY", Fraction(190)))
    assert row["totalPriceSet"]["presentmentMoney"] == {"amount": "2280.0", "currencyCode": "JPY"}
    order = parse.order(row)
    assert (order.currency, order.total_minor) == ("GBP", 1200)


@pytest.mark.parametrize("off", [-1, 1])
def test_a_cent_that_rounding_lost_stays_in_the_total(off: int) -> None:
    """Amounts in a foreign currency are turned into the shop's one by one."""
    row = made.order(1, (Bought(1, 1, 1000),), shipping_minor=500)
    total = amount(row, "totalPriceSet") + off
    row["totalPriceSet"]["shopMoney"]["amount"] = written(total, "GBP")
    order = parse.order(row)
    net = sum(line.gross_minor - line.discount_minor for line in order.lines)
    assert order.total_minor == total
    assert order.total_minor == net + order.tax_minor + order.shipping_minor + order.fees_minor


# --- orders --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "status", "word"),
    [
        ({"displayFinancialStatus": "PAID"}, "paid", "paid"),
        ({"displayFinancialStatus": "PARTIALLY_REFUNDED"}, "paid", "partially_refunded"),
        ({"displayFinancialStatus": "REFUNDED"}, "paid", "refunded"),
        ({"displayFinancialStatus": "PENDING"}, "placed", "pending"),
        ({"displayFinancialStatus": "AUTHORIZED"}, "placed", "authorized"),
        ({"displayFinancialStatus": "PARTIALLY_PAID"}, "placed", "partially_paid"),
        ({"displayFinancialStatus": None}, "placed", ""),
        ({"displayFinancialStatus": "VOIDED"}, "cancelled", "voided"),
        ({"displayFinancialStatus": "EXPIRED"}, "cancelled", "expired"),
        ({"cancelledAt": "2026-06-02T09:00:00Z"}, "cancelled", "cancelled"),
    ],
)
def test_a_status_counts_as_documented(told: dict[str, Any], status: str, word: str) -> None:
    order = parse.order(made.order(1, **told))
    assert (order.status, order.platform_status) == (status, word)


MARK = [{"key": "__alongside_v", "value": "0123456789abcdef0123456789abcdef"}]


@pytest.mark.parametrize(
    ("told", "source"),
    [
        ({"sourceName": "web"}, "shopper"),
        ({"sourceName": "pos"}, "pos"),
        ({"sourceName": "shopify_draft_order"}, "draft"),
        ({"sourceName": "subscription_contract"}, "renewal"),
        ({"sourceName": "subscription_contract_checkout_one"}, "renewal"),
        ({"sourceName": "1354745"}, "manual"),
        ({"sourceName": None}, "manual"),
        ({"sourceName": "web", "test": True}, "test"),
        ({"sourceName": "1354745", "customAttributes": MARK}, "shopper"),
        ({"sourceName": "subscription_contract", "customAttributes": MARK}, "renewal"),
        ({"sourceName": "pos", "customAttributes": MARK}, "pos"),
    ],
)
def test_a_source_counts_as_documented(told: dict[str, Any], source: str) -> None:
    order = parse.order(made.order(1, **told))
    assert order.source == source
    marked = "customAttributes" in told and source == "shopper"
    assert order.visitor == (MARK[0]["value"] if marked else None)


def test_an_order_says_who_when_and_what() -> None:
    order = parse.order(made.order(7, (Bought(3, 2),), createdAt="2030-01-01T00:00:00Z"))
    assert (order.id, order.number) == ("7", "#1007")
    assert order.placed_at == datetime(2026, 6, 1, 16, tzinfo=UTC)  # processed, not imported
    assert order.customer_id == "1"
    assert order.email is None
    (line,) = order.lines
    assert (line.id, line.product_id, line.variant_id, line.quantity) == ("700", "3", "300", 2)


def test_a_guests_order_and_a_deleted_product() -> None:
    order = parse.order(made.order(1, (Bought(None),), customer=None))
    assert order.customer_id is None
    assert order.lines[0].product_id is None
    assert order.lines[0].gross_minor == 1250


def test_the_parts_of_a_bundle_are_the_bundle() -> None:
    row = made.order(1, (Bought(1), Bought(2)))
    group = {"productId": gid("Product", 50), "variantId": gid("ProductVariant", 5000)}
    for line in row["lineItems"]:
        line["lineItemGroup"] = group | {"title": "Tea for two"}
    chosen = {(ln.product_id, ln.variant_id, ln.title) for ln in parse.order(row).lines}
    assert chosen == {("50", "5000", "Tea for two")}
    row["lineItems"][0]["lineItemGroup"] = {"productId": None, "variantId": None}
    assert parse.order(row).lines[0].product_id == "1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": None}, "id is missing"),
        ({"totalPriceSet": None}, "totalPriceSet is missing"),
        ({"totalPriceSet": {"shopMoney": {"amount": "1,5"}}}, "totalPriceSet: '1,5'"),
        ({"processedAt": "yesterday"}, "processedAt is missing"),
        ({"lineItems": {}}, "lineItems is missing"),
        ({"taxesIncluded": None}, "taxesIncluded is missing"),
        ({"currencyCode": None}, "currencyCode is missing"),
    ],
)
def test_what_cannot_be_read_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse.order(made.order(1) | change)


# --- products ------------------------------------------------------------------------------------

SIZES = {"1": 900, "2": 12}


def read(**changes: Any) -> Any:
    return parse.product(made.product(3, **changes), SIZES)


def costing(number: int, price_minor: int, cost: str | None) -> dict[str, Any]:
    item = {"unitCost": None if cost is None else {"amount": cost}}
    return made.variant(number, price_minor=price_minor, inventoryItem=item)  # type: ignore[no-any-return]


def test_a_product_costs_what_the_variant_costs_whose_price_is_shown() -> None:
    assert read().cost_minor is None
    assert read(variants=[costing(1, 1250, "4.2")]).cost_minor == 420
    two = [costing(1, 2000, "9.00"), costing(2, 1250, "4.20")]
    assert (read(variants=two).price_minor, read(variants=two).cost_minor) == (1250, 420)
    assert read(variants=[costing(1, 2000, "9.00"), costing(2, 1250, None)]).cost_minor is None
    assert read(variants=[costing(1, 1250, "0.0")]).cost_minor == 0
    without = made.variant(1, inventoryItem=None)
    assert read(variants=[without]).cost_minor is None


@pytest.mark.parametrize(
    ("told", "withheld"),
    [
        ({}, ""),
        ({"status": "DRAFT"}, "draft"),
        ({"status": "ARCHIVED"}, "archived"),
        ({"status": "UNLISTED"}, "unlisted"),
        ({"isGiftCard": True}, "gift card"),
        ({"onlineStoreUrl": None, "publishedAt": None}, "hidden"),
        ({"onlineStoreUrl": None, "publishedAt": "2030-01-01T00:00:00Z"}, "future"),
        ({"requiresSellingPlan": True}, ""),
        ({"status": "SOMETHING_NEW"}, "something_new"),
    ],
)
def test_a_product_may_be_recommended_as_documented(told: dict[str, Any], withheld: str) -> None:
    assert read(**told).withheld == withheld


def test_a_simple_product() -> None:
    product = read()
    assert (product.id, product.title, product.currency) == ("3", "Product 3", "GBP")
    assert (product.price_minor, product.compare_at_minor, product.price_varies) == (
        1250,
        None,
        False,
    )
    assert product.cart_id == "300"
    assert product.variants[0].title == ""
    small, large = (f"https://cdn.shopify.com/p3.jpg?width={width}" for width in (300, 600))
    assert product.image == Image(large, 900, 600, f"{small} 300w, {large} 600w")
    # The small collection says more than the large one.
    assert product.categories == (Category("2", "Light"), Category("1", "Home"))
    assert read(requiresSellingPlan=True).cart_id is None


def test_variants_make_the_price_and_the_stock() -> None:
    variants = [
        variant(2, price_minor=900, compareAtPrice="12.0", title="Red / L", position=2,
                availableForSale=False),
        variant(1, price_minor=1500, title="Blue", position=1),
    ]  # fmt: skip
    product = read(variants=variants)
    assert (product.price_minor, product.compare_at_minor) == (900, 1200)
    assert product.price_varies
    assert product.in_stock
    assert product.cart_id is None
    assert [v.title for v in product.variants] == ["Blue", "Red / L"]
    assert not read(variants=variants[:1]).in_stock
    assert read(variants=[variant(1, compareAtPrice="9.0")]).compare_at_minor is None


@pytest.mark.parametrize("media", [None, {}, {"preview": None}, {"preview": {"image": None}}])
def test_a_product_may_have_no_picture(media: Any) -> None:
    assert read(featuredMedia=media).image is None
