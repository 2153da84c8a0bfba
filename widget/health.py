"""Is the process up, can it reach its store, and how much has it answered?"""

from __future__ import annotations

import ipaddress
from time import perf_counter

import orjson
from flask import Blueprint, Response, abort, g, request
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from store import schema
from store.opening import Store
from widget.metrics import observe, page


def blueprint(store: Store) -> Blueprint:
    pages = Blueprint("health", __name__)

    @pages.before_app_request
    def start() -> None:
        g.started_s = perf_counter()

    @pages.after_app_request
    def count(answer: Response) -> Response:
        rule = request.url_rule.rule if request.url_rule else "unknown"
        started_s = g.get("started_s")
        if started_s is not None:
            observe(rule, answer.status_code, perf_counter() - started_s)
        return answer

    @pages.get("/healthz")
    def healthz() -> Response:
        return _say(200, {"status": "up"})

    @pages.get("/readyz")
    def readyz() -> Response:
        try:
            current = schema.is_current(store.engine)
        except SQLAlchemyError as error:
            return _say(503, {"status": "store away", "why": type(error).__name__})
        if not current:
            return _say(503, {"status": "schema not current", "mend": "Run `flask db upgrade`."})
        return _say(200, {"status": "ready"})

    @pages.get("/metrics")
    def metrics() -> Response:
        # Behind a proxy on this machine everybody comes from here: who was forwarded is a stranger.
        if "X-Forwarded-For" in request.headers or not _on_this_machine(request.remote_addr):
            abort(404)
        return Response(page(store.engine), content_type=CONTENT_TYPE_LATEST)

    return pages


def _on_this_machine(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def _say(status: int, words: dict[str, str]) -> Response:
    return Response(
        orjson.dumps(words),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
