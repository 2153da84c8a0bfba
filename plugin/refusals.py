"""How pages say no: one sentence on what happened, one on what to do, never a trace.

Addresses that machines call answer problem JSON (RFC 9457) instead of a page.
"""

from __future__ import annotations

import orjson
from flask import Flask, Response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError

from store.errors import Explained
from store.reads.experiments import UnknownExperiment
from store.reads.models import UnknownModel
from store.reads.shops import UnknownShop

_TITLES = {
    400: "That could not be read",
    401: "Not proven",
    403: "Not allowed",
    404: "Nothing here",
    405: "That does not work here",
    409: "That cannot be done now",
    410: "Over",
    413: "Too large",
    422: "That could not be read",
    429: "Too many tries",
    500: "Something broke",
    503: "The store did not answer",
}
_MACHINES = (
    "/api/",
    "/webhooks/",
    "/proxy/",
    "/install/shopify/session",
    "/install/woocommerce/callback",
    "/install/woocommerce/exchange",
)
_DETAILS = {
    404: "The address may be mistyped, or what was here is gone.",
    405: "Go back, reload the page and use its buttons.",
    500: "It is not your doing. The log of the server says what happened; nothing half-done was "
    "kept. Try again, and if it happens again, show the log to whoever runs this server.",
}


def refusal(status: int, detail: str | None = None) -> Response:
    title = _TITLES.get(status, "That did not work")
    detail = detail or _DETAILS.get(status, "Go back, reload the page and try again.")
    if request.path.startswith(_MACHINES):
        body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        return Response(orjson.dumps(body), status, content_type="application/problem+json")
    return Response(render_template("refusal.html", title=title, detail=detail), status)


def install(app: Flask) -> None:
    @app.errorhandler(CSRFError)
    def stale(error: CSRFError) -> Response:
        return refusal(
            400,
            "This form was open for too long, or was not sent from our own page, so nothing was "
            "changed. Go back, reload the page and send it again. (It needs cookies.)",
        )

    @app.errorhandler(Explained)
    def explained(error: Explained) -> Response:
        unknown = isinstance(error, UnknownShop | UnknownExperiment | UnknownModel)
        return refusal(404 if unknown else 409, error.message)

    @app.errorhandler(OperationalError)
    def store_away(error: OperationalError) -> Response:
        app.logger.error("the store did not answer: %s", type(error.orig).__name__)
        answer = refusal(503, "It may be busy or restarting. Try again in a few seconds.")
        answer.headers["Retry-After"] = "5"
        return answer

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        # Werkzeug's own words are for programmers; ours are given with `abort(code, "...")`.
        own = error.description if error.description != type(error).description else None
        if isinstance(error, InternalServerError):
            own = None
        answer = refusal(error.code or 500, own)
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                answer.headers[name] = value
        return answer
