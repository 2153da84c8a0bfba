"""Is a token good for as long as it says, and renewed once for all who use it?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import http
from connectors.errors import AccessRevoked, Misconfigured
from connectors.shopify.access import App, Grant
from connectors.shopify.client import Shopify
from connectors.shopify.tokens import Tokens, kept
from tests.connectors.shopify.fake import APP_ID, APP_SECRET, FakeShopify

NOW = datetime.now(UTC).replace(microsecond=0)
APP = App(APP_ID, APP_SECRET)


class Saved:
    """What the store keeps of one shop; counts renewals."""

    def __init__(self, credentials: dict[str, str]) -> None:
        self.credentials = credentials
        self.renewed = 0

    def __call__(self, renew: Callable[[dict[str, str]], dict[str, str] | None]) -> dict[str, str]:
        fresh = renew(dict(self.credentials))
        if fresh is not None:
            self.credentials = fresh
            self.renewed += 1
        return self.credentials


@pytest.fixture
def session() -> Iterator[http.Session]:
    session = http.Session(allow_private=True, sleep=lambda seconds: None)
    yield session
    session.close()


def tokens(saved: Saved, session: http.Session, at: datetime = NOW) -> Tokens:
    return Tokens(saved.credentials, saved, session, now=lambda: at)


def of(fake: FakeShopify, **changes: Any) -> dict[str, str]:
    grant = Grant("token-1", frozenset({"read_orders"}), NOW + timedelta(hours=1))
    return kept(fake.url, APP, grant) | changes


def test_a_good_token_is_used_as_it_is(fake: FakeShopify, session: http.Session) -> None:
    saved = Saved(of(fake))
    assert tokens(saved, session)(None) == "token-1"
    assert tokens(saved, session, NOW + timedelta(minutes=54))(None) == "token-1"
    assert (saved.renewed, fake.asked) == (0, [])


def test_a_token_near_its_end_is_renewed_and_saved_first(
    fake: FakeShopify, session: http.Session
) -> None:
    saved = Saved(of(fake))
    near = tokens(saved, session, NOW + timedelta(minutes=55))
    assert near(None) == "token-2"
    assert saved.credentials["access_token"] == "token-2"
    assert saved.credentials["client_secret"] == APP_SECRET
    assert saved.credentials["expires_at"] > NOW.isoformat()


def test_a_refresh_token_is_spent_for_the_next(fake: FakeShopify, session: http.Session) -> None:
    saved = Saved(of(fake, refresh_token="refresh-1"))
    late = tokens(saved, session, NOW + timedelta(hours=2))
    assert late(None) == "token-2"
    assert saved.credentials["refresh_token"] == "refresh-2"


def test_what_another_process_saved_is_taken(fake: FakeShopify, session: http.Session) -> None:
    saved = Saved(of(fake, refresh_token="refresh-1"))
    mine = tokens(saved, session, NOW + timedelta(hours=2))
    other = dict(
        of(fake), access_token="token-9", expires_at=(NOW + timedelta(hours=9)).isoformat()
    )
    saved.credentials = other
    assert mine(None) == "token-9"
    assert saved.renewed == 0
    assert fake.granted == 0


def test_a_token_that_shopify_refuses_is_renewed(fake: FakeShopify, session: http.Session) -> None:
    saved = Saved(of(fake, access_token="stolen", refresh_token="refresh-1"))
    shop = Shopify(fake.url, tokens(saved, session, datetime.now(UTC)), session=session)
    assert shop.check().name == "Made shop"
    assert saved.renewed == 1


def test_a_lost_answer_costs_nothing(fake: FakeShopify, session: http.Session) -> None:
    """Shopify keeps the old refresh token good until the new one is used."""
    saved = Saved(of(fake, refresh_token="refresh-1"))
    fake.granted = 7
    fake.refresh_tokens.append("refresh-8")  # granted, and never arrived
    assert tokens(saved, session, NOW + timedelta(hours=2))(None) == "token-9"
    assert saved.credentials["refresh_token"] == "refresh-9"


def test_consent_that_was_withdrawn_is_said_so(fake: FakeShopify, session: http.Session) -> None:
    spent = Saved(of(fake, refresh_token="refresh-0"))
    with pytest.raises(AccessRevoked, match="consent has ended"):
        tokens(spent, session, NOW + timedelta(hours=2))(None)
    endless = {name: text for name, text in of(fake).items() if name != "expires_at"}
    with pytest.raises(AccessRevoked, match="uninstalled"):
        tokens(Saved(endless), session)("token-1")


def test_another_secret_than_the_apps_is_said_so(fake: FakeShopify, session: http.Session) -> None:
    saved = Saved(of(fake, client_secret="another"))
    with pytest.raises(Misconfigured, match="client id and secret"):
        tokens(saved, session, NOW + timedelta(hours=2))(None)
    assert saved.renewed == 0
