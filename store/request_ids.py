"""A name for each request: in every line that is logged meanwhile, and handed back to who asked.

A proxy's own name for it is taken over (`X-Request-Id`), so that its log and ours are told
together.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from typing import Any

from structlog.contextvars import bound_contextvars

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

HEADER = "X-Request-Id"
# Anybody may send one: what goes into the log is short and has no spaces or quotes.
_NAME = re.compile(r"[A-Za-z0-9._-]{8,64}")


def with_request_ids(inner: Wsgi) -> Wsgi:
    """A WSGI application whose requests have names."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        given = environ.get("HTTP_X_REQUEST_ID", "")
        name = given if _NAME.fullmatch(given) else secrets.token_hex(8)

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, (HEADER, name)], *more)

        with bound_contextvars(request=name):
            return inner(environ, start)

    return application
