"""What does a shelf show for this product or customer, and why? Every list's voice, in numbers.

The same code as `flask explain` (`explaining.py`); here it is drawn.
"""

from __future__ import annotations

from flask import Blueprint, render_template, request

from plugin import access, words
from plugin.db import connection
from plugin.explaining import explain
from plugin.shelves import config_of
from store.errors import Explained
from store.reads import catalogue
from store.records import PLACEMENTS

pages = Blueprint("explorer", __name__, url_prefix="/admin/shops/<key>/explorer")

MOST_DROPPED = 60  # what was not shown: the nearest to the shelf


@pages.get("/")
def show(key: str) -> str | tuple[str, int]:
    shop, asking = access.shop(), connection()
    placement = request.args.get("placement", "also_bought")
    product = request.args.get("product", "").strip()[:120]
    customer = request.args.get("customer", "").strip()[:120]
    config = config_of(key)
    fault, found, page = None, None, None
    matches: list[catalogue.Named] = []
    if placement not in PLACEMENTS:
        fault = "Choose one of the shelves."
    elif product or customer:
        if product:
            matches = catalogue.search(asking, shop.id, product)
            page = matches[0] if matches and matches[0].external_id == product else None
        if product and not page:
            fault = None if matches else f"No product has the id or title “{product}”."
        else:
            try:
                found = explain(
                    asking, config, placement, page.external_id if page else None, customer or None
                )
            except Explained as why_not:
                fault = why_not.message
    body = render_template(
        "explorer.html",
        placements=PLACEMENTS,
        placement=placement,
        product=product,
        customer=customer,
        page=page,
        matches=matches,
        found=found,
        most_dropped=MOST_DROPPED,
        evidence=words.evidence,
        fault=fault,
    )
    return (body, 422) if fault else body
