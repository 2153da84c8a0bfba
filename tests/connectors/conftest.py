"""A recorded shop on loopback, a client for it, and no waiting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors import http
from connectors.woocommerce.client import WooCommerce
from tests.connectors.fake_shop import KEY, SECRET, FakeShop, served


@pytest.fixture
def shop() -> Iterator[FakeShop]:
    shop = FakeShop()
    with served(shop) as url:
        shop.url = shop.home = url
        yield shop


@pytest.fixture
def waits() -> list[float]:
    """How long we would have waited, in seconds."""
    return []


@pytest.fixture
def session(waits: list[float]) -> Iterator[http.Session]:
    limits = http.Limits(connect_s=2, read_s=2, answer_s=4, answer_bytes=2**22)
    session = http.Session(allow_private=True, limits=limits, sleep=waits.append)
    yield session
    session.close()


@pytest.fixture
def client(shop: FakeShop, session: http.Session) -> WooCommerce:
    return WooCommerce(shop.url, KEY, SECRET, allow_private=True, session=session)
