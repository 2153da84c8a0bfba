"""Which shops does this person have? The first page after log-in; skipped where there is one."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from plugin.access import visible_shops
from plugin.db import connection
from plugin.numbers import Numbers
from store.reads.overview import last_success
from store.reads.shops import counts

pages = Blueprint("shops", __name__)


@pages.get("/admin/")
def every() -> Response | str:
    found = visible_shops()
    if len(found) == 1:
        return redirect(url_for("overview.show", key=found[0].key))
    rows = [
        (
            shop,
            Numbers.of(shop),
            counts(connection(), shop.id),
            last_success(connection(), shop.id, "sync"),
        )
        for shop in found
    ]
    return render_template("shops.html", rows=rows)
