"""Are a real shop's products, orders and refunds read as docs/connectors.md says, to the penny?"""

from __future__ import annotations

import copy
from collections import Counter, defaultdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.woocommerce import parse
from store.records import Image
from tests.connectors.golden import categories, told


def product(id: int, **changes):
    row = next(row for row in told("products") if row["id"] == id)
    variations = told(f"variations-{id}") if row["type"] == "variable" else ()
    return parse.product(row | changes, "USD", categories(), variations)


def odd(name: str):
    row = next(row for row in told("products") if row["name"].startswith(f"Odd: {name}"))
    return product(row["id"])


@pytest.fixture
def order_row():
    return copy.deepcopy(told("orders")[0])


# --- money ---------------------------------------------------------------------------------------


def test_every_recorded_order_reconciles_to_the_penny() -> None:
    rows = told("orders") + told("orders-trash")
    assert len(rows) == 199
    for row in rows:
        order = parse.order(row)
        fees = sum(round(float(fee["total"]) * 100) for fee in row["fee_lines"])
        assert order.fees_minor == fees  # nothing but fees remains: no cent is lost in rounding
        net = sum(line.gross_minor - line.discount_minor for line in order.lines)
        assert order.total_minor == net + order.tax_minor + order.shipping_minor + fees
        assert order.total_minor == round(float(row["total"]) * 100)
        assert order.discount_minor == round(float(row["discount_total"]) * 100)
        assert sum(line.tax_minor for line in order.lines) <= order.tax_minor


def test_every_recorded_refund_reconciles_to_the_penny() -> None:
    orders = {order.id: order for order in map(parse.order, told("orders"))}
    assert len(told("refunds")) == 17
    for row in told("refunds"):
        refund = parse.refund(row, "USD")
        lines = sum(line.amount_minor for line in refund.lines)
        assert refund.total_minor == lines + refund.tax_minor + refund.shipping_minor
        assert refund.total_minor == round(float(row["amount"]) * 100) > 0
        order = orders[refund.order_id]
        bought = {line.id: line for line in order.lines}
        for line in refund.lines:
            assert 0 < line.quantity <= bought[line.line_id].quantity
            assert line.amount_minor <= bought[line.line_id].gross_minor
        if order.platform_status == "refunded":
            assert refund.total_minor == order.total_minor


def test_each_day_has_the_sums_of_the_shops_own_report() -> None:
    """By the shop's days: gross, coupons, shipping, taxes and net as its analytics has them."""
    zone = ZoneInfo("America/New_York")
    ours: dict[str, Counter[str]] = defaultdict(Counter)
    for order in map(parse.order, told("orders")):
        if order.status != "paid" and order.platform_status != "refunded":
            continue
        day = ours[order.placed_at.astimezone(zone).date().isoformat()]
        gross = sum(line.gross_minor for line in order.lines)
        day["orders_count"] += 1
        day["gross_sales"] += gross + order.fees_minor  # fees count as sales there
        day["coupons"] += order.discount_minor
        day["shipping"] += order.shipping_minor
        day["taxes"] += order.tax_minor
        day["net_revenue"] += gross + order.fees_minor - order.discount_minor
    for row in told("refunds"):
        refund = parse.refund(row, "USD")
        day = ours[refund.refunded_at.astimezone(zone).date().isoformat()]
        day["refunds"] += refund.total_minor
        day["shipping"] -= refund.shipping_minor
        day["taxes"] -= refund.tax_minor
        day["net_revenue"] -= refund.total_minor - refund.tax_minor - refund.shipping_minor
    report = told("analytics-revenue")
    days = report["intervals"] + told("analytics-revenue-2")["intervals"]
    assert len(days) == 153
    for day in days:
        theirs = {
            name: round(value * 100)
            for name, value in day["subtotals"].items()
            if name not in ("orders_count", "segments")
        } | {"orders_count": day["subtotals"]["orders_count"]}
        for name, value in ours[day["interval"]].items():
            assert (day["interval"], name, value) == (day["interval"], name, theirs[name])
    totals = sum(ours.values(), Counter())
    assert totals["orders_count"] == 168
    assert totals["net_revenue"] == 52226_39


def test_a_rounding_cent_and_a_gift_card_stand_with_the_fees(order_row) -> None:
    plain = parse.order(order_row)
    order_row["total"] = "640.22"  # 49.99 less than the sum: a plugin took a gift card off
    order = parse.order(order_row)
    assert order.total_minor == 64022
    assert order.fees_minor == plain.fees_minor - 4999


