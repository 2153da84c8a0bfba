"""What does a WooCommerce order, refund or product mean, in our nouns?

Pure: the platform's JSON in, records out, ValueError with the field's name where a row cannot be
read. docs/connectors.md tells the same for owners: statuses, sources, what is never recommended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors import marks
from connectors.fields import Row, rows_needed, rows_of, text
from connectors.woocommerce.bundles import bundles_of
from connectors.woocommerce.fields import (
    count,
    id_of,
    id_or_none,
    instant,
    instant_or_none,
    line_money,
    meta_of,
    money,
    plain,
    price_of,
)
from connectors.woocommerce.pictures import picture
from store.records import (
    Category,
    Order,
    OrderLine,
    OrderSource,
    OrderStatus,
    Product,
    Refund,
    RefundLine,
    Variant,
)

# Statuses of WooCommerce; every other one is a plugin's own and counts as placed.
STATUSES: Mapping[str, OrderStatus] = {
    "pending": "placed",
    "on-hold": "placed",
    "processing": "paid",
    "completed": "paid",
    "refunded": "paid",  # its refunds are subtracted, so it counts as the nothing it became
    "cancelled": "cancelled",
    "failed": "cancelled",
    "trash": "cancelled",
    "checkout-draft": "cancelled",  # a checkout that was never finished
    "auto-draft": "cancelled",
    "draft": "cancelled",
}

# `created_via`; what is not here is decided in `_source`.
SOURCES: Mapping[str, OrderSource] = {
    "checkout": "shopper",  # the classic checkout
    "store-api": "shopper",  # the block checkout
    "subscription": "renewal",
    "admin": "manual",
    "rest-api": "manual",  # marketplaces, bookkeeping; a headless shop is known by its visitors
    "pos": "pos",
    "pos-rest-api": "pos",
}

# Fields asked of the shop: what the functions below read, and nothing else of a person.
ORDER_FIELDS = (
    "id,number,status,currency,date_created_gmt,date_modified_gmt,created_via,total,total_tax,"
    "shipping_total,customer_id,billing.email,meta_data,line_items"
)
REFUND_FIELDS = "id,parent_id,date_created_gmt,amount,line_items,shipping_lines,fee_lines"
PRODUCT_FIELDS = (
    "id,name,permalink,type,status,catalog_visibility,post_password,purchasable,price,"
    "regular_price,on_sale,stock_status,cost_of_goods_sold,categories,tags,brands,images,variations,"
    "date_created_gmt,date_modified_gmt"
)
VARIATION_FIELDS = "id,status,price,regular_price,on_sale,purchasable,stock_status,attributes"


# --- orders --------------------------------------------------------------------------------------


def order(row: Row) -> Order:
    """Money by the identity total = lines (gross - discount) + tax + shipping + fees.

    `tax_minor` is the order's whole tax, shipping and fees without theirs. `fees_minor` is what
    remains: the fee lines, and in rare shops a cent of rounding (when tax is rounded per order) or
    a gift card that a plugin takes off the total without a line.
    """
    currency = text(row, "currency")
    rows = rows_needed(row, "line_items")
    bundles = bundles_of(rows)
    lines = tuple([_line(line, currency, bundles) for line in rows])
    total, tax = money(row, "total", currency), money(row, "total_tax", currency)
    shipping = money(row, "shipping_total", currency)
    gross = sum([line.gross_minor for line in lines])
    discount = sum([line.discount_minor for line in lines])
    meta = meta_of(row)
    source = _source(row, meta)
    placed_at = instant(row, "date_created_gmt")
    return Order(
        id=id_of(row, "id"),
        placed_at=placed_at,
        updated_at=instant(row, "date_modified_gmt", placed_at),
        currency=currency,
        status=STATUSES.get(text(row, "status"), "placed"),
        total_minor=total,
        lines=lines,
        number=str(row.get("number") or row["id"]),
        source=source,
        platform_status=text(row, "status"),
        discount_minor=discount,
        tax_minor=tax,
        shipping_minor=shipping,
        fees_minor=total - (gross - discount) - tax - shipping,
        customer_id=id_or_none(row, "customer_id"),
        email=_email(row),
        # A renewal copies its first order's meta: nobody saw a shelf before it.
        visitor=marks.visitor(meta.get(marks.VISITOR_META)) if source == "shopper" else None,
        gift=marks.gift(meta),
    )


def _line(row: Row, currency: str, bundles: Mapping[str, Row]) -> OrderLine:
    """Money and pieces are the line's own; what was chosen is the bundle that it is a part of."""
    gross, discount, tax = line_money(row, currency)
    marked = marks.token(meta_of(row).get(marks.TOKEN_META)) if row.get("meta_data") else None
    id = id_of(row, "id")
    chosen = bundles.get(id, row) if bundles else row
    return OrderLine(
        id,
        id_or_none(chosen, "product_id"),
        count(row, "quantity"),
        gross,
        discount,
        tax,
        id_or_none(chosen, "variation_id"),
        plain(str(chosen.get("parent_name") or chosen.get("name") or "")),
        marked,
    )


