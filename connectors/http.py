"""How do we ask a shop something over HTTP without hanging, leaking or being led astray?

The only place that imports requests. It knows nothing of any platform: it sends one GET (signed
anew on each try, by a callable) or one POST of JSON, waits and tries again while that helps, and
turns everything that can come back into an `Answer` or an error of `connectors.errors`. Nothing is
logged here, and no error holds a query string, a header or an address's credentials.
"""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import SplitResult, urlencode, urlsplit, urlunsplit

import orjson
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from connectors.addresses import refuse_private
from connectors.errors import Misconfigured, TooMuch, TryLater, Unreadable

# Params and headers for one try of a request: `sign("GET", url, params)`.
Sign = Callable[
    [Literal["GET"], str, Mapping[str, str]], tuple[Mapping[str, str], Mapping[str, str]]
]

BUSY = (429, 500, 502, 503, 504, 520, 521, 522, 523, 524)  # 52x: a CDN that cannot reach the shop


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient we are with a shop."""

    connect_s: float = 10.0  # a host that is up answers in milliseconds; ten allow for a bad line
    read_s: float = 60.0  # between two bytes; WooCommerce on cheap hosting thinks for 30 s and more
    answer_s: float = 180.0  # for a whole answer, against a drip of one byte a minute
    answer_bytes: int = 64 * 2**20  # 100 wholesale orders of 500 lines are about 30 MiB
    tries: int = 4  # with the waits below 7 to 14 s, enough for a restart of PHP
    backoff_s: float = (
        1.0  # waits 1, 2, 4 s, up to doubled at random so that shops are not hit in step
    )
    longest_wait_s: int = 30  # asked to wait longer, we stop and say so: the scheduler waits

    def __post_init__(self) -> None:
        if min(self.connect_s, self.read_s, self.answer_s, self.answer_bytes, self.tries) <= 0:
            raise ValueError("limits must be above zero")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    data: Any  # the parsed JSON
    at: datetime | None  # the shop's clock (its Date header), where it tells


PART_BYTES = 2**16  # of a download; what a broken connection may cost again


class Gone(Exception):
    """The file that was to be downloaded is not there: whoever asked for it asks for a new one."""


class Session:
    """Keeps connections open to one shop. `allow_private`: its owner vouches for an inner address.

    Proxies and .netrc of the environment are not used: the first would hide whom we talk to from
    the check of addresses, the second would send credentials nobody meant for this shop.
    """

    def __init__(
        self,
        *,
        allow_private: bool,
        limits: Limits | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._limits = limits or Limits()
        self._allow_private = allow_private
        self._sleep = sleep
        self._requests = requests.Session()
        self._requests.trust_env = False
        adapter = _Adapter(allow_private)
        self._requests.mount("http://", adapter)
        self._requests.mount("https://", adapter)
        self._requests.headers["User-Agent"] = "Alongside (product recommendations)"
        self._requests.headers["Accept"] = "application/json"

    def close(self) -> None:
        self._requests.close()

    def get(self, url: str, params: Mapping[str, str], sign: Sign | None = None) -> Answer:
        """The answer to a GET, whatever its status below 500 but 429; raises what it cannot be.

        TryLater (busy, unreachable, cut off), TooMuch (took too long or was too big),
        Misconfigured (redirect, private or unknown host, TLS fault), Unreadable (not JSON).
        """

        def once() -> Answer:
            signed, headers = sign("GET", url, params) if sign else (params, {})
            full = f"{url}?{urlencode(signed)}" if signed else url
            return self._try("GET", full, headers, None, BUSY)

        return self._again(url, once)

    def post(self, url: str, data: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
        """The answer to a POST of JSON, as `get`; a 429 that holds JSON is the caller's to read.

        It may be sent more than once: only for what may be asked twice.
        """
        body = orjson.dumps(data)
        headers = {"Content-Type": "application/json", **headers}
        busy = tuple(status for status in BUSY if status != 429)
        return self._again(url, lambda: self._try("POST", url, headers, body, busy))

    def download(self, url: str) -> Iterator[bytes]:
        """The bytes of a file, however long; a broken connection goes on where it broke.

        Raises Gone when the file is not there (any more), else as `get`.
        """
        self._check_host(url)
        there, failures = 0, 0
        while True:
            try:
                for part in self._parts(url, there):
                    there += len(part)
                    failures = 0
                    yield part
                return
            except TryLater as error:
                failures += 1
                if failures >= self._limits.tries:
                    raise
                self._wait(error, failures)

    def _parts(self, url: str, start: int) -> Iterator[bytes]:
        limits, place = self._limits, _place(url)
        # A file that travels compressed could not be gone on with in its middle.
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        try:
            with self._requests.get(
                url,
                headers=headers,
                timeout=(limits.connect_s, limits.read_s),
                allow_redirects=False,
                stream=True,
            ) as response:
                status = response.status_code
                if status in (400, 403, 404, 410):
                    raise Gone(f"{place} is not there any more (it answered {status}).")
                if status == 416:  # nothing after what we have
                    return
                if status not in (200, 206):
                    raise _busy(status, response.headers, place)
                skip = start if status == 200 else 0
                for part in response.iter_content(PART_BYTES):
                    if skip >= len(part):
                        skip -= len(part)
                        continue
                    yield part[skip:]
                    skip = 0
        except (requests.exceptions.RequestException, HTTPError, OSError):
            raise TryLater(300, f"The connection to {place} failed or was cut off.") from None

    def _again(self, url: str, once: Callable[[], Answer]) -> Answer:
        self._check_host(url)
        # Not urllib3's Retry, which sends the same bytes again: a signature is good only once.
        for turn in range(1, self._limits.tries):
            try:
                return once()
            except TryLater as error:
                self._wait(error, turn)
        return once()

    def _wait(self, error: TryLater, turn: int) -> None:
        """As long as the shop asks, at least a little longer each turn; not longer than we may."""
        asked_s = error.after_s if isinstance(error, _Asked) else 0
        if asked_s > self._limits.longest_wait_s:
            raise error
        backoff_s = self._limits.backoff_s * 2 ** (turn - 1)
        self._sleep(max(asked_s, backoff_s * (1 + random.random())))  # noqa: S311

    def _try(
        self,
        method: str,
        full: str,
        headers: Mapping[str, str],
        sent: bytes | None,
        busy: tuple[int, ...],
    ) -> Answer:
        limits, place = self._limits, _place(full)
        try:
            with self._requests.request(
                method,
                full,
                data=sent,
                headers=dict(headers),
                timeout=(limits.connect_s, limits.read_s),
                allow_redirects=False,
                stream=True,
            ) as response:
                body = self._body(response, place)
        except requests.exceptions.SSLError:
            raise Misconfigured(
                f"{place} does not prove who it is (its TLS certificate is not valid).",
                "Renew the shop's certificate, or give the address it was made for.",
            ) from None
        except requests.exceptions.ConnectTimeout:
            raise TryLater(300, f"{place} does not answer at all.") from None
        except requests.exceptions.Timeout:
            raise TooMuch(300, f"{place} took too long to answer.") from None
        except (requests.exceptions.RequestException, HTTPError, OSError):
            raise TryLater(300, f"The connection to {place} failed or was cut off.") from None
        return _read(response, body, place, busy)

    def _body(self, response: requests.Response, place: str) -> bytes:
        deadline = time.monotonic() + self._limits.answer_s
        parts, size = [], 0
        for part in response.iter_content(2**16):
            parts.append(part)
            size += len(part)
            if size > self._limits.answer_bytes:
                raise TooMuch(300, f"{place} sent more than {self._limits.answer_bytes:,} bytes.")
            if time.monotonic() > deadline:
                raise TooMuch(300, f"{place} sent its answer too slowly.")
        return b"".join(parts)

    def _check_host(self, url: str) -> None:
        """Every address the name stands for must be public, unless allowed.

        The connection checks the one it reached once more (see `_checked`), so that a name which
        changes its address in between gains nothing.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Misconfigured("That is not a shop's address.", "Write it as https://shop.example")
        try:
            found = socket.getaddrinfo(
                parts.hostname, parts.port or parts.scheme, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError) as error:
            if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
                raise TryLater(300, f"The name {parts.hostname} cannot be looked up now.") from None
            raise Misconfigured(
                f"There is no host called {parts.hostname}.", "Check the address for typing errors."
            ) from None
        if not self._allow_private:
            for *_, address in found:
                refuse_private(str(address[0]))


