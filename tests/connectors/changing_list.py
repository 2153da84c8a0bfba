"""A list that answers as WooCommerce's do, while somebody changes it: what walks are tested on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from connectors.woocommerce.walk import Listing


class ChangingList:
    """Rows have an id, a stamp, a version and a status; `before_each` runs before each answer."""

    def __init__(self, at: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)) -> None:
        self.at = at
        self.rows: dict[int, dict] = {}
        self.asked: list[Mapping[str, str]] = []
        self.before_each: Callable[[], None] = lambda: None
        self._last_id = 0

    def stamp(self, ago_s: int = 0) -> str:
        return (self.at - timedelta(seconds=ago_s)).replace(tzinfo=None).isoformat()

    def add(self, ago_s: int = 0, zone_h: int = 0) -> int:
        self._last_id += 1
        self.rows[self._last_id] = {"id": self._last_id, "version": 0, "status": "publish"}
        self.touch(self._last_id, ago_s, zone_h)
        return self._last_id

    def touch(self, id: int, ago_s: int = 0, zone_h: int = 0) -> None:
        row = self.rows[id]
        stamp = self.stamp(ago_s)
        local = (datetime.fromisoformat(stamp) + timedelta(hours=zone_h)).isoformat()
        self.rows[id] = row | {
            "version": row["version"] + 1,
            "date_modified_gmt": stamp,
            "date_modified": local,  # what WooCommerce really sorts products by
        }

    def set_status(self, id: int, status: str) -> None:
        self.rows[id] = self.rows[id] | {"status": status}
        self.touch(id)

    def delete(self, id: int) -> None:
        del self.rows[id]

    def ask(self, params: Mapping[str, str]) -> Listing:
        self.asked.append(params)
        self.before_each()
        trash = params.get("status") == "trash"
        rows = [row for row in self.rows.values() if (row["status"] == "trash") is trash]
        if after := params.get("modified_after"):
            rows = [row for row in rows if row["date_modified_gmt"] > after]
        if before := params.get("modified_before"):
            rows = [row for row in rows if row["date_modified_gmt"] < before]
        field = {"id": "id", "modified": "date_modified"}[params["orderby"]]
        rows.sort(key=lambda row: (row[field], row["id"]), reverse=params["order"] == "desc")
        size, page = int(params["per_page"]), int(params["page"])
        assert 1 <= size <= 100
        assert page >= 1
        return Listing(rows[(page - 1) * size : page * size], len(rows), self.at)
