"""What the shop says of itself: discovery, settings, currency, categories, customers."""

from __future__ import annotations

import hashlib
import html

import flask

from demo import catalogue
from demo.api.asked import Asked
from demo.api.listing import Paging
from demo.api.wire import Json, Refused, answer, gmt, home, item, kept, links, local
from demo.database import here

rooms = flask.Blueprint("shop", __name__)
NAME = "Marlow & Finch"
TAGLINE = "Gifts and homeware, picked with care"
READ_ONLY = ("GET",)
# id, label, type, default, value: as in the settings of a British shop without taxes.
SETTINGS = (
    ("woocommerce_store_address", "Address line 1", "text", "", "12 Market Street"),
    ("woocommerce_store_address_2", "Address line 2", "text", "", ""),
    ("woocommerce_store_city", "City", "text", "", "London"),
    ("woocommerce_default_country", "Country / State", "select", "US:CA", "GB"),
    ("woocommerce_store_postcode", "Postcode / ZIP", "text", "", "N1 1AA"),
    ("woocommerce_allowed_countries", "Selling location(s)", "select", "all", "all"),
    ("woocommerce_ship_to_countries", "Shipping location(s)", "select", "", ""),
    ("woocommerce_default_customer_address", "Default customer location", "select", "base", "base"),
    ("woocommerce_calc_taxes", "Enable taxes", "checkbox", "no", "no"),
    ("woocommerce_enable_coupons", "Enable coupons", "checkbox", "yes", "no"),
    ("woocommerce_currency", "Currency", "select", "USD", "GBP"),
    ("woocommerce_currency_pos", "Currency position", "select", "left", "left"),
    ("woocommerce_price_thousand_sep", "Thousand separator", "text", ",", ","),
    ("woocommerce_price_decimal_sep", "Decimal separator", "text", ".", "."),
    ("woocommerce_price_num_decimals", "Number of decimals", "number", "2", "2"),
)
OPTIONS = {
    "woocommerce_default_country": {"GB": "United Kingdom (UK)"},
    "woocommerce_allowed_countries": {"all": "Sell to all countries"},
    "woocommerce_ship_to_countries": {"": "Ship to all countries you sell to"},
    "woocommerce_default_customer_address": {"": "No location by default", "base": "Shop base"},
    "woocommerce_currency": {"GBP": "Pound sterling (£) — GBP"},
    "woocommerce_currency_pos": {"left": "Left", "right": "Right"},
}


def index() -> flask.Response:
    """GET /wp-json/: open to everyone, so that a client sees what it talks to."""
    return answer(
        {
            "name": html.escape(NAME),
            "description": TAGLINE,
            "url": home(""),
            "home": home(""),
            "gmt_offset": 0,
            "timezone_string": "Europe/London",
            "namespaces": ["wc/v3"],
            "authentication": [],
            "routes": _routes("/wp-json"),
        }
    )


@rooms.get("")
def namespace() -> flask.Response:
    return answer(
        {
            "namespace": "wc/v3",
            "routes": _routes("/wp-json/wc/v3"),
            "_links": {"up": [{"href": home("/wp-json/")}]},
        }
    )


def _routes(prefix: str) -> Json:
    routes: Json = {}
    for rule in flask.current_app.url_map.iter_rules():
        if rule.rule.startswith(prefix):
            path = rule.rule.removeprefix("/wp-json") or "/"
            for name in rule.arguments:
                path = path.replace(f"<int:{name}>", rf"(?P<{name}>[\d]+)")
            route = routes.setdefault(
                path, {"namespace": "wc/v3", "methods": [], "endpoints": [], "_links": {}}
            )
            methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
            route["methods"] += [name for name in methods if name not in route["methods"]]
            route["endpoints"].append({"methods": methods, "args": {}})
            if not rule.arguments:
                route["_links"] = {"self": [{"href": home(rule.rule)}]}
    return routes


@rooms.get("/settings/general")
def settings() -> flask.Response:
    return answer([kept({**body, "_links": _setting_links(id)}) for id, body in _settings()])


@rooms.get("/settings/general/<id>")
def setting(id: str) -> flask.Response:
    body = dict(_settings()).get(id)
    if body is None:
        raise Refused(404, "rest_setting_setting_invalid", "Invalid setting.")
    return item({**body, "group_id": "general"}, _setting_links(id))


def _settings() -> list[tuple[str, Json]]:
    made = []
    for id, label, type_, default, value in SETTINGS:
        body: Json = {"id": id, "label": label, "description": "", "type": type_}
        body["default"] = default
        if id in OPTIONS:
            body["options"] = OPTIONS[id]
        made.append((id, {**body, "tip": "", "value": value}))
    return made


