"""How do we prove to Shopify who asks, and how does it prove to us who calls?

Asking: the three ways to a token (client credentials, an owner's consent, the session of the
embedded page) and its refresh. Called: the signatures of the consent's return address, of the app
proxy, and of session tokens; webhooks have their own module. All comparisons take constant time.

Nothing is kept here. A token that was granted is saved by the caller before it is used, because a
refresh spends the token that asked for it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt

from connectors import http
from connectors.errors import AccessRevoked, Misconfigured, TryLater, Unreadable

# What we ask an owner for, the least that does the work. `read_all_orders` (orders older than 60
# days) is Shopify's to approve; a shop without it starts with two months.
SCOPES = ("read_products", "read_orders", "read_customers")
# Nobody's signature counts for longer: Shopify's own libraries allow 90 s either way.
FRESH = timedelta(seconds=90)
# A session token lives a minute; clocks may differ by this much.
SESSION_LEEWAY = timedelta(seconds=10)

_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
_OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"

Items = Iterable[tuple[str, str]]  # a query as decoded pairs, repeated names and all


@dataclass(frozen=True, slots=True)
class App:
    """Our app as Shopify's Dev Dashboard knows it."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """A token, what it opens and how long: `None` never ends. Save it before using it."""

    access_token: str = field(repr=False)
    scopes: frozenset[str]
    expires_at: datetime | None = None
    refresh_token: str | None = field(default=None, repr=False)
    refresh_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionToken:
    """Who looks at the embedded page: the shop, and the member of its staff."""

    shop: str
    user: str
    expires_at: datetime


def domain_of(text: str) -> str | None:
    """A shop's permanent domain, lower-case ("x.myshopify.com"); None where it is anything else.

    Whole or nothing: this is what stands between a stranger's text and a request of ours.
    """
    domain = text.strip().lower().removeprefix("https://").rstrip("/")
    return domain if _DOMAIN.fullmatch(domain) and len(domain) <= 100 else None


def home(domain: str) -> str:
    """Where a shop's API lives."""
    if domain_of(domain) != domain:
        raise ValueError("not the permanent domain of a Shopify shop")
    return f"https://{domain}"


# --- Shopify calls us ----------------------------------------------------------------------------


def authorize_url(
    domain: str, app: App, *, redirect_url: str, state: str, scopes: Sequence[str] = SCOPES
) -> str:
    """Where the owner consents; Shopify then calls `redirect_url` with a code and this `state`,
    which must be unguessable, good only once and kept for the comparison."""
    query = {
        "client_id": app.client_id,
        "scope": ",".join(scopes),
        "redirect_uri": redirect_url,
        "state": state,
    }
    return f"{home(domain)}/admin/oauth/authorize?{urlencode(query)}"


def callback_is_genuine(query_items: Items, secret: str, *, now: datetime | None = None) -> bool:
    """Whether Shopify signed this query (the return from consent, the app's own address) just now.

    Signed is the query without `hmac`, sorted and encoded as a form. An old one proves nothing;
    that it comes once only is for `state` to see.
    """
    pairs = list(query_items)
    signatures = [value for name, value in pairs if name == "hmac"]
    rest = sorted((name, value) for name, value in pairs if name != "hmac")
    return _signed(urlencode(rest, errors="replace"), signatures, secret) and _is_fresh(rest, now)


def proxy_is_genuine(query_items: Items, secret: str, *, now: datetime | None = None) -> bool:
    """Whether this query came through the shop's app proxy just now.

    Signed are the decoded names and values, repeated ones joined by commas, sorted by name and
    written without anything between them.
    """
    values: dict[str, list[str]] = {}
    for name, value in query_items:
        values.setdefault(name, []).append(value)
    signatures = values.pop("signature", [])
    message = "".join(f"{name}={','.join(values[name])}" for name in sorted(values))
    stamps = [("timestamp", value) for value in values.get("timestamp", [])]
    return _signed(message, signatures, secret) and _is_fresh(stamps, now)


