"""Which shelves are there, how does each look on a real product, and how shall it be shown?"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from plugin import access, headers, journal, preview, words
from plugin.db import connection, the_store
from store.engine import writing
from store.reads import catalogue, models
from store.reads.shop_config import ShopConfig, looks, shop_config
from store.records import PLACEMENTS, Placement, ShelfLook
from store.writes import rules as writes

pages = Blueprint("shelves", __name__, url_prefix="/admin/shops/<key>/shelves")

USUAL = ShelfLook()
USUAL_COUNT = 8  # what a page asks for where neither it nor the merchant says

# Where a shelf of this kind belongs; the widget's page says how to put it there.
WHERE: dict[Placement, str] = {
    "also_bought": "On a product’s page.",
    "you_might_like": "On the home page, the account page, or anywhere.",
    "bought_together": "On a product’s page, as a bundle.",
    "similar": "On a product’s page.",
    "bestsellers": "On the home page, or with a category on its page.",
    "trending": "On the home page, or with a category on its page.",
    "recently_viewed": "Anywhere; shows what this browser looked at.",
    "buy_again": "On the account page; for customers who are logged in.",
    "cart": "On the cart’s page.",
}
VARIETY = {
    "0": "As they rank",
    "1": "At most half of one kind",
    "2": "At most a quarter of one kind",
    "3": "One of each kind, as long as there are others",
}
# These need a product or a customer, or they have nothing to go by.
OF_A_PRODUCT: tuple[Placement, ...] = ("also_bought", "bought_together", "similar")


@dataclass(frozen=True, slots=True)
class Row:
    placement: Placement
    look: ShelfLook
    live: models.Live | None


def config_of(key: str) -> ShopConfig:
    """The shop's configuration as a shopper's request would find it."""
    config = shop_config(connection(), the_store().ring, key)
    if config is None:
        abort(404, "This shop was removed meanwhile.")
    return config


@pages.get("/")
def every(key: str) -> str:
    shop, asking = access.shop(), connection()
    live, said = models.live(asking, shop.id), looks(asking, shop.id)
    rows = [Row(p, said.get(p, USUAL), live.get(p)) for p in PLACEMENTS]
    return render_template("shelves.html", rows=rows, where=WHERE, usual=USUAL_COUNT)


@pages.get("/<placement>")
def show(key: str, placement: str) -> str:
    return _page(key, _known(placement))


@pages.post("/<placement>")
def save(key: str, placement: str) -> Response | tuple[str, int]:
    wanted, shop, form = _known(placement), access.shop(), request.form
    count, layout = form.get("count", "").strip(), form.get("layout", "")
    variety = form.get("variety", "0")
    fault = None
    if layout not in ("", "carousel", "grid"):
        fault = "Choose one of the layouts."
    elif variety not in VARIETY:
        fault = "Choose one of the steps of variety."
    elif count and not (count.isascii() and count.isdecimal() and len(count) < 3):
        fault = "Give the number of products as a whole number from 1 to 24."
    else:
        try:
            look = ShelfLook(
                shown=form.get("shown") == "yes",
                heading=" ".join(form.get("heading", "").split()) or None,
                count=int(count) if count else None,
                layout=layout or None,  # type: ignore[arg-type] # one of the two, as checked
                variety=int(variety),
            )
        except ValueError as wrong:
            fault = str(wrong)
    if fault:
        return _page(key, wanted, fault), 422
    with writing(the_store().engine) as changing:
        writes.save_look(changing, shop.id, wanted, look)
        state = "shown" if look.shown else "switched off"
        journal.note(changing, "shelf changed", f"{wanted}: {state}")
    flash("Saved; shelves follow within a second, in cached pages within a minute.")
    return redirect(url_for("shelves.show", key=key, placement=wanted), 303)


def _known(placement: str) -> Placement:
    if placement not in PLACEMENTS:
        abort(404, f"There is no shelf {placement[:30]!r}. Shelves: {', '.join(PLACEMENTS)}.")
    return placement


def _page(key: str, placement: Placement, fault: str | None = None) -> str:
    shop, asking = access.shop(), connection()
    config = config_of(key)
    look = config.looks.get(placement, USUAL)
    wanted = request.args.get("product", "").strip()
    found = catalogue.search(asking, shop.id, wanted, 1) if wanted else []
    offered = preview.examples(asking, config, 6)
    page = next(iter(found or offered), None)
    items: list[preview.Shown] = []
    if placement in config.live:
        product = page.external_id if page and placement != "recently_viewed" else None
        items = preview.shelf(asking, config, placement, product, limit=look.count or USUAL_COUNT)
    headers.allow_pictures(it.image for it in items)
    return render_template(
        "shelf.html",
        placement=placement,
        look=look,
        heading=look.heading or words.placement(placement),
        live=models.live(asking, shop.id).get(placement),
        items=items,
        page=page,
        offered=offered,
        not_found=wanted if wanted and not found else "",
        of_a_product=placement in OF_A_PRODUCT,
        where=WHERE[placement],
        usual=USUAL_COUNT,
        VARIETY=VARIETY,
        spread=preview.spread(items),
        base_url=the_store().settings.base_url,
        fault=fault,
    )
