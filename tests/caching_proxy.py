"""A cache in front of a shop and the application, as greedy as page caches of real shops are.

Every page is stored for everyone, whatever its headers say and whoever asked: what a full-page
cache plugin or a CDN rule "cache everything" does. Other answers are stored where they allow a
shared cache to (`public`), as the rules of HTTP say.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from werkzeug import Response
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class CachingProxy:
    """`pages` is the shop, `application` what answers under /v1/ and the scripts."""

    def __init__(self, pages: WSGIApplication, application: WSGIApplication) -> None:
        self.pages = pages
        self.application = application
        self.stored: dict[str, Response] = {}
        self.asked: Counter[str] = Counter()  # what got through to the origin, by path
        self.served: Counter[str] = Counter()  # what was answered, by path

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        key = f"{path}?{environ.get('QUERY_STRING', '')}"
        self.served[path] += 1
        answer = self.stored.get(key) if environ["REQUEST_METHOD"] == "GET" else None
        if answer is None:
            self.asked[path] += 1
            ours = path.startswith("/v1/") or path.endswith(".js")
            origin = self.application if ours else self.pages
            answer = Response.from_app(origin, environ, buffered=True)
            page = answer.mimetype == "text/html"
            shared = "public" in answer.headers.get("Cache-Control", "")
            good = environ["REQUEST_METHOD"] == "GET" and answer.status_code == 200
            if good and (page or shared):
                self.stored[key] = answer
        return answer(environ, start_response)


class _KeepAlive(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing: ten thousand visitors are many lines."""


@contextmanager
def serving(app: WSGIApplication) -> Iterator[int]:
    """`app` on a loopback port of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_KeepAlive)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
