"""What do the columns of Shopify's own product and order exports mean?

Products are named by their handle, the only id that the product export holds; order lines find it
by SKU or title. Refunds are not in the order export but as a sum, so they are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from connectors import marks
from connectors.exports.catalogue import Catalogue, Named
from connectors.exports.gather import by_order
from connectors.exports.plain import compare_at, pieces, price_in, type_as_category
from connectors.exports.rows import Clock, Line, Reject, Sheet, currency_in, id_in
from connectors.exports.share import share_out
from connectors.money import minor_units
from store.records import Image, Order, OrderLine, OrderSource, OrderStatus, Product

# Column names of the older and of the newer export.
HANDLE = ("handle", "url handle")
PRICE = ("variant price", "price")
COMPARE_AT = ("variant compare at price", "compare-at price")
SKU = ("variant sku", "sku")
QUANTITY = ("variant inventory qty", "inventory quantity")
POLICY = ("variant inventory policy", "continue selling when out of stock")
TRACKER = ("variant inventory tracker", "inventory tracker")
IMAGE = ("image src", "product image url")
PUBLISHED = ("published", "published on online store")

# What an order's row says of the purchase and not of the person ("name" is the order's number).
OF_PURCHASE = {
    "name", "id", "created at", "cancelled at", "currency", "financial status", "source",
    "subtotal", "shipping", "taxes", "total", "discount amount", "lineitem quantity",
    "lineitem name", "lineitem price", "lineitem sku", "lineitem discount",
}  # fmt: skip

STATUSES: dict[str, OrderStatus] = {
    "paid": "paid",
    "refunded": "paid",
    "partially_refunded": "paid",
    "voided": "cancelled",
    "expired": "cancelled",
}  # and placed: pending, authorized, partially_paid

SOURCES: dict[str, OrderSource] = {
    "web": "shopper",
    "pos": "pos",
    "shopify_draft_order": "draft",
    "subscription_contract": "renewal",
}  # and manual: the numbers of apps


def products(sheet: Sheet, currency: str, at: datetime) -> Iterator[Product | Reject]:
    handle = sheet.column(*HANDLE)
    assert handle is not None  # noqa: S101  # the form was recognised by it
    for group in by_order(sheet, handle, carry=True):
        if isinstance(group, Reject):
            yield group
            continue
        try:
            yield _product(sheet, group, currency, at)
        except ValueError as error:
            yield group[0].reject(error)


def named(sheet: Sheet) -> Iterator[Named]:
    """Every variant, as an order may name it."""
    handle, sku, title = sheet.column(*HANDLE), sheet.column(*SKU), sheet.column("title")
    assert handle is not None  # noqa: S101  # the form was recognised by it
    for group in by_order(sheet, handle, carry=True):
        if not isinstance(group, Reject):
            id = group[0].cells[handle].strip()
            name = group[0].cells[title] if title is not None else ""
            for line in group:
                yield Named(id, name, line.cells[sku] if sku is not None else "")


def _product(sheet: Sheet, group: Sequence[Line], currency: str, at: datetime) -> Product:
    """Rows after the first are further variants, or further images where they have no price."""
    first = group[0].cells

    def cell(cells: list[str], *names: str) -> str:
        column = sheet.column(*names)
        return "" if column is None else cells[column].strip()

    title = " ".join(cell(first, "title").split())
    if not title:
        raise ValueError("title is empty")
    variants = [line.cells for line in group if cell(line.cells, *PRICE)]
    prices = [(price_in(cell(v, *PRICE), "price", currency) or 0, v) for v in variants]
    price, cheapest = min(prices, key=lambda pair: pair[0], default=(None, first))
    image = cell(first, *IMAGE)
    return Product(
        id=id_in(cell(first, *HANDLE), "handle"),
        title=title,
        currency=currency,
        updated_at=at,
        vendor=cell(first, "vendor"),
        product_type=cell(first, "type"),
        tags=tuple(tag.strip() for tag in cell(first, "tags").split(",") if tag.strip()),
        categories=type_as_category(cell(first, "type")),
        price_minor=price,
        compare_at_minor=compare_at(cell(cheapest, *COMPARE_AT), price, currency),
        price_varies=len({price for price, _ in prices}) > 1,
        image=Image(image) if image else None,
        in_stock=not variants
        or any(
            _in_stock(cell(v, *TRACKER), cell(v, *QUANTITY), cell(v, *POLICY)) for v in variants
        ),
        withheld=_withheld(
            cell(first, "status"), cell(first, *PUBLISHED), cell(first, "gift card")
        ),
    )


def _in_stock(tracker: str, quantity: str, policy: str) -> bool:
    """Untracked, or sold on when empty, or without a count (shops with several locations)."""
    if not tracker or policy.lower() in ("continue", "true") or not quantity:
        return True
    return not quantity.lstrip("-").isdecimal() or int(quantity) > 0


def _withheld(status: str, published: str, gift_card: str) -> str:
    if status.lower() in ("draft", "archived", "unlisted"):
        return status.lower()
    if published.lower() == "false":
        return "hidden"
    return "gift card" if gift_card.lower() == "true" else ""


# --- orders --------------------------------------------------------------------------------------


def orders(
    sheet: Sheet, currency: str, clock: Clock, at: datetime, catalogue: Catalogue
) -> Iterator[Order | Reject]:
    for group in by_order(sheet, sheet.columns["name"], carry=True):
        if isinstance(group, Reject):
            yield group
            continue
        try:
            yield _order(sheet, group, currency, clock, at, catalogue)
        except ValueError as error:
            yield group[0].reject(error)


def _order(
    sheet: Sheet,
    group: Sequence[Line],
    default: str,
    clock: Clock,
    at: datetime,
    catalogue: Catalogue,
) -> Order:
    """Only an order's first row has its money. Discounts and taxes of the whole order are shared
    out over the lines by their amounts, so that totals stay Shopify's to the penny."""
    first = group[0].cells

    def cell(cells: list[str], name: str) -> str:
        column = sheet.columns.get(name)
        return "" if column is None else cells[column].strip()

    currency = currency_in(cell(first, "currency"), default)

    def money(cells: list[str], name: str) -> int:
        return price_in(cell(cells, name), name, currency) or 0

    rows = [line.cells for line in group if cell(line.cells, "lineitem name")]
    counts = [pieces(cell(row, "lineitem quantity")) for row in rows]
    gross = [
        count * minor_units(cell(row, "lineitem price") or "0", currency)
        for count, row in zip(counts, rows, strict=True)
    ]
    own = [money(row, "lineitem discount") for row in rows]
    whole = max(0, money(first, "discount amount") - sum(own))
    left = [amount - discount for amount, discount in zip(gross, own, strict=True)]
    discounts = [a + b for a, b in zip(own, share_out(whole, left), strict=True)]
    total, shipping, tax = money(first, "total"), money(first, "shipping"), money(first, "taxes")
    net = sum(gross) - sum(discounts)
    if tax and total == net + shipping:  # prices with tax: it is in the lines' amounts
        gross = [amount - part for amount, part in zip(gross, share_out(tax, gross), strict=True)]
        net -= tax
    status = cell(first, "financial status")
    name = id_in(cell(first, "name"), "name")
    id = cell(first, "id") or name
    return Order(
        id=id,
        placed_at=clock.past(cell(first, "created at"), "created at"),
        updated_at=at,
        currency=currency,
        status="cancelled"
        if cell(first, "cancelled at")
        else STATUSES.get(status.lower(), "placed"),
        total_minor=total or net + shipping + tax,
        lines=tuple(
            OrderLine(
                f"{id}:{number}",
                catalogue.find(cell(row, "lineitem sku"), cell(row, "lineitem name")),
                counts[number - 1],
                gross[number - 1],
                discounts[number - 1],
                title=cell(row, "lineitem name"),
            )
            for number, row in enumerate(rows, 1)
        ),
        number=name,
        source=SOURCES.get(cell(first, "source").lower() or "web", "manual"),
        platform_status=status,
        discount_minor=sum(discounts),
        tax_minor=tax,
        shipping_minor=shipping,
        fees_minor=(total - net - shipping - tax) if total else 0,
        email=cell(first, "email").lower() or None,
        visitor=_visitor(cell(first, "note attributes")),
    )


def _visitor(attributes: str) -> str | None:
    found = re.search(rf"^{marks.VISITOR_ATTRIBUTE}: (\S+)\s*$", attributes, re.MULTILINE)
    return marks.visitor(found[1]) if found else None
