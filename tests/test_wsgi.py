"""The table of contents: who answers which address, and what a web worker never loads."""

from __future__ import annotations

import subprocess
import sys

import pytest

import wsgi
from store.opening import Store
from store.reads.shops import Shop
from tests.living import environment
from tests.test_whole import start_test


def test_each_address_reaches_the_application_it_belongs_to(store: Store, shop: Shop) -> None:
    client = wsgi.create_app(store).test_client()
    shelf = client.get(f"/v1/{shop.key}/shelf?placement=also_bought&product=p4")
    assert shelf.status_code == 200
    assert "Set-Cookie" not in shelf.headers
    assert "Cookie" not in shelf.headers.get("Vary", "")
    assert client.get("/v1/unknown").content_type == "application/problem+json"
    admin = client.get("/admin/", follow_redirects=True)
    assert admin.status_code == 200
    assert "Content-Security-Policy" in admin.headers


def test_importing_does_nothing_and_unknown_names_are_unknown() -> None:
    with pytest.raises(AttributeError):
        _ = wsgi.nothing_like_this


def test_a_web_worker_serves_a_shelf_and_a_report_without_any_heavy_library(
    store: Store, shop: Shop
) -> None:
    start_test(store, shop, "none")
    tally = [sys.executable, "-m", "scheduler", "run", "tally", str(shop.id)]
    subprocess.run(tally, env=environment(store), check=True, stderr=subprocess.DEVNULL)
    program = f"""
import sys, wsgi
from store.engine import reading
from store.opening import open_store
from store.reads import shops
from store.settings import load
store = open_store(load())
with reading(store.engine) as connection:
    keys = shops.keys(connection, store.ring, {shop.id}, shops.by_id(connection, {shop.id}).now())
client = wsgi.app.test_client()
shelf = client.get("/v1/{shop.key}/shelf?placement=also_bought&product=p4&visitor=" + "v" * 32)
assert shelf.json["items"] or shelf.json["arm"] == "control", shelf.data
bearer = {{"Authorization": "Bearer " + keys.report[0].decode()}}
report = client.get("/api/{shop.key}/report", headers=bearer)
assert report.status_code == 200 and report.json, report.data
heavy = {{"surprise", "scipy", "numba", "apscheduler", "xgboost", "numpy", "pandas", "requests"}}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(store),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
