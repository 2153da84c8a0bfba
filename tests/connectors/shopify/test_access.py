"""Is only what Shopify signed believed, and is each token asked for as Shopify expects?"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

import jwt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connectors.answers import Answer
from connectors.errors import AccessRevoked, Misconfigured, TryLater, Unreadable
from connectors.shopify import access
from connectors.shopify.access import App, domain_of

SECRET = "hush"
APP = App("id-1", SECRET)
NOW = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# Vectors that Shopify publishes, or on which its own libraries agree.
CALLBACKS = [
    (
        "code=0907a61c0c8d55e99db179b68161bc00&shop=some-shop.myshopify.com&timestamp=1337178173",
        "4712bf92ffc2917d15a2f5a273e39f0116667419aa4b6ac0b3baaf26fa3c4d20",
        1337178173,
    ),
    (
        "code=0907a61c0c8d55e99db179b68161bc00&host=YWRtaW4uc2hvcGlmeS5jb20vc3RvcmUvcmVjcy1kZXY"
        "&shop=recs-dev.myshopify.com&state=0.6784241404160823&timestamp=1795190400",
        "713a9a20c23b25568e32a59d2dda2887d81af48e8d82a3edeb2bf585e117fb89",
        1795190400,
    ),
    (
        "code=c&host=YWRtaW4uc2hvcGlmeS5jb20vc3RvcmUveA==&shop=x.myshopify.com&state=a%2Fb%2Bc"
        "&timestamp=1",
        "508cc98807778b7874574eeace066e8154053e97491ebd78092e69d8c386dbe6",
        1,
    ),
]
PROXIES = [
    (
        "extra=1&extra=2&shop=shop-name.myshopify.com&logged_in_customer_id=1"
        "&path_prefix=%2Fapps%2Fawesome_reviews&timestamp=1317327555",
        "4c68c8624d737112c91818c11017d24d334b524cb5c2b8ba08daa056f7395ddb",
    ),
    (
        "extra=1&extra=2&shop=shop-name.myshopify.com&logged_in_customer_id="
        "&path_prefix=%2Fapps%2Fawesome_reviews&timestamp=1317327555",
        "e072b6d7e6622d85912a5214b860d3100dc1e73d9bc29f43796ac8c9ff8093cb",
    ),
]
PROXY_AT = at(1317327555)


def items(query: str, **more: str) -> list[tuple[str, str]]:
    return [*parse_qsl(query, keep_blank_values=True), *more.items()]


@pytest.mark.parametrize(("query", "digest", "stamp"), CALLBACKS)
def test_a_genuine_return_address_is_believed(query: str, digest: str, stamp: int) -> None:
    signed = items(query, hmac=digest)
    assert access.callback_is_genuine(signed, SECRET, now=at(stamp))
    assert access.callback_is_genuine(reversed(signed), SECRET, now=at(stamp + 90))
    assert not access.callback_is_genuine(signed, SECRET, now=at(stamp + 91))  # a replay
    assert not access.callback_is_genuine(signed, SECRET)
    assert not access.callback_is_genuine(signed, "", now=at(stamp))
    assert not access.callback_is_genuine(signed, "other", now=at(stamp))


@pytest.mark.parametrize(("query", "digest"), PROXIES)
def test_a_genuine_proxied_request_is_believed(query: str, digest: str) -> None:
    signed = items(query, signature=digest)
    assert access.proxy_is_genuine(signed, SECRET, now=PROXY_AT)
    assert not access.proxy_is_genuine(signed, SECRET, now=PROXY_AT + timedelta(seconds=91))
    assert not access.proxy_is_genuine(signed, SECRET)
    assert not access.proxy_is_genuine(signed, "", now=PROXY_AT)
    assert not access.proxy_is_genuine([*signed, ("a", "1")], SECRET, now=PROXY_AT)


def test_a_proxied_request_is_signed_by_name_and_not_by_pair() -> None:
    """`a-b` sorts after `a` by name, but "a-b=2" before "a=1"; Shopify's libraries go by name."""
    message = "a=1a-b=2timestamp=1317327555"
    digest = hmac.new(b"hush", message.encode(), hashlib.sha256).hexdigest()
    query = items("a-b=2&a=1&timestamp=1317327555", signature=digest)
    assert access.proxy_is_genuine(query, SECRET, now=PROXY_AT)


