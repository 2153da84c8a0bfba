"""Are points waited for, refusals named, and half an answer never taken for a whole one?"""

from __future__ import annotations

from typing import Any

import pytest

from connectors import http
from connectors.answers import Answer
from connectors.errors import AccessRevoked, Misconfigured, TooMuch, TryLater, Unreadable
from connectors.shopify import queries
from connectors.shopify.api import TRIES, Api, TooCostly
from connectors.shopify.client import Shopify
from tests.connectors.fake_shop import served
from tests.connectors.shopify.conftest import Connect
from tests.connectors.shopify.fake import FakeShopify
from tests.connectors.shopify.faults import broken_off, dropped, html, status, truncated


def rows(pages: Any) -> list[Any]:
    return [row for page in pages for row in page.rows]


class Session:
    """Stands where the HTTP session does: gives these answers in turn."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        self.answers = list(answers)
        self.tokens: list[str] = []

    def post(self, url: str, data: Any, headers: Any) -> Answer:
        self.tokens.append(headers["X-Shopify-Access-Token"])
        code, told = self.answers.pop(0)
        return Answer(code, {}, told, None)


def cost(price: float, points: float, per_s: float = 100) -> dict[str, Any]:
    throttle = {"maximumAvailable": 2000, "currentlyAvailable": points, "restoreRate": per_s}
    return {"cost": {"requestedQueryCost": price, "throttleStatus": throttle}}


def throttled(price: float, points: float) -> dict[str, Any]:
    error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
    return {"errors": [error], "extensions": cost(price, points)}


def api(*answers: tuple[int, Any], waits: list[float] | None = None, token: Any = None) -> Api:
    waits = [] if waits is None else waits
    session: Any = Session(*answers)
    made = Api(
        "https://x", token or (lambda refused: "t"), session, sleep=waits.append, clock=lambda: 0.0
    )
    made.sent = session  # type: ignore[attr-defined]
    return made


FINE = {"data": {"shop": {}}, "extensions": cost(1, 1999)}


@pytest.mark.parametrize("code", [200, 429])
def test_a_refusal_for_want_of_points_is_waited_for_as_long_as_they_take(code: int) -> None:
    waits: list[float] = []
    asking = api((code, throttled(900, 100)), (200, FINE), waits=waits)
    assert asking.ask("query { shop { id } }") == {"shop": {}}
    first = waits[0]
    assert 8 <= first <= 10.1


def test_a_question_that_cannot_be_paid_for_is_not_asked_yet() -> None:
    waits: list[float] = []
    dear = {"data": {}, "extensions": cost(900, 500)}
    asking = api((200, dear), (200, FINE), waits=waits)
    asking.ask("query { a }", {"first": 30})
    asking.ask("query { a }", {"first": 30})
    assert waits == [4.0]  # 400 points short, 100 a second


def test_a_bucket_that_others_empty_is_left_for_later() -> None:
    asking = api(*[(200, throttled(900, 0))] * TRIES)
    with pytest.raises(TryLater, match="no points left"):
        asking.ask("query { a }")


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        ((200, {"errors": [{"message": "x", "extensions": {"code": "MAX_COST_EXCEEDED"}}]}),
         TooCostly, "too costly"),
        ((200, {"errors": [{"message": "no", "extensions": {"code": "ACCESS_DENIED"}}],
                "data": {"orders": {"nodes": [{"id": "1", "customer": None}]}}}),
         Misconfigured, "read_customers"),
        ((200, {"errors": [{"message": "This app is not approved to access the Customer object."}],
                "data": {"orders": {}}}), Misconfigured, "protected customer data"),
        ((200, {"errors": [{"message": "x", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}),
         TooMuch, "failed"),
        ((200, {"errors": [{"message": "Field 'x' doesn't exist"}]}), Unreadable, "doesn't exist"),
        ((200, {"errors": "odd"}), Unreadable, "odd"),
        ((200, {}), Unreadable, "answered 200"),
        ((200, []), Unreadable, "answered 200"),
        ((402, {"errors": "Unavailable Shop"}), TryLater, "frozen"),
        ((403, {"errors": "Non-expiring access tokens are no longer accepted"}), AccessRevoked,
         "Non-expiring"),
        ((404, {"errors": "Not Found"}), Misconfigured, "no Shopify shop"),
        ((423, {"errors": "Locked"}), TryLater, "locked"),
        ((418, {"errors": "?"}), Unreadable, "418"),
    ],
)  # fmt: skip
def test_a_refusal_is_named_by_what_is_done_next(answer: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        api(answer).ask("query { a }")


def test_a_token_that_is_refused_is_renewed_once() -> None:
    def token(refused: str | None) -> str:
        return "new" if refused else "old"

    asking = api((401, {"errors": "Invalid API key"}), (200, FINE), token=token)
    assert asking.ask("query { a }") == {"shop": {}}
    assert asking.sent.tokens == ["old", "new"]  # type: ignore[attr-defined]
    asking = api((401, {}), (401, {"errors": "Invalid API key"}), token=token)
    with pytest.raises(AccessRevoked, match="not valid any more"):
        asking.ask("query { a }")
    asking = api((401, {"errors": "Invalid API key"}))
    with pytest.raises(AccessRevoked):
        asking.ask("query { a }")


# --- over sockets --------------------------------------------------------------------------------


def test_a_small_bucket_slows_a_sync_and_loses_nothing(
    fake: FakeShopify, connect: Connect, waits: list[float]
) -> None:
    fake.bucket, fake._points, fake.per_s = 1_000.0, 1_000.0, 100_000.0
    shop = connect()
    assert len(rows(shop.products())) == 40
    assert len(rows(shop.orders())) == 20


def test_a_page_that_is_too_dear_is_asked_for_with_fewer_rows(
    fake: FakeShopify, shop: Shopify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.connectors.shopify.fake.MOST", 600)
    assert [len(page.rows) for page in shop.products()] == [9, 9, 9, 9, 4]
    assert len(rows(shop.orders())) == 20
    assert len(rows(shop.refunds())) == 5
    assert {o.id for o in rows(shop.orders_named(["3", "4", "5", "6", "7", "8"]))} == set("345678")


@pytest.mark.parametrize(
    "fault", [status(500), status(502), status(429), dropped, broken_off, truncated]
)
def test_a_passing_fault_is_asked_through(fake: FakeShopify, shop: Shopify, fault: Any) -> None:
    quiet = rows(shop.orders())
    pages = shop.orders()
    first = next(pages)
    fake.faults = [fault]
    assert [*first.rows, *rows(pages)] == quiet


def test_a_page_for_people_in_place_of_data_stops_the_sync(
    fake: FakeShopify, shop: Shopify
) -> None:
    fake.faults = [html]
    with pytest.raises(Unreadable, match="a web page came"):
        next(shop.products())


def test_another_version_than_ours_is_noted(fake: FakeShopify, shop: Shopify) -> None:
    next(shop.products())
    assert shop.notes() == ()
    fake.version = "2027-01"
    next(shop.products())
    (note,) = shop.notes()
    assert "2027-01" in note
    assert "Update this application" in note


def test_a_right_that_was_taken_away_stops_the_sync(fake: FakeShopify, shop: Shopify) -> None:
    """Orders whose customer is refused come with null in its place, which would mean a guest."""
    fake.scopes.remove("read_customers")
    with pytest.raises(Misconfigured, match="read_customers"):
        next(shop.orders())


# --- the check -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scopes", "said"),
    [
        (["read_products", "read_orders"], "the scope read_customers in this shop"),
        ([], "the scopes read_products, read_orders, read_customers"),
    ],
)
def test_the_check_names_each_missing_scope(
    fake: FakeShopify, shop: Shopify, scopes: list[str], said: str
) -> None:
    fake.scopes = scopes
    with pytest.raises(Misconfigured, match=said):
        shop.check()


def test_who_may_write_may_read(fake: FakeShopify, shop: Shopify) -> None:
    fake.scopes = ["write_products", "read_orders", "read_customers", "read_products"]
    assert shop.check().name == "Made shop"
    assert shop.orders_since() is not None
    assert "60 days" in shop.notes()[0]


def test_the_check_names_a_token_that_is_none(fake: FakeShopify, connect: Connect) -> None:
    with pytest.raises(Misconfigured, match="does not take the app's token"):
        connect(token=lambda refused: "stolen").check()


def test_a_shop_that_is_none_is_named(waits: list[float]) -> None:
    class Nothing(FakeShopify):
        def answer(self, request: Any) -> Any:
            return status(404)(request)

    with served(Nothing()) as url:
        session = http.Session(allow_private=True, sleep=waits.append)
        with pytest.raises(Misconfigured, match="There is no Shopify shop"):
            Shopify(url, lambda refused: "t", session=session).check()
        session.close()


def test_inner_lists_are_read_to_their_end(fake: FakeShopify, shop: Shopify) -> None:
    from tests.connectors.shopify import made
    from tests.connectors.shopify.made import Back, Bought

    many = tuple(Bought(n) for n in range(1, 101))
    back = Back(tuple((n, 1) for n in range(23)))
    fake.lists["orders"].append(made.order(99, many, refunds=(back,)))
    variants = [made.variant(9900 + n, position=n + 1, title=f"No {n}") for n in range(263)]
    fake.lists["products"].append(made.product(99, variants=variants))
    assert queries.LINES_INSIDE < 100
    by_id = {order.id: order for order in rows(shop.orders())}
    assert [line.product_id for line in by_id["99"].lines] == [str(n) for n in range(1, 101)]
    product = {p.id: p for p in rows(shop.products())}["99"]
    assert [v.title for v in product.variants] == [f"No {n}" for n in range(263)]
    refund = {r.id: r for r in rows(shop.refunds())}["9900"]
    assert len(refund.lines) == 23
