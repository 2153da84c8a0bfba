"""Connections of requests: lent and brought back, and made anew where one was lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from store.engine import Serving

WITHIN_S = 60  # a test that fails ends


class Counted(Serving):
    """Counts the connections that it took from the engine."""

    def __init__(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(engine)
        self.drivers: list[Any] = []
        take = engine.raw_connection

        def taken() -> Any:
            lent = take()
            self.drivers.append(lent.driver_connection)
            return lent

        monkeypatch.setattr(engine, "raw_connection", taken)

    def one(self) -> int:
        ((number,),) = self.rows("SELECT 1", ())
        return int(number)


@pytest.fixture
def serving(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(engine, monkeypatch)


def test_threads_that_ask_one_after_another_ask_on_one_connection(serving: Counted) -> None:
    for _ in range(3):
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(serving.one).result(WITHIN_S) == 1
    assert len(serving.drivers) == 1


def test_who_asks_while_another_writes_has_a_connection_of_its_own(serving: Counted) -> None:
    with serving.writing():
        assert serving.one() == 1
        assert serving.one() == 1
    assert len(serving.drivers) == 2


def test_threads_that_ask_at_once_disturb_nobody(serving: Counted) -> None:
    together = Barrier(4)

    def asking() -> int:
        together.wait(WITHIN_S)
        return sum(serving.one() for _ in range(200))

    with ThreadPoolExecutor(4) as pool:
        told = [pool.submit(asking) for _ in range(4)]
        assert [it.result(WITHIN_S) for it in told] == [200] * 4
    assert 1 <= len(serving.drivers) <= 4


def test_connections_that_were_lost_meanwhile_are_left_behind(
    serving: Counted, engine: Engine
) -> None:
    with serving.writing():
        assert serving.one() == 1
    if engine.dialect.name == "sqlite":
        for driver in serving.drivers:
            driver.close()
    else:
        with engine.connect() as connection:
            connection.execute(text(_END_THEM))
    taken = len(serving.drivers)
    assert serving.one() == 1
    assert serving.one() == 1
    assert len(serving.drivers) == taken + 1


_END_THEM = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def test_a_transaction_that_fails_takes_its_connection_with_it(serving: Counted) -> None:
    with pytest.raises(ZeroDivisionError), serving.writing():
        raise ZeroDivisionError
    assert serving.one() == 1
    assert len(serving.drivers) == 2


def test_a_statement_that_fails_is_named_and_the_next_one_is_answered(serving: Counted) -> None:
    with pytest.raises(DBAPIError):
        serving.rows("SELECT nothing_of_this_name", ())
    assert serving.one() == 1
