"""What does a Shopify order, refund or product mean, in our nouns?

Pure: the platform's JSON in (connections as plain lists), records out, ValueError with the field's
name where a row cannot be read. docs/connectors.md tells the same for owners: statuses, sources,
what is never recommended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors import marks
from connectors.fields import Row, rows_needed, text
from connectors.shopify import queries
from connectors.shopify.fields import (
    count,
    flag,
    id_of,
    inner_id,
    instant,
    instant_or_none,
    money,
    money_or_zero,
    numeric,
    one_line,
    price,
    price_or_none,
)
from store.records import (
    Category,
    Image,
    Order,
    OrderLine,
    OrderSource,
    OrderStatus,
    Product,
    Refund,
    RefundLine,
    Variant,
)

# displayFinancialStatus; an order that was cancelled is so whatever was paid.
STATUSES: Mapping[str, OrderStatus] = {
    "AUTHORIZED": "placed",
    "PENDING": "placed",
    "PARTIALLY_PAID": "placed",
    "PAID": "paid",
    "PARTIALLY_REFUNDED": "paid",
    "REFUNDED": "paid",  # its refunds are subtracted, so it counts as the nothing it became
    "VOIDED": "cancelled",
    "EXPIRED": "cancelled",
}

# sourceName; what is not here (the number of an app: imports, marketplaces, a headless shop) is
# decided in `_source`.
SOURCES: Mapping[str, OrderSource] = {
    "web": "shopper",
    "pos": "pos",
    "shopify_draft_order": "draft",
    "subscription_contract": "renewal",
    "subscription_contract_checkout_one": "renewal",  # the same since October 2025
}

# What an order may be worth beside its lines, tax and shipping.
_EXTRAS = ("totalTipReceivedSet", "originalTotalDutiesSet", "originalTotalAdditionalFeesSet")


# --- orders --------------------------------------------------------------------------------------


def order(row: Row) -> Order:
    """Money by the identity total = lines (gross - discount) + tax + shipping + fees.

    Shopify tells the total, the whole tax and each line; shipping is told before its discounts.
    So what the total holds besides lines and tax is shipping as far as shipping was told, and
    `fees_minor` what is left: tips, duties, fees, and a cent where a foreign currency was rounded.
    """
    currency = text(row, "currencyCode")
    included = flag(row, "taxesIncluded")
    lines = [_line(line, currency, included) for line in rows_needed(row, "lineItems")]
    lines.sort(key=lambda line: int(line.id))  # a bulk operation gives them in any order
    total, tax = money(row, "totalPriceSet", currency), money_or_zero(row, "totalTaxSet", currency)
    net = sum(line.gross_minor - line.discount_minor for line in lines)
    beside = total - net - tax
    extra = sum(money_or_zero(row, name, currency) for name in _EXTRAS)
    told = money(row, "totalShippingPriceSet", currency)
    shipping = max(0, min(beside - extra, told))
    source = _source(row)
    status = "cancelled" if row.get("cancelledAt") else str(row.get("displayFinancialStatus") or "")
    return Order(
        id=id_of(row),
        placed_at=instant(row, "processedAt"),  # an import keeps the day it was really placed
        updated_at=instant(row, "updatedAt"),
        currency=currency,
        status="cancelled" if status == "cancelled" else STATUSES.get(status, "placed"),
        total_minor=total,
        lines=tuple(lines),
        number=text(row, "name"),
        source=source,
        platform_status=status.lower(),
        discount_minor=sum(line.discount_minor for line in lines),
        tax_minor=tax,
        shipping_minor=shipping,
        fees_minor=beside - shipping,
        customer_id=inner_id(row, "customer"),
        # A renewal copies its first order's attributes: nobody saw a shelf before it.
        visitor=_visitor(row) if source == "shopper" else None,
        checkout=(str(row.get("checkoutToken") or "") or None) if source == "shopper" else None,
        gift=marks.gift({str(it.get("key")): it.get("value") for it in _attributes(row)}),
    )


def _line(row: Row, currency: str, included: bool) -> OrderLine:
    """`included`: the amounts hold tax, which is taken out of them.

    Tax is told for the amount after discounts. The discount holds tax at the same rate, so its
    part without is found by proportion; what was paid without tax is exact either way.
    """
    gross = money(row, "originalTotalSet", currency)
    discount = tax = 0
    for part in rows_needed(row, "discountAllocations"):
        discount += money(part, "allocatedAmountSet", currency)
    for part in rows_needed(row, "taxLines"):
        tax += money(part, "priceSet", currency)
    if included and tax:
        paid = gross - discount
        net = paid - tax
        if paid > 0:
            discount = (2 * discount * net + paid) // (2 * paid)  # rounded to the nearest
        gross = net + discount
    bundle = row.get("lineItemGroup")
    if not isinstance(bundle, dict) or not numeric(bundle.get("productId")):
        bundle = None
    return OrderLine(
        id=id_of(row),
        # What the shopper chose is the bundle; its parts come as lines of their own.
        product_id=numeric(bundle["productId"]) if bundle else inner_id(row, "product"),
        variant_id=numeric(bundle.get("variantId")) if bundle else inner_id(row, "variant"),
        quantity=count(row, "quantity"),
        gross_minor=gross,
        discount_minor=discount,
        tax_minor=tax,
        title=one_line((bundle or row).get("title")),
    )


def _source(row: Row) -> OrderSource:
    """Only what a shopper placed counts for uplift, so what we do not know is not a shopper's."""
    if flag(row, "test"):
        return "test"
    known = SOURCES.get(str(row.get("sourceName") or "").lower())
    if known:
        return known
    return "shopper" if _visitor(row) else "manual"  # a shop of the owner's own making


