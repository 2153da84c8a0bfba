"""`tests.bench.served:app`: the whole application, and beside it a constant answer to compare with.

The constant route is a Flask route of the storefront, as long as a real shelf of 12.
"""

from __future__ import annotations

import os

from flask import Flask, Response

import wsgi
from store.opening import open_store
from store.settings import load


def _with_a_constant(application: Flask) -> Flask:
    body = b'{"items":"' + b"x" * (int(os.environ["BENCH_CONSTANT_BYTES"]) - 12) + b'"}'
    storefront: Flask = application.extensions["storefront"]

    @storefront.get("/v1/constant")
    def constant() -> Response:
        return Response(body, content_type="application/json")

    return application


app = _with_a_constant(wsgi.create_app(open_store(load())))
