"""The product resource: its list, and what may be changed about it."""

from __future__ import annotations

import re
import sqlite3
import time
from typing import Any

import flask

from demo import announce, catalogue
from demo.api.asked import TRUE, Asked, invalid, sent
from demo.api.listing import Paging, Where, read
from demo.api.product_body import body, links_of
from demo.api.wire import Refused, answer, item, kept
from demo.database import changing, here

rooms = flask.Blueprint("products", __name__)
STATUSES = ("draft", "pending", "private", "publish", "future", "trash")
ORDERS = {
    "date": "created_s {way}, id {way}",
    "modified": "modified_s {way}, id {way}",
    "id": "id {way}",
    "include": "id {way}",
    "title": "name {way}, id {way}",
    "slug": "slug {way}",
    "price": "CAST(price AS REAL) {way}, id {way}",
    "popularity": "total_sales {way}, id {way}",
    "rating": "id {way}",
    "menu_order": "name {way}, id {way}",
}
# What PUT may set, with the values it may have (None: any text).
WRITABLE: dict[str, tuple[str, ...] | None] = {
    "name": None,
    "sku": None,
    "status": STATUSES[:-1],
    "regular_price": None,
    "sale_price": None,
    "stock_status": ("instock", "outofstock", "onbackorder"),
    "catalog_visibility": ("visible", "catalog", "search", "hidden"),
}
PRICE = re.compile(r"\d+(\.\d+)?|", re.ASCII)


@rooms.get("/products")
def many() -> flask.Response:
    asked, where = Asked(), Where()
    where.also("deleted = 0")
    _statuses(asked, where)
    where.dated(asked)
    _filters(asked, where)
    orderby = asked.one_of("orderby", tuple(ORDERS), "date")
    way = asked.one_of("order", ("asc", "desc"), "desc")
    paging = Paging.asked(asked)
    asked.settle()
    listed = read("products", where, ORDERS[orderby].format(way=way), paging)
    rows = [kept({**body(row), "_links": links_of(row["id"])}) for row in listed.rows]
    return answer(rows, headers=listed.headers, allow=("GET", "POST"))


def _statuses(asked: Asked, where: Where) -> None:
    """Without a filter everything but the trash comes, drafts too."""
    status = asked.one_of("status", ("any", *STATUSES), "any")
    only = asked.some_of("include_status", ("any", *STATUSES))
    without = asked.some_of("exclude_status", STATUSES)
    if only and "any" not in only:
        where.among("status", only)
    elif status == "any":
        where.also("status <> 'trash'")
    else:
        where.also("status = ?", status)
    if without:
        where.among("status", without, out=True)


def _filters(asked: Asked, where: Where) -> None:
    if (ids := asked.ids("include")) is not None:
        where.among("id", ids)
    if (ids := asked.ids("exclude")) is not None:
        where.among("id", ids, out=True)
    if (ids := asked.ids("category")) is not None:
        inside = [c.id for c in catalogue.CATEGORIES if c.id in ids or c.parent in ids]
        where.among("category_id", inside)
    for name in ("sku", "slug"):
        if (text := asked.text(name)) is not None:
            where.also(f"{name} = ?", text)
    if (text := asked.text("sku")) is not None:
        where.also("status <> 'trash'")  # a trashed product's sku is nobody's
    if (text := asked.text("search")) is not None:
        where.also("instr(lower(name || ' ' || sku), lower(?))", text)
    if asked.text("stock_status") is not None:
        choices = WRITABLE["stock_status"] or ()
        where.also("stock_status = ?", asked.one_of("stock_status", choices, "instock"))
    if asked.one_of("type", ("simple", "grouped", "external", "variable"), "simple") != "simple":
        where.also("0")  # this shop sells simple products only


@rooms.get("/products/<int:id>")
def one(id: int) -> flask.Response:
    return item(body(find(id)), links_of(id), allow=("GET", "POST", "PUT", "PATCH", "DELETE"))


@rooms.get("/products/<int:id>/variations")
def variations(id: int) -> flask.Response:
    """No product here has any, and the real shop answers so for a missing product too."""
    asked, where = Asked(), Where()
    paging = Paging.asked(asked)
    asked.settle()
    where.also("0")
    return answer([], headers=read("products", where, "id", paging).headers, allow=("GET", "POST"))


@rooms.route("/products/<int:id>", methods=["PUT", "POST", "PATCH"])
def change(id: int) -> flask.Response:
    row, given = find(id), sent()
    values = {name: given[name] for name in WRITABLE if name in given}
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise invalid(name, f"{name} is not of type string.")
        values[name] = value = str(value)
        choices = WRITABLE[name]
        if choices is not None and value not in choices:
            raise invalid(name, f"{name} is not one of {', '.join(choices)}.")
        if name.endswith("price") and not PRICE.fullmatch(value):
            raise invalid(name, f"{name} is not a price: write it like 12.50.")
    regular = values.get("regular_price", row["regular_price"])
    sale = values.get("sale_price", row["sale_price"])
    on_sale = sale != "" and regular != "" and float(sale) < float(regular)
    values |= {"sale_price": sale if on_sale else "", "price": sale if on_sale else regular}
    # Even a change that changes nothing touches the product.
    _save(id, {**values, "modified_s": int(time.time())}, "product.updated")
    return one(id)


@rooms.delete("/products/<int:id>")
def remove(id: int) -> flask.Response:
    row = find(id)
    gone = body(row)
    if flask.request.args.get("force") in TRUE:
        # No webhook tells of a product that was deleted for good.
        _save(id, {"deleted": 1, "slug": f"{row['slug']}__deleted-{id}"}, None)
        return item(gone, links_of(id), allow=("GET", "POST", "PUT", "PATCH", "DELETE"))
    if row["status"] == "trash":
        raise Refused(
            410, "woocommerce_rest_already_trashed", "The product has already been deleted."
        )
    trashed = {
        "status": "trash",
        "status_before_trash": row["status"],
        "slug": f"{row['slug']}__trashed",
        "modified_s": int(time.time()),
    }
    _save(id, trashed, "product.deleted")
    return one(id)


def _save(id: int, values: dict[str, Any], topic: str | None) -> None:
    db = here()
    columns = ", ".join(f"{name} = ?" for name in values)
    with changing(db):
        db.execute(f"UPDATE products SET {columns} WHERE id = ?", [*values.values(), id])  # noqa: S608
        if topic:
            announce.about(db, topic, id)


def find(id: int) -> sqlite3.Row:
    row: sqlite3.Row | None = (
        here().execute("SELECT * FROM products WHERE id = ? AND deleted = 0", (id,)).fetchone()
    )
    if row is None:
        raise Refused(404, "woocommerce_rest_product_invalid_id", "Invalid ID.")
    return row
