"""What do the columns of the usual WooCommerce order exports mean?

WooCommerce itself exports no orders; its plugins do. Those that write a row per line differ in the
names of their columns, which are listed here, compared in lower case with `_` as a space.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from connectors.exports.catalogue import Catalogue
from connectors.exports.gather import by_order
from connectors.exports.plain import gross, pieces, price_in
from connectors.exports.rows import Clock, Line, Reject, Sheet, currency_in, id_in
from connectors.woocommerce.fields import plain
from connectors.woocommerce.parse import STATUSES
from store.records import Order, OrderLine

# What we need : how plugins name it, the most telling name first.
COLUMNS: dict[str, tuple[str, ...]] = {
    "order": ("order id", "order number", "order #"),
    "placed": ("order date", "date created", "date", "created at"),
    "status": ("order status", "status"),
    "customer": ("customer id", "customer user id", "customer user", "user id"),
    "email": ("billing email", "email (billing)", "customer email", "email"),
    "currency": ("order currency", "currency"),
    "product": ("item product id", "product id", "line item product id"),
    "sku": ("item sku", "sku", "product sku"),
    "title": ("item name", "product name", "product name (main)", "name"),
    "quantity": ("item quantity", "quantity", "qty", "product quantity", "quantity (- refund)"),
    "subtotal": ("item subtotal", "order line subtotal", "line subtotal", "product subtotal"),
    "net": ("item total", "order line total", "line total", "product total"),
    "unit": ("item cost", "item price", "unit price", "product price"),
    "tax": ("item total tax", "order line total tax", "order line tax", "line tax", "item tax"),
    "total": ("order total", "order total amount"),
    "total tax": ("order total tax amount", "total tax", "order tax", "tax total"),
    "shipping": ("order shipping amount", "shipping total", "order shipping"),
}

# What an order's row says of the purchase and not of the person.
OF_PURCHASE = {name for what in COLUMNS.keys() - {"customer", "email"} for name in COLUMNS[what]}


def recognises(sheet: Sheet) -> bool:
    names = {name.replace("_", " ") for name in sheet.header}

    def has(what: str) -> bool:
        return any(name in names for name in COLUMNS[what])

    return has("order") and has("placed") and (has("product") or has("sku") or has("title"))


def orders(
    sheet: Sheet, currency: str, clock: Clock, at: datetime, catalogue: Catalogue | None
) -> Iterator[Order | Reject]:
    columns = {name.replace("_", " "): at for name, at in sheet.columns.items()}
    places = {
        what: next((columns[name] for name in names if name in columns), None)
        for what, names in COLUMNS.items()
    }
    order = places["order"]
    assert order is not None  # noqa: S101  # the form was recognised by it
    for group in by_order(sheet, order, carry=True):
        if isinstance(group, Reject):
            yield group
            continue
        try:
            yield _order(places, group, currency, clock, at, catalogue)
        except ValueError as error:
            yield group[0].reject(error)


def _order(
    places: dict[str, int | None],
    group: Sequence[Line],
    default: str,
    clock: Clock,
    at: datetime,
    catalogue: Catalogue | None,
) -> Order:
    first = group[0].cells

    def cell(cells: list[str], what: str) -> str:
        column = places[what]
        return "" if column is None else cells[column].strip()

    id = id_in(cell(first, "order").lstrip("#"), "order id")
    currency = currency_in(cell(first, "currency"), default)

    def money(cells: list[str], what: str) -> int | None:
        return price_in(cell(cells, what), what, currency)

    lines: list[OrderLine] = []
    for row in (line.cells for line in group):
        quantity = pieces(cell(row, "quantity"))
        net = money(row, "net")
        before = money(row, "subtotal")
        if before is None:
            before = net if net is not None else gross(cell(row, "unit"), quantity, currency)
        product = cell(row, "product")
        if product in ("", "0"):
            known = catalogue.find(cell(row, "sku"), cell(row, "title")) if catalogue else None
            product = known or ""
        lines.append(
            OrderLine(
                f"{id}:{len(lines) + 1}",
                product or None,
                quantity,
                before,
                before - net if net is not None else 0,
                money(row, "tax") or 0,
                title=plain(cell(row, "title")),
            )
        )
    status = cell(first, "status").lower().replace(" ", "-").removeprefix("wc-")
    status = {"pending-payment": "pending"}.get(status, status)
    goods = sum(line.gross_minor - line.discount_minor for line in lines)
    tax = money(first, "total tax")
    tax = sum(line.tax_minor for line in lines) if tax is None else tax
    shipping, total = money(first, "shipping") or 0, money(first, "total")
    total = goods + tax + shipping if total is None else total
    customer = cell(first, "customer")
    return Order(
        id=id,
        placed_at=clock.past(cell(first, "placed"), "order date"),
        updated_at=at,
        currency=currency,
        status=STATUSES.get(status, "placed") if status else "paid",
        total_minor=total,
        lines=tuple(lines),
        number=id,
        platform_status=status,
        discount_minor=sum(line.discount_minor for line in lines),
        tax_minor=tax,
        shipping_minor=shipping,
        fees_minor=total - goods - tax - shipping,
        customer_id=customer if customer not in ("", "0") else None,
        email=cell(first, "email").lower() or None,
    )
