"""What every page of a shop asks, answered in front of Flask: `GET /v1/<key>/shelf` and
`POST /v1/<key>/shelf/events`, and nothing else.

Flask's own work (routing, contexts, request and response objects) costs as much as the answer. So
a plain WSGI callable stands before the application, does what the application would do for these
two addresses, and passes everything else on. Why that is worth a second way in:
docs/decisions/0801-shelves-in-front-of-flask.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock
from time import perf_counter
from typing import Any, NamedTuple

from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException, NotFound

from store.engine import Serving
from store.reads.shop_config import ShopConfig
from store.records import exponent
from store.request_ids import with_request_ids
from widget import answer, events, problems, query, titles
from widget.configs import Configs
from widget.metrics import observe, observe_shelf
from widget.telling import Telling

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# An answer that is the same for everyone may be kept so long: lists change nightly, and what is
# sold out is told by the next sync.
SHARED_FOR_S = 60

RULE = "/v1/<key>/shelf"
EVENTS = "/v1/<key>/shelf/events"
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

_TAKEN = [("Content-Type", "application/json"), ("Cache-Control", "no-store"), *FOR_ALL]

# Answers ready to be sent again, of a worker: a few megabytes. When there are more they are all
# forgotten, which costs each one statement or two.
MOST_PREPARED = 512

# On SQLite the threads of a worker answer one after another. Only one of them runs at a time
# anyway, but the driver steps aside eight times a statement, and whoever takes over steps aside a
# moment later: these changes cost more than the statements. An answer takes a millisecond or two,
# so who has waited for this long stands behind a slow read, and goes on beside it.
LONGEST_WAIT_S = 0.02


class Prepared(NamedTuple):
    """An answer that is the same for everyone, as long as the shop's configuration is this one."""

    config: ShopConfig
    body: bytes
    placement: str
    led_by: str


class Shelves:
    """Answers shelves of all shops. `limit` raises where an address asks too often."""

    def __init__(
        self,
        serving: Serving,
        configs: Configs,
        limit: Callable[[str, str | None], None],
        telling: Telling,
    ) -> None:
        self._serving = serving
        self._configs = configs
        self._limit = limit
        self._telling = telling
        # PostgreSQL is waited for at a socket: meanwhile another thread does well to answer.
        self._turn = Lock() if serving.dialect.name == "sqlite" else None
        # What everybody looks at is asked hundreds of times a second. The configuration is read
        # anew every second, and with it each of these: nothing gets older by being kept here.
        self._prepared: dict[tuple[str, bytes], Prepared] = {}

    def shop(self, key: str) -> ShopConfig:
        config = self._configs.get(key)
        if config is None:
            raise NotFound("No shop has this key. Copy data-key from the merchant pages again.")
        return config

    def answer(self, key: str, query_string: bytes) -> tuple[bytes, list[tuple[str, str]]]:
        """The body and the headers of a shelf's answer."""
        began_s = perf_counter()
        config = self.shop(key)
        ready = self._prepared.get((key, query_string))
        if ready is None or ready.config is not config:
            asked = query.read(query_string)
            ready = self._in_turn(config, asked)
            if asked.personal:
                observe_shelf(ready.placement, ready.led_by, perf_counter() - began_s)
                return ready.body, _PERSONAL
            if len(self._prepared) >= MOST_PREPARED:
                self._prepared.clear()
            self._prepared[key, query_string] = ready
        observe_shelf(ready.placement, ready.led_by, perf_counter() - began_s)
        return ready.body, _SHARED

    def _in_turn(self, config: ShopConfig, asked: query.ShelfQuery) -> Prepared:
        turn = self._turn
        if turn is None:
            return self._prepare(config, asked)
        mine = turn.acquire(timeout=LONGEST_WAIT_S)
        try:
            return self._prepare(config, asked)
        finally:
            if mine:
                turn.release()

    def _prepare(self, config: ShopConfig, asked: query.ShelfQuery) -> Prepared:
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
        return Prepared(config, body, found.placement, led_by)

    def in_front_of(self, inner: Wsgi) -> Wsgi:
        """A WSGI application: shelves are answered here, everything else by `inner`."""

        def application(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            path = environ.get("PATH_INFO", "")
            method = environ["REQUEST_METHOD"]
            if path.startswith("/v1/") and path.endswith(_ENDS.get(method, _NEVER)):
                key, _, rest = path[4:].partition("/")
                if rest == "shelf":
                    return self._shelf(environ, start_response, key)
                length = _length(environ)
                if rest == "shelf/events" and length is not None:
                    return self._events(environ, start_response, key, length)
            return inner(environ, start_response)

        return application

    def _shelf(
        self, environ: dict[str, Any], start_response: Callable[..., Any], key: str
    ) -> Iterable[bytes]:
        began_s = perf_counter()
        try:
            self._limit(key, environ.get("REMOTE_ADDR"))
            body, headers = self.answer(key, environ.get("QUERY_STRING", "").encode("latin-1"))
        except (query.Malformed, HTTPException, DBAPIError) as error:
            return _refused(error, RULE, began_s, environ, start_response)
        observe(RULE, 200, perf_counter() - began_s)
        start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
        return (body,)

    def _events(
        self,
        environ: dict[str, Any],
        start_response: Callable[..., Any],
        key: str,
        length: int,
    ) -> Iterable[bytes]:
        began_s = perf_counter()
        try:
            self._limit(key, environ.get("REMOTE_ADDR"))
            config = self.shop(key)
            sent = environ["wsgi.input"].read(length)
            body = self._telling.answer(config, sent, environ.get("HTTP_USER_AGENT", ""))
        except (query.Malformed, HTTPException, DBAPIError) as error:
            return _refused(error, EVENTS, began_s, environ, start_response)
        observe(EVENTS, 202, perf_counter() - began_s)
        start_response("202 ACCEPTED", [*_TAKEN, ("Content-Length", str(len(body)))])
        return (body,)


# Where the addresses end that are answered here.
_ENDS = {"GET": "/shelf", "POST": "/shelf/events"}
_NEVER = "/ "


def _length(environ: dict[str, Any]) -> int | None:
    """How long the body is, where it says so and is not too long; Flask sees to others."""
    length = environ.get("CONTENT_LENGTH", "")
    if not (length.isascii() and length.isdecimal() and len(length) < 9):
        return None
    return int(length) if int(length) <= events.LONGEST_BODY else None


def _refused(
    error: query.Malformed | HTTPException | DBAPIError,
    rule: str,
    began_s: float,
    environ: dict[str, Any],
    start_response: Callable[..., Any],
) -> Iterable[bytes]:
    def refuse(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        refusal = problems.refusal(error)
        refusal.headers.extend(FOR_ALL)
        observe(rule, refusal.status_code, perf_counter() - began_s)
        return refusal(environ, start_response)

    # What is refused may be logged, and asked about; an answer that went well is neither.
    return with_request_ids(refuse)(environ, start_response)
