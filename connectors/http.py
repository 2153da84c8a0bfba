"""How do we ask a shop something over HTTP without hanging, leaking or being led astray?

It knows nothing of any platform: it sends one GET (signed anew on each try, by a callable) or one
POST of JSON, or downloads a file, and waits and tries again while that helps. What came back is
read in `answers.py`, whom we may reach is `reaching.py`'s. Nothing is logged here.
"""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import orjson
import requests
from urllib3.exceptions import HTTPError

from connectors.addresses import refuse_private
from connectors.answers import BUSY, Answer, Asked, busy, place_of, read
from connectors.errors import Misconfigured, TooMuch, TryLater
from connectors.reaching import Adapter

# Params and headers for one try of a request: `sign("GET", url, params)`.
Sign = Callable[
    [Literal["GET"], str, Mapping[str, str]], tuple[Mapping[str, str], Mapping[str, str]]
]


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


PART_BYTES = 2**16  # of a download; what a broken connection may cost again


class Gone(Exception):
    """The file that was to be downloaded is not there: whoever asked for it asks for a new one."""


class Session:
    """Keeps connections open to one shop. `allow_private`: its owner vouches for an inner address.
    `ca_bundle`: a file of authorities to be trusted beside the public ones.

    Proxies and .netrc of the environment are not used: the first would hide whom we talk to from
    the check of addresses, the second would send credentials nobody meant for this shop.
    """

    def __init__(
        self,
        *,
        allow_private: bool,
        ca_bundle: Path | None = None,
        limits: Limits | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._limits = limits or Limits()
        self._allow_private = allow_private
        self._sleep = sleep
        self._requests = requests.Session()
        self._requests.trust_env = False
        adapter = Adapter(allow_private=allow_private, ca_bundle=ca_bundle)
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
        passing = tuple(status for status in BUSY if status != 429)
        return self._again(url, lambda: self._try("POST", url, headers, body, passing))

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
        limits, place = self._limits, place_of(url)
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
                    raise busy(status, response.headers, place)
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
        asked_s = error.after_s if isinstance(error, Asked) else 0
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
        passing: tuple[int, ...],
    ) -> Answer:
        limits, place = self._limits, place_of(full)
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
        except requests.exceptions.SSLError as fault:
            raise _tls(place, str(fault)) from None
        except requests.exceptions.ConnectTimeout:
            raise TryLater(300, f"{place} does not answer at all.") from None
        except requests.exceptions.Timeout:
            raise TooMuch(300, f"{place} took too long to answer.") from None
        except (requests.exceptions.RequestException, HTTPError, OSError):
            raise TryLater(300, f"The connection to {place} failed or was cut off.") from None
        return read(response.status_code, response.headers, body, place, passing)

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

        The connection checks the one it reached once more (see `reaching.py`), so that a name which
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


def _tls(place: str, said: str) -> Misconfigured:
    """OpenSSL's words for a certificate it does not accept; anything else is no TLS at all."""
    if "CERTIFICATE_VERIFY_FAILED" in said or "doesn't match" in said:
        return Misconfigured(
            f"{place} does not prove who it is (its TLS certificate is not valid).",
            "Renew the shop's certificate, or give the address it was made for. If your own "
            "authority signed it, set CA_BUNDLE.",
        )
    return Misconfigured(
        f"{place} does not speak https there.",
        "Check the port, or have the shop's host switch TLS on. A shop on a network of your own "
        "may be given as http://.",
    )
