"""How is one question put to a WooCommerce shop, and what do its refusals mean?

Knows the addresses, which signature the shop accepts, and the shapes of its errors. What is asked
for, and in which order, is `client.py`'s; how bytes travel is `connectors.http`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from connectors import http
from connectors.answers import Answer
from connectors.errors import AccessRevoked, ConnectorError, Misconfigured, Unreadable
from connectors.woocommerce.access import Basic, OAuth1, Sign
from connectors.woocommerce.walk import Listing

SLOW_CLOCK_S = 60  # WooCommerce refuses signatures 900 s off; below a minute it is only the journey


class Refused(Exception):
    """A 401 or 403 as WooCommerce words it: `check` explains it, a sync stops on it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Api:
    def __init__(self, url: str, key: str, secret: str, session: http.Session) -> None:
        self.url = url.strip().rstrip("/").removesuffix("/wp-json")
        self._key, self._secret = key, secret
        self._session = session
        self._sign: Sign | None = None
        self._index: Mapping[str, Any] | None = None
        self._behind_s = 0  # how far our clock is behind the shop's

    def list(self, path: str, params: Mapping[str, str]) -> Listing:
        """One page of `wc/v3/<path>` with the total of all pages."""
        answer = self.get(path, params)
        if not isinstance(answer.data, list) or not all(isinstance(r, dict) for r in answer.data):
            raise Unreadable(f"wc/v3/{path}", "a list of objects was expected.")
        total = answer.headers.get("X-WP-Total", "")
        if not total.isdecimal():
            raise Misconfigured(
                "The shop's answers come without the header X-WP-Total.",
                "A proxy or firewall in front of it takes it away: let X-WP-* headers pass.",
            )
        return Listing(answer.data, int(total), answer.at)

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """`wc/v3/<path>`, signed; raises AccessRevoked when the shop refuses our key."""
        try:
            return self.ask(path, params or {})
        except Refused as refused:
            raise AccessRevoked(refused.message) from None

    def ask(self, path: str, params: Mapping[str, str]) -> Answer:
        """As `get`, but with the refusal as the shop words it."""
        if self._sign is None:
            return self._ask_first(path, params)
        return self._ask(path, params, self._sign)

    def post(self, path: str, data: Mapping[str, Any]) -> Answer:
        """Make or change something at `wc/v3/<path>`, which a shop's own key must allow; raises
        Refused. Ask something before: that finds out how the shop wants to be signed to."""
        if self._sign is None:
            self.ask("data/currencies/current", {})
        assert self._sign is not None  # noqa: S101 - a question that was answered was signed
        url = f"{self.url}/wp-json/wc/v3/{path}"
        params, headers = self._sign("POST", url, {})
        full = f"{url}?{urlencode(params)}" if params else url
        return self._told(path, self._session.post(full, data, headers))

    def _ask_first(self, path: str, params: Mapping[str, str]) -> Answer:
        """Finds the proof this shop accepts, by asking: Basic over TLS, else a signature.

        A shop behind a proxy that ends TLS may not know that it is on https, and some servers drop
        the Authorization header: both answer Basic as if there were no key, and take a signature.
        """
        signs: list[Sign] = []
        if self.url.startswith("https://"):
            signs.append(Basic(self._key, self._secret))
        schemes = ("https", "http") if signs else ("http",)
        refusals: list[Refused] = []
        for sign in signs:
            try:
                return self._keep(path, params, sign)
            except Refused as refused:
                if refused.code != "woocommerce_rest_cannot_view":
                    raise
                refusals.append(refused)
        for scheme in schemes:
            try:
                return self._keep(path, params, self._oauth(scheme))
            except Refused as refused:
                refusals.append(refused)
        # The one that says most: an unknown key is named only under a signature, and "invalid
        # signature" under the wrong scheme says nothing.
        raise max(refusals, key=lambda r: (("key" in r.message) * 2) + ("secret" in r.message))

    def _keep(self, path: str, params: Mapping[str, str], sign: Sign) -> Answer:
        answer = self._ask(path, params, sign)
        self._sign = sign
        return answer

    def _oauth(self, scheme: str) -> OAuth1:
        home = str(self.index().get("home") or self.url).rstrip("/")
        return OAuth1(
            self._key,
            self._secret,
            dialled=self.url,
            root=scheme + home[home.index("://") :] if "://" in home else self.url,
            now_s=lambda: int(datetime.now(UTC).timestamp()) + self._behind_s,
        )

    def _ask(self, path: str, params: Mapping[str, str], sign: Sign) -> Answer:
        return self._told(path, self._session.get(f"{self.url}/wp-json/wc/v3/{path}", params, sign))

    def _told(self, path: str, answer: Answer) -> Answer:
        if answer.status in (200, 201):
            return answer
        code, message = _error(answer.data)
        if answer.status in (401, 403):
            raise Refused(code, message)
        raise Unreadable(f"wc/v3/{path}", f"the shop answered {answer.status}: {message}")

    def index(self) -> Mapping[str, Any]:
        """What the shop says of itself to anybody: name, home, time zone, which APIs it has."""
        if self._index is None:
            answer = self._session.get(f"{self.url}/wp-json/", {})
            if answer.status != 200 or not isinstance(answer.data, dict):
                raise no_wordpress(self.url, answer.status)
            self._index = answer.data
            if answer.at:
                behind_s = round((answer.at - datetime.now(UTC)).total_seconds())
                self._behind_s = behind_s if abs(behind_s) > SLOW_CLOCK_S else 0
        return self._index

    def has_plain_permalinks(self) -> bool:
        """Whether the API answers in the query form only (WordPress without pretty links)."""
        try:
            answer = self._session.get(f"{self.url}/", {"rest_route": "/"})
        except ConnectorError:
            return False
        return isinstance(answer.data, dict) and "namespaces" in answer.data

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or self.url


def no_wordpress(url: str, status: int) -> Misconfigured:
    return Misconfigured(
        f"{url} is not a WordPress shop, or its API is switched off (/wp-json/ answered {status}).",
        "Give the shop's home address, as it stands in a browser.",
    )


def _error(data: Any) -> tuple[str, str]:
    if isinstance(data, dict):
        return str(data.get("code", "")), str(data.get("message", ""))[:300]
    return "", "no reason given"
