"""A made Shopify shop on loopback, a client for it, and no waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from connectors import http
from connectors.shopify.client import Shopify
from connectors.shopify.walk import Pace
from tests.connectors.fake_shop import served
from tests.connectors.shopify import made
from tests.connectors.shopify.fake import FakeShopify
from tests.connectors.shopify.made import Back, Bought

Connect = Callable[..., Shopify]


@pytest.fixture
def fake() -> Iterator[FakeShopify]:
    back = (Back(((0, 1),), shipping=True),)
    orders = [
        made.order(
            n, (Bought(1, 2), Bought(2)), shipping_minor=500, refunds=back if n % 4 == 0 else ()
        )
        for n in range(1, 21)
    ]
    shop = FakeShopify([made.product(n) for n in range(1, 41)], orders)
    with served(shop) as url:
        shop.url = url
        yield shop


@pytest.fixture
def connect(fake: FakeShopify, waits: list[float]) -> Iterator[Connect]:
    sessions = []

    def made_(pace: Pace | None = None, tries: int = 4, **given: object) -> Shopify:
        limits = http.Limits(connect_s=2, read_s=2, answer_s=4, tries=tries)
        session = http.Session(allow_private=True, limits=limits, sleep=waits.append)
        sessions.append(session)
        token = given.pop("token", lambda refused: "token-1")
        return Shopify(fake.url, token, session=session, pace=pace, sleep=waits.append)  # type: ignore[arg-type]

    yield made_
    for session in sessions:
        session.close()


@pytest.fixture
def shop(connect: Connect) -> Shopify:
    return connect()
