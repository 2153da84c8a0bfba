"""Which page of a list, and what do its headers say?"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from urllib.parse import urlencode

import flask

from demo.api.asked import Asked
from demo.api.wire import home
from demo.database import here

LATER = ("after", "modified_after")
DATED = {
    "after": "created_s",
    "before": "created_s",
    "modified_after": "modified_s",
    "modified_before": "modified_s",
}


@dataclass
class Where:
    """A condition that grows; `sql` and `values` are ready for a statement."""

    parts: list[str] = field(default_factory=lambda: ["1"])
    values: list[object] = field(default_factory=list)

    def also(self, sql: str, *values: object) -> None:
        self.parts.append(sql)
        self.values.extend(values)

    def among(self, column: str, values: list[int] | list[str], *, out: bool = False) -> None:
        marks = ", ".join("?" * len(values))
        self.also(f"{column} {'NOT IN' if out else 'IN'} ({marks})", *values)

    def dated(self, asked: Asked, columns: dict[str, str] | None = None) -> None:
        """Dates compare strictly: a row at exactly the given second is on neither side."""
        for name, column in (columns or DATED).items():
            instant_s = asked.instant(name)
            if instant_s is not None:
                self.also(f"{column} {'>' if name in LATER else '<'} ?", instant_s)

    @property
    def sql(self) -> str:
        return " AND ".join(self.parts)


@dataclass(frozen=True, slots=True)
class Listed:
    rows: list[sqlite3.Row]
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Paging:
    page: int
    per_page: int
    offset: int

    @classmethod
    def asked(cls, asked: Asked) -> Paging:
        page = asked.whole("page", 1, 1)
        per_page = asked.whole("per_page", 10, 1, 100)
        return cls(page, per_page, max(0, asked.whole("offset", (page - 1) * per_page)))


def read(
    table: str,
    where: Where,
    order: str,
    paging: Paging,
    *,
    forgets_totals: bool = False,
    adds: dict[str, str] | None = None,
) -> Listed:
    """One page of rows. Table and order are ours, never the client's text.

    `forgets_totals`: past the end the order list says 0 of 0 (products keep the true totals).
    `adds`: the defaults that the order list repeats in its links.
    """
    db = here()
    total: int = db.execute(
        f"SELECT count(*) FROM {table} WHERE {where.sql}",  # noqa: S608
        where.values,
    ).fetchone()[0]
    rows = db.execute(
        f"SELECT * FROM {table} WHERE {where.sql} ORDER BY {order} LIMIT ? OFFSET ?",  # noqa: S608
        [*where.values, paging.per_page, paging.offset],
    ).fetchall()
    if forgets_totals and not rows:
        total = 0
    pages = -(-total // paging.per_page)
    return Listed(
        rows,
        {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)}
        | _links(paging.page, pages, adds or {}),
    )


def _links(page: int, pages: int, adds: dict[str, str]) -> dict[str, str]:
    query = dict(flask.request.args.items(multi=True))
    for name, value in adds.items():
        query.setdefault(name, value)
    wanted = {}
    if page > 1:
        wanted["prev"] = min(page - 1, pages)
    if page < pages:
        wanted["next"] = page + 1
    if not wanted:
        return {}
    address = home(flask.request.path)
    return {
        "Link": ", ".join(
            f'<{address}?{urlencode(query | {"page": str(to)})}>; rel="{rel}"'
            for rel, to in wanted.items()
        )
    }
