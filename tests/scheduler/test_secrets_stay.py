"""What opens a shop stays where it belongs: in no file as it is, no log, no message, no list of
processes, whatever the shop answers."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.errors import ConnectorError
from connectors.shopify import tokens
from connectors.shopify.access import App, Grant
from scheduler.sync import Patience, sync
from store.engine import writing
from store.opening import Store
from store.reads import shops
from store.records import ShopFacts
from store.writes.shops import add_shop
from tests.connectors.fake_shop import KEY, SECRET, FakeShop, Response, refused, reply, served
from tests.connectors.shopify import made
from tests.connectors.shopify.fake import APP_ID, APP_SECRET, FakeShopify
from tests.living import DemoShop, connect, environment
from tests.shops import NOW


def quiet(stream: str, read: int, total: int | None) -> None:
    pass


def files_with(folder: Path, *secrets: str) -> list[str]:
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(one.encode() in path.read_bytes() for one in secrets)
    ]


def test_a_woocommerce_secret_is_in_no_file_no_log_and_no_message(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fake = FakeShop()
    said = []
    with served(fake) as url:
        fake.url = fake.home = url
        shop = connect(store, DemoShop(url, Path(), KEY, SECRET))
        sync(store, shop, quiet)
        for fault in (
            refused("woocommerce_rest_cannot_view", f"Sorry, {KEY[:6]} may not."),
            Response("<html>down</html>", 403, mimetype="text/html"),
            Response("", 302, {"Location": "https://elsewhere.example/?a=b"}),
            reply({"code": "x", "message": "no"}, 400),
        ):
            fake.faults = [fault, fault]
            with pytest.raises(ConnectorError) as error:
                sync(store, shop, quiet, patience=Patience(times=0))
            said.append(f"{error.value} {error.value!r} {error.value.__cause__!r}")
    assert SECRET not in caplog.text + "".join(said)
    folder = Path(str(store.engine.url.database)).parent
    assert files_with(folder, shop.key)  # the search finds what is there
    assert files_with(folder, SECRET, KEY) == []


def test_a_shopify_secret_and_its_tokens_are_in_no_file_and_no_log(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fake = FakeShopify([made.product(1)], [made.order(1)])
    with served(fake) as url:
        fake.url = url
        # A token that has ended: a new one is asked for and saved.
        credentials = tokens.kept(url, App(APP_ID, APP_SECRET), Grant("token-0", frozenset(), NOW))
        with writing(store.engine) as connection:
            facts = ShopFacts("Made", "https://shop.example", "GBP", "UTC")
            shop_id, _ = add_shop(
                connection, store.ring, "shopify", facts,
                credentials | {"allow_private": "yes"}, NOW, domain="made.myshopify.com",
            )  # fmt: skip
            shop = shops.by_id(connection, shop_id)
        sync(store, shop, quiet)
    assert fake.granted == 1
    for secret in (APP_SECRET, "token-0", "token-2"):
        assert secret not in caplog.text
    folder = Path(str(store.engine.url.database)).parent
    assert files_with(folder, APP_SECRET, "token-0", "token-2") == []


def test_a_secret_from_standard_input_is_in_no_list_of_processes(store: Store) -> None:
    fake = FakeShop()
    seen: list[bytes] = []
    answer = fake.answer

    def looks(request):  # type: ignore[no-untyped-def]
        """As anybody on the machine may, while the command is at work."""
        for line in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                told = line.read_bytes()
            except OSError:
                continue
            if b"flask" in told and fake.url.encode() in told:
                seen.append(told)
        return answer(request)

    fake.answer = looks  # type: ignore[method-assign]
    with served(fake) as url:
        fake.url = fake.home = url
        command = ["shop", "add", "woocommerce", "--url", url, "--key", KEY, "--secret", "-"]
        done = subprocess.run(
            [sys.executable, "-m", "flask", *command],
            env=environment(store), input=f"{SECRET}\n", capture_output=True, text=True,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert seen
    assert SECRET.encode() not in b"".join(seen)
    assert SECRET not in done.stdout + done.stderr
