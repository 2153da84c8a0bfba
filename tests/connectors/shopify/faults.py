"""What a shop or the way to it may answer in place of what was asked for."""

from __future__ import annotations

import socket
from collections.abc import Callable

from werkzeug.wrappers import Request, Response

Fault = Callable[[Request], Response]


def status(code: int, **headers: str) -> Fault:
    return lambda request: Response("{}", code, headers, mimetype="application/json")


def html(request: Request) -> Response:
    return Response("<html><h1>Something went wrong</h1></html>", 200, mimetype="text/html")


def truncated(request: Request) -> Response:
    """Whole as HTTP goes, half as JSON goes."""
    return Response('{"data": {"orders": {"nodes": [{"id": "gid://', mimetype="application/json")


def broken_off(request: Request) -> Response:
    """The connection ends in the middle of the answer."""
    response = Response(b'{"data": ', mimetype="application/json")
    response.headers["Content-Length"] = "900"
    response.headers["Connection"] = "close"
    return response


def dropped(request: Request) -> Response:
    """The connection ends without an answer."""
    request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return Response("")