# --- reading an answer ---------------------------------------------------------------------------


class _Asked(TryLater):
    """The shop itself said how long to wait."""


def _busy(status: int, headers: Mapping[str, str], place: str) -> TryLater:
    why = f"{place} is busy or briefly down (it answered {status})."
    wait_s = _retry_after_s(headers.get("Retry-After"))
    if wait_s is not None:
        return _Asked(wait_s, why)
    # PHP that ran out of memory or time says 500 or 504: fewer rows at once may do.
    return (TooMuch if status in (500, 502, 504, 524) else TryLater)(300, why)


def _read(response: requests.Response, body: bytes, place: str, busy: tuple[int, ...]) -> Answer:
    status, headers = response.status_code, response.headers
    if status in busy or (status == 429 and body.lstrip()[:1] != b"{"):
        raise _busy(status, headers, place)
    if 300 <= status < 400:
        target = urlsplit(headers.get("Location", ""))
        to = f"{target.scheme}://{target.hostname}" if target.hostname else "another address"
        raise Misconfigured(f"{place} sends us on to {to}.", "Give that address as the shop's.")
    try:
        data = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        raise _not_json(status, headers, body, place) from None
    return Answer(status, headers, data, _date(headers.get("Date")))


def _not_json(status: int, headers: Mapping[str, str], body: bytes, place: str) -> Exception:
    start = body.lstrip()[:1]
    if start in (b"{", b"[", b"") and status == 200:
        return TryLater(300, f"The answer of {place} was cut off in the middle.")
    if start == b"<" or "html" in headers.get("Content-Type", ""):
        if status in (401, 403, 406):
            return Misconfigured(
                f"Something in front of {place} (a firewall or a security plugin) refused us.",
                "Allow this server's address and requests to /wp-json/ there.",
            )
        return Unreadable(
            place,
            f"a web page came in place of data (status {status}): maintenance mode, a log-in wall"
            " or a server error. Open the shop in a browser and look.",
        )
    return Unreadable(place, f"the answer (status {status}) is not JSON.")


