"""What do the columns of WooCommerce's own product export mean?

Orders are exported by plugins: see `woocommerce_orders.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from connectors.exports.catalogue import Named
from connectors.exports.plain import compare_at, price_in
from connectors.exports.rows import Clock, Line, Reject, Sheet, id_in, yes
from connectors.woocommerce.fields import plain
from store.records import Category, Image, Product

PRODUCTS = {"id", "type", "name", "published", "regular price"}
_SOLD_BY_CART = "simple"


def products(sheet: Sheet, currency: str, clock: Clock, at: datetime) -> Iterator[Product | Reject]:
    """Variations stand anywhere in the file, so products wait in memory for theirs: a catalogue
    of 70,000 takes about 100 MiB."""
    found: dict[str, Product] = {}
    variations: list[tuple[Line, str]] = []
    by_sku: dict[str, str] = {}
    for line in sheet.lines():
        if isinstance(line, Reject):
            yield line
            continue
        cell = _reader(sheet, line)
        try:
            if cell("type").split(",")[0].strip() == "variation":
                variations.append((line, cell("parent")))
                continue
            product = _product(cell, currency, clock, at)
            if product.id in found:
                raise ValueError(f"product {product.id} stood above already")
        except ValueError as error:
            yield line.reject(error)
            continue
        found[product.id] = product
        by_sku[cell("sku")] = product.id
    priced: dict[str, list[tuple[int, int | None, bool]]] = {}
    for line, parent in variations:
        cell = _reader(sheet, line)
        id = parent.removeprefix("id:") if parent.startswith("id:") else by_sku.get(parent, "")
        try:
            if id not in found:
                raise ValueError(f"parent: no product {parent[:40]!r} stands in this file")
            price, before = _prices(cell, currency, clock, at)
            if price is not None and cell("published") == "1":
                stock = yes(cell("in stock?"), "In stock?")
                priced.setdefault(id, []).append((price, before, stock))
        except ValueError as error:
            yield line.reject(error)
    for id, product in found.items():
        yield _with_variations(product, priced.get(id, []))


def _product(cell: _Cell, currency: str, clock: Clock, at: datetime) -> Product:
    kinds = [kind.strip() for kind in cell("type").split(",")]
    title = plain(cell("name"))
    if not title:
        raise ValueError("Name is empty")
    price, before = _prices(cell, currency, clock, at)
    image = cell("images").split(",")[0].strip()
    return Product(
        id=id_in(cell("id"), "ID"),
        title=title,
        currency=currency,
        updated_at=at,
        vendor=plain(_list(cell("brands"))[0]) if cell("brands") else "",
        tags=tuple(plain(tag) for tag in _list(cell("tags"))),
        categories=_categories(cell("categories")),
        price_minor=price,
        compare_at_minor=before,
        image=Image(image) if image else None,
        in_stock=yes(cell("in stock?"), "In stock?"),
        withheld=_withheld(kinds[0], cell("published"), cell("visibility in catalog"), price),
        cart_id=cell("id") if kinds[0] == _SOLD_BY_CART and price is not None else None,
    )


def _withheld(kind: str, published: str, visibility: str, price: int | None) -> str:
    if published != "1":
        return "draft" if published == "-1" else "private"
    if visibility in ("hidden", "search"):
        return "hidden" if visibility == "hidden" else "search only"
    if kind in ("external", "grouped"):
        return kind
    return "not for sale" if price is None and not kind.startswith("variable") else ""


def _prices(
    cell: _Cell, currency: str, clock: Clock, at: datetime
) -> tuple[int | None, int | None]:
    """What it costs now, and what is struck through: a sale counts between its dates."""
    regular = price_in(cell("regular price"), "Regular price", currency)
    sale = price_in(cell("sale price"), "Sale price", currency)
    starts, ends = cell("date sale price starts"), cell("date sale price ends")
    if sale is None or (starts and clock.any(starts, "Date sale price starts") > at):
        return regular, None
    if ends and clock.any(ends, "Date sale price ends") < at:
        return regular, None
    return sale, compare_at(cell("regular price"), sale, currency)


def _with_variations(product: Product, priced: list[tuple[int, int | None, bool]]) -> Product:
    if not priced:
        variable = product.price_minor is None and not product.withheld
        return replace(product, withheld="not for sale") if variable else product
    price, before, _ = min(priced, key=lambda one: one[0])
    return replace(
        product,
        price_minor=price,
        compare_at_minor=before,
        price_varies=len({price for price, _, _ in priced}) > 1,
        in_stock=any(stock for _, _, stock in priced),
    )


def _categories(cell: str) -> tuple[Category, ...]:
    """Of "Clothing > Hoodies, Other". A category's id is its path, for the file has no other."""
    found: dict[str, Category] = {}
    for path in sorted(_list(cell), key=lambda path: -path.count(">")):
        names = [plain(name) for name in path.split(">")]
        for depth in range(len(names), 0, -1):
            id, above = " > ".join(names[:depth]), " > ".join(names[: depth - 1])
            found.setdefault(id, Category(id, names[depth - 1], above or None))
    return tuple(found.values())


def _list(cell: str) -> list[str]:
    """Names between commas; a comma within a name is written `\\,`."""
    parts = re.split(r"(?<!\\),", cell)
    return [part.strip().replace("\\,", ",") for part in parts if part.strip()]


def named(sheet: Sheet) -> Iterator[Named]:
    """Every product and variation, as an order may name it; a variation stands for its parent."""
    by_sku: dict[str, str] = {}
    later: list[tuple[str, str]] = []
    for line in sheet.lines():
        if isinstance(line, Reject):
            continue
        cell = _reader(sheet, line)
        if cell("type").split(",")[0].strip() == "variation":
            later.append((cell("sku"), cell("parent")))
        else:
            by_sku[cell("sku")] = cell("id")
            yield Named(cell("id"), plain(cell("name")), cell("sku"))
    for sku, parent in later:
        id = parent.removeprefix("id:") if parent.startswith("id:") else by_sku.get(parent, "")
        if id:
            yield Named(id, "", sku)


class _Cell:
    def __init__(self, sheet: Sheet, line: Line) -> None:
        self._columns, self._cells = sheet.columns, line.cells

    def __call__(self, name: str) -> str:
        at = self._columns.get(name)
        return "" if at is None else self._cells[at].strip()


def _reader(sheet: Sheet, line: Line) -> _Cell:
    return _Cell(sheet, line)
