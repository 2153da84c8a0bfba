"""Threads of a worker answer shelves one after another on SQLite, and never wait long for it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import orjson
import pytest
from sqlalchemy.exc import OperationalError

from store.engine import Serving
from store.opening import Store
from store.reads.shops import Shop
from widget import answer, shelves
from widget.configs import Configs
from widget.shelves import Shelves
from widget.telling import Telling

WITHIN_S = 60  # a test that fails ends


class Watched:
    """The answers of a worker: the page of p4 is a slow one, that of p8 a broken one."""

    def __init__(self, store: Store, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        self.key = shop.key
        self.began, self.go_on = Event(), Event()
        self.told: list[str] = []
        serving = Serving(store.engine)
        configs = Configs(store.engine, store.ring)
        self.shelves = Shelves(serving, configs, lambda key, address: None, Telling(serving))
        self._answer = answer.answer
        monkeypatch.setattr(answer, "answer", self._watched)

    def _watched(self, *args: object) -> answer.Answer:
        product = args[2].product  # type: ignore[attr-defined]
        self.told.append(f"{product} in")
        if product == "p4":
            self.began.set()
            assert self.go_on.wait(WITHIN_S)
        if product == "p8":
            raise OperationalError("", {}, Exception("disk I/O error"))
        found = self._answer(*args)  # type: ignore[arg-type]
        self.told.append(f"{product} out")
        return found

    def ask(self, product: str) -> bytes:
        asked = f"placement=also_bought&product={product}&recent=p1"
        return self.shelves.answer(self.key, asked.encode())[0]


@pytest.fixture
def watched(store: Store, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Watched:
    if store.engine.dialect.name != "sqlite":
        pytest.skip("takes no turns")
    return Watched(store, shop, monkeypatch)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def test_who_waits_behind_a_slow_read_goes_on_beside_it(
    watched: Watched, pool: ThreadPoolExecutor
) -> None:
    slow = pool.submit(watched.ask, "p4")
    assert watched.began.wait(WITHIN_S)
    try:
        for _ in range(3):  # the turn stays the slow one's, and is not given back by others
            beside = pool.submit(watched.ask, "p2").result(WITHIN_S)
            assert orjson.loads(beside)["items"]
        assert not slow.done()
    finally:
        watched.go_on.set()
    assert orjson.loads(slow.result(WITHIN_S))["items"]


def test_answers_are_made_one_after_another(
    watched: Watched, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "LONGEST_WAIT_S", WITHIN_S)
    first = pool.submit(watched.ask, "p4")
    assert watched.began.wait(WITHIN_S)
    second = pool.submit(watched.ask, "p2")
    with pytest.raises(TimeoutError):
        second.result(0.05)
    watched.go_on.set()
    assert first.result(WITHIN_S) != second.result(WITHIN_S)
    assert watched.told == ["p4 in", "p4 out", "p2 in", "p2 out"]


def test_a_turn_ends_with_an_error(
    watched: Watched, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "LONGEST_WAIT_S", WITHIN_S)
    with pytest.raises(OperationalError):
        watched.ask("p8")
    assert pool.submit(watched.ask, "p2").result(WITHIN_S / 2)


def test_what_is_ready_waits_for_nobody(
    watched: Watched, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("widget.configs.FRESH_FOR_S", WITHIN_S)
    monkeypatch.setattr(shelves, "LONGEST_WAIT_S", WITHIN_S)
    page = watched.key, b"placement=also_bought&product=p2"
    ready = watched.shelves.answer(*page)
    slow = pool.submit(watched.ask, "p4")
    assert watched.began.wait(WITHIN_S)
    try:
        assert pool.submit(watched.shelves.answer, *page).result(WITHIN_S / 2) == ready
    finally:
        watched.go_on.set()
    slow.result(WITHIN_S)
