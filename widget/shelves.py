"""The shelf's address, answered in front of Flask: `GET /v1/<key>/shelf`, and nothing else.

It is asked on every product page, and Flask's own work (routing, contexts, request and response
objects) costs more than the answer. So a plain WSGI callable stands before the application, does
what the application would do for this one address, and passes everything else on. Why that is
worth a second way in: docs/decisions/0801-shelves-in-front-of-flask.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException, NotFound

from store.engine import Serving
from store.reads.shelf import ShopConfig
from store.records import exponent
from widget import answer, problems, query, titles
from widget.configs import Configs
from widget.metrics import observe, observe_shelf

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# An answer that is the same for everyone may be kept so long: lists change nightly, and what is
# sold out is told by the next sync.
SHARED_FOR_S = 60

RULE = "/v1/<key>/shelf"
# Any page may ask: everything here is public by the shop's key, and nothing uses cookies.
FOR_ALL = (("Access-Control-Allow-Origin", "*"), ("X-Content-Type-Options", "nosniff"))
_SHARED = [
    ("Content-Type", "application/json"),
    ("Cache-Control", f"public, max-age={SHARED_FOR_S}"),
    *FOR_ALL,
]
_PERSONAL = [
    ("Content-Type", "application/json"),
    ("Cache-Control", "private, no-store"),
    *FOR_ALL,
]


class Shelves:
    """Answers shelves of all shops. `limit` raises where an address asks too often."""

    def __init__(
        self, serving: Serving, configs: Configs, limit: Callable[[str, str | None], None]
    ) -> None:
        self._serving = serving
        self._configs = configs
        self._limit = limit

    def shop(self, key: str) -> ShopConfig:
        config = self._configs.get(key)
        if config is None:
            raise NotFound("No shop has this key. Copy data-key from the merchant pages again.")
        return config

    def answer(self, key: str, query_string: bytes) -> tuple[bytes, list[tuple[str, str]]]:
        """The body and the headers of a shelf's answer."""
        began_s = perf_counter()
        config = self.shop(key)
        asked = query.read(query_string)
        found = answer.answer(self._serving, config, asked, config.shop.now())
        locale = asked.locale or config.shop.locale
        prices = asked.currency in (None, config.shop.currency)
        look = config.looks.get(found.placement, answer.AS_THE_PAGE_SAYS)
        title = titles.title(found.placement, locale, look.heading, config.shop.locale)
        exact = config.shop.settings.get("counts") == "exact"
        body = answer.to_json(
            found,
            title,
            locale,
            prices=prices,
            digits=exponent(config.shop.currency),
            layout=look.layout,
            exact=exact,
        )
        led_by = found.items[0].strategy if found.items else "nothing"
        observe_shelf(found.placement, led_by, perf_counter() - began_s)
        return body, _PERSONAL if asked.personal else _SHARED

    def in_front_of(self, inner: Wsgi) -> Wsgi:
        """A WSGI application: shelves are answered here, everything else by `inner`."""

        def application(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            path = environ.get("PATH_INFO", "")
            if not (path.startswith("/v1/") and path.endswith("/shelf") and path.count("/") == 3):
                return inner(environ, start_response)
            if environ["REQUEST_METHOD"] != "GET":
                return inner(environ, start_response)
            began_s = perf_counter()
            key = path[4:-6]
            try:
                self._limit(key, environ.get("REMOTE_ADDR"))
                body, headers = self.answer(key, environ.get("QUERY_STRING", "").encode("latin-1"))
            except (query.Malformed, HTTPException, DBAPIError) as error:
                refusal = problems.refusal(error)
                refusal.headers.extend(FOR_ALL)
                observe(RULE, refusal.status_code, perf_counter() - began_s)
                return refusal(environ, start_response)
            observe(RULE, 200, perf_counter() - began_s)
            start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
            return (body,)

        return application
