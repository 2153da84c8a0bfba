"""The page on which an owner gives a connected shop another key or address, tried live."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from connectors.errors import ConnectorError
from plugin import access, session
from plugin.db import the_store
from plugin.install import asked, patience
from plugin.reconnecting import NAMES, Access, reconnect
from store.errors import Explained

pages = Blueprint("access_page", __name__, url_prefix="/admin/shops/<key>/access")

_LONGEST = 300  # of a key or a secret


@pages.get("")
@access.needs("owner")
def show(key: str) -> str:
    return _page()


@pages.post("")
@access.needs("owner")
def change(key: str) -> Response | tuple[str, int]:
    shop, who = access.shop(), session.person()
    given = {name: request.form.get(name, "").strip() for name in ("url", "key", "secret")}
    try:
        if any(len(value) > _LONGEST for value in given.values()):
            raise Explained("A key, a secret and an address are shorter than that.")
        url = asked.read(given["url"], "", "").shop if given["url"] else None
        if url == shop.url:
            url = None
        new = Access(url, given["key"] or None, given["secret"] or None)
        if new == Access():
            raise Explained("Nothing was given that could change.")
        done = reconnect(
            the_store(), shop, new, typed_here=False, limits=patience.persons(),
            user_id=who.id if who else None,
        )  # fmt: skip
    except (ConnectorError, Explained, asked.Wrong) as fault:
        return _page(str(fault), given["url"], given["key"]), 422
    flash(f"The shop at {done.url} is connected with the new access. A sync is asked for.")
    for note in done.notes:
        flash(note)
    return redirect(url_for("overview.show", key=key), 303)


def _page(fault: str = "", url: str = "", typed: str = "") -> str:
    """The secret is never shown again, not even the one just typed."""
    shop = access.shop()
    return render_template(
        "access.html", fault=fault, url=url or shop.url, typed=typed, known=shop.platform in NAMES
    )
