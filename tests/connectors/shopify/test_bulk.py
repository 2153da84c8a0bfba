"""Is a bulk operation's file put together right, in any order, cut off anywhere, and once?"""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.wrappers import Response

from connectors import http
from connectors.errors import Misconfigured, TryLater
from connectors.shopify import bulk
from connectors.shopify.client import Shopify
from connectors.shopify.walk import Pace
from tests.connectors.shopify.conftest import Connect
from tests.connectors.shopify.fake import FakeShopify
from tests.connectors.shopify.faults import broken_off, dropped, html, status

BULK = Pace(bulk_above=10, ask_s=0.001, bulk_rows=7)


def rows(pages: Any) -> list[Any]:
    return [row for page in pages for row in page.rows]


@given(
    children=st.lists(st.integers(1, 6), max_size=20),
    seed=st.integers(),
    cut=st.integers(1, 400),
)
def test_lines_find_their_parents_wherever_they_stand(
    children: list[int], seed: int, cut: int
) -> None:
    # A title that holds what tells lines apart, as any text may.
    title = 'a "__parentId":"gid://shopify/Order/3" in a title'
    parents = [
        {"__typename": "Order", "id": f"gid://shopify/Order/{n}", "title": title}
        for n in range(1, 6)
    ]
    lines = [
        {"__typename": "LineItem", "id": str(at), "title": title,
         "__parentId": f"gid://shopify/Order/{of}"}
        for at, of in enumerate(children)
    ]  # fmt: skip
    mixed = [*parents, *lines]
    random.Random(seed).shuffle(mixed)
    file = b"".join(orjson.dumps(line) + b"\n" for line in mixed)
    parts = [file[at : at + cut] for at in range(0, len(file), cut)]
    found = [row for some, _ in bulk._joined(parts, 0, 2, whole=True) for row in some]
    assert [row["id"] for row in found] == [row["id"] for row in mixed if "__parentId" not in row]
    for row in found:
        own = [line["id"] for line in mixed if line.get("__parentId") == row["id"]]
        assert [line["id"] for line in row["lineItems"]] == own


def test_bulk_and_pages_bring_the_same(fake: FakeShopify, connect: Connect) -> None:
    for walk in ("products", "orders", "refunds"):
        paged = {row.id: row for row in rows(getattr(connect(), walk)())}
        loaded = {row.id: row for row in rows(getattr(connect(BULK), walk)())}
        assert loaded == paged
    assert len(fake.operations) == 3


def test_an_operation_of_a_shop_without_orders_ends_without_a_file(
    fake: FakeShopify, connect: Connect
) -> None:
    fake.lists["orders"].clear()
    assert rows(connect(Pace(bulk_above=-1, ask_s=0.001)).orders()) == []


def test_a_broken_off_operation_gives_what_it_had_and_then_everything(
    fake: FakeShopify, connect: Connect
) -> None:
    quiet = {row.id: row for row in rows(connect().orders())}
    fake.bulk_fails = 1
    met = rows(connect(BULK).orders())
    assert {row.id: row for row in met} == quiet
    assert len(met) > len(quiet)
    assert len(fake.operations) == 2
    fake.bulk_fails = 5
    assert {row.id: row for row in rows(connect(BULK).orders())} == quiet


def test_a_file_that_ended_its_days_is_asked_for_anew(fake: FakeShopify, connect: Connect) -> None:
    pages = connect(BULK).orders()
    page = next(pages)
    while not page.rows:
        page = next(pages)
    fake.operations["gid://shopify/BulkOperation/1"]["expired"] = True
    quiet = {row.id for row in rows(connect().orders())}
    met = {row.id for row in page.rows} | {r.id for r in rows(connect(BULK).orders(page.cursor))}
    assert met == quiet
    assert len(fake.operations) == 2


def test_a_download_goes_on_where_it_broke(
    fake: FakeShopify, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = FakeShopify.file
    broken: list[int] = []

    def half(self: FakeShopify, request: Any) -> Any:
        response = whole(self, request)
        if len(broken) < 2:
            body = response.get_data()
            broken.append(len(body) // 2)
            response.set_data(body[: len(body) // 2])
            response.headers["Content-Length"] = str(len(body))
            response.headers["Connection"] = "close"
        return response

    monkeypatch.setattr(FakeShopify, "file", half)
    monkeypatch.setattr(http, "PART_BYTES", 100)
    assert len(rows(connect(BULK).orders())) == 20
    ranges = [r.headers.get("Range") for r in fake.asked if r.path.startswith("/bulk/")]
    kept = [n // 100 * 100 for n in broken]  # a part that did not arrive whole is asked for again
    assert ranges[:2] == [None, f"bytes={kept[0]}-"]
    assert len(ranges) == 3


@pytest.mark.parametrize("fault", [status(503), status(429), dropped, broken_off])
def test_passing_faults_of_a_download_are_asked_through(
    fake: FakeShopify, connect: Connect, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, left = FakeShopify.file, [fault]
    monkeypatch.setattr(
        FakeShopify, "file", lambda self, r: left.pop()(r) if left else whole(self, r)
    )
    assert len(rows(connect(BULK).orders())) == 20


def test_a_web_page_in_place_of_the_file_is_no_order(
    fake: FakeShopify, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeShopify, "file", lambda self, request: html(request))
    with pytest.raises(TryLater, match="cut off"):
        rows(connect(BULK).orders())


@pytest.mark.parametrize("instead", [b"{}", b"", b"<html>\n</html>\n"])
def test_something_shorter_than_what_is_done_is_not_the_end_of_the_list(
    fake: FakeShopify, connect: Connect, monkeypatch: pytest.MonkeyPatch, instead: bytes
) -> None:
    """It would have been read as a file without any rows left, and the rest never asked for."""
    page = next(page for page in connect(BULK).orders() if page.rows)
    whole, left = FakeShopify.file, [Response(instead)]
    monkeypatch.setattr(
        FakeShopify, "file", lambda self, request: left.pop() if left else whole(self, request)
    )
    with pytest.raises(TryLater, match="cut off"):
        rows(connect(BULK).orders(page.cursor))
    assert len(page.rows) + len(rows(connect(BULK).orders(page.cursor))) == 20


def test_one_operation_at_a_time(fake: FakeShopify, connect: Connect) -> None:
    fake.bulk_polls = 100
    next(connect(BULK).products())
    with pytest.raises(TryLater, match="still at work"):
        next(connect(BULK).orders())


def test_an_operation_that_takes_too_long_lets_others_run(
    fake: FakeShopify, connect: Connect, waits: list[float]
) -> None:
    fake.bulk_polls = 10**6
    shop = connect(Pace(bulk_above=10, ask_s=5, wait_s=600))
    pages = shop.orders()
    cursor = next(pages).cursor
    with pytest.raises(TryLater, match="putting together"):
        list(pages)
    assert waits[:2] == [5, 7.5]
    assert max(waits) <= 60
    fake.bulk_polls = 0
    fake.operations["gid://shopify/BulkOperation/1"]["left"] = 0
    assert len(rows(shop.orders(cursor))) == 20
    assert len(fake.operations) == 1


def test_an_operation_that_may_not_read_says_what_is_missing(
    fake: FakeShopify, connect: Connect
) -> None:
    fake.bulk_polls = 100
    shop: Shopify = connect(BULK)
    pages = shop.orders()
    next(pages)
    refused = {"status": "FAILED", "errorCode": "ACCESS_DENIED"}
    fake.operations["gid://shopify/BulkOperation/1"].update(refused)
    with pytest.raises(Misconfigured, match="read_customers"):
        rows(pages)
