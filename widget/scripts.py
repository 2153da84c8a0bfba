"""The built scripts of the storefront: shelf.js, and shelf-more.js for what few shoppers open."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

from flask import Blueprint, Response, request

_DIST = Path(__file__).with_name("dist")
NAMES = ("shelf.js", "shelf-more.js")

# Pages of a shop are visited in a row: within an hour no request is needed. A new release is
# seen at the next hour, without the shop changing its pages.
KEEP_FOR_S = 3600


def blueprint() -> Blueprint:
    pages = Blueprint("scripts", __name__)
    for name in NAMES:
        body = (_DIST / name).read_bytes()
        pages.add_url_rule(f"/{name}", name.partition(".")[0], _serve(body), methods=["GET"])
    return pages


def _serve(body: bytes):  # type: ignore[no-untyped-def] # a view, closed over its bytes
    packed = gzip.compress(body, mtime=0)
    mark = hashlib.blake2b(body, digest_size=12).hexdigest()

    def script() -> Response:
        zipped = request.accept_encodings.quality("gzip") > 0
        answer = Response(packed if zipped else body, content_type="text/javascript; charset=utf-8")
        if zipped:
            answer.content_encoding = "gzip"
        answer.headers["Cache-Control"] = f"public, max-age={KEEP_FOR_S}"
        answer.headers["Vary"] = "Accept-Encoding"
        answer.set_etag(mark, weak=True)
        answer.make_conditional(request)
        return answer

    return script