def _source(row: Row, meta: Mapping[str, Any]) -> OrderSource:
    """Only what a shopper placed counts for uplift, so what we do not know is not a shopper's."""
    via = str(row.get("created_via") or "")
    if via == "subscription" or meta.get("_subscription_renewal"):
        return "renewal"
    known = SOURCES.get(via)
    if known in ("pos", "renewal"):
        return known
    if (
        meta.get(marks.VISITOR_META) or "checkout" in via
    ):  # a page of ours, or a plugin's own checkout
        return "shopper"
    return known or "manual"


def _email(row: Row) -> str | None:
    billing = row.get("billing")
    email = billing.get("email") if isinstance(billing, Mapping) else None
    return email.strip().lower() or None if isinstance(email, str) else None


# --- refunds -------------------------------------------------------------------------------------


def refund(row: Row, currency: str) -> Refund:
    """WooCommerce sends no currency with a refund: it is that of its order.

    `total_minor` is the refund's own amount; a refund typed in by hand has no lines.
    """
    lines = rows_needed(row, "line_items")
    shipping = rows_of(row, "shipping_lines")
    others = (*shipping, *rows_of(row, "fee_lines"))
    at = instant(row, "date_created_gmt")
    return Refund(
        id=id_of(row, "id"),
        order_id=id_of(row, "parent_id"),
        refunded_at=at,
        updated_at=at,  # a refund is never changed, only made and deleted
        total_minor=money(row, "amount", currency),
        tax_minor=-sum(money(part, "total_tax", currency) for part in (*lines, *others)),
        shipping_minor=-sum(money(part, "total", currency) for part in shipping),
        lines=tuple(
            RefundLine(
                line_id=id_or_none(meta_of(line), "_refunded_item_id"),
                quantity=-count(line, "quantity"),
                amount_minor=-money(line, "total", currency),
                tax_minor=-money(line, "total_tax", currency),
            )
            for line in lines
        ),
    )


# --- products ------------------------------------------------------------------------------------


