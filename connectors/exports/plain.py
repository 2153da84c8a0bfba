"""What do the columns of our own plain CSV form mean? (docs/connectors.md lists them.)"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from math import ceil

from connectors import marks
from connectors.exports.gather import by_order
from connectors.exports.rows import Clock, Line, Reject, Sheet, currency_in, id_in, yes
from connectors.money import minor_units
from store.records import Category, Image, Order, OrderLine, OrderStatus, Product

PRODUCTS = {"product_id", "title"}
ORDERS = {"order_id", "placed_at", "product_id"}
# What an order's row says of the purchase and not of the person.
OF_PURCHASE = ORDERS | {"currency", "quantity", "unit_price", "status"}

# Words that shop systems use; an unknown word means placed, an empty cell means paid (who exports
# no status exports sales).
STATUSES: dict[str, OrderStatus] = dict.fromkeys(
    "paid complete completed processing refunded partially_refunded fulfilled shipped delivered "
    "closed".split(),
    "paid",
)
STATUSES |= dict.fromkeys(
    "cancelled canceled failed voided expired trash rejected".split(), "cancelled"
)

# More pieces than that are an id or an amount in the wrong column.
MOST_PIECES = 1_000_000


def products(sheet: Sheet, currency: str, clock: Clock, at: datetime) -> Iterator[Product | Reject]:
    read = _Cells(sheet)
    seen: dict[str, int] = {}
    for line in sheet.lines():
        if isinstance(line, Reject):
            yield line
            continue
        try:
            product = _product(read, line, currency, clock, at)
            if first := seen.setdefault(product.id, line.number) - line.number:
                raise ValueError(f"product {product.id} stood {-first} lines above already")
        except ValueError as error:
            yield line.reject(error)
        else:
            yield product


def _product(read: _Cells, line: Line, default: str, clock: Clock, at: datetime) -> Product:
    cells = line.cells
    currency = currency_in(read(cells, "currency"), default)
    title = " ".join(read(cells, "title").split())
    if not title:
        raise ValueError("title is empty")
    kind = read(cells, "product_type").strip()
    image = read(cells, "image_url").strip()
    published = read(cells, "published_at")
    price = price_in(read(cells, "price"), "price", currency)
    return Product(
        id=id_in(read(cells, "product_id"), "product_id"),
        title=title,
        currency=currency,
        updated_at=at,
        url=read(cells, "url").strip(),
        vendor=read(cells, "vendor").strip(),
        product_type=kind,
        tags=tuple(tag.strip() for tag in read(cells, "tags").split("|") if tag.strip()),
        categories=type_as_category(kind),
        price_minor=price,
        compare_at_minor=compare_at(read(cells, "compare_at_price"), price, currency),
        image=Image(image) if image else None,
        in_stock=yes(read(cells, "in_stock"), "in_stock"),
        published_at=clock.any(published, "published_at") if published.strip() else None,
    )


def orders(sheet: Sheet, currency: str, clock: Clock, at: datetime) -> Iterator[Order | Reject]:
    read = _Cells(sheet)
    for group in by_order(sheet, sheet.columns["order_id"]):
        if isinstance(group, Reject):
            yield group
        else:
            yield from _order(read, group, currency, clock, at)


def _order(
    read: _Cells, group: list[Line], default: str, clock: Clock, at: datetime
) -> Iterator[Order | Reject]:
    """The rows that can be read make the order; time, customer and status are its first row's."""
    first: list[str] | None = None
    lines: list[OrderLine] = []
    product_at, quantity_at, price_at = read.at("product_id", "quantity", "unit_price")
    for line in group:
        cells = line.cells
        try:
            if first is None:
                id = id_in(read(cells, "order_id"), "order_id")
                placed_at = clock.past(read(cells, "placed_at"), "placed_at")
                currency = currency_in(read(cells, "currency"), default)
            elif (own := read(cells, "currency")) and currency_in(own, default) != currency:
                raise ValueError(f"currency: the order began in {currency}, and has only one")
            quantity = pieces(cells[quantity_at] if quantity_at >= 0 else "")
            lines.append(
                OrderLine(
                    f"{id}:{len(lines) + 1}",
                    id_in(cells[product_at], "product_id"),
                    quantity,
                    gross(cells[price_at], quantity, currency) if price_at >= 0 else 0,
                )
            )
            first = first or cells
        except ValueError as error:
            yield line.reject(error)
    if first is None:
        return
    status = read(first, "status").strip()
    yield Order(
        id=id,
        placed_at=placed_at,
        updated_at=at,
        currency=currency,
        status=status_of(status),
        total_minor=sum(line.gross_minor for line in lines),
        lines=tuple(lines),
        number=id,
        platform_status=status,
        customer_id=read(first, "customer_id").strip() or None,
        visitor=marks.visitor(read(first, "visitor_id").strip()),
    )


class _Cells:
    """The cell of a column; "" where the file has no such column."""

    def __init__(self, sheet: Sheet) -> None:
        self._columns = sheet.columns

    def __call__(self, cells: list[str], name: str) -> str:
        at = self._columns.get(name)
        return "" if at is None else cells[at]

    def at(self, *names: str) -> list[int]:
        return [self._columns.get(name, -1) for name in names]


# --- cells that other forms have too -------------------------------------------------------------


def status_of(word: str) -> OrderStatus:
    word = word.strip().lower().replace(" ", "_").removeprefix("wc-")
    return STATUSES.get(word, "placed") if word else "paid"


@lru_cache(maxsize=2**10)
def pieces(cell: str) -> int:
    """How many; empty is one. What is sold by weight counts as pieces begun."""
    text = cell.strip()
    if not text:
        return 1
    try:
        quantity = int(text) if text.isdecimal() and text.isascii() else ceil(Decimal(text))
    except (ArithmeticError, ValueError):
        raise ValueError(f"quantity: {cell[:40]!r} is not a number") from None
    if quantity < 1:
        raise ValueError(f"quantity: {cell[:40]!r} is not at least one (leave returns out)")
    if quantity > MOST_PIECES:
        raise ValueError(f"quantity: {cell[:40]!r} is more than {MOST_PIECES:,} pieces")
    return quantity


@lru_cache(maxsize=2**15)
def gross(unit_price: str, quantity: int, currency: str) -> int:
    """Pieces times price, rounded once: 8 pieces at 0.125 are 1.00. Empty: no price told, 0."""
    if not unit_price.strip():
        return 0
    if price_in(unit_price, "unit_price", currency) is None:
        return 0
    return minor_units(f"{Decimal(unit_price.strip()) * quantity:f}", currency)


def price_in(cell: str, name: str, currency: str) -> int | None:
    if not cell.strip():
        return None
    try:
        price = minor_units(cell, currency)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if price < 0:
        raise ValueError(f"{name}: {cell[:40]!r} is below zero")
    return price


def compare_at(cell: str, price: int | None, currency: str) -> int | None:
    before = price_in(cell, "compare_at_price", currency)
    return before if before is not None and price is not None and before > price else None


def type_as_category(kind: str) -> tuple[Category, ...]:
    """Files name no categories; the type is what their bestsellers can be grouped by."""
    return (Category(kind, kind),) if kind else ()
