"""Limits: who is counted, by whom, and what becomes of them when Redis goes away."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError
from werkzeug.exceptions import TooManyRequests

from store.opening import Store
from tests.databases import free_port
from tests.scheduler.clocks import until
from widget import limits
from widget.limits import Limit, limit, network


class Server:
    """A Redis that keeps nothing, to be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self.port, self._folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("redis-server")
        assert program
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen(
            [program, *words, "--dir", str(self._folder)], stdout=subprocess.DEVNULL
        )
        assert until(self._answers)

    def _answers(self) -> bool:
        with Redis(port=self.port) as asked:
            try:
                return bool(asked.ping())
            except RedisError:
                return False

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def worker(store: Store) -> Callable[[str | None], Limit]:
    """A worker of its own, with a limit of three."""

    def begin(url: str | None) -> Limit:
        changed = {"storefront_rate": "3/minute", "redis_url": url}
        return limit(replace(store, settings=store.settings.model_copy(update=changed)))

    return begin


def passed(count: Limit, times: int, address: str = "203.0.113.9") -> int:
    """How many of so many requests were let through."""
    through = 0
    for _ in range(times):
        try:
            count("pk_x", address)
        except TooManyRequests:
            continue
        through += 1
    return through


def test_a_household_of_ipv6_is_one_address() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff") != network("2001:db8:0:1::1")
    assert network(None) == "unknown"


def test_without_redis_each_worker_counts_for_itself(
    worker: Callable[[str | None], Limit],
) -> None:
    assert [passed(worker(None), 5), passed(worker(None), 5)] == [3, 3]


@pytest.mark.redis
def test_redis_counts_for_all_workers_and_each_address_for_itself(
    worker: Callable[[str | None], Limit], redis: Server
) -> None:
    one, two = worker(redis.url), worker(redis.url)
    assert passed(one, 2) == 2
    assert passed(two, 5) == 1
    assert passed(two, 5, "198.51.100.7") == 3


@pytest.mark.redis
def test_a_redis_that_goes_away_refuses_nobody_and_counts_again_when_it_is_back(
    worker: Callable[[str | None], Limit], redis: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = worker(redis.url)
    assert passed(count, 5) == 3
    redis.stop()
    asked = 0
    told = limits.log.warning

    def note(*words: object, **more: object) -> None:
        nonlocal asked
        asked += 1
        told(*words, **more)

    monkeypatch.setattr(limits.log, "warning", note)
    assert passed(count, 5) == 3  # as without one, and not without a limit
    assert asked == 1  # the others did not wait for it
    monkeypatch.setattr(limits, "ASK_AGAIN_AFTER_S", 0.0)
    redis.start()
    fresh = worker(redis.url)
    assert passed(fresh, 5) == 3
    assert passed(worker(redis.url), 5) == 0
