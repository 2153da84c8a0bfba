"""How does an answer of the API look on the wire?

Bytes as PHP writes them (slashes and non-ASCII escaped), the headers a real shop sends, money and
instants as text, `_fields`, and refusals: `raise Refused(...)` becomes the real error body.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import flask
import orjson

VERSION = "10.9.2"  # the WooCommerce whose recorded answers the tests compare with
SITE_TIME = ZoneInfo("Europe/London")
ITEM_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
HEADERS = {
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Expose-Headers": "X-WP-Total, X-WP-TotalPages, Link",
    "Access-Control-Allow-Headers": (
        "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type"
    ),
    "Expires": "Wed, 11 Jan 1984 05:00:00 GMT",
    "Cache-Control": "no-cache, must-revalidate, max-age=0, no-store, private",
}
NOT_ASCII = re.compile(r"[^\x00-\x7f]+")

Json = dict[str, Any]


class Refused(Exception):
    """What the shop says instead of doing it; `data` is beside the status in the body."""

    def __init__(self, status: int, code: str, message: str, data: Json | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, "data": {"status": status, **(data or {})}}


def refusal(error: Refused) -> flask.Response:
    return answer(error.body, error.status, allow=None)


def no_route() -> Refused:
    return Refused(404, "rest_no_route", "No route was found matching the URL and request method.")


def answer(
    body: Any,
    status: int = 200,
    headers: Json | None = None,
    allow: tuple[str, ...] | None = ("GET",),
) -> flask.Response:
    response = flask.Response(
        php_json(body), status, content_type="application/json; charset=UTF-8"
    )
    response.headers.extend(HEADERS)
    response.headers["Link"] = f'<{home("/wp-json/")}>; rel="https://api.w.org/"'
    if allow:
        response.headers["Allow"] = ", ".join(allow)
    else:
        response.headers["Vary"] = "Origin"
    response.headers.update(headers or {})
    return response


def item(body: Json, links: Json, **options: Any) -> flask.Response:
    """One resource. `_fields` cuts it down, but its links always come along."""
    return answer(kept({**body, "_links": links}, with_links=True), **options)


def php_json(body: Any) -> bytes:
    # In JSON a slash stands only inside strings, so escaping it everywhere is exact.
    raw = orjson.dumps(body).replace(b"/", b"\\/")
    if raw.isascii():
        return raw
    escaped = NOT_ASCII.sub(lambda match: json.dumps(match[0])[1:-1], raw.decode())
    return escaped.encode("ascii")


def home(path: str) -> str:
    """An address of the shop as the shop itself knows it, whatever the client dialled."""
    return f"{flask.current_app.config['SHOP_HOME']}{path}"


def links(path: str, *, allow: tuple[str, ...] = ITEM_METHODS, **more: str) -> Json:
    """`_links` of a resource: itself, its collection, and others by name."""
    made: Json = {
        "self": [{"href": home(path), "targetHints": {"allow": allow}}],
        "collection": [{"href": home(path.rsplit("/", 1)[0])}],
    }
    for name, target in more.items():
        made[name] = [{"href": home(target)}]
    return made


# --- values --------------------------------------------------------------------------------------


def money(minor: int, decimals: int = 2) -> str:
    """`money(-1250) == "-12.50"`; `dp` of the request may ask for other than two decimals."""
    pounds, pence = divmod(abs(minor), 100)
    sign = "-" if minor < 0 else ""
    if decimals < 2:
        return f"{sign}{(pounds + pence / 100):.{decimals}f}"
    return f"{sign}{pounds}.{pence:02d}{'0' * (decimals - 2)}"


def number(value: float) -> float | int:
    """PHP writes a whole float without a point."""
    return int(value) if value == int(value) else value


def local(instant_s: int | None) -> str | None:
    """Site-local, with no offset: what the plain date fields hold."""
    if instant_s is None:
        return None
    return datetime.fromtimestamp(instant_s, SITE_TIME).isoformat()[:19]


def gmt(instant_s: int | None) -> str | None:
    return None if instant_s is None else datetime.fromtimestamp(instant_s, UTC).isoformat()[:19]


# --- _fields -------------------------------------------------------------------------------------


def wanted() -> Json | None:
    """What `_fields` asks for, as a tree; None: everything. A list answers only as a whole."""
    given = flask.request.args.getlist("_fields") + flask.request.args.getlist("_fields[]")
    names = [name.strip() for text in given for name in text.split(",") if name.strip()]
    if not names:
        return None
    tree: Json = {}
    for name in names:
        branch = tree
        *path, leaf = name.split(".")
        for step in path:
            branch = branch.setdefault(step, {})
            if branch is True:
                break
        else:
            branch[leaf] = True
    return tree


def asks_for(field: str) -> bool:
    tree = wanted()
    return tree is None or field in tree


def kept(body: Json, *, with_links: bool = False) -> Any:
    """The body cut down to `_fields`; what is left of nothing is `[]`, as PHP has it."""
    tree = wanted()
    if tree is None:
        return body
    if with_links:
        tree = {**tree, "_links": True}
    return _cut(body, tree) or []


def _cut(body: Json, tree: Json) -> Json:
    left: Json = {}
    for name, value in body.items():
        branch = tree.get(name)
        if branch is True:
            left[name] = value
        elif branch and isinstance(value, dict):
            left[name] = _cut(value, branch) or []
    return left
