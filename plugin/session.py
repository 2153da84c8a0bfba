"""Who is logged in, and for how long does that hold?

The session is a signed cookie with the user's id and `session_mark`. Changing the mark (a new
password, "log out everywhere") ends every session of that user. The signing key is derived from
SECRET_KEYS, so there is none to configure and none to forget.
"""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, session
from flask_login import LoginManager, current_user, login_user, logout_user

from plugin.db import connection
from store.opening import Store
from store.reads import people

# A morning's break does not end a session, a night does.
IDLE_FOR = timedelta(hours=8)
# However busy: a cookie somebody copied is worthless after so long.
LONGEST = timedelta(days=7)
_BEGAN = "began_s"


@dataclass(frozen=True, slots=True)
class Person:
    """A user who is logged in, as Flask-Login wants one."""

    id: int
    email: str
    session_mark: str
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        return f"{self.id}.{self.session_mark}"


def install(app: Flask, store: Store) -> None:
    newest, *older = store.ring.derive("alongside: admin session")
    app.config.update(
        SECRET_KEY=newest,
        SECRET_KEY_FALLBACKS=older,  # rotating SECRET_KEYS logs nobody out
        SESSION_COOKIE_NAME="alongside_admin",
        SESSION_COOKIE_PATH="/admin",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=store.settings.base_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=IDLE_FOR,
    )
    manager = LoginManager(app)
    manager.user_loader(_load)


def _load(stored: str) -> Person | None:
    number, _, mark = stored.partition(".")
    began_s = session.get(_BEGAN)
    if not number.isdecimal() or not isinstance(began_s, int):
        return None
    if not 0 <= time.time() - began_s < LONGEST.total_seconds():
        return None
    user = people.user(connection(), int(number))
    if user is None or not hmac.compare_digest(user.session_mark, mark):
        return None
    return Person(user.id, user.email, user.session_mark)


def log_in(user: people.User) -> None:
    """A fresh session: nothing of the one before it, its CSRF token included, goes on."""
    session.clear()
    session.permanent = True  # ends IDLE_FOR after the last page, not with the browser
    session[_BEGAN] = int(time.time())
    login_user(Person(user.id, user.email, user.session_mark))


def log_out() -> None:
    logout_user()
    session.clear()


def person() -> Person | None:
    """Who asks for this page; None: nobody is logged in."""
    found = current_user._get_current_object()
    return found if isinstance(found, Person) else None
