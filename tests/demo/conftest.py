"""A small demo shop (300 orders, all products) and a client that signs like a connector."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, Client
from werkzeug.test import TestResponse

from demo import build, database
from demo.api import access
from demo.app import create_app

HOME = "http://shop.test"
ORDERS = 300


@dataclass
class Shop:
    app: flask.Flask
    browser: FlaskClient
    key: str
    secret: str

    def ask(
        self, path: str, method: str = "GET", *, in_query: bool = False, **options: Any
    ) -> TestResponse:
        """A signed request to /wp-json/wc/v3`path`."""
        signer = Client(
            self.key,
            self.secret,
            signature_method=options.pop("signature_method", SIGNATURE_HMAC_SHA256),
            signature_type="QUERY" if in_query else "AUTH_HEADER",
            timestamp=options.pop("timestamp", None),
            nonce=options.pop("nonce", None),
        )
        address, headers, _ = signer.sign(f"{HOME}/wp-json/wc/v3{path}", method)
        return self.browser.open(address, method=method, headers=dict(headers), **options)

    def get(self, path: str) -> Any:
        answer = self.ask(path)
        assert answer.status_code == 200, answer.text
        return answer.json

    def new_key(self, permissions: str) -> None:
        db = database.connect(self.app.config["SHOP_FILE"])
        self.key, self.secret = access.new_key(db, permissions)
        db.close()

    def sql(self, statement: str, *values: object) -> list[Any]:
        db = database.connect(self.app.config["SHOP_FILE"])
        rows = [tuple(row) for row in db.execute(statement, values)]
        db.close()
        return rows


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    build.ensure(folder, max_orders=ORDERS)
    return folder


@pytest.fixture
def shop(built: Path, tmp_path: Path) -> Shop:
    """A shop of the test's own: a copy, because tests change it."""
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    return _open(tmp_path)


@pytest.fixture(scope="session")
def quiet_shop(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """One shop for all tests that only read."""
    folder = tmp_path_factory.mktemp("quiet")
    shutil.copytree(built, folder, dirs_exist_ok=True)
    return _open(folder)


@pytest.fixture(scope="session")
def battered_shop(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """One shop for tests that send it nonsense."""
    folder = tmp_path_factory.mktemp("battered")
    shutil.copytree(built, folder, dirs_exist_ok=True)
    return _open(folder)


def _open(folder: Path) -> Shop:
    app = create_app(folder, home_url=HOME)
    shop = Shop(app, app.test_client(), "", "")
    shop.browser.environ_base["HTTP_HOST"] = "shop.test"
    shop.new_key("read_write")
    return shop


@pytest.fixture
def golden() -> Golden:
    return Golden()


class Golden:
    """Answers recorded from a real shop (WooCommerce 10.9.2)."""

    folder = Path(__file__).parent / "golden"

    def raw(self, name: str) -> tuple[str, dict[str, str], str]:
        """Status line, headers and body of a .raw file."""
        text = (self.folder / f"{name}.raw").read_text(encoding="utf-8")
        _, answer = text.split("\n\n", 1)
        head, body = answer.split("\n\n", 1)
        status, *headers = head.split("\n")
        return status, dict(line.split(": ", 1) for line in headers), body.strip()
