"""A trained shop behind the storefront application, copied from one made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from store import engine as engines
from store.engine import reading
from store.opening import Store
from store.reads import shops
from store.reads.shops import Shop
from tests.shops import NAME, fill, open_store
from widget.app import create_app


@pytest.fixture(scope="session")
def trained_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trained") / "store.sqlite"
    shutil.copy(sqlite_template, path)
    engine = engines.open(f"sqlite:///{path}")
    fill(open_store(engine))
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture
def store(trained_file: Path, tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "store.sqlite"
    shutil.copy(trained_file, path)
    engine = engines.open(f"sqlite:///{path}")
    yield open_store(engine)
    engine.dispose()


@pytest.fixture
def shop(store: Store) -> Shop:
    with reading(store.engine) as connection:
        return shops.find(connection, NAME)


@pytest.fixture
def app(store: Store) -> Flask:
    return create_app(store)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
