"""How do we prove to a WooCommerce shop who asks, and how does it prove to us who calls?

Asking: Basic on https, OAuth 1.0a (one-legged, HMAC-SHA256) where the shop sees plain http.
Called: the signature of a webhook, and the address where an owner grants us a key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, SIGNATURE_TYPE_QUERY, Client

LOOPBACK = ("127.0.0.1", "::1", "localhost")

Method = Literal["GET", "POST"]
Signed = tuple[Mapping[str, str], Mapping[str, str]]
Sign = Callable[[Method, str, Mapping[str, str]], Signed]


@dataclass(frozen=True, slots=True)
class Basic:
    """Key and secret in a header: only ever over TLS."""

    key: str
    secret: str = field(repr=False)

    def __call__(self, method: Method, url: str, params: Mapping[str, str]) -> Signed:
        pair = base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()
        return params, {"Authorization": f"Basic {pair}"}


def _now_s() -> int:
    return int(datetime.now(UTC).timestamp())


@dataclass(frozen=True, slots=True)
class OAuth1:
    """A signature instead of the secret. WooCommerce computes it over the shop's own home address
    (not the one that was dialled), with the scheme that PHP sees: `root` is that address.

    It goes into the query, because some web servers take the Authorization header away before
    PHP sees it. `now_s` is the shop's clock: it refuses signatures 15 minutes off its own.
    """

    key: str
    secret: str = field(repr=False)
    dialled: str  # the base address that requests go to, without a slash at its end
    root: str  # the same place as the shop calls it, without a slash at its end
    now_s: Callable[[], int] = _now_s

    def __call__(self, method: Method, url: str, params: Mapping[str, str]) -> Signed:
        if not url.startswith(self.dialled):
            raise ValueError("an address outside the shop is never signed")
        own = self.root + url[len(self.dialled) :]
        signer = Client(
            self.key,
            client_secret=self.secret,
            signature_method=SIGNATURE_HMAC_SHA256,
            signature_type=SIGNATURE_TYPE_QUERY,
            timestamp=str(self.now_s()),
        )
        signed, _, _ = signer.sign(f"{own}?{urlencode(params)}" if params else own, method)
        return dict(parse_qsl(urlsplit(signed).query, keep_blank_values=True)), {}


def webhook_is_genuine(body: bytes, signature: str, secret: str) -> bool:
    """Whether X-WC-Webhook-Signature was made over exactly these bytes with our secret.

    An empty signature or secret proves nothing. Compared in constant time.
    """
    if not signature or not secret:
        return False
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return hmac.compare_digest(base64.b64encode(digest), signature.encode("utf-8", "replace"))


def authorize_url(
    home: str,
    *,
    one_time_id: str,
    return_url: str,
    callback_url: str,
    app_name: str = "Alongside",
    scope: Literal["read", "write", "read_write"] = "read_write",
) -> str:
    """Where the owner approves us: WooCommerce then posts the key to `callback_url`.

    That post carries no signature, so `one_time_id` must be unguessable and good only once; the
    callback must be https with a certificate WordPress trusts and answer exactly 200. Only a shop
    on this very machine (the demo, a developer's) may be handed plain http.
    """
    inside = all(urlsplit(url).hostname in LOOPBACK for url in (home, callback_url))
    if not callback_url.startswith("https://") and not inside:
        raise ValueError("WooCommerce posts keys to https addresses only")
    query = {
        "app_name": app_name,
        "scope": scope,
        "user_id": one_time_id,
        "return_url": return_url,
        "callback_url": callback_url,
    }
    return f"{home.rstrip('/')}/wc-auth/v1/authorize?{urlencode(query)}"
