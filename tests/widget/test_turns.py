"""Threads of a worker answer shelves one after another on SQLite, and never wait long for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from threading import Event, Thread
from typing import TypeVar

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

# An answer takes milliseconds. Who has none after so long waits for a turn that never comes.
WITHIN_S = 10
FOR_EVER_S = 3_600

_Answer = TypeVar("_Answer")


def begin(asking: Callable[..., _Answer], *words: object) -> Future[_Answer]:
    """Ask in a thread of its own, which holds up nobody's end if it never comes back."""
    told: Future[_Answer] = Future()

    def run() -> None:
        try:
            told.set_result(asking(*words))
        except BaseException as error:
            told.set_exception(error)

    Thread(target=run, daemon=True).start()
    return told


def answered(told: Future[_Answer], otherwise: str) -> _Answer:
    try:
        return told.result(WITHIN_S)
    except TimeoutError:
        pytest.fail(otherwise)


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
            self.go_on.wait(FOR_EVER_S)
        if product == "p8":
            raise OperationalError("", {}, Exception("disk I/O error"))
        found = self._answer(*args)  # type: ignore[arg-type]
        self.told.append(f"{product} out")
        return found

    def ask(self, product: str) -> bytes:
        asked = f"placement=also_bought&product={product}&recent=p1"
        return self.shelves.answer(self.key, asked.encode())[0]

    def begin_slow(self) -> Future[bytes]:
        """The slow page, asked and not answered before it may go on."""
        slow = begin(self.ask, "p4")
        if not self.began.wait(WITHIN_S):
            pytest.fail("Nobody else is asking, and yet the slow page is not begun.")
        return slow


@pytest.fixture
def watched(store: Store, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    if store.engine.dialect.name != "sqlite":
        pytest.skip("takes no turns")
    watched = Watched(store, shop, monkeypatch)
    yield watched
    watched.go_on.set()


def test_who_waits_behind_a_slow_read_goes_on_beside_it(watched: Watched) -> None:
    slow = watched.begin_slow()
    for _ in range(3):  # the turn stays the slow one's, and is not given back by others
        beside = answered(begin(watched.ask, "p2"), "A slow read holds up all others.")
        assert orjson.loads(beside)["items"]
    assert not slow.done()
    watched.go_on.set()
    assert orjson.loads(answered(slow, "The slow read does not end."))["items"]


def test_answers_are_made_one_after_another(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "LONGEST_WAIT_S", FOR_EVER_S)
    first = watched.begin_slow()
    second = begin(watched.ask, "p2")
    with pytest.raises(TimeoutError):
        second.result(0.05)
    watched.go_on.set()
    bodies = {answered(it, "A turn that has ended is not given on.") for it in (first, second)}
    assert len(bodies) == 2
    assert watched.told == ["p4 in", "p4 out", "p2 in", "p2 out"]


def test_a_turn_ends_with_an_error(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelves, "LONGEST_WAIT_S", FOR_EVER_S)
    with pytest.raises(OperationalError):
        watched.ask("p8")
    assert answered(begin(watched.ask, "p2"), "An answer that failed has kept its turn.")


def test_what_is_ready_waits_for_nobody(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("widget.configs.FRESH_FOR_S", FOR_EVER_S)
    monkeypatch.setattr(shelves, "LONGEST_WAIT_S", FOR_EVER_S)
    page = watched.key, b"placement=also_bought&product=p2"
    ready = watched.shelves.answer(*page)
    watched.begin_slow()
    again = begin(watched.shelves.answer, *page)
    assert answered(again, "What is ready waits for a turn.") == ready
