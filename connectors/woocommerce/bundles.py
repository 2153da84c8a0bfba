"""Which lines of an order are parts of a bundle, and of which one?

WooCommerce's bundle plugins write the bundle as a line of its own and each of its parts as another.
The shopper chose the bundle: its parts were not bought together by anybody's taste. Known are
Product Bundles and Composite Products, which name the bundle's line (a composite may hold a bundle,
so one follows it up), and WPC Product Bundles, which names the bundle's product in a line's meta.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.fields import Row
from connectors.woocommerce.fields import id_or_none, meta_of

# Fields of a line that name the bundle's line, empty where it is no part of any; and the key of the
# meta that names the bundle's product.
_BUNDLE, _COMPOSITE = "bundled_by", "composite_parent"
_PRODUCT_OF = "_woosb_parent_id"
_DEEPEST = 4  # a composite of bundles has three levels


def bundles_of(rows: Sequence[Row]) -> Mapping[str, Row]:
    """The bundle's line for the id of each line that is a part; nothing in most orders."""
    above: dict[str, str] = {}
    perhaps = [r for r in rows if r.get(_BUNDLE) or r.get(_COMPOSITE) or r.get("meta_data")]
    for row in perhaps:  # most lines have none of them
        of = id_or_none(row, _BUNDLE) or id_or_none(row, _COMPOSITE)
        if of is None and row.get("meta_data"):
            of = _line_of(id_or_none(meta_of(row), _PRODUCT_OF), rows)
        own = id_or_none(row, "id")
        if own and of:
            above[own] = of
    if not above:
        return {}
    lines = {id_or_none(row, "id"): row for row in rows}
    found = {part: _top(part, above) for part in above}
    return {part: lines[top] for part, top in found.items() if top != part and top in lines}


def _line_of(product: str | None, rows: Sequence[Row]) -> str | None:
    if product is None:
        return None
    named = (row for row in rows if id_or_none(row, "product_id") == product)
    return next((id_or_none(row, "id") for row in named), None)


def _top(part: str, above: Mapping[str, str]) -> str:
    for _ in range(_DEEPEST):
        if part not in above:
            break
        part = above[part]
    return part
