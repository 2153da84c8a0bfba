"""Home, category, search, product and basket pages, and what happens to the basket there."""

from __future__ import annotations

from datetime import datetime

import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from demo import catalogue
from demo.api.shop import NAME, TAGLINE
from demo.api.wire import SITE_TIME
from demo.database import fact, here
from demo.storefront import basket, browse, pictures

rooms = flask.Blueprint(
    "pages",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static",
)


@rooms.app_context_processor
def of_every_page() -> dict[str, object]:
    return {
        "shop_name": NAME,
        "tagline": TAGLINE,
        "menu": catalogue.children(0),
        "children": catalogue.children,
        "category_path": category_path,
        "category_of": lambda product: catalogue.BY_ID[product["category_id"]],
        "basket_count": basket.count(),
        "script_src": fact(here(), "script_src"),
        "script_key": fact(here(), "script_key"),
        "sorts": browse.SORTS,
    }


rooms.add_app_template_test(basket.can_be_bought, "for_sale")


@rooms.app_template_filter("gbp")
def gbp(amount: str | int) -> str:
    """A price as the merchant typed it, or pence."""
    minor = basket.minor(amount) if isinstance(amount, str) else amount
    return f"£{minor / 100:,.2f}"


@rooms.app_template_filter("day")
def day(instant_s: int, form: str = "%-d %B %Y") -> str:
    return datetime.fromtimestamp(instant_s, SITE_TIME).strftime(form)


def category_path(category: catalogue.Category) -> str:
    parent = catalogue.BY_ID.get(category.parent)
    above = f"{parent.slug}/" if parent else ""
    return f"/product-category/{above}{category.slug}/"


# --- browsing ------------------------------------------------------------------------------------


@rooms.get("/")
def home() -> ResponseReturnValue:
    args = flask.request.args
    if "s" in args:
        return search(args["s"].strip())
    if args.get("p", "").isdecimal():  # the short address of a product
        product = browse.by_id(int(args["p"]))
        if product is None:
            raise NotFound
        return flask.redirect(f"/product/{product['slug']}/", 301)
    return flask.render_template(
        "home.html", bestsellers=browse.bestsellers(8), tiles=browse.category_tiles()
    )


def search(words: str) -> ResponseReturnValue:
    return flask.render_template(
        "listing.html",
        title=f"Results for “{words}”" if words else "All products",
        words=words,
        found=browse.matching(words[:200]),
        category=None,
    )


@rooms.get("/shop/")
def everything() -> ResponseReturnValue:
    return flask.render_template(
        "listing.html", title="All products", found=browse.in_category(None), category=None
    )


@rooms.get("/product-category/<path:path>/")
def category(path: str) -> ResponseReturnValue:
    for found in catalogue.CATEGORIES:
        if category_path(found) == f"/product-category/{path}/":
            return flask.render_template(
                "listing.html", title=found.name, found=browse.in_category(found), category=found
            )
    raise NotFound


@rooms.get("/product/<slug>/")
def product(slug: str) -> ResponseReturnValue:
    found = browse.by_slug(slug)
    if found is None:
        raise NotFound
    shelf_category = catalogue.BY_ID[found["category_id"]]
    return flask.render_template(
        "product.html",
        product=found,
        category=shelf_category,
        parent=catalogue.BY_ID.get(shelf_category.parent),
        description=catalogue.description(found["name"], found["sku"], shelf_category),
    )


@rooms.get("/pictures/<int:id>.svg")
def picture(id: int) -> ResponseReturnValue:
    row = (
        here()
        .execute("SELECT first_name, category_id FROM products WHERE id = ?", (id,))
        .fetchone()
    )
    if row is None:
        raise NotFound
    category = catalogue.BY_ID[row["category_id"]]
    drawn = flask.Response(
        pictures.draw(id, row["first_name"], category.slug), mimetype="image/svg+xml"
    )
    drawn.headers["Cache-Control"] = "public, max-age=86400"
    drawn.headers["Access-Control-Allow-Origin"] = "*"
    drawn.add_etag()
    return drawn.make_conditional(flask.request)


# --- the basket ----------------------------------------------------------------------------------


@rooms.post("/product/<slug>/")
def add_from_page(slug: str) -> ResponseReturnValue:
    found = browse.by_slug(slug)
    try:
        basket.add(found, basket.quantity_of(flask.request.form.get("quantity")))
    except basket.CannotAdd as why:
        flask.flash(str(why), "sorry")
        return flask.redirect("/cart/" if found is None else flask.request.path, 303)
    name = found["name"] if found is not None else ""
    flask.flash(f"“{name}” is in your basket.", "added")
    return flask.redirect(flask.request.path, 303)


@rooms.get("/cart/")
def cart() -> ResponseReturnValue:
    lines = basket.lines()
    return flask.render_template(
        "cart.html", lines=lines, total_minor=sum(line.total_minor for line in lines)
    )


@rooms.post("/cart/")
def change_cart() -> ResponseReturnValue:
    form = flask.request.form
    removed = form.get("remove", "")
    for line in basket.lines():
        id = line.product["id"]
        asked = form.get(f"quantity-{id}", "")
        if removed == str(id) or asked == "0":
            basket.set_quantity(id, 0)
        elif asked.isdecimal():
            basket.set_quantity(id, basket.quantity_of(asked))
    flask.flash("Your basket is up to date.", "added")
    return flask.redirect("/cart/", 303)


@rooms.post("/")
def ajax() -> ResponseReturnValue:
    """`POST /?wc-ajax=...`, as theme scripts and our shelf call it; same-site requests only."""
    request, asked = flask.request, flask.request.args.get("wc-ajax")
    origin = request.headers.get("Origin")
    if origin is not None and origin.rstrip("/") != request.host_url.rstrip("/"):
        flask.abort(403, "A basket can be changed from this shop's own pages only.")
    if asked == "add_to_cart":
        product_id = request.form.get("product_id", "")
        found = browse.by_id(int(product_id)) if product_id.isdecimal() else None
        try:
            basket.add(found, basket.quantity_of(request.form.get("quantity")))
        except basket.CannotAdd:
            address = f"/product/{found['slug']}/" if found is not None else "/shop/"
            return {"error": True, "product_url": flask.current_app.config["SHOP_HOME"] + address}
        return {"fragments": {}, "cart_hash": basket.fingerprint()}
    if asked == "get_refreshed_fragments":
        count = flask.render_template("_count.html", basket_count=basket.count())
        return {"fragments": {".basket-count": count}, "cart_hash": basket.fingerprint()}
    raise NotFound
