"""What a shop asks for a shopper, signed: told, forgotten, and refused to everybody else."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from store.engine import reading
from store.reads import privacy, shops
from store.reads.shops import Shop
from tests.plugin.site import NOON, Site

VISITOR = "5f0c1f6a9d0e4b7fa1c2d3e4f5061728"
EVERYBODY = {"customers": ["7"], "emails": ["anna@example.com"], "visitors": [VISITOR]}


@pytest.fixture
def shop(site: Site) -> Shop:
    shop = site.shop()
    site.products(shop, ["Lamp"])
    site.order(shop, "1", customer_id="7", email="anna@example.com", visitor=VISITOR)
    site.order(shop, "2", email="Anna@example.com ")  # as a guest
    site.order(shop, "3", customer_id="8", email="bert@example.com")
    return shop


def signature(site: Site, shop: Shop, path: str, body: bytes, ahead: timedelta) -> str:
    """As plugin/woocommerce/alongside/src/Application.php makes it (PrivacyTest.php)."""
    with site.reading() as connection:
        key = shops.keys(connection, site.store.ring, shop.id, NOON).customer[0]
    expires = int((datetime.now(UTC) + ahead).timestamp())
    signed = f"POST {path}\n{expires}\n".encode() + body
    return f"{expires}.{hmac.digest(key, signed, 'sha256').hex()}"


@pytest.fixture
def ask(site: Site, shop: Shop) -> Callable[..., TestResponse]:
    def ask(what: str, told: Any, ahead: timedelta = timedelta(minutes=5)) -> TestResponse:
        path = f"/api/{shop.key}/privacy/{what}"
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        signed = {"Alongside-Signature": signature(site, shop, path, body, ahead)}
        return site.browser().post(path, data=body, headers=signed)

    return ask


def test_all_names_of_one_shopper_are_one_answer(ask: Callable[..., TestResponse]) -> None:
    told = ask("export", EVERYBODY)
    assert told.headers["Cache-Control"] == "no-store"
    customer, browser = told.get_json()["held"]
    assert len(customer["orders"]) == 2
    assert set(browser) == {"events", "experiments", "unwanted"}
    assert "bert" not in told.text


def test_forgetting_reaches_account_guest_orders_and_browser(
    ask: Callable[..., TestResponse], site: Site, shop: Shop
) -> None:
    done = ask("erase", EVERYBODY).get_json()
    assert done["erased"] >= 1
    with reading(site.store.engine) as connection:
        kept = privacy.erasures(connection, shop.id)
    assert done["certificate"] in {erasure.certificate for erasure in kept}
    assert {erasure.via for erasure in kept} == {"platform"}
    assert ask("export", {"customers": ["7"], "emails": ["anna@example.com"]}).get_json() == {
        "held": []
    }
    assert len(ask("export", {"customers": ["8"]}).get_json()["held"]) == 1


def test_somebody_unknown_is_no_fault(ask: Callable[..., TestResponse]) -> None:
    nobody = {"customers": ["999"], "emails": ["nobody@example.com"], "visitors": ["v" * 32]}
    assert ask("erase", nobody).get_json() == {"erased": 0, "certificate": None}
    assert ask("erase", {}).get_json() == {"erased": 0, "certificate": None}


def test_only_the_shop_itself_may_ask(site: Site, shop: Shop) -> None:
    other = site.shop("Chairs")
    path, body = f"/api/{shop.key}/privacy/erase", json.dumps(EVERYBODY).encode()
    good = signature(site, shop, path, body, timedelta(minutes=5))
    with site.reading() as connection:
        report = shops.keys(connection, site.store.ring, shop.id, NOON).report[0].decode()
    export = path.replace("erase", "export")
    refused = [
        (path, body, {}),
        (path, body, {"Authorization": f"Bearer {report}"}),
        (path, body, {"Alongside-Signature": good[:-1] + ("0" if good[-1] != "0" else "1")}),
        (path, body + b" ", {"Alongside-Signature": good}),
        (export, body, {"Alongside-Signature": good}),
        (f"/api/{other.key}/privacy/erase", body, {"Alongside-Signature": good}),
        ("/api/pk_nobody/privacy/erase", body, {"Alongside-Signature": good}),
        (path, body, {"Alongside-Signature": signature(site, other, path, body, timedelta(0))}),
        (path, body, {"Alongside-Signature": "é.é".encode().decode("latin-1")}),
        (path, body, {"Alongside-Signature": "1" * 40}),
    ]
    for to, sent, headers in refused:
        answer = site.browser().post(to, data=sent, headers=headers)
        assert answer.status_code == 401, headers
        assert answer.content_type == "application/problem+json"
    assert site.owner_of(shop).post(path, data=body).status_code == 401
    with reading(site.store.engine) as connection:
        assert not privacy.erasures(connection, shop.id)


@pytest.mark.parametrize("ahead", [timedelta(seconds=-2), timedelta(minutes=16)])
def test_a_signature_works_for_minutes_only(
    ask: Callable[..., TestResponse], ahead: timedelta
) -> None:
    assert ask("export", EVERYBODY, ahead).status_code == 401


@pytest.mark.parametrize(
    "told",
    [
        b"{", b"[]", {"customers": "7"}, {"customers": [7]}, {"emails": [""]},
        {"visitors": ["v" * 255]}, {"visitors": ["v"] * 101},
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_and_nothing_is_done(
    ask: Callable[..., TestResponse], told: Any
) -> None:
    assert ask("erase", told).status_code == 422