@given(data=st.data())
def test_one_changed_character_anywhere_is_seen(data: st.DataObject) -> None:
    for query, name, digest, check, now in (
        (*CALLBACKS[1][:1], "hmac", CALLBACKS[1][1], access.callback_is_genuine, at(1795190400)),
        (PROXIES[0][0], "signature", PROXIES[0][1], access.proxy_is_genuine, PROXY_AT),
    ):
        signed = items(query, **{name: digest})
        assert check(signed, SECRET, now=now)
        row = data.draw(st.integers(0, len(signed) - 1))
        key, value = signed[row]
        place = data.draw(st.integers(0, max(0, len(value) - 1)))
        other = data.draw(st.characters())
        assume(other != value[place : place + 1])
        signed[row] = (key, value[:place] + other + value[place + 1 :])
        assert not check(signed, SECRET, now=now)


@pytest.mark.parametrize("check", [access.callback_is_genuine, access.proxy_is_genuine])
def test_without_a_signature_or_with_two_nothing_is_believed(check) -> None:
    name = "hmac" if check is access.callback_is_genuine else "signature"
    query = "timestamp=1"
    assert not check(items(query), SECRET, now=at(1))
    digest = hmac.new(b"hush", query.encode(), hashlib.sha256).hexdigest()
    once = items(query, **{name: digest})
    assert check(once, SECRET, now=at(1))
    assert not check([*once, (name, digest)], SECRET, now=at(1))
    assert not check([(name, "é")], SECRET, now=at(1))


@pytest.mark.parametrize("stamp", ["", "x", "-1", "1e3", "9" * 40, "１", "1.5"])
def test_a_time_that_is_none_is_no_time(stamp: str) -> None:
    query = urlencode([("timestamp", stamp)])
    digest = hmac.new(b"hush", query.encode(), hashlib.sha256).hexdigest()
    assert not access.callback_is_genuine(items(query, hmac=digest), SECRET, now=at(1))


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("x.myshopify.com", "x.myshopify.com"),
        (" https://My-Shop.myshopify.com/ ", "my-shop.myshopify.com"),
        ("x.myshopify.com\n.evil.example", None),
        ("x.myshopify.com.evil.example", None),
        ("evil.example/x.myshopify.com", None),
        ("evil.example?x.myshopify.com", None),
        ("-x.myshopify.com", None),
        ("x.myshopify.com:8080", None),
        ("a@x.myshopify.com", None),
        ("shop.example", None),
        ("", None),
    ],
)
def test_only_a_shops_own_domain_is_one(text: str, domain: str | None) -> None:
    assert domain_of(text) == domain


def test_nothing_is_asked_of_another_host() -> None:
    with pytest.raises(ValueError, match="permanent domain"):
        access.home("evil.example")
    with pytest.raises(ValueError, match="permanent domain"):
        access.authorize_url("evil.example", APP, redirect_url="https://us.example/", state="s")


def test_the_owner_is_sent_to_consent_with_what_we_need() -> None:
    url = access.authorize_url(
        "x.myshopify.com", APP, redirect_url="https://us.example/back", state="n"
    )
    start, _, query = url.partition("?")
    assert start == "https://x.myshopify.com/admin/oauth/authorize"
    assert dict(parse_qsl(query)) == {
        "client_id": "id-1",
        "scope": "read_products,read_orders,read_customers",
        "redirect_uri": "https://us.example/back",
        "state": "n",
    }


# --- session tokens ------------------------------------------------------------------------------


def session_token(secret: str = SECRET, algorithm: str = "HS256", **changes: object) -> str:
    claims: dict[str, object] = {
        "iss": "https://x.myshopify.com/admin",
        "dest": "https://x.myshopify.com",
        "aud": "id-1",
        "sub": "42",
        "exp": int(NOW.timestamp()) + 50,
        "nbf": int(NOW.timestamp()) - 10,
        "iat": int(NOW.timestamp()) - 10,
        "jti": "j",
        "sid": "s",
    }
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode(claims, secret, algorithm=algorithm)


LONG = "a secret as long as Shopify's own, which has this many"


def read(token: str, secret: str = LONG, now: datetime = NOW) -> access.SessionToken | None:
    return access.read_session_token(token, "id-1", secret, now)


def test_a_session_token_names_shop_and_user() -> None:
    found = read(session_token(LONG))
    assert found == access.SessionToken("x.myshopify.com", "42", NOW + timedelta(seconds=50))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another app"},
        {"iss": "https://y.myshopify.com/admin"},
        {"dest": "https://evil.example", "iss": "https://evil.example/admin"},
        {"dest": "x.myshopify.com"},
        {"exp": "never"},
        {"exp": 10**20},
        {"exp": None},
        {"nbf": None},
        {"sub": None},
        {"dest": None},
    ],
)
def test_a_session_token_of_another_kind_names_nobody(changes: dict[str, object]) -> None:
    assert read(session_token(LONG, **changes)) is None


