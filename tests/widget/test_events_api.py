"""Events: accepted means saved, once; whose token it is decides whom we believe."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from experiments import token
from store import tables
from store.engine import reading, writing
from store.keys import digest
from store.opening import Store
from store.packing import unpack_keys
from store.reads import shops
from store.reads.shops import Shop
from tests.shops import NOW
from tests.widget.test_shelf_api import VISITOR, ask, fresh_configuration, start_test
from widget import telling
from widget.events import LONGEST_BODY

__all__ = ["fresh_configuration"]

OTHER = "f" * 32


def event(kind: str, **changes: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "type": kind, "token": None, "item": None} | changes


def tell(client: FlaskClient, shop: Shop, events: Sequence[Any], visitor: Any = VISITOR) -> Any:
    body = json.dumps({"visitor": visitor, "events": list(events)})
    return client.post(f"/v1/{shop.key}/shelf/events", data=body, content_type="text/plain")


def saved(store: Store, kind: str | None = None) -> int:
    e = tables.Event
    statement = select(func.count()).select_from(e)
    if kind:
        statement = statement.where(e.type == kind)
    with reading(store.engine) as connection:
        return connection.scalar(statement) or 0


def shelf_token(client: FlaskClient, shop: Shop, visitor: str | None = VISITOR) -> str:
    query = {"visitor": visitor} if visitor else {}
    return str(ask(client, shop, placement="also_bought", product="p4", **query).json["token"])


def test_accepted_means_saved_and_the_same_id_counts_once(
    client: FlaskClient, shop: Shop, store: Store
) -> None:
    click = event("click", token=shelf_token(client, shop), item="p5")
    bare = click | {"id": click["id"].replace("-", "")}  # as shelf.js writes it: the same id
    for sent in (click, bare):
        answer = tell(client, shop, [sent])
        assert answer.status_code == 202
        assert answer.json == {"accepted": 1, "rejected": []}
    assert saved(store, "click") == 1


@pytest.mark.parametrize("kind", ["exposure", "view"])
def test_an_answers_exposure_and_view_count_once_whatever_their_ids(
    client: FlaskClient, shop: Shop, store: Store, kind: str
) -> None:
    ours = shelf_token(client, shop)
    tell(client, shop, [event(kind, token=ours), event(kind, token=ours)])
    tell(client, shop, [event(kind, token=ours)])
    assert saved(store, kind) == 1
    tell(client, shop, [event(kind, token=shelf_token(client, shop))])
    assert saved(store, kind) == 2


def test_a_view_tells_which_products_were_in_sight(
    client: FlaskClient, shop: Shop, store: Store
) -> None:
    ours = shelf_token(client, shop)
    # One that is gone from the shop, and one named twice, do not make the rest worth nothing.
    answer = tell(client, shop, [event("view", token=ours, item=["p5", "p7", "gone", "p5"])])
    assert answer.json == {"accepted": 1, "rejected": []}
    e, p = tables.Event, tables.Product
    with reading(store.engine) as connection:
        seen = unpack_keys(connection.scalar(select(e.items).where(e.type == "view")) or b"")
        names = dict(connection.execute(select(p.id, p.external_id)).all())
    assert [names[key] for key in seen] == ["p5", "p7"]


@pytest.mark.parametrize("item", [[1], [None], ["p1"] * 25, {"p1": 1}])
def test_a_view_of_what_cannot_be_a_shelf_is_refused(
    client: FlaskClient, shop: Shop, item: Any
) -> None:
    answer = tell(client, shop, [event("view", token=shelf_token(client, shop), item=item)])
    assert [refused["index"] for refused in answer.json["rejected"]] == [0]


def test_what_is_told_of_a_shelf_names_the_page_it_stood_on(
    client: FlaskClient, shop: Shop, store: Store
) -> None:
    """The token carries it, so no browser can name another; without a visitor it is not needed."""
    token_ = shelf_token(client, shop)
    assert tell(client, shop, [event("click", token=token_, item="p1")]).status_code == 202
    nobodys = shelf_token(client, shop, None)
    assert tell(client, shop, [event("cart", token=nobodys, item="p1")]).status_code == 202
    e, p = tables.Event, tables.Product
    with reading(store.engine) as connection:
        pages = connection.execute(
            select(e.type, p.external_id).outerjoin(p, p.id == e.page_id).order_by(e.type)
        ).all()
    assert [tuple(row) for row in pages] == [("cart", None), ("click", "p4")]


def test_a_list_of_products_is_a_views_alone(client: FlaskClient, shop: Shop) -> None:
    answer = tell(client, shop, [event("click", token=shelf_token(client, shop), item=["p5"])])
    assert "must be a product's id" in answer.json["rejected"][0]["reason"]


@pytest.mark.parametrize("against", ["none", "bestsellers"])
def test_an_entry_names_the_strategy_in_front_of_treatments_shelf_in_either_arm(
    client: FlaskClient, shop: Shop, store: Store, against: str
) -> None:
    start_test(store, shop, against)
    led: dict[str, set[str]] = {"control": set(), "treatment": set()}
    for number in range(40):
        visitor = f"{number:032x}"
        answer = ask(client, shop, placement="also_bought", product="p4", visitor=visitor).json
        tell(client, shop, [event("exposure", token=answer["token"])], visitor)
        if answer["arm"] == "treatment":
            led["treatment"].add(answer["items"][0]["strategy"])
    with reading(store.engine) as connection:
        x = tables.Exposure
        for arm, strategy in connection.execute(select(x.arm, x.led_by)):
            led[arm].add(strategy)
    # Whatever control saw, its visitors are told apart by what they would have seen.
    assert led["control"] == led["treatment"]
    assert len(led["control"]) == 1


def test_an_exposure_is_the_entry_into_the_experiment_and_the_first_one_stays(
    client: FlaskClient, shop: Shop, store: Store
) -> None:
    start_test(store, shop, "none")
    answer = ask(client, shop, placement="also_bought", product="p4", visitor=VISITOR).json
    tell(client, shop, [event("exposure", token=answer["token"])])
    tell(client, shop, [event("exposure", token=shelf_token(client, shop))])
    with reading(store.engine) as connection:
        entries = connection.execute(select(tables.Exposure)).all()
        pepper = shops.keys(connection, store.ring, shop.id, NOW).pepper
    assert len(entries) == 1
    assert bytes(entries[0].visitor) == digest(pepper, "visitor", VISITOR)
    assert entries[0].arm == answer["arm"]


def minted(store: Store, of: Shop, **changes: Any) -> str:
    """A token of our own making, to see which ones are refused."""
    with reading(store.engine) as connection:
        keys = shops.keys(connection, store.ring, of.id, NOW)
    visitor = digest(keys.pepper, "visitor", VISITOR)[: token.VISITOR_BYTES]
    facts: dict[str, Any] = {
        "shop": of.id,
        "placement": "also_bought",
        "issued_at": NOW,
        "visitor": visitor,
        "nonce": b"12345678",
    }
    key = changes.pop("key", keys.token[0])
    return token.mint(key, token.TokenFacts(**(facts | changes)))


def test_a_token_that_is_not_this_visitors_own_is_refused(
    client: FlaskClient, shop: Shop, store: Store
) -> None:
    ours = minted(store, shop)
    assert tell(client, shop, [event("view", token=ours)]).json["accepted"] == 1
    refused = [
        (ours, OTHER, "another visitor"),
        (ours, None, "another visitor"),
        (minted(store, shop, shop=shop.id + 1), VISITOR, "not one of this shop's"),
        (minted(store, shop, key=b"k" * 32), VISITOR, "not one of this shop's"),
        (ours[:-1] + ("A" if ours[-1] != "A" else "B"), VISITOR, "not one of this shop's"),
        (minted(store, shop, issued_at=NOW - timedelta(days=8)), VISITOR, "too old"),
        (minted(store, shop, issued_at=NOW + timedelta(hours=1)), VISITOR, "too old"),
        (None, VISITOR, "must be the one"),
    ]
    for text, visitor, reason in refused:
        answer = tell(client, shop, [event("view", token=text)], visitor).json
        assert answer["accepted"] == 0
        assert reason in answer["rejected"][0]["reason"]
    assert saved(store) == 1


def test_a_token_cached_for_everyone_counts_for_the_shelf_but_enters_nobody(
    client: FlaskClient, shop: Shop, store: Store
) -> None:
    start_test(store, shop, "none")
    shared = shelf_token(client, shop, None)
    answer = tell(client, shop, [event("view", token=shared)], None).json
    assert answer["accepted"] == 1
    tell(client, shop, [event("exposure", token=shared)], None)
    with reading(store.engine) as connection:
        assert connection.execute(select(tables.Exposure)).all() == []


def test_good_events_are_kept_and_bad_ones_named_by_their_place(
    client: FlaskClient, shop: Shop, store: Store
) -> None:
    answer = tell(
        client,
        shop,
        [
            event("product_view", item="p1"),
            "nonsense",
            event("flight"),
            event("product_view", item="not ours"),
            event("product_view", item="p1", id="7"),
            event("product_view", item="p1", at="yesterday"),
            event("product_view", item="p2", at="2026-11-01T10:00:00Z"),
        ],
    ).json
    assert answer["accepted"] == 2
    assert [refused["index"] for refused in answer["rejected"]] == [1, 2, 3, 4, 5]
    assert saved(store, "product_view") == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"\xff\xfe", 422),
        (b"", 422),
        (b"[]", 422),
        (b'{"events": 3}', 422),
        (b'{"visitor": "short", "events": []}', 422),
        (b'{"events": [' + b",".join([b"{}"] * 51) + b"]}", 422),
        (b" " * (LONGEST_BODY + 1), 413),
        (b"x" * 1_000_000, 413),
        (b'{"visitor": null, "events": []}', 202),
    ],
)
def test_a_body_that_cannot_be_read_is_a_documented_refusal(
    client: FlaskClient, shop: Shop, body: bytes, status: int
) -> None:
    answer = client.post(f"/v1/{shop.key}/shelf/events", data=body)
    assert answer.status_code == status


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(
    events=st.lists(
        ANYTHING
        | st.fixed_dictionaries(
            {"type": st.sampled_from(["view", "click", "product_view", "cart"]) | ANYTHING},
            optional={
                "id": ANYTHING | st.uuids().map(str),
                "token": ANYTHING,
                "item": ANYTHING | st.just("p1"),
                "at": ANYTHING,
            },
        ),
        max_size=6,
    ),
    visitor=st.just(VISITOR) | ANYTHING,
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
def test_nothing_in_an_event_breaks_the_endpoint(
    client: FlaskClient, shop: Shop, events: list[Any], visitor: Any
) -> None:
    answer = tell(client, shop, events, visitor)
    assert answer.status_code in (202, 422)


def test_me_tells_what_is_held_and_forgets_it_without_disturbing_the_sums(
    client: FlaskClient, shop: Shop, store: Store
) -> None:
    start_test(store, shop, "none")
    ours = shelf_token(client, shop)
    tell(client, shop, [event("exposure", token=ours), event("click", token=ours, item="p5")])
    mine = {"Alongside-Visitor": VISITOR}
    held = client.get(f"/v1/{shop.key}/me", headers=mine).json
    assert {e["type"] for e in held["events"]} == {"exposure", "click"}
    assert [e["experiment"] for e in held["experiments"]] == [1]

    assert client.delete(f"/v1/{shop.key}/me", headers=mine).status_code == 204
    nobody = client.get(f"/v1/{shop.key}/me", headers={"Alongside-Visitor": OTHER})
    assert client.get(f"/v1/{shop.key}/me", headers=mine).data == nobody.data
    with reading(store.engine) as connection:
        entries = connection.execute(select(tables.Exposure)).all()
        pepper = shops.keys(connection, store.ring, shop.id, NOW).pepper
    assert len(entries) == 1
    assert bytes(entries[0].visitor) != digest(pepper, "visitor", VISITOR)


def test_me_needs_a_visitor_and_is_counted(client: FlaskClient, shop: Shop) -> None:
    assert client.get(f"/v1/{shop.key}/me").status_code == 422
    answers = [
        client.get(f"/v1/{shop.key}/me", headers={"Alongside-Visitor": OTHER}).status_code
        for _ in range(30)
    ]
    assert answers[:29] == [200] * 29
    assert answers[-1] == 429


def test_events_are_refused_for_a_moment_rather_than_taking_every_thread(
    client: FlaskClient, shop: Shop, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "TURN_WITHIN_S", 0.01)
    with writing(store.engine):  # somebody else writes, and does not end
        waiting = [
            threading.Thread(target=tell, args=(client, shop, [event("product_view", item="p1")]))
            for _ in range(telling.WRITERS)
        ]
        for thread in waiting:
            thread.start()
        refused = until_refused(client, shop)
        assert client.get(f"/v1/{shop.key}/shelf?placement=bestsellers").status_code == 200
    for thread in waiting:
        thread.join()
    assert refused.headers["Retry-After"] == str(telling.BUSY_FOR_S)
    assert saved(store, "product_view") == telling.WRITERS
    assert tell(client, shop, [event("product_view", item="p1")]).status_code == 202


def until_refused(client: FlaskClient, shop: Shop) -> Any:
    """The answer to an event while all turns are taken (which the threads may not have done yet:
    an event that cannot wait for the writer is refused by the store itself)."""
    turns: Any = client.application.extensions["telling"].turns
    while turns._value:
        time.sleep(0.01)
    return tell(client, shop, [event("product_view", item="p1")])
