"""Which product is meant, where an order export names it only by SKU or by title?

Shopify's order export and the usual WooCommerce ones hold no product ids; the products export of
the same shop tells which SKU and which title belong to which id.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Named(NamedTuple):
    """One row of a products export, as an order may name it."""

    id: str
    title: str
    sku: str


class Catalogue:
    def __init__(self, rows: Iterable[Named]) -> None:
        self._by_sku: dict[str, str | None] = {}
        self._by_title: dict[str, str | None] = {}
        for row in rows:
            _remember(self._by_sku, row.sku.strip(), row.id)
            _remember(self._by_title, row.title.strip().lower(), row.id)

    def find(self, sku: str, title: str) -> str | None:
        """By SKU, then by title, then by the title before " - " and the options. A SKU or title
        that two products share says nothing."""
        title = title.strip().lower()
        return (
            self._by_sku.get(sku.strip())
            or self._by_title.get(title)
            or self._by_title.get(title.rpartition(" - ")[0])
        )


def _remember(names: dict[str, str | None], name: str, id: str) -> None:
    if name:
        names[name] = id if names.get(name, id) == id else None