def test_a_session_token_signed_otherwise_names_nobody() -> None:
    assert read(session_token("x" * 50)) is None
    assert read(session_token("x" * 64, algorithm="HS512"), "x" * 64) is None
    assert read(jwt.encode({"sub": "42"}, None, algorithm="none")) is None
    assert read("a.b.c") is None
    assert read("") is None


def test_a_session_token_holds_for_its_minute_by_the_callers_clock() -> None:
    token = session_token(LONG)
    assert read(token, now=NOW + timedelta(seconds=59))
    assert read(token, now=NOW + timedelta(seconds=60)) is None
    assert read(token, now=NOW - timedelta(seconds=20))
    assert read(token, now=NOW - timedelta(seconds=21)) is None


# --- tokens --------------------------------------------------------------------------------------


class Session:
    """Stands where the HTTP session does."""

    def __init__(self, data: object, status: int = 200) -> None:
        self.answer = Answer(status, {}, data, NOW)
        self.sent: dict[str, str] = {}
        self.url = ""

    def post(self, url, data, headers):
        self.url, self.sent = url, dict(data)
        return self.answer


URL = "https://x.myshopify.com"


def test_client_credentials_ask_for_a_days_token() -> None:
    session = Session(
        {"access_token": "t", "scope": "read_products,read_orders", "expires_in": 86399}
    )
    grant = access.client_credentials(session, URL, APP)
    assert session.url == "https://x.myshopify.com/admin/oauth/access_token"
    assert session.sent == {
        "grant_type": "client_credentials",
        "client_id": "id-1",
        "client_secret": SECRET,
    }
    assert grant.scopes == {"read_products", "read_orders"}
    assert grant.expires_at == NOW + timedelta(seconds=86399)
    assert grant.refresh_token is None


ROTATING = {
    "access_token": "shpat_t",
    "scope": "read_products",
    "expires_in": 3600,
    "refresh_token": "shprt_r",
    "refresh_token_expires_in": 7776000,
}


def test_a_code_becomes_a_token_that_expires_and_renews() -> None:
    session = Session(ROTATING)
    grant = access.exchange_code(session, URL, APP, "code-1")
    assert session.sent["code"] == "code-1"
    assert session.sent["expiring"] == "1"
    assert grant.refresh_token == "shprt_r"
    assert grant.refresh_expires_at == NOW + timedelta(days=90)


def test_a_session_becomes_a_token_of_the_shop() -> None:
    session = Session(ROTATING)
    access.exchange_session_token(session, URL, APP, "jwt")
    assert session.sent["subject_token"] == "jwt"
    assert session.sent["subject_token_type"].endswith("token-type:id_token")
    assert session.sent["requested_token_type"].endswith("offline-access-token")
    assert session.sent["expiring"] == "1"


def test_a_refresh_sends_the_last_token_and_brings_the_next() -> None:
    session = Session(ROTATING)
    assert access.refresh(session, URL, APP, "shprt_old").refresh_token == "shprt_r"
    assert session.sent["refresh_token"] == "shprt_old"
    assert session.sent["grant_type"] == "refresh_token"


def test_no_secret_shows_in_what_is_printed() -> None:
    grant = access.exchange_code(Session(ROTATING), URL, APP, "c")
    for shown in (repr(grant), repr(APP)):
        assert "shpat_t" not in shown
        assert "shprt_r" not in shown
        assert SECRET not in shown


@pytest.mark.parametrize(
    ("status", "data", "error", "said"),
    [
        (400, {"error": "shop_not_permitted"}, Misconfigured, "different organizations"),
        (400, {"error": "invalid_client"}, Misconfigured, "client id and secret"),
        (400, {"error": "application_cannot_be_found"}, Misconfigured, "client id and secret"),
        (
            401,
            {
                "error": "invalid_request",
                "error_description": "This request requires an active refresh_token",
            },
            AccessRevoked,
            "consent has ended",
        ),
        (400, {"error": "invalid_subject_token"}, AccessRevoked, "consent has ended"),
        (404, {"errors": "Not Found"}, Misconfigured, "no Shopify shop of this name"),
        (429, {}, TryLater, "wait"),
        (422, [], Unreadable, "422"),
        (200, {"access_token": ""}, Unreadable, "no token"),
        (200, [], Unreadable, "no token"),
    ],
)
def test_a_refusal_is_named_by_what_the_owner_does_next(status, data, error, said) -> None:
    with pytest.raises(error, match=said):
        access.refresh(Session(data, status), URL, APP, "r")
