"""What does that which came back from a shop mean, before anybody looks at what was asked?

JSON becomes an `Answer`; everything else an error of `connectors.errors`, named by what to do next:
busy shops, redirects, web pages of firewalls and of maintenance, answers cut off in the middle. No
error holds a query string, a header or an address's credentials.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

import orjson

from connectors.errors import Misconfigured, NoSuchPage, TooMuch, TryLater, Unreadable

BUSY = (429, 500, 502, 503, 504, 520, 521, 522, 523, 524)  # 52x: a CDN that cannot reach the shop


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    data: Any  # the parsed JSON
    at: datetime | None  # the shop's clock (its Date header), where it tells


class Asked(TryLater):
    """The shop itself said how long to wait."""


def busy(status: int, headers: Mapping[str, str], place: str) -> TryLater:
    why = f"{place} is busy or briefly down (it answered {status})."
    wait_s = _retry_after_s(headers.get("Retry-After"))
    if wait_s is not None:
        return Asked(wait_s, why)
    # PHP that ran out of memory or time says 500 or 504: fewer rows at once may do.
    return (TooMuch if status in (500, 502, 504, 524) else TryLater)(300, why)


def read(
    status: int, headers: Mapping[str, str], body: bytes, place: str, passing: tuple[int, ...]
) -> Answer:
    """`passing`: what the shop will get over; a 429 that holds JSON is the caller's to read."""
    if status in passing or (status == 429 and body.lstrip()[:1] != b"{"):
        raise busy(status, headers, place)
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
        if status in (404, 410):
            return NoSuchPage(place, f"there is no such page (status {status}).")
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


def place_of(url: str) -> str:
    """The address without credentials and query: all that an error may show."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.port:
        host = f"{host}:{parts.port}"
    return urlunsplit(SplitResult(parts.scheme, host, parts.path, "", ""))
