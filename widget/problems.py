"""How the storefront says no: problem JSON (RFC 9457), the same shape for every refusal."""

from __future__ import annotations

import orjson
import structlog
from flask import Flask, Response
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from widget.query import Malformed

log = structlog.get_logger()


def problem(status: int, title: str, detail: str, **more: object) -> Response:
    """A refusal: `title` names the kind, `detail` what to do about it."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return Response(
        orjson.dumps(body),
        status=status,
        content_type="application/problem+json",
        headers={"Cache-Control": "no-store"},
    )


def refusal(error: Malformed | HTTPException | DBAPIError) -> Response:
    """What a request is told when it cannot be answered."""
    if isinstance(error, Malformed):
        return problem(422, "Unprocessable", str(error), errors=error.faults)
    if isinstance(error, HTTPException):
        answer = problem(error.code or 500, error.name, error.description or error.name)
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                answer.headers[name] = value
        return answer
    log.error("the store did not answer", why=type(error.orig).__name__)
    answer = problem(503, "Store away", "The store did not answer in time. Try again shortly.")
    answer.headers["Retry-After"] = "5"
    return answer


def install(app: Flask) -> None:
    """Every error of this application leaves as problem JSON."""
    for kind in (Malformed, HTTPException, DBAPIError):
        app.register_error_handler(kind, refusal)
