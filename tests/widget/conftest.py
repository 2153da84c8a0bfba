"""The storefront application in front of the trained shop."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from store.opening import Store
from widget.app import create_app


@pytest.fixture
def app(store: Store) -> Flask:
    return create_app(store)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
