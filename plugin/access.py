"""Who may see this page, and who may change what it changes?

One check runs before every page, so that a new page cannot forget it: without a mark a page needs
a log-in, and with a shop's key in its address also a membership of that shop. A shop one may not
see is answered like one that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlencode

from flask import Flask, abort, flash, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from plugin.db import connection
from plugin.session import Person, person
from store.reads import people, shops
from store.writes.people import ROLES, Role

_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})

View = TypeVar("View", bound=Callable[..., object])


def open_to_all(view: View) -> View:
    """This page needs no log-in."""
    view.__dict__["open_to_all"] = True
    return view


def needs(role: Role) -> Callable[[View], View]:
    """This page needs more than looking needs a viewer and changing an editor."""

    def mark(view: View) -> View:
        view.__dict__["needs"] = role
        return view

    return mark


def install(app: Flask) -> None:
    @app.before_request
    def guard() -> AnyResponse | None:
        if request.endpoint is None or request.endpoint == "static":
            return None
        marks = app.view_functions[request.endpoint].__dict__
        if marks.get("open_to_all"):
            return None
        who = person()
        if who is None:
            return _to_log_in()
        if "key" in (request.view_args or {}):
            g.shop, g.role = _membership(who, str((request.view_args or {})["key"]))
            wanted: Role = marks.get("needs") or (
                "viewer" if request.method in _HARMLESS else "editor"
            )
            if not may(wanted):
                abort(403, f"You may look at {g.shop.name}, but this needs the role {wanted}.")
        return None


def _to_log_in() -> AnyResponse:
    if request.method not in _HARMLESS:
        flash("You were logged out meanwhile, so nothing was changed. Log in and try again.")
        return redirect(url_for("entry.log_in"), 303)
    wanted = request.full_path.rstrip("?")
    query = urlencode({"next": wanted}) if wanted != "/admin/" else ""
    return redirect(url_for("entry.log_in") + (f"?{query}" if query else ""))


def _membership(who: Person, key: str) -> tuple[shops.Shop, Role]:
    shop = shops.by_key(connection(), key)
    role = people.roles(connection(), who.id).get(shop.id) if shop else None
    if shop is None or role not in ROLES:
        abort(404, "You have no shop with this key. It may have been removed, or is not yours.")
    return shop, role


def may(role: Role) -> bool:
    """Whether the person at this page has at least this role in its shop."""
    return ROLES.index(g.role) >= ROLES.index(role)


def shop() -> shops.Shop:
    """The shop of this page; its address was checked by `guard`."""
    found: shops.Shop = g.shop
    return found


def visible_shops() -> list[shops.Shop]:
    """The shops of the person at this page."""
    who = person()
    mine = people.roles(connection(), who.id) if who else {}
    return [shop for shop in shops.every(connection()) if shop.id in mine]


def page_after_log_in(wanted: str | None) -> str:
    """Where to go after log-in: only ever to a page of ours."""
    if wanted and wanted.startswith("/admin/") and "\\" not in wanted and wanted.isprintable():
        return wanted
    return url_for("shops.every")
