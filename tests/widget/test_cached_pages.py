"""Behind a cache that stores every page for everyone, visitors keep their own arm of a split test.

`make prove PART=cache` runs it with 10,000 visitors; the suite takes a slice.
"""

from __future__ import annotations

import json
import math
import os
import random
import re
from collections import Counter
from datetime import timedelta
from http.client import HTTPConnection
from urllib.parse import urlencode
from uuid import UUID

import pytest
from playwright.sync_api import Browser
from sqlalchemy import func, select
from werkzeug import Request, Response

from store import tables
from store.engine import reading, writing
from store.opening import Store
from store.reads.shops import Shop
from store.writes import experiments
from tests.caching_proxy import CachingProxy, serving
from tests.shops import NOW
from widget.app import create_app

VISITORS = int(os.environ.get("PROVE_VISITORS", "200"))
BROWSERS = int(os.environ.get("PROVE_BROWSERS", "2"))
PRODUCTS = ("p0", "p4", "p8")
# Five standard deviations: a fair split is beyond them once in two million runs.
FAR = 5


@pytest.fixture
def proxy(store: Store, shop: Shop) -> CachingProxy:
    with writing(store.engine) as connection:
        experiments.start_experiment(
            connection,
            shop.id,
            placement="also_bought",
            against="bestsellers",
            metric="cvr",
            started_at=NOW - timedelta(minutes=1),
            ends_at=NOW + timedelta(days=28),
            window_s=7 * 86_400,
            cap_minor=None,
            planned_visitors=1_000,
            planned_conversions=30,
        )

    @Request.application
    def pages(request: Request) -> Response:
        product = request.path.rpartition("/")[2]
        return Response(
            "<!doctype html><html lang=en><title>A shop</title>"
            f'<script src="/shelf.js" data-key="{shop.key}" data-consent="full" defer></script>'
            f'<h1>{product}</h1><product-shelf placement="also_bought" product="{product}">'
            "</product-shelf>",
            mimetype="text/html",
            headers={"Cache-Control": "private"},  # a greedy cache does not care
        )

    return CachingProxy(pages, create_app(store))


class Visitor:
    """Does what shelf.js does, by what the page says."""

    def __init__(self, connection: HTTPConnection, number: random.Random) -> None:
        self.connection = connection
        self.id = f"{number.getrandbits(128):032x}"
        self.number = number

    def look_at(self, product: str) -> str:
        """Opens the product's page and gets its shelf; gives the arm."""
        page = self._ask("GET", f"/product/{product}")
        found = re.search(r'data-key="([^"]+)".*product="([^"]+)"', page)
        assert found, page
        key, about = found.groups()
        query = urlencode({"placement": "also_bought", "product": about, "visitor": self.id})
        answer = json.loads(self._ask("GET", f"/v1/{key}/shelf?{query}"))
        assert answer["eligible"]
        event = {
            "id": str(UUID(int=self.number.getrandbits(128), version=4)),
            "type": "exposure",
            "token": answer["token"],
        }
        body = json.dumps({"visitor": self.id, "events": [event]})
        told = json.loads(self._ask("POST", f"/v1/{key}/shelf/events", body))
        assert told == {"accepted": 1, "rejected": []}
        return str(answer["arm"])

    def _ask(self, method: str, path: str, body: str | None = None) -> str:
        self.connection.request(method, path, body)
        return self.connection.getresponse().read().decode()


def arms_in(store: Store) -> Counter[str]:
    """The arms that the store holds, each visitor counted once."""
    arm = tables.Exposure.arm
    with reading(store.engine) as connection:
        rows = connection.execute(select(arm, func.count()).group_by(arm))
        return Counter({dealt: visitors for dealt, visitors in rows})  # noqa: C416 # for the types


def test_behind_a_cache_of_pages_every_visitor_keeps_an_arm_and_the_split_is_even(
    store: Store, proxy: CachingProxy
) -> None:
    number = random.Random(20261122)
    seen: Counter[str] = Counter()
    with serving(proxy) as port:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        for _ in range(VISITORS):
            visitor = Visitor(connection, number)
            arms = {visitor.look_at(product) for product in number.sample(PRODUCTS, 2)}
            assert len(arms) == 1, f"a visitor changed from arm to arm: {arms}"
            seen.update(arms)
        connection.close()
    for product in PRODUCTS:
        assert proxy.asked[f"/product/{product}"] == 1, "each page was made once, for everyone"
    pages = sum(proxy.served[f"/product/{product}"] for product in PRODUCTS)
    assert pages == 2 * VISITORS
    assert set(seen) == {"treatment", "control"}
    assert arms_in(store) == seen, "what was counted is what was shown"
    off = (seen["treatment"] - VISITORS / 2) / math.sqrt(VISITORS / 4)
    assert abs(off) < FAR
    print(  # noqa: T201 # the proof's page
        f"{VISITORS} visitors on {pages} page views, of which {len(PRODUCTS)} were made and the "
        f"rest came from the cache:\n{seen['treatment']} treatment, {seen['control']} control "
        f"({off:+.2f} standard deviations from even); 0 changed arms."
    )


@pytest.mark.browser
def test_browsers_behind_a_cache_of_pages_are_different_visitors_with_arms_of_their_own(
    browser: Browser, store: Store, proxy: CachingProxy
) -> None:
    visitors = set()
    with serving(proxy) as port:
        for _ in range(BROWSERS):
            page = browser.new_page()
            arms = set()
            for product in PRODUCTS[:2]:
                with page.expect_response("**/shelf/events") as told:
                    page.goto(f"http://127.0.0.1:{port}/product/{product}")
                    answer = page.wait_for_event("response", lambda r: "/shelf?" in r.url).json()
                assert told.value.status == 202
                arms.add(answer["arm"])
            visitors.add(page.evaluate("() => alongside.visitor()"))
            assert len(arms) == 1
            page.close()
    assert len(visitors) == BROWSERS
    assert sum(arms_in(store).values()) == BROWSERS
    assert proxy.asked["/product/p0"] == 1
    print(f"{BROWSERS} browsers: {BROWSERS} visitors, 0 changed arms.")  # noqa: T201
