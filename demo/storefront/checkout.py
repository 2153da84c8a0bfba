"""How does a basket become an order? The form, its checks, the order and the thank-you page.

From here the shelf's marks travel into the API: shelf.js fills the hidden inputs
`alongside_visitor` and `alongside_token`, and they become meta of the order and of its lines.
"""

from __future__ import annotations

import re
import secrets
import sqlite3
from dataclasses import dataclass, field

import flask
import orjson
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from demo import announce
from demo.api.order_body import order_key
from demo.database import changing, here, now, take_ids
from demo.storefront import basket

rooms = flask.Blueprint("checkout", __name__, template_folder="templates")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
VISITOR = re.compile(r"[A-Za-z0-9_-]{16,64}")
TOKEN = re.compile(r"[\x21-\x7e]{1,1024}")
# name of the input -> its label, what a browser may fill in, and how long it may be
INPUTS = {
    "first_name": ("First name", "given-name", 60),
    "last_name": ("Last name", "family-name", 60),
    "email": ("E-mail address", "email", 254),
    "address_1": ("Street address", "address-line1", 120),
    "city": ("Town or city", "address-level2", 80),
    "postcode": ("Postcode", "postal-code", 12),
}


@dataclass
class Form:
    values: dict[str, str]
    faults: dict[str, str] = field(default_factory=dict)

    @classmethod
    def sent(cls) -> Form:
        form = cls({name: flask.request.form.get(name, "").strip() for name in INPUTS})
        for name, (label, _, longest) in INPUTS.items():
            value = form.values[name]
            if not value:
                form.faults[name] = f"Please enter your {label.lower()}."
            elif len(value) > longest:
                form.faults[name] = f"Please use at most {longest} characters."
            elif name == "email" and not EMAIL.fullmatch(value):
                form.faults[name] = "Please enter an e-mail address like name@example.org."
        return form


@rooms.get("/checkout/")
def form() -> ResponseReturnValue:
    if not basket.lines():
        return flask.redirect("/cart/", 303)
    return _page(Form({}))


def _page(form: Form) -> ResponseReturnValue:
    lines = basket.lines()
    page = flask.render_template(
        "checkout.html",
        form=form,
        inputs=INPUTS,
        lines=lines,
        total_minor=sum(line.total_minor for line in lines),
        attempt=secrets.token_hex(16),
    )
    return page, 422 if form.faults else 200


@rooms.post("/checkout/")
def place() -> ResponseReturnValue:
    attempt = flask.request.form.get("attempt", "")[:64] or secrets.token_hex(16)
    before = here().execute("SELECT id FROM orders WHERE attempt = ?", (attempt,)).fetchone()
    if before is not None:  # the button was pressed twice
        return _thanks_at(before["id"])
    if not basket.lines():
        return flask.redirect("/cart/", 303)
    form = Form.sent()
    if form.faults:
        return _page(form)
    try:
        id = _save(form.values, attempt)
    except sqlite3.IntegrityError:  # pressed twice within the same moment
        row = here().execute("SELECT id FROM orders WHERE attempt = ?", (attempt,)).fetchone()
        return _thanks_at(row["id"])
    basket.empty()
    return _thanks_at(id)


def _save(values: dict[str, str], attempt: str) -> int:
    db, lines, tokens = here(), basket.lines(), _tokens()
    now_s = now(db)
    visitor = flask.request.form.get("alongside_visitor", "")
    address = {name: values[name] for name in values if name != "email"} | {"country": "GB"}
    with changing(db):
        (id,) = take_ids(db, "posts")
        meta = _meta(db, "_alongside_visitor", visitor) if VISITOR.fullmatch(visitor) else []
        db.execute(
            "INSERT INTO orders (id, status, customer_id, email, address, created_s, modified_s,"
            " paid_s, total_minor, meta, attempt)"
            " VALUES (?, 'processing', 0, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                id,
                values["email"],
                orjson.dumps(address).decode(),
                now_s,
                now_s,
                now_s,
                sum(line.total_minor for line in lines),
                orjson.dumps(meta).decode(),
                attempt,
            ),
        )
        for line, line_id in zip(lines, take_ids(db, "lines", len(lines)), strict=True):
            product_id, token = line.product["id"], tokens.get(line.product["id"], "")
            meta = _meta(db, "_alongside_token", token) if TOKEN.fullmatch(token) else []
            db.execute(
                "INSERT INTO order_lines VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    id,
                    line_id,
                    product_id,
                    line.quantity,
                    line.price_minor * 10,
                    line.total_minor,
                    line.product["name"],
                    orjson.dumps(meta).decode() if meta else None,
                ),
            )
            db.execute(
                "UPDATE products SET total_sales = total_sales + ?,"
                " times_ordered = times_ordered + 1 WHERE id = ?",
                (line.quantity, product_id),
            )
        announce.about(db, "order.created", id)
    return int(id)


def _tokens() -> dict[int, str]:
    """The shelf's token of each line: inputs come in pairs, because data-product is not sent."""
    pairs = zip(
        flask.request.form.getlist("line_product"),
        flask.request.form.getlist("alongside_token"),
        strict=False,
    )
    return {int(product): token for product, token in pairs if product.isdecimal() and token}


def _meta(db: sqlite3.Connection, key: str, value: str) -> list[dict[str, object]]:
    return [{"id": take_ids(db, "meta")[0], "key": key, "value": value}]


def _thanks_at(id: int) -> ResponseReturnValue:
    return flask.redirect(f"/checkout/order-received/{id}/?key={order_key(id)}", 303)


@rooms.get("/checkout/order-received/<int:id>/")
def thanks(id: int) -> ResponseReturnValue:
    if not secrets.compare_digest(
        flask.request.args.get("key", "").encode(), order_key(id).encode()
    ):
        raise NotFound  # only who placed the order has its key
    order = here().execute("SELECT * FROM orders WHERE id = ?", (id,)).fetchone()
    if order is None:
        raise NotFound
    lines = here().execute(
        "SELECT l.*, p.slug, coalesce(l.name, p.first_name) AS shown FROM order_lines l"
        " JOIN products p ON p.id = l.product_id WHERE order_id = ? ORDER BY l.id",
        (id,),
    )
    return flask.render_template("thanks.html", order=order, lines=lines.fetchall())