def test_currencies_without_and_with_three_decimals_are_read_in_their_own_unit(order_row) -> None:
    yen = order_row | {"currency": "JPY", "total": "1200", "total_tax": "109"}
    yen |= {"shipping_total": "0", "line_items": []}
    assert (parse.order(yen).total_minor, parse.order(yen).tax_minor) == (1200, 109)
    dinar = yen | {"currency": "KWD", "total": "1.250", "total_tax": "0.005"}
    assert (parse.order(dinar).total_minor, parse.order(dinar).tax_minor) == (1250, 5)


# --- orders --------------------------------------------------------------------------------------


def test_an_order_is_read_whole() -> None:
    order = parse.order(told("orders")[0])
    assert order.id == order.number == "229"
    assert order.placed_at == datetime(2026, 7, 25, 0, 6, 19, tzinfo=UTC)  # 20:06 in New York
    assert (order.status, order.platform_status, order.source) == ("paid", "completed", "shopper")
    assert (order.currency, order.customer_id) == ("USD", None)
    assert order.email == "customer03@example.com"
    hoodie = order.lines[3]
    assert (hoodie.product_id, hoodie.variant_id, hoodie.title) == ("34", "50", "Hoodie")
    assert (hoodie.gross_minor, hoodie.discount_minor, hoodie.tax_minor) == (4200, 420, 335)


def test_an_email_is_in_no_text_of_an_order() -> None:
    assert "example.com" not in repr(parse.order(told("orders")[0]))


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("pending", "placed"),
        ("on-hold", "placed"),
        ("processing", "paid"),
        ("completed", "paid"),
        ("refunded", "paid"),
        ("cancelled", "cancelled"),
        ("failed", "cancelled"),
        ("trash", "cancelled"),
        ("checkout-draft", "cancelled"),
        ("awaiting-engraving", "placed"),
    ],
)
def test_a_status_counts_as_documented(order_row, theirs: str, ours: str) -> None:
    order = parse.order(order_row | {"status": theirs})
    assert (order.status, order.platform_status) == (ours, theirs)


VISITOR = {"key": "_alongside_visitor", "value": "0123456789abcdef"}


@pytest.mark.parametrize(
    ("via", "meta", "source"),
    [
        ("checkout", [], "shopper"),
        ("store-api", [], "shopper"),
        ("cartflows_checkout", [], "shopper"),
        ("admin", [], "manual"),
        ("rest-api", [], "manual"),
        ("", [], "manual"),
        ("ebay", [], "manual"),
        ("rest-api", [VISITOR], "shopper"),  # a headless shop
        ("subscription", [VISITOR], "renewal"),  # copied from the first order
        ("checkout", [{"key": "_subscription_renewal", "value": "88"}], "renewal"),
        ("pos", [VISITOR], "pos"),
        ("pos-rest-api", [], "pos"),
    ],
)
def test_only_what_a_shopper_placed_counts_as_theirs(order_row, via, meta, source) -> None:
    order = parse.order(order_row | {"created_via": via, "meta_data": meta})
    assert order.source == source
    assert order.visitor == (
        "0123456789abcdef" if meta == [VISITOR] and source == "shopper" else None
    )


@pytest.mark.parametrize("value", ["short", "x" * 65, "<script>alert(1)</script>", 12, None, ["a"]])
def test_a_visitor_that_nobody_of_ours_made_is_ignored(order_row, value) -> None:
    meta = [{"key": "_alongside_visitor", "value": value}]
    assert parse.order(order_row | {"meta_data": meta}).visitor is None


@pytest.mark.parametrize(
    ("name", "value", "gift"),
    [
        ("_gift_message", "For you, Mum", True),
        ("is_gift", "yes", True),
        ("Gift wrap", True, True),
        ("gift", "1", True),
        ("gift", "no", False),
        ("gift_wrapping", "", False),
        ("_gift_card", "yes", False),
        ("gift_card_amount", "25", False),
        ("shift", "1", False),
        ("gift", ["a"], False),
    ],
)
def test_an_order_that_says_it_is_a_gift_is_one(order_row, name, value, gift) -> None:
    meta = [{"key": name, "value": value}]
    assert parse.order(order_row | {"meta_data": meta}).gift is gift


