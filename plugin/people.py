"""Who may see this shop, in which role; inviting somebody by a one-time link, and letting go."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from plugin import access, journal, passwords, session, throttle, words
from plugin.access import needs, open_to_all
from plugin.db import connection, the_store
from plugin.entry import email_fault, password_fault
from store.engine import writing
from store.reads import people, shops
from store.writes import people as writes

pages = Blueprint("people", __name__)


@pages.get("/admin/shops/<key>/people/")
def every(key: str) -> str:
    return _page()


@pages.post("/admin/shops/<key>/people/invite")
@needs("owner")
def invite(key: str) -> str:
    """Makes the link and shows it, this once: only its hash is kept."""
    shop, role = access.shop(), _role(request.form.get("role", ""))
    with writing(the_store().engine) as changing:
        secret = writes.invite(changing, shop.id, role, datetime.now(UTC))
        journal.note(changing, "invited somebody", f"as {role}")
    address = the_store().settings.base_url + url_for("people.accept", secret=secret)
    return _page(link=address, role=role)


@pages.post("/admin/shops/<key>/people/withdraw")
@needs("owner")
def withdraw(key: str) -> Response:
    try:
        digest = bytes.fromhex(request.form.get("link", ""))
    except ValueError:
        abort(400, "This is no invitation of ours. Reload the page and try again.")
    with writing(the_store().engine) as changing:
        writes.withdraw_invitation(changing, access.shop().id, digest)
        journal.note(changing, "withdrew an invitation")
    flash("The invitation opens nothing any more.")
    return redirect(url_for("people.every", key=key), 303)


@pages.post("/admin/shops/<key>/people/<int:number>/role")
@needs("owner")
def change(key: str, number: int) -> Response:
    shop, role = access.shop(), _role(request.form.get("role", ""))
    member = _member(shop.id, number)
    with writing(the_store().engine) as changing:
        writes.set_role(changing, shop.id, number, role)
        journal.note(changing, "changed a role", f"{member.email}: {role}")
    flash(f"{member.email} is {role} now.")
    return redirect(url_for("people.every", key=key), 303)


@pages.get("/admin/shops/<key>/people/<int:number>/remove")
@needs("owner")
def confirm_remove(key: str, number: int) -> str:
    return render_template("member_remove.html", it=_member(access.shop().id, number))


@pages.post("/admin/shops/<key>/people/<int:number>/remove")
@needs("owner")
def remove(key: str, number: int) -> Response:
    shop = access.shop()
    member = _member(shop.id, number)
    with writing(the_store().engine) as changing:
        writes.remove_member(changing, shop.id, number)
        journal.note(changing, "removed somebody", member.email)
    flash(f"{member.email} cannot see {shop.name} any more.")
    who = session.person()
    if who and who.id == number:
        return redirect(url_for("shops.every"), 303)
    return redirect(url_for("people.every", key=key), 303)


def _role(given: str) -> str:
    if given not in writes.ROLES:
        abort(400, f"Choose a role: {', '.join(writes.ROLES)}.")
    return given


def _member(shop_id: int, number: int) -> people.Member:
    for it in people.members(connection(), shop_id):
        if it.user_id == number:
            return it
    return abort(
        404, "Nobody with this number is a member here; they may have been removed meanwhile."
    )


def _page(link: str = "", role: str = "") -> str:
    shop = access.shop()
    return render_template(
        "people.html",
        members=people.members(connection(), shop.id),
        open=people.open_invitations(connection(), shop.id, datetime.now(UTC)),
        roles=words.ROLE,
        link=link,
        role=role,
    )


@pages.route("/admin/invitation/<secret>", methods=["GET", "POST"])
@open_to_all
def accept(secret: str) -> Response | str | tuple[str, int]:
    """For a new account, or for the one that is logged in. It never opens somebody else's: an
    e-mail that has an account is asked to log in."""
    if request.method == "POST":
        throttle.count("set-up")
    found = people.invitation(connection(), secret, datetime.now(UTC))
    if found.state != "ready":
        return render_template("invitation_over.html", state=found.state), 410
    who = session.person()
    if request.method == "GET":
        return render_template("invitation.html", it=found, email="", who=who)
    if who is not None:
        return _join(secret, who.id)
    email, password = request.form.get("email", "").strip(), request.form.get("password", "")
    fault = email_fault(email) or password_fault(password, request.form.get("again", ""), email)
    if fault is None and people.user_by_email(connection(), email) is not None:
        fault = "There is an account with this e-mail. Log in first, then open this link again."
    if fault:
        return render_template("invitation.html", it=found, email=email, fault=fault), 422
    password_hash = passwords.hashed(password)  # slow on purpose: not while holding the store
    return _join(secret, None, email, password_hash)


def _join(
    secret: str, user_id: int | None, email: str = "", password_hash: str = ""
) -> Response | tuple[str, int]:
    now = datetime.now(UTC)
    with writing(the_store().engine) as changing:
        if user_id is None:
            if people.user_by_email(changing, email) is not None:  # made a moment ago
                return render_template("invitation_over.html", state="used"), 410
            user_id = writes.save_user(changing, email, password_hash, now)
            new = people.user(changing, user_id)
        else:
            new = None
        shop_id = writes.use_invitation(changing, secret, user_id, now)
        if shop_id is None:
            changing.rollback()
            return render_template("invitation_over.html", state="used"), 410
        writes.note(changing, "accepted an invitation", "", now, shop_id=shop_id, user_id=user_id)
        key = shops.by_id(changing, shop_id).key
    if new is not None:
        session.log_in(new)
    return redirect(url_for("overview.show", key=key), 303)