def _attributes(row: Row) -> Sequence[Row]:
    """What the cart carried."""
    return rows_needed(row, "customAttributes")


def _visitor(row: Row) -> str | None:
    """The mark that shelf.js leaves on the cart."""
    for pair in _attributes(row):
        if pair.get("key") == marks.VISITOR_ATTRIBUTE:
            return marks.visitor(pair.get("value"))
    return None


# --- refunds -------------------------------------------------------------------------------------


def refund(row: Row) -> Refund:
    """`total_minor` is the money that went back, which may be less or more than the lines' worth.

    Where none did and Shopify notes no difference, the lines were taken off an order before it was
    paid: then their worth is what the order lost.
    """
    of = row.get("order")
    if not isinstance(of, dict):
        raise ValueError("order is missing")
    currency, included = text(of, "currencyCode"), flag(of, "taxesIncluded")
    lines = []
    for line in rows_needed(row, "refundLineItems"):
        tax = money(line, "totalTaxSet", currency)
        worth = money(line, "subtotalSet", currency) - (tax if included else 0)
        lines.append(RefundLine(inner_id(line, "lineItem"), count(line, "quantity"), worth, tax))
    shipping, shipping_tax = 0, 0
    for part in rows_needed(row, "refundShippingLines"):
        tax = money(part, "taxAmountSet", currency)
        shipping += money(part, "subtotalAmountSet", currency) - (tax if included else 0)
        shipping_tax += tax
    tax = sum(line.tax_minor for line in lines) + shipping_tax
    total = money(row, "totalRefundedSet", currency)
    if total == 0 and not rows_needed(row, "orderAdjustments"):
        total = sum(line.amount_minor for line in lines) + shipping + tax
    elif total < tax + shipping:  # given back in part: no more tax and shipping than money
        tax, shipping = _part(tax, total), _part(shipping, total - _part(tax, total))
    return Refund(
        id=id_of(row),
        order_id=id_of(of),
        refunded_at=instant_or_none(row, "createdAt") or instant(row, "processedAt"),
        updated_at=instant(row, "updatedAt"),
        total_minor=total,
        tax_minor=tax,
        shipping_minor=shipping,
        lines=tuple(lines),
    )


def _part(wanted: int, there: int) -> int:
    return max(0, min(wanted, there))


# --- products ------------------------------------------------------------------------------------