def _setting_links(id: str) -> Json:
    allow = ("GET", "POST", "PUT", "PATCH")
    return links(f"/wp-json/wc/v3/settings/general/{id}", allow=allow)


@rooms.get("/data/currencies/current")
def currency() -> flask.Response:
    return item(
        {"code": "GBP", "name": "Pound sterling", "symbol": "&pound;"},
        links("/wp-json/wc/v3/data/currencies/GBP", allow=READ_ONLY),
    )


# --- categories ----------------------------------------------------------------------------------


@rooms.get("/products/categories")
def categories() -> flask.Response:
    """Dates in the query are ignored, as the real shop does."""
    asked = Asked()
    parent = asked.whole("parent", -1)
    include, exclude = asked.ids("include"), asked.ids("exclude")
    hide_empty = asked.flag("hide_empty")
    orderby = asked.one_of("orderby", ("name", "id", "include", "slug", "count"), "name")
    way = asked.one_of("order", ("asc", "desc"), "asc")
    paging = Paging.asked(asked)
    asked.settle()
    counts = _counts()
    found = [
        _category(category, counts)
        for category in catalogue.CATEGORIES
        if parent in (-1, category.parent)
        and (include is None or category.id in include)
        and (exclude is None or category.id not in exclude)
        and (counts[category.id] or not hide_empty)
    ]
    found.sort(
        key=lambda body: body["id" if orderby == "include" else orderby], reverse=way == "desc"
    )
    rows = found[paging.offset : paging.offset + paging.per_page]
    pages = -(-len(found) // paging.per_page)
    return answer(
        [kept({**body, "_links": _category_links(body)}) for body in rows],
        headers={"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(pages)},
        allow=("GET", "POST"),
    )


@rooms.get("/products/categories/<int:id>")
def category(id: int) -> flask.Response:
    found = catalogue.BY_ID.get(id)
    if found is None:
        raise Refused(404, "woocommerce_rest_term_invalid", "Resource does not exist.")
    body = _category(found, _counts())
    return item(body, _category_links(body), allow=("GET", "POST", "PUT", "PATCH", "DELETE"))


def _counts() -> dict[int, int]:
    """Published products of each category, with those of its children."""
    own = dict(
        here()
        .execute(
            "SELECT category_id, count(*) FROM products WHERE status = 'publish' AND deleted = 0"
            " GROUP BY category_id"
        )
        .fetchall()
    )
    return {
        category.id: own.get(category.id, 0)
        + sum(own.get(child.id, 0) for child in catalogue.children(category.id))
        for category in catalogue.CATEGORIES
    }


def _category(category: catalogue.Category, counts: dict[int, int]) -> Json:
    return {
        "id": category.id,
        "name": html.escape(category.name),
        "slug": category.slug,
        "parent": category.parent,
        "description": "",
        "display": "default",
        "image": None,
        "menu_order": 0,
        "count": counts[category.id],
    }


def _category_links(body: Json) -> Json:
    base = "/wp-json/wc/v3/products/categories"
    if not body["parent"]:
        return links(f"{base}/{body['id']}")
    return links(f"{base}/{body['id']}", up=f"{base}/{body['parent']}")


# --- customers -----------------------------------------------------------------------------------


@rooms.get("/customers/<int:id>")
def customer(id: int) -> flask.Response:
    row = (
        here()
        .execute(
            "SELECT min(created_s) AS first_s, max(created_s) AS last_s, email FROM orders"
            " WHERE customer_id = ?",
            (id,),
        )
        .fetchone()
    )
    if id == 0 or row["first_s"] is None:
        raise Refused(404, "wc_user_invalid_id", "Invalid user ID.")
    who = {"first_name": "Customer", "last_name": str(id)}
    empty = dict.fromkeys(
        ("company", "address_1", "address_2", "city", "postcode", "country", "state"), ""
    )
    face = hashlib.sha256(row["email"].encode()).hexdigest()
    return item(
        {
            "id": id,
            "date_created": local(row["first_s"]),
            "date_created_gmt": gmt(row["first_s"]),
            "date_modified": local(row["last_s"]),
            "date_modified_gmt": gmt(row["last_s"]),
            "email": row["email"],
            **who,
            "role": "customer",
            "username": f"customer-{id}",
            "billing": {**who, **empty, "country": "GB", "email": row["email"], "phone": ""},
            "shipping": {"first_name": "", "last_name": "", **empty, "phone": ""},
            "is_paying_customer": True,
            "avatar_url": f"https://secure.gravatar.com/avatar/{face}?s=96&d=mm&r=g",
            "meta_data": [],
        },
        links(f"/wp-json/wc/v3/customers/{id}"),
        allow=("GET", "POST", "PUT", "PATCH", "DELETE"),
    )
