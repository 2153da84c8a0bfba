"""What do we hold of one shopper? Show it, hand it over, keep an order out of their taste, forget.

Who is meant travels in the body of a form, never in an address, so it stays out of logs and
histories. Everything about a person is for the owner alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from plugin import access, journal, persons
from plugin.access import needs
from plugin.db import connection, the_store
from store.engine import settle, writing
from store.errors import Explained
from store.reads import privacy as reads
from store.writes import privacy as writes

pages = Blueprint("privacy", __name__, url_prefix="/admin/shops/<key>/privacy")

# What Shopify asks of apps, and the law (GDPR article 12) of shops.
ANSWER_WITHIN = timedelta(days=30)
LONGEST = 254  # an e-mail address is the longest name of a person


@pages.get("/")
def show(key: str) -> str:
    return _page()


def _page(**more: Any) -> str:
    shop, asking = access.shop(), connection()
    return render_template(
        "privacy.html",
        erasures=reads.erasures(asking, shop.id),
        requests=reads.requests(asking, shop.id),
        now=datetime.now(UTC),
        answer_within=ANSWER_WITHIN,
        **more,
    )


@pages.post("/person")
@needs("owner")
def person(key: str) -> str | tuple[str, int]:
    """What is held of a customer or a visitor, and what can be done about it."""
    try:
        return _person(_who(connection(), request.form))
    except Explained as unknown:
        return _page(fault=unknown.message, asked=request.form), 422


@pages.post("/export")
@needs("owner")
def export(key: str) -> Response:
    """The same as a file: JSON for programs, a page of text for people."""
    shop = access.shop()
    held = persons.held(connection(), shop, _who(connection(), request.form))
    with writing(the_store().engine) as changing:
        journal.note(changing, "exported what is held of a shopper")
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    if request.form.get("form") == "json":
        body = orjson.dumps(held, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z)
        return _file(body, "application/json", f"what-we-hold-{day}.json")
    text = render_template("privacy_export.html", held=held, day=day)
    return _file(text.encode(), "text/html; charset=utf-8", f"what-we-hold-{day}.html")


def _file(body: bytes, kind: str, name: str) -> Response:
    return Response(
        body,
        content_type=kind,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@pages.post("/erase")
@needs("owner")
def erase(key: str) -> AnyResponse | tuple[str, int]:
    shop, store, now = access.shop(), the_store(), datetime.now(UTC)
    who = _who(connection(), request.form)
    if request.form.get("sure") != "yes":
        return _person(who, "Tick that you know it cannot be undone. Nothing was erased."), 422
    with writing(store.engine) as changing:
        done = persons.forget(changing, shop.id, who, "admin", now)
        journal.note(changing, f"erased a {done.kind}", f"certificate {done.number}")
    connection().rollback()  # this page's own view of the store would keep old pages in use
    settle(store.engine)
    if done.touched:
        flash(f"Forgotten. Certificate {done.number}; it names the erasure, not the person.")
    else:
        flash("Nothing was held of this browser, so there was nothing to erase.")
    return redirect(url_for("privacy.show", key=key), 303)


@pages.post("/taste")
@needs("owner")
def taste(key: str) -> str:
    """Whether an order says something of its buyer's taste."""
    shop, form = access.shop(), request.form
    out = form.get("out") == "yes"
    with writing(the_store().engine) as changing:
        if not writes.keep_out(changing, shop.id, form.get("order", ""), out):
            abort(404, "There is no such order.")
        told = "kept an order out of taste" if out else "let an order count for taste again"
        journal.note(changing, told, form.get("order", ""))
    connection().rollback()  # see what was just changed
    return _person(_who(connection(), form))


@pages.post("/answered")
@needs("owner")
def answered(key: str) -> AnyResponse:
    shop = access.shop()
    given = request.form.get("request", "")
    number = int(given) if given.isascii() and given.isdecimal() and len(given) < 16 else 0
    with writing(the_store().engine) as changing:
        outcome = "answered by an owner"
        if not writes.answered(changing, shop.id, number, outcome, datetime.now(UTC)):
            abort(404, "There is no such request, or it was answered already.")
        journal.note(changing, "answered a request about a shopper", str(number))
    flash("Noted as answered.")
    return redirect(url_for("privacy.show", key=key), 303)


def _who(asking: Connection, form: Mapping[str, str]) -> persons.Shopper:
    """Whom a form means: a customer or a visitor as people name them, or one who asked."""
    shop, ring = access.shop(), the_store().ring
    named = form.get("named", "").strip()[:LONGEST]
    if form.get("request"):
        for it in reads.requests(asking, shop.id):
            if str(it.number) == form["request"] and it.customer is not None:
                return persons.Shopper(customer=it.customer)
        raise Explained("Nothing is held of whoever asked this.")
    if not named:
        raise Explained("Give the customer’s id, their e-mail address, or a visitor id.")
    if form.get("kind") == "visitor":
        return persons.visitor(asking, ring, shop, named)
    return persons.customer(asking, ring, shop, named)


def _person(who: persons.Shopper, fault: str | None = None) -> str:
    held = persons.held(connection(), access.shop(), who)
    return render_template(
        "person.html",
        held=held,
        form={name: request.form.get(name, "") for name in ("kind", "named", "request")},
        fault=fault,
    )