def product(
    row: Row, currency: str, tree: Mapping[str, Category], variations: Sequence[Row] = ()
) -> Product:
    """`variations`: those of a variable product; they tell its prices and whether it is in stock.
    `tree`: the shop's categories by id."""
    variants, prices = [], []
    for variation in variations:
        price = price_of(variation, "price", currency)
        if variation.get("status", "publish") != "publish" or price is None:
            continue  # switched off, or without a price: the shop does not sell it
        variants.append(
            Variant(id_of(variation, "id"), _options(variation), price, _in_stock(variation))
        )
        prices.append((price, _compare_at(variation, price, currency)))
    price = price_of(row, "price", currency)
    compare_at = _compare_at(row, price, currency)
    if prices:
        price, compare_at = min(prices, key=lambda pair: pair[0])
    updated_at = instant(row, "date_modified_gmt", datetime(1970, 1, 1, tzinfo=UTC))
    simple = row.get("type") == "simple"
    return Product(
        id=id_of(row, "id"),
        title=plain(text(row, "name")),
        currency=currency,
        updated_at=updated_at,
        url=str(row.get("permalink") or ""),
        vendor=next((plain(str(b.get("name", ""))) for b in rows_of(row, "brands")), ""),
        tags=tuple(plain(str(tag.get("name", ""))) for tag in rows_of(row, "tags")),
        categories=_categories(rows_of(row, "categories"), tree),
        price_minor=price,
        compare_at_minor=compare_at,
        cost_minor=_cost(row, currency),
        price_varies=len({price for price, _ in prices}) > 1,
        image=picture(rows_of(row, "images")),
        in_stock=any(v.in_stock for v in variants) if variants else _in_stock(row),
        withheld=_withheld(row, sold=bool(variants) or not _is_variable(row)),
        cart_id=id_of(row, "id") if simple and row.get("purchasable") else None,
        variants=tuple(variants),
        published_at=instant_or_none(row, "date_created_gmt")
        if row.get("status") == "publish"
        else None,
    )


def _cost(row: Row, currency: str) -> int | None:
    """What the shop pays for it, where "Cost of goods sold" is switched on and filled in.

    Of a variable product only its own cost is known here, so its margin is a rough one.
    """
    told = row.get("cost_of_goods_sold")
    values = rows_of(told, "values") if isinstance(told, Mapping) else ()
    if not any(value.get("defined_value") is not None for value in values):
        return None
    return sum(price_of(value, "defined_value", currency) or 0 for value in values)


def needs_variations(row: Row) -> bool:
    return _is_variable(row) and bool(row.get("variations"))


def _is_variable(row: Row) -> bool:
    return row.get("type") in ("variable", "variable-subscription")


def _withheld(row: Row, *, sold: bool) -> str:
    """Why this product is never recommended; "" when it may be."""
    status, kind = str(row.get("status", "publish")), str(row.get("type"))
    if status != "publish":
        return status  # draft, pending, private, future, trash, or a plugin's own
    if row.get("post_password"):
        return "password"
    visibility = row.get("catalog_visibility")
    if visibility in ("hidden", "search"):
        # "search" means "not in the shop's own lists": WooCommerce's related products skip it too
        return "hidden" if visibility == "hidden" else "search only"
    if kind in ("external", "grouped"):
        return kind
    return "" if row.get("purchasable") and sold else "not for sale"


def _compare_at(row: Row, price: int | None, currency: str) -> int | None:
    if price is None or not row.get("on_sale"):
        return None
    regular = price_of(row, "regular_price", currency)
    return regular if regular is not None and regular > price else None


def _in_stock(row: Row) -> bool:
    return row.get("stock_status") in ("instock", "onbackorder")


def _options(row: Row) -> str:
    """Such as "Blue, Yes"; nothing where the shopper may choose any."""
    return ", ".join(plain(str(a.get("option", ""))) for a in rows_of(row, "attributes"))


def _categories(rows: Iterable[Row], tree: Mapping[str, Category]) -> tuple[Category, ...]:
    """The product's own categories, the most specific first, then what they lie in.

    WooCommerce names no main one. A shop's page of a category shows what lies in its children too,
    so parents belong to the product.
    """
    own = [
        tree.get(id_of(row, "id")) or Category(id_of(row, "id"), plain(str(row.get("name", ""))))
        for row in rows
    ]
    lines = sorted(([one, *_above(one, tree)] for one in own), key=len, reverse=True)
    ordered = [line[0] for line in lines] + [parent for line in lines for parent in line[1:]]
    return tuple({one.id: one for one in ordered}.values())


def _above(one: Category, tree: Mapping[str, Category]) -> list[Category]:
    above: list[Category] = []
    while one.parent_id and (parent := tree.get(one.parent_id)) and parent not in above:
        above.append(parent)
        one = parent
    return above


def category(row: Row) -> Category:
    return Category(id_of(row, "id"), plain(text(row, "name")), id_or_none(row, "parent"))
