"""The merchant's application on an empty store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.plugin.site import Site, open_site


@pytest.fixture
def site(sqlite_url: str) -> Iterator[Site]:
    store = open_site(sqlite_url)
    yield Site(store)
    store.engine.dispose()


@pytest.fixture
def site_on_both(store_url: str) -> Iterator[Site]:
    """The same, on each of the two databases."""
    store = open_site(store_url)
    yield Site(store)
    store.engine.dispose()
