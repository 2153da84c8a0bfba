"""A link that shows one report to whoever has it, without a log-in, until it is revoked."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from plugin import access, journal, throttle
from plugin.access import open_to_all
from plugin.db import connection, the_store
from plugin.report import frame
from plugin.session import person
from store.engine import writing
from store.reads import experiments, sharing, shops
from store.writes import sharing as writes

pages = Blueprint("sharing", __name__)
_ONE = "/admin/shops/<key>/experiments/<int:number>/share"


def _now() -> datetime:
    """The world's time: links are for people, also of a shop that has its own."""
    return datetime.now(UTC)


@pages.get(_ONE)
def links(key: str, number: int) -> str:
    shop = access.shop()
    numbered = experiments.by_number(connection(), shop.id, number)
    return render_template(
        "share.html",
        number=number,
        working=sharing.links(connection(), numbered.experiment.id, _now()),
    )


@pages.post(_ONE)
def make(key: str, number: int) -> str:
    shop, who = access.shop(), person()
    with writing(the_store().engine) as changing:
        numbered = experiments.by_number(changing, shop.id, number)
        made_by = who.email if who else ""
        token = writes.make_link(changing, numbered.experiment.id, made_by, _now())
        journal.note(changing, f"shared the report of experiment {number}", "")
    with the_store().engine.connect() as asking:
        working = sharing.links(asking, numbered.experiment.id, _now())
    address = the_store().settings.base_url + url_for("sharing.show", token=token)
    return render_template("share.html", number=number, working=working, address=address)


@pages.post(_ONE + "/<int:link>/revoke")
def revoke(key: str, number: int, link: int) -> Response:
    shop = access.shop()
    with writing(the_store().engine) as changing:
        numbered = experiments.by_number(changing, shop.id, number)
        writes.revoke_link(changing, numbered.experiment.id, link, _now())
        journal.note(changing, f"revoked a link to the report of experiment {number}", "")
    flash("The link is revoked: it shows nothing any more.")
    return redirect(url_for("sharing.links", key=shop.key, number=number), 303)


@pages.get("/shared/<token>")
@open_to_all
def show(token: str) -> str:
    """The report as the link shows it: figures only, nothing that leads into the shop's pages."""
    found = sharing.opened(connection(), token, _now())
    if found is None:
        throttle.count("shared")
        abort(404, "This link shows nothing (any more). Ask whoever sent it for a new one.")
    shop_id, number = found
    g.shop = shops.by_id(connection(), shop_id)
    g.role = "viewer"
    template, told = frame(g.shop, number)
    return render_template(template, **told, shared=True)
