"""A demo shop of a few hundred orders as a real process, and an empty store beside it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from store import engine as engines
from store.opening import Store
from tests.living import DemoShop, demo_shop
from tests.shops import open_store


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoShop]:
    with demo_shop(tmp_path_factory.mktemp("demo"), max_orders=400) as running:
        yield running


@pytest.fixture
def any_store(engine: Engine) -> Store:
    """An empty store, on each database in turn."""
    return open_store(engine)


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    engine = engines.open(sqlite_url)
    yield open_store(engine)
    engine.dispose()
