"""The doors: log-in, log-out, the one-time set-up link, and one's own account."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from plugin import passwords, session, throttle
from plugin.access import open_to_all, page_after_log_in
from plugin.db import connection, the_store
from store.engine import writing
from store.reads import people, shops
from store.writes import people as writes

pages = Blueprint("entry", __name__)

LONGEST_EMAIL = 254  # RFC 5321


def _now() -> datetime:
    return datetime.now(UTC)


@pages.get("/")
@open_to_all
def home() -> Response:
    return redirect(url_for("shops.every"))


@pages.route("/admin/login", methods=["GET", "POST"])
@open_to_all
def log_in() -> Response | str | tuple[str, int]:
    if session.person() is not None:
        return redirect(url_for("shops.every"))
    email = request.form.get("email", "")[:LONGEST_EMAIL]
    wanted = request.values.get("next", "")
    if request.method == "GET":
        first = not people.any_user(connection())
        return render_template("log_in.html", email="", wanted=wanted, first=first)
    throttle.count("log-in", email.strip().lower())
    user = people.user_by_email(connection(), email)
    if not passwords.matches(user.password if user else None, request.form.get("password", "")):
        return render_template("log_in.html", email=email, wanted=wanted, wrong=True), 422
    assert user is not None  # noqa: S101 - nobody's password matches nothing
    if passwords.is_outdated(user.password):
        with writing(the_store().engine) as changing:
            writes.save_password_hash(changing, user.id, passwords.hashed(request.form["password"]))
    session.log_in(user)
    _note("log-in", user.id)
    return redirect(page_after_log_in(wanted), 303)


@pages.post("/admin/logout")
def log_out() -> Response:
    session.log_out()
    flash("You are logged out.")
    return redirect(url_for("entry.log_in"), 303)


@pages.get("/admin/account")
def account() -> str:
    return render_template("account.html")


@pages.post("/admin/logout-everywhere")
def log_out_everywhere() -> Response:
    who = session.person()
    assert who is not None  # noqa: S101 - access.guard lets nobody else in
    with writing(the_store().engine) as changing:
        writes.end_sessions(changing, who.id)
    _note("log-out everywhere", who.id)
    session.log_out()
    flash("You are logged out on every device.")
    return redirect(url_for("entry.log_in"), 303)


@pages.post("/admin/account/password")
def new_password() -> Response | tuple[str, int]:
    """A new password; it ends every session but this one."""
    who = session.person()
    assert who is not None  # noqa: S101 - access.guard lets nobody else in
    throttle.count("log-in", who.email)
    user = people.user(connection(), who.id)
    old, new = request.form.get("old", ""), request.form.get("password", "")
    fault = None
    if user is None or not passwords.matches(user.password, old):
        fault = "The present password is not right."
    fault = fault or password_fault(new, request.form.get("again", ""), who.email)
    if fault:
        return render_template("account.html", fault=fault), 422
    with writing(the_store().engine) as changing:
        writes.save_user(changing, who.email, passwords.hashed(new), _now())
        changed = people.user(changing, who.id)
    assert changed is not None  # noqa: S101 - just written
    session.log_in(changed)
    _note("new password", who.id)
    flash("Your password is changed. Other devices have to log in again.")
    return redirect(url_for("entry.account"), 303)


@pages.post("/admin/account/delete")
def delete_account() -> Response | tuple[str, int]:
    """The account with its memberships; not where a shop would be left without an owner."""
    who = session.person()
    assert who is not None  # noqa: S101 - access.guard lets nobody else in
    throttle.count("log-in", who.email)
    user = people.user(connection(), who.id)
    if user is None or not passwords.matches(user.password, request.form.get("old", "")):
        return render_template("account.html", delete_fault="The password is not right."), 422
    with writing(the_store().engine) as changing:
        writes.remove_user(changing, who.id)
        writes.note(changing, "account deleted", "", _now(), user_id=who.id)
    session.log_out()
    flash("Your account is deleted.")
    return redirect(url_for("entry.log_in"), 303)


@pages.route("/admin/setup/<secret>", methods=["GET", "POST"])
@open_to_all
def set_up(secret: str) -> Response | str | tuple[str, int]:
    """The one-time link: its holder chooses e-mail and password and owns every shop there is."""
    if request.method == "POST":
        throttle.count("set-up")
    state = people.setup_link(connection(), secret, _now())
    if state != "ready":
        return render_template("set_up_over.html", state=state), 410
    names = [shop.name for shop in shops.every(connection())]
    if request.method == "GET":
        return render_template("set_up.html", shops=names, email="")
    email, password = request.form.get("email", "").strip(), request.form.get("password", "")
    fault = email_fault(email) or password_fault(password, request.form.get("again", ""), email)
    if fault:
        return render_template("set_up.html", shops=names, email=email, fault=fault), 422
    password_hash = passwords.hashed(password)  # slow on purpose: not while holding the store
    with writing(the_store().engine) as changing:
        if not writes.use_setup_link(changing, secret, _now()):
            return render_template("set_up_over.html", state="used"), 410
        user_id = writes.save_user(changing, email, password_hash, _now())
        for shop in shops.every(changing):
            writes.grant(changing, user_id, shop.id, "owner")
        writes.note(changing, "set-up", "became owner of every shop", _now(), user_id=user_id)
        user = people.user(changing, user_id)
    assert user is not None  # noqa: S101 - just written
    session.log_in(user)
    return redirect(url_for("shops.every"), 303)


def email_fault(email: str) -> str | None:
    name, _, host = email.rpartition("@")
    if not (name and host) or len(email) > LONGEST_EMAIL or not email.isprintable() or " " in email:
        return "Give an e-mail address such as anna@example.com. It is only your name here."
    return None


def password_fault(password: str, again: str, email: str) -> str | None:
    weak = passwords.weakness(password, email)
    if weak is None and password != again:
        return "The two passwords differ. Type the same one twice."
    return weak


def _note(action: str, user_id: int) -> None:
    with writing(the_store().engine) as changing:
        writes.note(changing, action, "", _now(), user_id=user_id)
