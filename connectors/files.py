"""What do CSV files say of a shop's products and orders, whichever system wrote them?

Recognises the form by the header: our own plain form, Shopify's exports, WooCommerce's product
export and the order exports of its usual plugins. What columns mean is told in `exports/`, a file
a form. Records and rejects come one by one in the order of the file; nothing is kept but the order
or product at hand (see `exports/gather.py` and `exports/woocommerce.py` for the two exceptions).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from datetime import UTC, datetime
from pathlib import Path

from connectors.errors import Misconfigured, Unreadable
from connectors.exports import plain, shopify, woocommerce, woocommerce_orders
from connectors.exports.catalogue import Catalogue
from connectors.exports.rows import Clock, Reject, Sheet
from store.records import Order, Product

__all__ = ["Reject", "header", "orders", "products"]

_ADDRESS = re.compile(r"[^\s'\"]*@[^\s'\"]*")


def products(
    path: str | Path, currency: str, timezone: str = "UTC", read_at: datetime | None = None
) -> Iterator[Product | Reject]:
    """The products of a file. `currency` is the shop's, for files that name none; `timezone` is
    where instants without an offset were written. A file is as new as its reading (`read_at`)."""
    sheet, at = Sheet.open(path), read_at or datetime.now(UTC)
    form = _form_of_products(sheet)
    if form == "plain":
        return plain.products(sheet, currency, Clock(timezone, at), at)
    if form == "shopify":
        return shopify.products(sheet, currency, at)
    return woocommerce.products(sheet, currency, Clock(timezone, at), at)


def orders(
    path: str | Path,
    currency: str,
    timezone: str = "UTC",
    read_at: datetime | None = None,
    *,
    products: str | Path | None = None,
) -> Iterator[Order | Reject]:
    """The orders of a file; see `products` for the rest. `products`: the same shop's product file,
    needed where orders name what was bought by SKU or title only."""
    sheet, at = Sheet.open(path), read_at or datetime.now(UTC)
    clock = Clock(timezone, at)
    columns = set(sheet.header)
    if columns >= plain.ORDERS:
        return _impersonal(plain.orders(sheet, currency, clock, at), sheet, plain.OF_PURCHASE)
    if {"name", "financial status", "lineitem name"} <= columns:
        found = shopify.orders(sheet, currency, clock, at, _catalogue(products, sheet))
        return _impersonal(found, sheet, shopify.OF_PURCHASE)
    if woocommerce_orders.recognises(sheet):
        names_ids = {"product id", "item product id", "product_id", "item_product_id"} & columns
        known = None if names_ids and products is None else _catalogue(products, sheet)
        found = woocommerce_orders.orders(sheet, currency, clock, at, known)
        return _impersonal(found, sheet, woocommerce_orders.OF_PURCHASE)
    raise Unreadable(
        sheet.path.name,
        "its first line is not that of an order file we know. Ours begins order_id,customer_id,"
        f"placed_at,product_id,quantity,unit_price; this one {','.join(sheet.header)[:120]}",
    )


def header(path: str | Path) -> tuple[str, ...]:
    """The names under which a reject's cells stand."""
    return Sheet.open(path).header


def _impersonal(
    found: Iterator[Order | Reject], sheet: Sheet, of_purchase: Set[str]
) -> Iterator[Order | Reject]:
    """Rejects are written to a file of ours, and whoever is erased later must not stand in it: of
    an order's row they keep what was bought, when and for how much, and nothing else."""
    names = {name.replace("_", " ") for name in of_purchase}
    kept = [name.replace("_", " ") in names for name in sheet.header]
    for one in found:
        if isinstance(one, Reject):
            # In a row that slipped a column, an address may stand under any name.
            cells = (
                cell if stays and "@" not in cell else ""
                for cell, stays in zip(one.cells, kept, strict=False)
            )
            one = Reject(one.line, _ADDRESS.sub("(an address)", one.reason), tuple(cells))
        yield one


def _form_of_products(sheet: Sheet) -> str:
    columns = set(sheet.header)
    if columns >= plain.PRODUCTS:
        return "plain"
    if "title" in columns and columns & set(shopify.HANDLE):
        return "shopify"
    if columns >= woocommerce.PRODUCTS:
        return "woocommerce"
    raise Unreadable(
        sheet.path.name,
        "its first line is not that of a product file we know. Ours begins product_id,title; "
        f"this one {','.join(sheet.header)[:120]}",
    )


def _catalogue(products: str | Path | None, orders: Sheet) -> Catalogue:
    if products is None:
        raise Misconfigured(
            f"{orders.path.name} names what was bought by SKU and title only.",
            "Give the product export of the same shop as well (--products).",
        )
    sheet = Sheet.open(products)
    form = _form_of_products(sheet)
    if form == "plain":
        raise Misconfigured(
            f"{sheet.path.name} is of our plain form, which holds no SKUs.",
            "Give the product export of the shop system that wrote the orders.",
        )
    return Catalogue((shopify if form == "shopify" else woocommerce).named(sheet))