@pytest.mark.parametrize(
    ("told_cost", "cost"),
    [
        ({"values": [{"defined_value": 4.25, "effective_value": 4.25}], "total_value": 4.25}, 425),
        ({"values": [{"defined_value": None, "effective_value": 0}], "total_value": 0}, None),
        ({"values": []}, None),
        (None, None),
    ],
)
def test_a_cost_is_known_only_where_the_shop_fills_it_in(told_cost, cost) -> None:
    row = told("products")[0] | {"cost_of_goods_sold": told_cost}
    assert parse.product(row, "USD", categories()).cost_minor == cost


def test_a_lines_token_comes_with_it(order_row) -> None:
    order_row["line_items"][1]["meta_data"] = [{"key": "_alongside_token", "value": "v1.abc.def"}]
    assert [line.token for line in parse.order(order_row).lines[:2]] == [None, "v1.abc.def"]


def test_a_line_whose_product_was_deleted_for_good_keeps_its_money() -> None:
    line = parse.order(told("orders")[0]).lines[4]
    assert (line.product_id, line.title) == (None, "Odd: will be deleted for good")
    assert line.gross_minor > 0


def test_a_weight_sold_counts_as_pieces(order_row) -> None:
    order_row["line_items"][0]["quantity"] = 0.75
    assert parse.order(order_row).lines[0].quantity == 1


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("total", "12,50", "total: '12,50' is not an amount"),
        ("total", None, "total is missing"),
        ("currency", 5, "currency is missing"),
        ("line_items", {"0": {}}, "line_items is missing or not a list"),
        ("id", 0, "id is missing"),
        ("date_created_gmt", "soon", "date_created_gmt is missing or not an instant"),
    ],
)
def test_an_unreadable_order_says_which_field(order_row, field, value, said) -> None:
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        parse.order(order_row | {field: value})


def test_a_refund_typed_in_by_hand_has_no_lines() -> None:
    row = told("refunds")[0] | {"line_items": [], "shipping_lines": [], "amount": "5.00"}
    refund = parse.refund(row, "USD")
    assert (refund.total_minor, refund.tax_minor, refund.lines) == (500, 0, ())


# --- products ------------------------------------------------------------------------------------


def test_every_recorded_product_is_recommendable_or_not_as_documented() -> None:
    withheld = Counter(product(row["id"]).withheld for row in told("products"))
    assert withheld == {
        "": 143,
        "draft": 1,
        "private": 1,
        "pending": 1,
        "future": 1,
        "password": 1,
        "hidden": 2,
        "search only": 1,
        "external": 1,
        "grouped": 1,
        "not for sale": 1,
    }
    [trashed] = told("products-trash")
    assert parse.product(trashed, "USD", {}).withheld == "trash"


@pytest.mark.parametrize(
    ("name", "withheld", "in_stock", "price"),
    [
        ("draft", "draft", True, 1250),
        ("private", "private", True, 1250),
        ("pending", "pending", True, 1250),
        ("future", "future", True, 1250),
        ("password", "password", True, 1250),
        ("hidden", "hidden", True, 1250),
        ("search only", "search only", True, 1250),
        ("catalog only", "", True, 1250),
        ("out of stock", "", False, 1250),
        ("on backorder", "", True, 1250),
        ("fractional stock off", "", False, 1250),
        ("no price", "not for sale", True, None),
        ("zero price", "", True, 0),
    ],
)
def test_an_awkward_product_ends_as_documented(name, withheld, in_stock, price) -> None:
    found = odd(name)
    assert (found.withheld, found.in_stock, found.price_minor) == (withheld, in_stock, price)


def test_a_change_of_a_product_that_comes_out_later_is_newer_than_its_making() -> None:
    """WordPress stamps it with the day on which it comes out, and its first change with now."""
    [row] = [row for row in told("products") if row["status"] == "future"]
    made = parse.product(row, "USD", {})
    changed = parse.product(row | {"date_modified_gmt": "2026-11-22T12:04:24"}, "USD", {})
    out = parse.product(row | {"status": "publish"}, "USD", {})
    assert made.updated_at < changed.updated_at < out.updated_at


def test_a_name_with_markup_and_entities_becomes_plain_text() -> None:
    assert odd('"Quotes"').title == 'Odd: "Quotes" & Ampersand — Ünïcödé 日本 🎁'
    assert parse.plain("Salt &amp; Pepper &lt;5 &#8211;  &nbsp;set\n") == "Salt & Pepper <5 – set"
    assert parse.plain("2 < 3 <em>x</em> <!-- y -->") == "2 < 3 x"


