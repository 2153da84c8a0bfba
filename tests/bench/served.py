"""`tests.bench.served:app`: the whole application, and beside it a constant answer to compare with.

The constant routes are Flask routes of the storefront: an answer as long as a real shelf of 12,
and events appended to a file.
"""

from __future__ import annotations

import os

import orjson
from flask import Flask, Response, request

import wsgi
from store.opening import open_store
from store.settings import load


def _with_a_constant(application: Flask) -> Flask:
    body = b'{"items":"' + b"x" * (int(os.environ["BENCH_CONSTANT_BYTES"]) - 12) + b'"}'
    log = os.open(os.environ["BENCH_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    storefront: Flask = application.extensions["storefront"]

    @storefront.get("/v1/constant")
    def constant() -> Response:
        return Response(body, content_type="application/json")

    @storefront.post("/v1/appended")
    def appended() -> Response:
        """What keeping events costs at the least: read the body and append it to a file."""
        body = request.get_data(cache=False)
        events = orjson.loads(body)["events"]
        os.write(log, body + b"\n")
        answer = orjson.dumps({"accepted": len(events), "rejected": []})
        return Response(answer, status=202, content_type="application/json")

    return application


app = _with_a_constant(wsgi.create_app(open_store(load())))