def read_session_token(
    token: str, client_id: str, secret: str, now: datetime | None = None
) -> SessionToken | None:
    """Who the page's session token names; None where it is not ours, not genuine or not of now.

    The clock is the caller's, so expiry is checked here and not by the library.
    """
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            audience=client_id,
            options={
                "require": ["iss", "dest", "aud", "sub", "exp", "nbf"],
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
        until, since = (datetime.fromtimestamp(claims[name], UTC) for name in ("exp", "nbf"))
    except (jwt.InvalidTokenError, TypeError, ValueError, OverflowError, OSError):
        return None
    now = now or datetime.now(UTC)
    host = urlsplit(str(claims["dest"])).hostname or ""
    issuer = urlsplit(str(claims["iss"])).hostname or ""
    domain = domain_of(host)
    if domain is None or issuer != host or not since - SESSION_LEEWAY <= now:
        return None
    if now >= until + SESSION_LEEWAY:
        return None
    return SessionToken(domain, str(claims["sub"]), until)


def _signed(message: str, signatures: Sequence[str], secret: str) -> bool:
    """Exactly one signature, and the right one. An empty secret proves nothing."""
    if len(signatures) != 1 or not secret:
        return False
    right = hmac.new(secret.encode(), message.encode("utf-8", "replace"), hashlib.sha256)
    return hmac.compare_digest(right.hexdigest().encode(), signatures[0].encode("utf-8", "replace"))


def _is_fresh(pairs: Items, now: datetime | None) -> bool:
    stamps = [value for name, value in pairs if name == "timestamp"]
    if len(stamps) != 1 or not re.fullmatch(r"[0-9]{1,11}", stamps[0]):
        return False
    now_s = (now or datetime.now(UTC)).timestamp()
    return abs(now_s - int(stamps[0])) <= FRESH.total_seconds()


# --- we ask Shopify for a token ------------------------------------------------------------------


def client_credentials(session: http.Session, shop_url: str, app: App) -> Grant:
    """A token for an app and a shop of one and the same owner; lasts a day, is then asked anew.

    `shop_url` here and below: `home(domain)`.
    """
    return _grant(session, shop_url, app, {"grant_type": "client_credentials"})


def exchange_code(session: http.Session, shop_url: str, app: App, code: str) -> Grant:
    """The code of the return address for a token that expires and can be refreshed."""
    return _grant(session, shop_url, app, {"code": code, "expiring": "1"})


def exchange_session_token(session: http.Session, shop_url: str, app: App, token: str) -> Grant:
    """A session token, checked before, for a token of the shop that works without a visitor."""
    return _grant(
        session,
        shop_url,
        app,
        {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": token,
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "requested_token_type": _OFFLINE,
            "expiring": "1",
        },
    )


def refresh(session: http.Session, shop_url: str, app: App, refresh_token: str) -> Grant:
    """The next token, with the next refresh token: one at a time for each shop, and saved at once.

    Where the answer is lost the old refresh token may be sent again: Shopify keeps it good until
    the new one is used.
    """
    asked = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return _grant(session, shop_url, app, asked)


def _grant(session: http.Session, shop_url: str, app: App, asked: Mapping[str, str]) -> Grant:
    answer = session.post(
        f"{shop_url}/admin/oauth/access_token",
        {"client_id": app.client_id, "client_secret": app.client_secret, **asked},
        {},
    )
    told = answer.data if isinstance(answer.data, dict) else {}
    if answer.status == 429:
        raise TryLater(60, "Shopify asks us to wait before it gives out a token.")
    if answer.status >= 400:
        raise _refusal(answer.status, told)
    token = told.get("access_token")
    if not isinstance(token, str) or not token:
        raise Unreadable("admin/oauth/access_token", "the answer holds no token.")
    # Counted from the shop's clock where it tells, and never from after it answered.
    now = min(answer.at or datetime.now(UTC), datetime.now(UTC))
    refresh_token = told.get("refresh_token")
    return Grant(
        token,
        frozenset(re.split(r"[,\s]+", str(told.get("scope") or "").strip())) - {""},
        _after(now, told.get("expires_in")),
        refresh_token if isinstance(refresh_token, str) and refresh_token else None,
        _after(now, told.get("refresh_token_expires_in")),
    )


def _after(now: datetime, seconds: Any) -> datetime | None:
    return now + timedelta(seconds=seconds) if type(seconds) is int and seconds > 0 else None


def _refusal(status: int, told: Mapping[str, Any]) -> Misconfigured | AccessRevoked | Unreadable:
    """Shopify's refusals by what the owner does about them."""
    code = str(told.get("error") or "")
    why = str(told.get("error_description") or code or told.get("errors") or "no reason given")
    said = f"{code} {why}".lower()
    if "shop_not_permitted" in said:
        return Misconfigured(
            "The app and the shop belong to different organizations.",
            "Make the app in the Dev Dashboard of the organization that owns the shop, or connect "
            "through the install page instead.",
        )
    if "invalid_client" in said or "application_cannot_be_found" in said:
        return Misconfigured(
            "Shopify does not know this client id and secret together, or the app is not installed "
            "in the shop.",
            "Copy both again from the app's settings in the Dev Dashboard, and install the app in "
            "the shop.",
        )
    if "refresh_token" in said or "invalid_subject_token" in said or "invalid_grant" in said:
        return AccessRevoked("its consent has ended.")
    if status == 404:
        return Misconfigured(
            "There is no Shopify shop of this name.", "Check the domain for typing errors."
        )
    return Unreadable("admin/oauth/access_token", f"Shopify answered {status}: {why[:200]}")