def test_a_variable_product_tells_its_lowest_price_and_its_range() -> None:
    hoodie = product(34)
    assert (hoodie.price_minor, hoodie.compare_at_minor, hoodie.price_varies) == (4200, 4500, True)
    assert hoodie.cart_id is None
    assert [v.title for v in hoodie.variants] == ["Blue, Yes", "Blue, No", "Green, No", "Red, No"]
    assert [c.name for c in hoodie.categories] == ["Hoodies", "Clothing"]
    copy = "https://127.0.0.1:443/wp-content/uploads/2026/11/hoodie-2"
    # Of six copies the two that fit a shelf; the shape by the names of copies.
    assert hoodie.image == Image(
        f"{copy}.jpg", 600, 600, f"{copy}-300x300.jpg 300w, {copy}-416x416.jpg 416w"
    )
    assert hoodie.published_at == datetime(2026, 11, 21, 21, 13, 39, tzinfo=UTC)
    assert product(225).variants[1].title == ""  # any size


def test_a_variable_product_is_in_stock_while_one_of_its_variations_is() -> None:
    row = next(row for row in told("products") if row["id"] == 34)
    gone = [v | {"stock_status": "outofstock"} for v in told("variations-34")]
    assert not parse.product(row, "USD", {}, gone).in_stock
    assert parse.product(row, "USD", {}, [*gone[:3], told("variations-34")[3]]).in_stock


def test_a_variation_that_is_switched_off_or_has_no_price_is_not_sold() -> None:
    row = next(row for row in told("products") if row["id"] == 34)
    off = [v | {"status": "private"} for v in told("variations-34")[:3]]
    unpriced = [told("variations-34")[3] | {"price": ""}]
    none = parse.product(row, "USD", {}, off + unpriced)
    assert (none.variants, none.withheld) == ((), "not for sale")


def test_the_cart_takes_only_simple_products_without_asking() -> None:
    assert {bool(product(r["id"]).cart_id) for r in told("products") if r["type"] != "simple"} == {
        False
    }
    assert product(216).cart_id == "216"
    assert odd("no price").cart_id is None


def test_a_product_on_sale_shows_what_it_cost() -> None:
    row = next(r for r in told("products") if r["type"] == "simple" and r["on_sale"])
    found = product(row["id"])
    assert found.compare_at_minor
    assert found.compare_at_minor > found.price_minor


def test_a_product_stands_in_its_categories_parents_too_and_a_ring_of_parents_ends() -> None:
    tree = categories()
    ring = dict(tree)
    ring["18"] = type(tree["18"])("18", "Hoodies", "16")
    ring["16"] = type(tree["18"])("16", "Clothing", "18")
    row = next(row for row in told("products") if row["id"] == 34)
    found = parse.product(row, "USD", ring, ())
    assert {c.id for c in found.categories} == {"18", "16"}


# --- anything ------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value, path=()):
    """Every place in a JSON value, as a path of keys and indices."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inner:
        if isinstance(one, dict | list):
            yield from places(one, (*path, key))
        else:
            yield (*path, key)


def with_other(row, path, value):
    row = copy.deepcopy(row)
    at = row
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return row


READERS = {
    "orders": parse.order,
    "refunds": lambda row: parse.refund(row, "USD"),
    "products": lambda row: parse.product(row, "USD", categories(), [row, *told("variations-34")]),
}


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
@settings(max_examples=60)
def test_whatever_a_plugin_puts_into_a_field_is_read_or_refused_by_name(name, data) -> None:
    row = data.draw(st.sampled_from(told(name)[:12]))
    read = READERS[name]
    fields = set(f"{parse.ORDER_FIELDS},{parse.REFUND_FIELDS},{parse.PRODUCT_FIELDS}".split(","))
    known = [p for p in places(row) if p[0] in fields or p[0] == "billing"]
    broken = with_other(row, data.draw(st.sampled_from(known)), data.draw(JSON))
    try:
        read(broken)
    except ValueError as error:
        assert str(error)  # noqa: PT017


@pytest.mark.parametrize("name", READERS)
def test_a_missing_field_is_read_or_refused_by_name(name) -> None:
    for row in told(name)[:4]:
        for field in row:
            try:
                READERS[name]({k: v for k, v in row.items() if k != field})
            except ValueError as error:
                assert field in str(error)  # noqa: PT017
