"""Kinds of test in the shelf's own path: a holdout before all else, A against A, one strategy."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from experiments import assign
from store import tables
from store.engine import reading, writing
from store.opening import Store
from store.reads import experiments as reads
from store.reads.shops import Shop
from store.records import EVERY_SHELF, Experiment
from store.writes import experiments
from tests.shops import NOW
from widget.app import create_app

BROWSER = {"User-Agent": "Mozilla/5.0 (Linux; Android 15) Mobile Safari Mobi"}


@pytest.fixture
def browser(store: Store) -> Iterator[FlaskClient]:
    with create_app(store).test_client() as client:
        yield client


def start(store: Store, shop: Shop, placement: Any, against: str, share: int = 5_000) -> Experiment:
    with writing(store.engine) as connection:
        number = experiments.start_experiment(
            connection, shop.id, placement=placement, against=against, metric="cvr",
            started_at=NOW - timedelta(minutes=1), ends_at=NOW + timedelta(days=28),
            window_s=7 * 86_400, cap_minor=None, planned_visitors=100, planned_conversions=3,
            share=share,
        )  # fmt: skip
        return reads.by_number(connection, shop.id, number).experiment


def ask(browser: FlaskClient, shop: Shop, visitor: str, placement: str = "also_bought") -> Any:
    query = {"placement": placement, "product": "p0", "visitor": visitor}
    return browser.get(f"/v1/{shop.key}/shelf", query_string=query).get_json()


def tell(browser: FlaskClient, shop: Shop, visitor: str, token: str, agent: Any = BROWSER) -> Any:
    event = {"id": str(uuid.uuid4()), "type": "exposure", "token": token, "item": None, "at": None}
    body = json.dumps({"visitor": visitor, "events": [event]})
    return browser.post(f"/v1/{shop.key}/shelf/events", data=body, headers=agent).get_json()


def visitors(experiment: Experiment, held: bool, count: int) -> list[str]:
    """Visitor ids that the holdout's own hash holds out, or does not."""
    every = (f"visitor-{n:012d}" for n in range(100_000))
    share = assign.BUCKETS - experiment.share
    chosen = (v for v in every if assign.held_out(experiment.salt, v, share) == held)
    return [next(chosen) for _ in range(count)]


def entries(store: Store) -> set[tuple[int, str, str | None]]:
    x = tables.Exposure
    with reading(store.engine) as connection:
        rows = connection.execute(select(x.experiment_id, x.arm, x.device))
        return {(row[0], row[1], row[2]) for row in rows}


def test_who_is_held_out_sees_no_shelf_and_is_in_no_other_test(
    store: Store, shop: Shop, browser: FlaskClient
) -> None:
    holdout = start(store, shop, EVERY_SHELF, "none", share=9_500)
    test = start(store, shop, "also_bought", "bestsellers")
    (held,), (free,) = visitors(holdout, True, 1), visitors(holdout, False, 1)
    for placement in ("also_bought", "bestsellers"):
        told = ask(browser, shop, held, placement)
        assert (told["items"], told["eligible"]) == ([], True)
        assert (told["experiment"], told["arm"]) == (holdout.id, "control")
    tell(browser, shop, held, told["token"])
    assert entries(store) == {(holdout.id, "control", "phone")}

    told = ask(browser, shop, free)
    assert told["experiment"] == test.id
    assert told["items"]
    tell(browser, shop, free, told["token"])
    assert entries(store) == {
        (holdout.id, "control", "phone"),
        (holdout.id, "treatment", "phone"),
        (test.id, told["arm"], "phone"),
    }
    # A shelf without a test of its own tells of the holdout, so that its exposure is sent.
    assert ask(browser, shop, free, "bestsellers")["experiment"] == holdout.id


def test_about_one_in_twenty_is_held_out(store: Store, shop: Shop) -> None:
    holdout = start(store, shop, EVERY_SHELF, "none", share=9_500)
    held = sum(assign.held_out(holdout.salt, f"visitor-{n:012d}", 500) for n in range(4_000))
    assert 140 <= held <= 260


def test_in_a_test_of_the_test_both_groups_see_the_same(
    store: Store, shop: Shop, browser: FlaskClient
) -> None:
    start(store, shop, "also_bought", "itself")
    told = [ask(browser, shop, f"visitor-{n:012d}") for n in range(12)]
    assert {it["arm"] for it in told} == {"treatment", "control"}
    assert len({tuple(item["id"] for item in it["items"]) for it in told}) == 1


def test_one_strategy_against_the_shelf_shows_that_strategy_to_control(
    store: Store, shop: Shop, browser: FlaskClient
) -> None:
    start(store, shop, "also_bought", "similar")
    for n in range(12):
        told = ask(browser, shop, f"visitor-{n:012d}")
        if told["arm"] == "control":
            assert {item["strategy"] for item in told["items"]} == {"similar"}
            return
    raise AssertionError("twelve visitors and none of them in control")


@pytest.mark.parametrize(
    "agent", ["Googlebot/2.1", "Mozilla/5.0 (compatible; bingbot/2.0)", "facebookexternalhit/1.1"]
)
def test_a_robot_that_says_so_enters_no_test(
    store: Store, shop: Shop, browser: FlaskClient, agent: str
) -> None:
    start(store, shop, "also_bought", "none")
    told = ask(browser, shop, "visitor-0000000001")
    answer = tell(browser, shop, "visitor-0000000001", told["token"], {"User-Agent": agent})
    assert answer["accepted"] == 0
    assert answer["rejected"][0]["reason"] == "robots are not counted"
    assert entries(store) == set()
