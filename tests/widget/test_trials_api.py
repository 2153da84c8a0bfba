"""New products that shelves try: for whom, how long, how it is told, and what no test may feel."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from experiments import token
from recommenders import choose
from store import tables
from store.engine import reading, writing
from store.opening import Store
from store.reads import shops
from store.reads import trials as outcome
from store.reads.shop_config import shop_config
from store.reads.shops import Shop
from store.records import TRIED_SHARE
from store.writes import shops as shop_writes
from tests.shops import NOW
from tests.test_docs import Counting
from tests.widget.test_events_api import event, tell
from tests.widget.test_shelf_api import VISITOR, ask, fresh_configuration, start_test
from widget import answer as answering
from widget import query, trials

__all__ = ["fresh_configuration"]

QUESTION = {"placement": "also_bought", "product": "p4", "limit": 4}


def let_try(store: Store, shop: Shop, percent: int) -> None:
    with writing(store.engine) as connection:
        shop_writes.save_settings(connection, shop.id, {"tried": percent})


@pytest.fixture
def newly(client: FlaskClient, shop: Shop, store: Store) -> list[str]:
    """All but what the shelf shows came into the shop yesterday; gives what it shows."""
    let_try(store, shop, 100)
    shown = ids(ask(client, shop, **QUESTION).json)
    p = tables.Product
    with writing(store.engine) as connection:
        connection.execute(
            update(p).where(p.external_id.not_in(shown)).values(published_at=NOW - timedelta(1))
        )
    return shown


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["id"] for item in answer["items"]]


def said(store: Store, shop: Shop, answer: dict[str, Any]) -> token.TokenFacts:
    with reading(store.engine) as connection:
        keys = shops.keys(connection, store.ring, shop.id, NOW).token
    facts = token.read(keys, answer["token"])
    assert facts is not None
    return facts


def test_a_visit_with_consent_may_try_a_new_product_and_the_token_says_with_which_chance(
    client: FlaskClient, shop: Shop, store: Store, newly: list[str]
) -> None:
    answer = ask(client, shop, **QUESTION, visitor=VISITOR).json
    (new,) = [item for item in answer["items"] if item["id"] not in newly]
    assert new["reason"] == "New in the shop"
    assert ids(answer)[:3] == newly[:3]
    facts = said(store, shop, answer)
    with reading(store.engine) as connection:
        p = tables.Product
        assert connection.scalar(select(p.external_id).where(p.id == facts.tried)) == new["id"]
    assert facts.chance is not None
    assert 3_333 <= facts.chance <= 10_000  # one of at most three


def test_the_same_visitor_sees_the_same_shelf_all_day(
    client: FlaskClient, shop: Shop, newly: list[str]
) -> None:
    first = ids(ask(client, shop, **QUESTION, visitor=VISITOR).json)
    assert all(ids(ask(client, shop, **QUESTION, visitor=VISITOR).json) == first for _ in range(5))


@pytest.mark.parametrize("asked", [{}, {"recent": "p1"}, {"cart": "p1"}])
def test_who_has_no_visitor_id_is_shown_what_is_best(
    client: FlaskClient, shop: Shop, store: Store, newly: list[str], asked: dict[str, str]
) -> None:
    answer = ask(client, shop, **QUESTION, **asked).json
    assert "New in the shop" not in {item["reason"] for item in answer["items"]}
    assert (said(store, shop, answer).tried, said(store, shop, answer).chance) == (None, None)


def test_the_share_of_visits_is_the_merchants_and_small_unless_they_say_otherwise(
    shop: Shop, store: Store
) -> None:
    def drawn(settings: dict[str, int], visits: int = 4_000) -> list[choose.Trying]:
        its = replace(config, shop=replace(config.shop, settings=settings))
        asked = (query.ShelfQuery("also_bought", visitor=f"{n:032x}") for n in range(visits))
        found = (trials.drawn(its, one, NOW) for one in asked)
        return [trying for trying in found if trying]

    with reading(store.engine) as connection:
        config = shop_config(connection, store.ring, shop.key)
    assert config is not None
    assert drawn({"tried": 0}) == []
    for settings, percent in (({}, TRIED_SHARE), ({"tried": 5}, 5), ({"tried": 20}, 20)):
        found = drawn(settings)
        assert abs(len(found) - 40 * percent) < 4 * (40 * percent) ** 0.5
        assert {trying.share for trying in found} == {percent / 100}


def test_a_shelf_that_says_what_it_goes_by_tries_nothing(
    client: FlaskClient, shop: Shop, newly: list[str]
) -> None:
    for placement in ("similar", "bestsellers", "trending", "bought_together", "recently_viewed"):
        question = QUESTION | {"placement": placement, "recent": "p1,p2,p3,p5,p6"}
        answer = ask(client, shop, **question, visitor=VISITOR).json
        assert "New in the shop" not in {item["reason"] for item in answer["items"]}


@pytest.mark.parametrize(("against", "tries"), [("bestsellers", False), ("itself", True)])
def test_the_control_of_a_test_is_what_its_name_says(
    client: FlaskClient, shop: Shop, store: Store, newly: list[str], against: str, tries: bool
) -> None:
    start_test(store, shop, against)
    tried: dict[str, set[bool]] = {"treatment": set(), "control": set()}
    for number in range(30):
        answer = ask(client, shop, **QUESTION, visitor=f"{number:032x}").json
        new = "New in the shop" in {item["reason"] for item in answer["items"]}
        tried[answer["arm"]].add(new)
        assert (said(store, shop, answer).tried is not None) == new
        assert answer["eligible"]
    assert tried == {"treatment": {True}, "control": {tries}}


def test_events_keep_what_was_tried_and_with_which_chance(
    client: FlaskClient, shop: Shop, store: Store, newly: list[str]
) -> None:
    answer = ask(client, shop, **QUESTION, visitor=VISITOR).json
    (new,) = set(ids(answer)) - set(newly)
    facts = said(store, shop, answer)
    sent = [event("view", token=answer["token"]), event("click", token=answer["token"], item=new)]
    assert tell(client, shop, sent).json["accepted"] == 2
    e = tables.Event
    with reading(store.engine) as connection:
        kept = connection.execute(select(e.type, e.tried, e.chance, e.product_id)).all()
    assert sorted(map(tuple, kept), key=str) == [
        ("click", facts.tried, facts.chance, facts.tried),
        ("view", facts.tried, facts.chance, None),
    ]


def test_what_came_of_it_is_counted_by_what_was_in_sight_and_by_clicks_on_the_very_product(
    client: FlaskClient, shop: Shop, store: Store, newly: list[str]
) -> None:
    answer = ask(client, shop, **QUESTION, visitor=VISITOR).json
    (new,) = set(ids(answer)) - set(newly)
    own = {"token": answer["token"]}
    sent = [event("view", **own), event("click", **own, item=new), event("click", **own, item="p0")]
    assert tell(client, shop, sent).json["accepted"] == 3
    with reading(store.engine) as connection:
        assert outcome.trials(connection, shop.id, NOW - timedelta(1)) == outcome.Trials(1, 1, 1)
        assert outcome.trials(connection, shop.id, NOW + timedelta(1)) == outcome.Trials(0, 0, 0)


def test_trying_asks_the_store_once_more_where_something_may_give_way(
    client: FlaskClient, shop: Shop, store: Store, newly: list[str]
) -> None:
    with reading(store.engine) as connection:
        config = shop_config(connection, store.ring, shop.key)
    assert config is not None
    serving = Counting(store.engine)
    asked = f"placement=also_bought&product=p4&limit=4&recent=p8%2Cp0&visitor={VISITOR}"
    found = answering.answer(serving, config, query.read(asked.encode()), shop.now())
    assert any(item.chance for item in found.items)
    assert len(serving.asked) == 3, serving.asked
