"""Which products does a page show? Every question that the pages ask, as plain SQL."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass

import flask

from demo import catalogue
from demo.database import LARGEST_ID, here

PER_PAGE = 24
MONTH_S = 30 * 86400
FRESH_S = 60  # counting a month's order lines takes some 30 ms: not on every view of the home page
ON_SALE_HERE = "status = 'publish' AND deleted = 0"
IN_LISTS = f"{ON_SALE_HERE} AND catalog_visibility IN ('visible', 'catalog')"
IN_SEARCH = f"{ON_SALE_HERE} AND catalog_visibility IN ('visible', 'search')"
# The sort orders a shopper may choose: the value in the address, its name, and the SQL.
SORTS = {
    "popularity": ("Most popular", "times_ordered DESC, id"),
    "date": ("Newest", "created_s DESC, id DESC"),
    "price": ("Price: low to high", "CAST(price AS REAL), id"),
    "price-desc": ("Price: high to low", "CAST(price AS REAL) DESC, id"),
}


@dataclass(frozen=True, slots=True)
class Found:
    products: list[sqlite3.Row]
    total: int
    page: int
    pages: int
    sort: str


def by_slug(slug: str) -> sqlite3.Row | None:
    return _one("slug = ?", slug)


def by_id(id: int) -> sqlite3.Row | None:
    return _one("id = ?", id) if id <= LARGEST_ID else None


def _one(condition: str, value: object) -> sqlite3.Row | None:
    row: sqlite3.Row | None = (
        here()
        .execute(f"SELECT * FROM products WHERE {condition} AND {ON_SALE_HERE}", (value,))  # noqa: S608
        .fetchone()
    )
    return row


def in_category(category: catalogue.Category | None) -> Found:
    """A category with its children; None: the whole shop."""
    if category is None:
        return _found(IN_LISTS, [])
    ids = [category.id, *(child.id for child in catalogue.children(category.id))]
    return _found(f"{IN_LISTS} AND category_id IN ({', '.join('?' * len(ids))})", ids)


def matching(words: str) -> Found:
    """Every word must stand in the title or the item code."""
    condition, values = IN_SEARCH, []
    for word in words.split()[:8]:
        condition += " AND instr(lower(name || ' ' || sku), ?)"
        values.append(word.lower())
    return _found(condition, values)


def _found(condition: str, values: list[object] | list[int] | list[str]) -> Found:
    asked = flask.request.args.get("orderby", "")
    sort = asked if asked in SORTS else "popularity"
    total: int = (
        here().execute(f"SELECT count(*) FROM products WHERE {condition}", values).fetchone()[0]  # noqa: S608
    )
    pages = max(1, -(-total // PER_PAGE))
    given = flask.request.args.get("paged", "1")
    page = min(pages, max(1, int(given) if given.isascii() and given.isdigit() else 1))
    rows = here().execute(
        f"SELECT * FROM products WHERE {condition} ORDER BY {SORTS[sort][1]} LIMIT ? OFFSET ?",  # noqa: S608
        [*values, PER_PAGE, (page - 1) * PER_PAGE],
    )
    return Found(rows.fetchall(), total, page, pages, sort)


def bestsellers(count: int) -> list[sqlite3.Row]:
    """What stood in most orders of the last 30 days."""
    known: tuple[float, list[int]] = flask.current_app.extensions.get("bestsellers", (0.0, []))
    now_s = time.time()
    if now_s - known[0] > FRESH_S:
        ids = here().execute(
            "SELECT l.product_id FROM orders o JOIN order_lines l ON l.order_id = o.id"
            " WHERE o.created_s > ? AND o.status <> 'trash'"
            " GROUP BY l.product_id ORDER BY count(*) DESC, l.product_id LIMIT 40",
            (int(now_s) - MONTH_S,),
        )
        known = (now_s, [row[0] for row in ids])
        flask.current_app.extensions["bestsellers"] = known
    found = (by_id(id) for id in known[1])
    return [row for row in found if row is not None and row["stock_status"] == "instock"][:count]


def category_tiles() -> list[tuple[catalogue.Category, int, sqlite3.Row]]:
    """Each top category with the number of its products and its most popular one."""
    tiles = []
    for category in catalogue.children(0):
        ids = [category.id, *(child.id for child in catalogue.children(category.id))]
        marks = ", ".join("?" * len(ids))
        rows = (
            here()
            .execute(
                "SELECT *, count(*) OVER () AS products FROM products"  # noqa: S608
                f" WHERE {IN_LISTS} AND category_id IN ({marks})"
                " ORDER BY times_ordered DESC, id LIMIT 1",
                ids,
            )
            .fetchone()
        )
        if rows is not None:
            tiles.append((category, rows["products"], rows))
    return tiles
