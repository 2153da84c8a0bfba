"""Who may use the API? Exactly the credentials that a real shop accepts.

Over plain http: only OAuth 1.0a (HMAC-SHA256 or -SHA1, in the query or the Authorization header),
signed over the shop's own home address. Basic authentication and keys in the query are as good as
nothing there; over https both work. oauthlib computes the signatures.
"""

from __future__ import annotations

import hmac
import secrets
import sqlite3
import time
from types import SimpleNamespace
from urllib.parse import unquote

import flask
from oauthlib.oauth1.rfc5849 import signature

from demo.api.wire import Refused, home
from demo.database import changing, here

WINDOW_S = 15 * 60  # how far a client's clock may be off
OAUTH = (
    "oauth_consumer_key",
    "oauth_timestamp",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
)
VERIFY = {"HMAC-SHA256": signature.verify_hmac_sha256, "HMAC-SHA1": signature.verify_hmac_sha1}

# What a request without a valid key is told, by what it wanted to do.
NOBODY = {
    "list": ("cannot_view", "Sorry, you cannot list resources."),
    "GET": ("cannot_view", "Sorry, you cannot view this resource."),
    "POST": ("cannot_create", "Sorry, you are not allowed to create resources."),
    "PUT": ("cannot_edit", "Sorry, you are not allowed to edit this resource."),
    "DELETE": ("cannot_delete", "Sorry, you are not allowed to delete this resource."),
}


def new_key(db: sqlite3.Connection, permissions: str = "read_write") -> tuple[str, str]:
    """A key and its secret, saved."""
    key, secret = f"ck_{secrets.token_hex(20)}", f"cs_{secrets.token_hex(20)}"
    db.execute("INSERT INTO api_keys VALUES (?, ?, ?)", (key, secret, permissions))
    return key, secret


def check(view_args: dict[str, int] | None) -> None:
    """Raise the real shop's 401 unless the current request may do what it wants to."""
    key = _basic() if flask.request.is_secure else None
    key = key or _oauth()
    method = flask.request.method
    if key is None:
        raise nobody("list" if method == "GET" and not view_args else method)
    reads = method in ("GET", "HEAD", "OPTIONS")
    if key["permissions"] not in ("read_write", "read" if reads else "write"):
        verb = "read" if reads else "write"
        raise _wrong(f"The API key provided does not have {verb} permissions.")


def nobody(doing: str) -> Refused:
    code, message = NOBODY["PUT" if doing == "PATCH" else doing]
    return Refused(401, f"woocommerce_rest_{code}", message)


def _wrong(message: str) -> Refused:
    return Refused(401, "woocommerce_rest_authentication_error", message)


def _find(consumer_key: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = (
        here().execute("SELECT * FROM api_keys WHERE consumer_key = ?", (consumer_key,)).fetchone()
    )
    return row


def _basic() -> sqlite3.Row | None:
    """Key and secret themselves, in the query or as Basic authentication (https only)."""
    args, given = flask.request.args, flask.request.authorization
    consumer_key, secret = args.get("consumer_key"), args.get("consumer_secret")
    if not (consumer_key and secret) and given is not None and given.type == "basic":
        consumer_key, secret = given.username, given.password
    key = _find(consumer_key) if consumer_key and secret else None
    if key is not None and not hmac.compare_digest(key["consumer_secret"], str(secret)):
        raise _wrong("Consumer secret is invalid.")
    return key


def _oauth() -> sqlite3.Row | None:
    """The key that signed this request; None when nothing of OAuth is in it."""
    params = dict(flask.request.args.items(multi=True)) | _header()
    missing = [name for name in OAUTH if not params.get(name)]
    if len(missing) == len(OAUTH):
        return None
    if missing:
        raise Refused(
            401,
            "woocommerce_rest_authentication_missing_parameter",
            f"Missing OAuth parameter{'s' if len(missing) > 1 else ''} {', '.join(missing)}",
        )
    key = _find(params["oauth_consumer_key"])
    if key is None:
        raise _wrong("Consumer key is invalid.")
    verify = VERIFY.get(params["oauth_signature_method"])
    if verify is None:
        raise _wrong("Invalid signature - signature method is invalid.")
    given = params.pop("oauth_signature").replace(" ", "+")
    signed = SimpleNamespace(
        uri=home(flask.request.path),
        http_method=flask.request.method,
        params=list(params.items()),
        signature=given,
    )
    if not verify(signed, key["consumer_secret"], ""):
        raise _wrong("Invalid signature - provided signature does not match.")
    _fresh(key, params["oauth_timestamp"], params["oauth_nonce"])
    return key


def _header() -> dict[str, str]:
    """The parameters of an OAuth Authorization header, without its realm."""
    scheme, _, rest = flask.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "oauth":
        return {}
    pairs = (part.strip().partition("=") for part in rest.split(","))
    return {
        unquote(name): unquote(value.strip('"'))
        for name, _, value in pairs
        if name.startswith("oauth_")
    }


def _fresh(key: sqlite3.Row, timestamp: str, nonce: str) -> None:
    now_s = int(time.time())
    if not timestamp.isdecimal() or abs(now_s - int(timestamp)) > WINDOW_S:
        raise _wrong("Invalid timestamp.")
    db = here()
    with changing(db):
        # A nonce is kept while its timestamp, at the far end of the window, could still pass.
        db.execute("DELETE FROM nonces WHERE used_s < ?", (now_s - 2 * WINDOW_S,))
        new = db.execute(
            "INSERT OR IGNORE INTO nonces VALUES (?, ?, ?)", (key["consumer_key"], nonce, now_s)
        ).rowcount
    if not new:
        raise _wrong("Invalid nonce - nonce has already been used.")
