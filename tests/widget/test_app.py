"""The storefront application as a whole: limits, health, scripts, and what it never loads."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from store.opening import Store
from store.reads.shops import Shop
from tests.shops import SECRET
from widget.app import create_app


def test_the_address_limit_refuses_with_a_time_to_come_back(store: Store, shop: Shop) -> None:
    limited = dataclasses.replace(
        store, settings=store.settings.model_copy(update={"storefront_rate": "5/minute"})
    )
    client = create_app(limited).test_client()
    path = f"/v1/{shop.key}/shelf?placement=bestsellers"
    statuses = [client.get(path).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    refusal = client.get(path)
    assert refusal.headers["Retry-After"] == "1"
    assert refusal.content_type == "application/problem+json"
    assert client.get("/healthz").status_code == 200


def test_health_tells_the_truth(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "up"}
    assert client.get("/readyz").json == {"status": "ready"}


def test_metrics_are_for_this_machine_only(client: FlaskClient, shop: Shop) -> None:
    client.get(f"/v1/{shop.key}/shelf?placement=bestsellers")
    page = client.get("/metrics")
    assert b"/v1/<key>/shelf" in page.data
    assert shop.key.encode() not in page.data
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "10.0.0.9"}).status_code == 404
    through_a_proxy = client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
    assert through_a_proxy.status_code == 404


@pytest.mark.parametrize("name", ["shelf.js", "shelf-more.js"])
def test_scripts_are_cacheable_compressed_and_answer_304(client: FlaskClient, name: str) -> None:
    plain = client.get(f"/{name}")
    assert plain.status_code == 200
    assert plain.content_type.startswith("text/javascript")
    packed = client.get(f"/{name}", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data)
    again = client.get(f"/{name}", headers={"If-None-Match": plain.headers["ETag"]})
    assert again.status_code == 304


def test_any_origin_may_ask_because_nothing_uses_cookies(client: FlaskClient, shop: Shop) -> None:
    answer = client.options(f"/v1/{shop.key}/me", headers={"Origin": "https://shop.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Alongside-Visitor" in answer.headers["Access-Control-Allow-Headers"]
    assert "DELETE" in answer.headers["Access-Control-Allow-Methods"]


def test_the_description_is_valid_openapi(client: FlaskClient) -> None:
    document = client.get("/openapi.json").json
    validate(document)
    rules = {
        rule.rule.replace("<key>", "{key}")
        for rule in client.application.url_map.iter_rules()
        if rule.rule.startswith("/v1/")
    }
    assert set(document["paths"]) == rules


def test_serving_a_shelf_loads_no_heavy_library(store: Store, shop: Shop) -> None:
    program = f"""
import sys
from store import engine
from store.keys import Ring
from store.opening import Store
from store.settings import Settings
from widget.app import create_app
secret = {SECRET!r}
store = Store(engine.open({str(store.engine.url)!r}), Ring([secret]), Settings(secret_keys=secret))
client = create_app(store).test_client()
answer = client.get("/v1/{shop.key}/shelf?placement=also_bought&product=p4")
assert answer.json["items"], answer.data
heavy = {{"surprise", "scipy", "numba", "apscheduler", "xgboost", "pandas"}}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_metrics_tell_how_shelves_are_led_and_how_old_lists_are(
    client: FlaskClient, shop: Shop
) -> None:
    client.get(f"/v1/{shop.key}/shelf?placement=bestsellers")
    client.post(f"/v1/{shop.key}/shelf/events", data=b'{"visitor": null, "events": ["?"]}')
    page = client.get("/metrics").get_data(as_text=True)
    assert 'alongside_shelf_seconds_count{led_by="bestseller",placement="bestsellers"}' in page
    assert 'alongside_events_total{outcome="rejected"}' in page
    assert f'alongside_list_age_seconds{{shop="{shop.id}"}}' in page
    assert f'alongside_webhooks_waiting{{shop="{shop.id}"}} 0.0' in page
