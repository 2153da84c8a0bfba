"""Do we prove ourselves in the way each shop accepts, and take only webhooks that are genuine?"""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.answers import Answer
from connectors.woocommerce.access import (
    Basic,
    OAuth1,
    authorize_url,
    webhook_is_genuine,
)
from connectors.woocommerce.api import Api, Refused
from tests.connectors.golden import exchange

CANNOT_VIEW = {"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot list."}
INVALID = {"code": "woocommerce_rest_authentication_error", "message": "Consumer key is invalid."}


class Shop:
    """Stands where the HTTP session does; `accepts` looks at (url, params, headers)."""

    def __init__(self, accepts, home="https://shop.example/"):
        self.accepts, self.home, self.tried = accepts, home, 0

    def get(self, url, params, sign=None):
        if sign is None:
            return Answer(200, {}, {"home": self.home}, None)
        self.tried += 1
        params, headers = sign("GET", url, params)
        refusal = self.accepts(url, params, headers)
        return Answer(401, {}, refusal, None) if refusal else Answer(200, {}, [1], None)


def api(shop: Shop, url="https://shop.example") -> Api:
    return Api(url, "ck_k", "cs_s", shop)


def test_over_tls_key_and_secret_go_in_a_header_and_never_in_the_address() -> None:
    seen = {}

    def accepts(url, params, headers):
        seen.update(params=params, headers=headers)

    assert api(Shop(accepts)).get("products", {"page": "2"}).data == [1]
    assert seen["params"] == {"page": "2"}
    assert base64.b64decode(seen["headers"]["Authorization"].split()[1]) == b"ck_k:cs_s"


def signed_over(root: str):
    """Accepts only a signature over this address, as a shop that calls itself so does."""

    def accepts(url, params, headers):
        if "oauth_signature" not in params:
            return CANNOT_VIEW
        from urllib.parse import quote

        told = {k: v for k, v in params.items() if k != "oauth_signature"}
        text = "&".join(
            f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(told.items())
        )
        base = f"GET&{quote(root, safe='~')}&{quote(text, safe='~')}"
        digest = hmac.new(b"cs_s&", base.encode(), hashlib.sha256).digest()
        right = base64.b64encode(digest).decode() == params["oauth_signature"]
        return None if right else INVALID | {"message": "Invalid signature - does not match."}

    return accepts


@pytest.mark.parametrize(
    ("home", "dialled", "root"),
    [
        # PHP behind a proxy that ends TLS and does not say so
        ("https://shop.example", "https://shop.example", "http://shop.example"),
        # a server that takes the Authorization header away
        ("https://shop.example", "https://shop.example", "https://shop.example"),
        # plain http, in a folder
        ("http://shop.example/store/", "http://shop.example/store", "http://shop.example/store"),
        # dialled by an inner name
        ("http://shop.example:8080", "http://wordpress", "http://shop.example:8080"),
    ],
)
def test_a_signature_is_made_over_the_address_the_shop_has_for_itself(home, dialled, root) -> None:
    shop = Shop(signed_over(f"{root}/wp-json/wc/v3/orders"), home)
    asking = api(shop, dialled)
    query = {"_fields": "id,billing.email", "modified_after": "2026-01-01T00:00:00"}
    assert asking.get("orders", query).data == [1]
    tried = shop.tried
    assert asking.get("orders", query).data == [1]
    assert shop.tried == tried + 1  # what was accepted once is kept


def test_the_refusal_that_says_most_is_told() -> None:
    def accepts(url, params, headers):
        return INVALID if "oauth_signature" in params else CANNOT_VIEW

    with pytest.raises(Refused, match="Consumer key is invalid"):
        api(Shop(accepts)).ask("products", {})


def test_a_wrong_secret_over_tls_is_told_at_once() -> None:
    wrong = INVALID | {"message": "Consumer secret is invalid."}
    shop = Shop(lambda url, params, headers: wrong)
    with pytest.raises(Refused, match="secret is invalid"):
        api(shop).ask("products", {})
    assert shop.tried == 1


def test_two_signatures_are_never_the_same() -> None:
    sign = OAuth1("ck", "cs", "http://a", "http://a", now_s=lambda: 1)
    one, two = (sign("GET", "http://a/wp-json/x", {})[0] for _ in range(2))
    assert one["oauth_nonce"] != two["oauth_nonce"]
    assert one["oauth_signature_method"] == "HMAC-SHA256"


def test_nothing_outside_the_shop_is_signed() -> None:
    with pytest.raises(ValueError, match="outside the shop"):
        OAuth1("ck", "cs", "http://a", "http://a")("GET", "http://b/wp-json/x", {})


def test_secrets_are_in_no_repr() -> None:
    assert "cs_s" not in repr(Basic("ck", "cs_s")) + repr(OAuth1("ck", "cs_s", "u", "u"))


def test_a_webhook_is_genuine_only_with_our_secret_over_these_very_bytes() -> None:
    _, body = exchange("webhook-order-updated")
    secret = "a secret of our own"
    right = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    assert webhook_is_genuine(body, right, secret)
    assert not webhook_is_genuine(body + b" ", right, secret)
    assert not webhook_is_genuine(body, right[:-2] + "A=", secret)
    assert not webhook_is_genuine(body, right, "another secret")
    for signature, key in (("", secret), (right, ""), ("", ""), ("ünïcode", secret)):
        assert not webhook_is_genuine(body, signature, key)


def test_the_signature_is_the_one_of_the_standard() -> None:
    """RFC 4231, test case 2."""
    told = "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnsZYTshvOEM="
    hexed = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    right = base64.b64encode(bytes.fromhex(hexed)).decode()
    assert webhook_is_genuine(b"what do ya want for nothing?", right, "Jefe")
    assert not webhook_is_genuine(b"what do ya want for nothing?", told, "Jefe")


def test_the_address_for_granting_a_key_names_us_and_what_we_ask_for() -> None:
    url = authorize_url(
        "https://shop.example/",
        one_time_id="t0ken",
        return_url="https://us.example/back?x=1&y=2",
        callback_url="https://us.example/keys",
    )
    parts = urlsplit(url)
    assert (parts.netloc, parts.path) == ("shop.example", "/wc-auth/v1/authorize")
    assert parse_qs(parts.query) == {
        "app_name": ["Alongside"],
        "scope": ["read_write"],
        "user_id": ["t0ken"],
        "return_url": ["https://us.example/back?x=1&y=2"],
        "callback_url": ["https://us.example/keys"],
    }


def test_keys_are_only_ever_sent_over_tls() -> None:
    with pytest.raises(ValueError, match="https"):
        authorize_url("https://s", one_time_id="t", return_url="", callback_url="http://us/keys")
