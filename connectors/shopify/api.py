"""How is one question put to Shopify, and what do its refusals mean?

Knows the address and its version, the price of questions, and the shapes of errors. What is asked
for, and in which order, is `client.py`'s; how bytes travel is `connectors.http`'s.

Shopify gives each shop a bucket of points that fills at a steady rate, and each question costs
some, all of them taken before it is answered. So we wait before a question that the bucket cannot
pay, rather than be refused; a refusal for want of points (a 200 or a 429) is waited for as well.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from connectors import http
from connectors.answers import Answer
from connectors.errors import AccessRevoked, Misconfigured, TooMuch, TryLater, Unreadable

# The one place where the version stands. Each is kept for a year; then Shopify answers with the
# oldest it still has, and says so in a header (`Api.version`).
VERSION = "2026-10"

# Waits for points before a question is given up: at the slowest rate (100 a second) the dearest
# question (1,000) is paid for in 10 s, so that more means that others empty the bucket.
TRIES = 8


class Token(Protocol):
    def __call__(self, refused: str | None) -> str:
        """The shop's token as it stands saved; `refused`: the one it would not take any more."""


class TooCostly(TooMuch):
    """The question costs more than Shopify ever allows: ask for fewer rows at once."""


@dataclass(slots=True)
class _Bucket:
    """What we know of the shop's points: how many there were when, and how fast they come."""

    points: float = 1_000.0
    per_s: float = 100.0
    at_s: float = 0.0


class Api:
    def __init__(
        self,
        shop_url: str,
        token: Token,
        session: http.Session,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.shop_url = shop_url.rstrip("/")
        self._url = f"{self.shop_url}/admin/api/{VERSION}/graphql.json"
        self._token = token
        self._session = session
        self._sleep = sleep
        self._clock = clock
        self._bucket = _Bucket(at_s=clock())
        self._prices: dict[tuple[str, int], float] = {}  # what a question cost before
        self.version = VERSION  # that Shopify really answered with
        self.at: datetime | None = None  # Shopify's clock when it last answered

    def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The `data` of an answer that is whole: one with a field refused is an error."""
        variables = variables or {}
        price = (query, int(variables.get("first") or len(variables.get("ids") or ())))
        for _ in range(TRIES):
            self._wait_for(self._prices.get(price, 0.0))
            answer = self._post({"query": query, "variables": variables})
            cost = _cost(answer.data)
            self._learn(cost)
            if cost and isinstance(cost.get("requestedQueryCost"), (int, float)):
                self._prices[price] = float(cost["requestedQueryCost"])
            if answer.status == 429 or "THROTTLED" in _codes(answer.data):
                self._wait_out(answer, cost)
                continue
            return self._data(answer)
        raise TryLater(60, "Shopify has no points left for us: other apps may be using them up.")

    def _post(self, body: Mapping[str, Any]) -> Answer:
        token = self._token(None)
        answer = self._session.post(self._url, body, {"X-Shopify-Access-Token": token})
        if answer.status == 401:
            renewed = self._token(token)
            if renewed != token:
                answer = self._session.post(self._url, body, {"X-Shopify-Access-Token": renewed})
        self.version = answer.headers.get("X-Shopify-API-Version", VERSION)
        self.at = answer.at
        return answer

    def _data(self, answer: Answer) -> dict[str, Any]:
        status, told = answer.status, answer.data
        if status == 200 and isinstance(told, dict):
            if told.get("errors"):
                raise _error(told["errors"])
            if isinstance(told.get("data"), dict):
                return dict(told["data"])
        raise _refusal(status, told)

    # --- points ---

    def _wait_for(self, price: float) -> None:
        bucket, now_s = self._bucket, self._clock()
        points = bucket.points + (now_s - bucket.at_s) * bucket.per_s
        if points < price:
            self._sleep((price - points) / bucket.per_s)

    def _wait_out(self, answer: Answer, cost: Mapping[str, Any] | None) -> None:
        """As long as the points take to come, or as the shop says, and a little at random so that
        several of our processes do not come back together."""
        wait_s = 1.0
        asked = answer.headers.get("Retry-After", "")
        if asked.replace(".", "", 1).isdecimal():
            wait_s = max(wait_s, min(float(asked), 60.0))
        if cost:
            missing = float(cost.get("requestedQueryCost") or 0) - self._bucket.points
            wait_s = max(wait_s, missing / self._bucket.per_s)
        self._sleep(wait_s * (1 + random.random() / 4))  # noqa: S311

    def _learn(self, cost: Mapping[str, Any] | None) -> None:
        told = cost.get("throttleStatus") if cost else None
        if not isinstance(told, Mapping):
            return
        points, per_s = told.get("currentlyAvailable"), told.get("restoreRate")
        if isinstance(points, (int, float)) and isinstance(per_s, (int, float)) and per_s > 0:
            self._bucket = _Bucket(float(points), float(per_s), self._clock())

    def now(self) -> datetime:
        """The earlier of two clocks: nothing is settled that either calls future."""
        ours = datetime.now(UTC)
        return min(self.at or ours, ours)


# --- reading an answer ---------------------------------------------------------------------------


def _cost(data: Any) -> Mapping[str, Any] | None:
    extensions = data.get("extensions") if isinstance(data, Mapping) else None
    cost = extensions.get("cost") if isinstance(extensions, Mapping) else None
    return cost if isinstance(cost, Mapping) else None


def _errors(data: Any) -> list[Mapping[str, Any]]:
    errors = data.get("errors") if isinstance(data, Mapping) else None
    return [one for one in errors if isinstance(one, Mapping)] if isinstance(errors, list) else []


def _code(error: Mapping[str, Any]) -> str:
    extensions = error.get("extensions")
    return str(extensions.get("code") or "") if isinstance(extensions, Mapping) else ""


def _codes(data: Any) -> set[str]:
    return {_code(error) for error in _errors(data)}


def _error(errors: Any) -> Exception:
    """What the answer lacks, by what is done about it. Data beside it is not whole: a field that
    is refused comes as null, and null has a meaning of its own."""
    told = _errors({"errors": errors})
    codes = {_code(one) for one in told}
    message = " ".join(str(one.get("message") or "") for one in told)[:300] or str(errors)[:300]
    if "MAX_COST_EXCEEDED" in codes:
        return TooCostly(300, "Shopify found the question too costly.")
    if "ACCESS_DENIED" in codes or "not approved to" in message:
        return Misconfigured(
            f"Shopify does not let the app read everything it needs: {message}",
            "Give the app the scopes read_products, read_orders and read_customers, and access to "
            "protected customer data (level 1), release it, and approve it in the shop.",
        )
    if codes & {"INTERNAL_SERVER_ERROR", "TIMEOUT"}:
        return TooMuch(60, "Shopify failed at the question.")
    return Unreadable("admin/api", message)


def _refusal(status: int, told: Any) -> Exception:
    """What the shop as a whole answers. Its words are shown, they hold no secret."""
    said = told.get("errors") if isinstance(told, Mapping) else None
    why = str(said or "no reason given")[:200]
    if status == 401:
        return AccessRevoked(f"the token is not valid any more ({why}).")
    if status == 402:
        return TryLater(3600, "The shop is frozen until its owner has paid Shopify.")
    if status == 403:
        return AccessRevoked(f"the app may not read it ({why}).")
    if status == 404:
        return Misconfigured(
            "There is no Shopify shop at this domain any more, or not this version of its API.",
            "Check the domain, and that this application is not older than a year.",
        )
    if status == 423:
        return TryLater(3600, "Shopify has locked the shop.")
    return Unreadable("admin/api", f"Shopify answered {status}: {why}")
