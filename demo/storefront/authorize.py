"""The page on which a shop's owner grants an API key to an application: `/wc-auth/v1/authorize`.

As in a real shop: the key is posted to the application's own address first, and taken back unless
that answers exactly 200; then the browser goes back to where it came from. Here whoever looks is
the shop's manager, and an application on this very machine may be handed its key over plain http.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import flask
import urllib3
from flask.typing import ResponseReturnValue

from demo.api import access
from demo.api.wire import php_json
from demo.database import changing, here

rooms = flask.Blueprint("authorize", __name__)

# What each scope lets an application do.
SCOPES = {
    "read": ("View orders, products and coupons", "View sales reports"),
    "write": ("Change orders, products and coupons", "Create webhooks"),
    "read_write": (
        "View and change orders, products and coupons",
        "View sales reports",
        "Create webhooks",
    ),
}
ASKED = ("app_name", "scope", "user_id", "return_url", "callback_url")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
TIMEOUT_S = 30


@rooms.get("/wc-auth/v1/authorize")
def authorize() -> ResponseReturnValue:
    given = _given(flask.request.args)
    return flask.render_template(
        "authorize.html",
        given=given,
        may=SCOPES[given["scope"]],
        denied=_added(given["return_url"], success="0", user_id=given["user_id"]),
        category=None,
    )


@rooms.post("/wc-auth/v1/access_granted")
def granted() -> ResponseReturnValue:
    given, db = _given(flask.request.form), here()
    with changing(db):
        key, secret = access.new_key(db, given["scope"])
    body = {
        "key_id": db.execute("SELECT count(*) FROM api_keys").fetchone()[0],
        "user_id": given["user_id"],
        "consumer_key": key,
        "consumer_secret": secret,
        "key_permissions": given["scope"],
    }
    if not _posted(given["callback_url"], php_json(body)):
        with changing(db):
            db.execute("DELETE FROM api_keys WHERE consumer_key = ?", (key,))
        flask.abort(401, "The application did not take its key, so the key was deleted again.")
    return flask.redirect(_added(given["return_url"], success="1", user_id=given["user_id"]))


def _given(args: Mapping[str, str]) -> dict[str, str]:
    """The five parameters, or the page that says which of them is wrong."""
    given = {name: args.get(name, "") for name in ASKED}
    for name, value in given.items():
        if not value:
            flask.abort(401, f"Missing parameter {name}")
    if given["scope"] not in SCOPES:
        flask.abort(401, f"Invalid scope {given['scope'][:40]}")
    for name in ("return_url", "callback_url"):
        parts = urlsplit(given[name])
        if parts.scheme not in ("http", "https") or not parts.hostname:
            flask.abort(401, f"The {name} is not a valid URL")
    callback = urlsplit(given["callback_url"])
    if callback.scheme != "https" and callback.hostname not in LOOPBACK:
        flask.abort(401, "The callback_url needs to be over SSL")
    return given


def _posted(url: str, body: bytes) -> bool:
    headers = {"Content-Type": "application/json;charset=UTF-8"}
    try:
        with urllib3.PoolManager() as pool:
            answer = pool.request(
                "POST", url, body=body, headers=headers, timeout=TIMEOUT_S, retries=False,
                redirect=False,
            )  # fmt: skip
    except urllib3.exceptions.HTTPError:
        return False
    return answer.status == 200


def _added(url: str, **more: str) -> str:
    parts = urlsplit(url)
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), *more.items()]
    return urlunsplit(parts._replace(query=urlencode(pairs)))