def _retry_after_s(value: str | None) -> int | None:
    """Seconds of a Retry-After header, which is a number or a date; None where it is neither."""
    if not value:
        return None
    if value.strip().isdecimal():
        return min(int(value), 86_400)
    at = _date(value)
    return max(0, round((at - datetime.now(UTC)).total_seconds())) if at else None


def _date(value: str | None) -> datetime | None:
    try:
        at = parsedate_to_datetime(value) if value else None
    except ValueError:
        return None
    return at.astimezone(UTC) if at and at.tzinfo else None


def _place(url: str) -> str:
    """The address without credentials and query: all that an error may show."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.port:
        host = f"{host}:{parts.port}"
    return urlunsplit(SplitResult(parts.scheme, host, parts.path, "", ""))


# --- connections that know whom they reached -----------------------------------------------------


def _checked(connection: HTTPConnection) -> None:
    """Refuses the address that was really reached, before a byte of the request is sent."""
    try:
        refuse_private(str(connection.sock.getpeername()[0]))
    except Misconfigured:
        connection.close()
        raise


class _PublicHTTP(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _checked(self)


class _PublicHTTPS(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _checked(self)


class _PublicHTTPPool(HTTPConnectionPool):
    ConnectionCls = _PublicHTTP


class _PublicHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _PublicHTTPS


class _Adapter(HTTPAdapter):
    def __init__(self, allow_private: bool) -> None:
        self._allow_private = allow_private
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        if not self._allow_private:
            manager: PoolManager = self.poolmanager
            manager.pool_classes_by_scheme = {"http": _PublicHTTPPool, "https": _PublicHTTPSPool}
