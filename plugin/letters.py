"""Who gets the shop's report by e-mail on Mondays: the page of it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from plugin import access, journal, letter
from plugin.db import connection, the_store
from store.engine import writing
from store.errors import Explained
from store.reads import sharing
from store.writes import sharing as writes

pages = Blueprint("letters", __name__, url_prefix="/admin/shops/<key>/letters")

# A shop's people, not a mailing list.
MOST = 20


@pages.get("")
@access.needs("editor")
def every(key: str) -> str:
    return _page()


def _page(fault: str | None = None) -> str:
    return render_template(
        "letters.html",
        wishes=sharing.letters(connection(), access.shop().id),
        can_send=the_store().settings.smtp_url is not None,
        fault=fault,
        typed=request.form.get("email", ""),
    )


@pages.post("")
def add(key: str) -> Response | tuple[str, int]:
    shop = access.shop()
    try:
        email = letter.address(request.form.get("email", ""))
        with writing(the_store().engine) as changing:
            if len(sharing.letters(changing, shop.id)) >= MOST:
                raise Explained(f"{MOST} people get it already; share a link with the others.")
            writes.send_letters_to(changing, shop.id, email)
            journal.note(changing, "sends the report by e-mail", email)
    except Explained as fault:
        return _page(fault.message), 422
    flash(f"{email} gets the report on Mondays.")
    return redirect(url_for("letters.every", key=shop.key), 303)


@pages.post("/remove")
def remove(key: str) -> Response:
    shop, email = access.shop(), request.form.get("email", "")
    with writing(the_store().engine) as changing:
        if email in [wish.email for wish in sharing.letters(changing, shop.id)]:
            writes.stop_letters(changing, shop.id, email)
            journal.note(changing, "sends the report by e-mail no more", email)
            flash(f"{email} gets the report no more.")
    return redirect(url_for("letters.every", key=shop.key), 303)


@pages.post("/send")
def send(key: str) -> Response | tuple[str, int]:
    """Once, now, to somebody on the list: to see whether the mail server takes it."""
    shop, email = access.shop(), request.form.get("email", "")
    store = the_store()
    try:
        if email not in [wish.email for wish in sharing.letters(connection(), shop.id)]:
            raise Explained("Only those on the list are written to: add the address first.")
        written = letter.compose(connection(), shop, email, store.settings)
        if written is None:
            raise Explained("No experiment was counted yet, so there is nothing to tell.")
        letter.send(store.settings, [written])
    except Explained as fault:
        return _page(fault.message), 422
    with writing(store.engine) as changing:
        journal.note(changing, "sent the report by e-mail", email)
    flash(f"Sent to {email}.")
    return redirect(url_for("letters.every", key=shop.key), 303)
