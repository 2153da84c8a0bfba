"""How the storefront says no: problem JSON (RFC 9457), the same shape for every refusal."""

from __future__ import annotations

import orjson
from flask import Flask, Response
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from widget.query import Malformed


def problem(status: int, title: str, detail: str, **more: object) -> Response:
    """A refusal: `title` names the kind, `detail` what to do about it."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return Response(
        orjson.dumps(body),
        status=status,
        content_type="application/problem+json",
        headers={"Cache-Control": "no-store"},
    )


def install(app: Flask) -> None:
    """Every error of this application leaves as problem JSON."""

    @app.errorhandler(Malformed)
    def malformed(error: Malformed) -> Response:
        return problem(422, "Unprocessable", str(error), errors=error.faults)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        answer = problem(error.code or 500, error.name, error.description or error.name)
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                answer.headers[name] = value
        return answer

    @app.errorhandler(OperationalError)
    def store_away(error: OperationalError) -> Response:
        app.logger.error("the store did not answer: %s", type(error.orig).__name__)
        answer = problem(503, "Store away", "The store did not answer in time. Try again shortly.")
        answer.headers["Retry-After"] = "5"
        return answer