def product(row: Row, sizes: Mapping[str, int]) -> Product:
    """`sizes`: how many products lie in each collection, by its id. The smallest comes first: it
    says most about the product. ("Home page" and "All" are collections, too.)"""
    bounds = row.get("priceRangeV2")
    least = bounds.get("minVariantPrice") if isinstance(bounds, dict) else None
    if not isinstance(least, dict):
        raise ValueError("priceRangeV2 is missing")
    currency = text(least, "currencyCode")
    rows = sorted(rows_needed(row, "variants"), key=lambda v: (count(v, "position"), id_of(v)))
    collections = [
        Category(id_of(c), one_line(text(c, "title"))) for c in rows_needed(row, "collections")
    ]
    variants = tuple(
        Variant(id_of(v), _variant_title(v), price(v, "price", currency), _sold(v)) for v in rows
    )
    prices = [
        (price(v, "price", currency), price_or_none(v, "compareAtPrice", currency), v) for v in rows
    ]
    lowest, compare_at, cheapest = min(prices, key=lambda it: it[0], default=(None, None, {}))
    one = variants[0] if len(variants) == 1 else None
    return Product(
        id=id_of(row),
        title=one_line(text(row, "title")),
        currency=currency,
        updated_at=instant(row, "updatedAt"),
        url=str(row.get("onlineStoreUrl") or ""),
        vendor=one_line(row.get("vendor")),
        product_type=one_line(row.get("productType")),
        tags=tuple(one_line(tag) for tag in _texts(row.get("tags"))),
        categories=tuple(sorted(collections, key=lambda c: (sizes.get(c.id, 0), int(c.id)))),
        price_minor=lowest,
        compare_at_minor=compare_at
        if lowest is not None and compare_at is not None and compare_at > lowest
        else None,
        cost_minor=_cost(cheapest, currency),
        price_varies=len({its for its, *_ in prices}) > 1,
        image=_image(row),
        in_stock=any(v.in_stock for v in variants),
        withheld=_withheld(row),
        cart_id=one.id if one and not flag(row, "requiresSellingPlan") else None,
        variants=variants,
        published_at=instant_or_none(row, "publishedAt"),
    )


def _cost(row: Row, currency: str) -> int | None:
    """What the variant costs the shop, where its owner has filled in "Cost per item"."""
    item = row.get("inventoryItem")
    told = item.get("unitCost") if isinstance(item, dict) else None
    return price(told, "amount", currency) if isinstance(told, dict) else None


def _variant_title(row: Row) -> str:
    """Such as "Blue / L"; a product without options has one that is called so by Shopify."""
    title = one_line(row.get("title"))
    return "" if title == "Default Title" else title


def _sold(row: Row) -> bool:
    """In stock, not counted, or sold on when empty."""
    return flag(row, "availableForSale")


def _withheld(row: Row) -> str:
    """Why this product is never recommended; "" when it may be.

    Unlisted products are meant for those who have the link, in Shopify's own words not for
    recommendations. Without an address in the online store there is nothing to link to: either
    it comes out later, or it is not for sale there.
    """
    status = text(row, "status")
    if status != "ACTIVE":
        return status.lower()  # draft, archived, unlisted, or one that comes to be
    if flag(row, "isGiftCard"):
        return "gift card"
    if not row.get("onlineStoreUrl"):
        return "future" if row.get("publishedAt") else "hidden"
    return ""


def _image(row: Row) -> Image | None:
    media = row.get("featuredMedia")
    preview = media.get("preview") if isinstance(media, dict) else None
    image = preview.get("image") if isinstance(preview, dict) else None
    if not isinstance(image, dict) or not isinstance(image.get("url"), str):
        return None
    size = [image.get(name) for name in ("width", "height")]
    width, height = (side if type(side) is int and side > 0 else None for side in size)
    return Image(image["url"], width, height, _srcset(image["url"], image.get("small"), width))


def _srcset(url: str, small: Any, width: int | None) -> str:
    """The two widths that are asked for; Shopify never makes a picture wider than it is."""
    if not isinstance(small, str) or width is None or width <= queries.SMALL_PX:
        return ""
    return f"{small} {queries.SMALL_PX}w, {url} {min(width, queries.LARGE_PX)}w"


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
