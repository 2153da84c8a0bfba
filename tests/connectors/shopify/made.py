"""Products and orders of a made Shopify shop, with the platform's own sums.

Written from how Shopify counts (docs/connectors.md), apart from how we read it: a line's discounts
are its own and its share of the order's, tax is rounded line by line on what is paid, refunds take
a line's amounts by the piece. Amounts go in as minor units and come out as Shopify writes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from store.records import exponent

BEGAN = datetime(2026, 6, 1, 9, tzinfo=UTC)


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def written(minor: int, currency: str) -> str:
    """As Shopify does: no zeros at the end but one after the point ("8.8", "10.0", "1000.0")."""
    text = str(Decimal(minor).scaleb(-exponent(currency)))
    whole, _, rest = text.partition(".")
    return f"{whole}.{rest.rstrip('0') or '0'}"


def half_up(value: Fraction) -> int:
    return int(value + Fraction(1, 2)) if value >= 0 else -int(-value + Fraction(1, 2))


def shared(amount: int, weights: list[int]) -> list[int]:
    """By weight, the remainder to the first lines: the whole is always shared out."""
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    parts = [amount * weight // whole for weight in weights]
    for at, weight in enumerate(weights):
        if sum(parts) < amount and parts[at] < weight:
            parts[at] += 1
    return parts


# --- products ------------------------------------------------------------------------------------


def product(number: int, currency: str = "GBP", **changes: Any) -> dict[str, Any]:
    variants = changes.pop("variants", None) or [variant(number * 100, currency)]
    prices = [Decimal(one["price"]) for one in variants]
    return {
        "__typename": "Product",
        "id": gid("Product", number),
        "title": f"Product {number}",
        "updatedAt": stamp(BEGAN + timedelta(minutes=number)),
        "status": "ACTIVE",
        "vendor": "Maker",
        "productType": "Lamp" if number % 2 else "Vase",
        "tags": ["glass", "new"],
        "publishedAt": stamp(BEGAN),
        "onlineStoreUrl": f"https://shop.example/products/p{number}",
        "isGiftCard": False,
        "requiresSellingPlan": False,
        "priceRangeV2": {
            "minVariantPrice": {"amount": str(min(prices)), "currencyCode": currency},
            "maxVariantPrice": {"amount": str(max(prices)), "currencyCode": currency},
        },
        "featuredMedia": {
            "__typename": "MediaImage",
            "preview": {
                "image": {
                    "url": f"https://cdn.shopify.com/p{number}.jpg?width=600",
                    "small": f"https://cdn.shopify.com/p{number}.jpg?width=300",
                    "width": 900,
                    "height": 600,
                }
            },
        },
        "variants": variants,
        "collections": [
            {"__typename": "Collection", "id": gid("Collection", 1), "title": "Home"},
            {"__typename": "Collection", "id": gid("Collection", 2), "title": "Light"},
        ][: 1 + number % 2],
    } | changes


def variant(number: int, currency: str = "GBP", price_minor: int = 1250, **changes: Any) -> Any:
    return {
        "__typename": "ProductVariant",
        "id": gid("ProductVariant", number),
        "title": "Default Title",
        "position": 1,
        "price": written(price_minor, currency),
        "compareAtPrice": None,
        "availableForSale": True,
        "inventoryItem": {"unitCost": None},
    } | changes


# --- orders --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bought:
    """One line: how many of what, at which price (with tax where the shop's prices hold it)."""

    product: int | None = 1
    quantity: int = 1
    unit_minor: int = 1250
    discount_minor: int = 0


@dataclass(frozen=True)
class Back:
    """One refund: pieces by line, shipping with its tax, and the money where it is another."""

    pieces: tuple[tuple[int, int], ...] = ()  # (number of the line, how many)
    shipping: bool = False
    money_minor: int | None = None
    after_days: int = 3


def order(
    number: int,
    lines: tuple[Bought, ...] = (Bought(),),
    *,
    currency: str = "GBP",
    included: bool = False,
    rate: Fraction = Fraction(1, 5),
    discount_minor: int = 0,
    shipping_minor: int = 0,
    shipping_discount_minor: int = 0,
    tip_minor: int = 0,
    refunds: tuple[Back, ...] = (),
    at: datetime | None = None,
    presentment: tuple[str, Fraction] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """An order as Shopify tells it; what refunds, sums and taxes come to is worked out here."""

    def money(minor: int) -> dict[str, Any]:
        other, per = presentment or (currency, Fraction(1))
        foreign = half_up(
            Fraction(minor) * per * Fraction(10) ** (exponent(other) - exponent(currency))
        )
        return {
            "shopMoney": {"amount": written(minor, currency), "currencyCode": currency},
            "presentmentMoney": {"amount": written(foreign, other), "currencyCode": other},
        }

    def tax_on(paid: int) -> int:
        return half_up(paid * rate / (1 + rate) if included else paid * rate)

    at = at or BEGAN + timedelta(hours=number)
    gross = [one.quantity * one.unit_minor for one in lines]
    own = [min(one.discount_minor, full) for one, full in zip(lines, gross, strict=True)]
    left = [full - less for full, less in zip(gross, own, strict=True)]
    order_wide = shared(min(discount_minor, sum(left)), left)
    paid = [rest - less for rest, less in zip(left, order_wide, strict=True)]
    taxes = [tax_on(amount) for amount in paid]
    shipping = max(0, shipping_minor - shipping_discount_minor)
    shipping_tax = tax_on(shipping)
    tax = sum(taxes) + shipping_tax
    total = sum(paid) + shipping + tip_minor + (0 if included else tax)
    rows = [
        {
            "__typename": "LineItem",
            "id": gid("LineItem", number * 100 + at_line),
            "title": f"Product {one.product}",
            "quantity": one.quantity,
            "product": one.product and {"id": gid("Product", one.product)},
            "variant": one.product and {"id": gid("ProductVariant", one.product * 100)},
            "lineItemGroup": None,
            "originalTotalSet": money(gross[at_line]),
            "discountAllocations": [
                {"allocatedAmountSet": money(part)}
                for part in (own[at_line], order_wide[at_line])
                if part
            ],
            "taxLines": [{"priceSet": money(taxes[at_line])}] if taxes[at_line] else [],
        }
        for at_line, one in enumerate(lines)
    ]
    given, worth_back, tax_back, money_back, unlike = [], 0, 0, 0, 0
    line_tax_back = 0
    returned = [0] * len(lines)
    shipping_there = shipping
    for at_refund, back in enumerate(refunds):
        parts = []
        for line, pieces in back.pieces:
            pieces = min(pieces, lines[line].quantity - returned[line])
            if pieces <= 0:
                continue
            before, returned[line] = returned[line], returned[line] + pieces

            def by_piece(whole: int, count: int, line: int = line) -> int:
                return half_up(Fraction(whole * count, lines[line].quantity))

            worth = by_piece(paid[line], returned[line]) - by_piece(paid[line], before)
            taxed = by_piece(taxes[line], returned[line]) - by_piece(taxes[line], before)
            parts.append((line, pieces, worth, taxed))
        shipping_back = shipping_there if back.shipping else 0
        shipping_there -= shipping_back
        shipping_taxed = shipping_tax if shipping_back else 0
        fair = sum(worth + (0 if included else taxed) for _, _, worth, taxed in parts)
        fair += shipping_back + (0 if included else shipping_taxed)
        sent = fair if back.money_minor is None else back.money_minor
        when = at + timedelta(days=back.after_days, seconds=at_refund)
        worth_back += sum(worth for _, _, worth, _ in parts)
        line_tax_back += sum(taxed for *_, taxed in parts)
        tax_back += sum(taxed for *_, taxed in parts) + shipping_taxed
        money_back += sent
        unlike += fair - sent
        given.append(
            {
                "__typename": "Refund",
                "id": gid("Refund", number * 100 + at_refund),
                "createdAt": stamp(when),
                "processedAt": stamp(when),
                "updatedAt": stamp(when),
                "totalRefundedSet": money(sent),
                "orderAdjustments": [
                    {"__typename": "OrderAdjustment", "id": gid("OrderAdjustment", number)}
                ]
                if sent != fair
                else [],
                "refundShippingLines": [
                    {
                        "subtotalAmountSet": money(shipping_back),
                        "taxAmountSet": money(shipping_taxed),
                    }
                ]
                if shipping_back
                else [],
                "refundLineItems": [
                    {
                        "quantity": pieces,
                        "lineItem": {"id": rows[line]["id"]},
                        "subtotalSet": money(worth),
                        "totalTaxSet": money(taxed),
                    }
                    for line, pieces, worth, taxed in parts
                ],
            }
        )
    status = "PAID"
    if money_back:
        status = "REFUNDED" if money_back >= total else "PARTIALLY_REFUNDED"
    latest = max([at, *(datetime.fromisoformat(one["updatedAt"]) for one in given)])
    made = {
        "__typename": "Order",
        "id": gid("Order", number),
        "name": f"#{1000 + number}",
        "test": False,
        "sourceName": "web",
        "createdAt": stamp(at),
        "processedAt": stamp(at),
        "updatedAt": stamp(latest),
        "cancelledAt": None,
        "displayFinancialStatus": status,
        "currencyCode": currency,
        "presentmentCurrencyCode": presentment[0] if presentment else currency,
        "taxesIncluded": included,
        "customer": {"__typename": "Customer", "id": gid("Customer", 1 + number % 7)},
        "customAttributes": [],
        "totalPriceSet": money(total),
        "subtotalPriceSet": money(sum(paid)),
        "totalTaxSet": money(tax),
        "totalDiscountsSet": money(sum(own) + sum(order_wide)),
        "totalShippingPriceSet": money(shipping_minor),
        "totalTipReceivedSet": money(tip_minor),
        "originalTotalDutiesSet": None,
        "originalTotalAdditionalFeesSet": None,
        "totalRefundedSet": money(money_back),
        "currentSubtotalPriceSet": money(sum(paid) - worth_back),
        "currentTotalTaxSet": money(tax - tax_back),
        "lineItems": rows,
        "refunds": given,
        # What Shopify's own report calls net sales: without tax, less returns, and with what was
        # given back beyond or below their worth. No field of the API; here to compare with.
        "netSales": sum(paid)
        - worth_back
        - (sum(taxes) - line_tax_back if included else 0)
        + unlike,
    } | changes
    for refund in given:
        refund["order"] = made
    return made
