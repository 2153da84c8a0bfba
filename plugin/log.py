"""Who changed what, and when? The audit log of one shop."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from plugin import access
from plugin.db import connection
from store.reads import people

pages = Blueprint("log", __name__, url_prefix="/admin/shops/<key>/log")

LINES = 50


@pages.get("/")
def show(key: str) -> str:
    shop = access.shop()
    asked = request.args.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 16 else None
    lines = people.log(connection(), shop.id, before, LINES)
    older = lines[-1].id if len(lines) == LINES else None
    return render_template("log.html", lines=lines, older=older, first=before is None)
