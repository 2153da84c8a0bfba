"""Are credentials that rotate renewed by one process at a time, and never lost?"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

import pytest

from store.engine import reading, writing
from store.opening import Store
from store.reads import shops
from store.records import ShopFacts
from store.writes.secrets import StillLocked, with_locked_credentials
from store.writes.shops import add_shop
from tests.living import environment
from tests.shops import open_store

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def store(engine) -> Store:
    return open_store(engine)


@pytest.fixture
def shop_id(store: Store) -> int:
    with writing(store.engine) as connection:
        facts = ShopFacts("Made", "https://x.example", "GBP", "UTC")
        return add_shop(connection, store.ring, "shopify", facts, {"token": "0"}, NOW)[0]


def saved(store: Store, shop_id: int) -> dict[str, str]:
    with reading(store.engine) as connection:
        return shops.credentials(connection, store.ring, shop_id)


def locked(store: Store, shop_id: int, renew, **given):
    return with_locked_credentials(store.engine, store.ring, shop_id, renew, NOW, **given)


def test_what_is_given_is_saved_and_nothing_changes_nothing(store: Store, shop_id: int) -> None:
    assert locked(store, shop_id, lambda opened: None) == {"token": "0"}
    assert locked(store, shop_id, lambda opened: {"token": "1"}) == {"token": "1"}
    assert saved(store, shop_id) == {"token": "1"}


def test_a_renewal_that_fails_leaves_what_was_there_and_the_lock_free(
    store: Store, shop_id: int
) -> None:
    def failing(opened: dict[str, str]) -> None:
        raise RuntimeError("the platform is away")

    with pytest.raises(RuntimeError):
        locked(store, shop_id, failing)
    assert locked(store, shop_id, lambda opened: {"token": "1"}, wait_s=1) == {"token": "1"}


def test_threads_that_race_renew_one_after_the_other(store: Store, shop_id: int) -> None:
    inside: list[int] = []
    most: list[int] = []

    def renew(opened: dict[str, str]) -> dict[str, str]:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.01)
        inside.pop()
        return {"token": str(int(opened["token"]) + 1)}

    threads = [threading.Thread(target=locked, args=(store, shop_id, renew)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert saved(store, shop_id) == {"token": "8"}
    assert max(most) == 1


def test_others_may_write_while_a_platform_thinks(store: Store, shop_id: int) -> None:
    """A sale, an event: nothing of the store waits for a renewal."""

    def renew(opened: dict[str, str]) -> None:
        with writing(store.engine) as connection:
            facts = ShopFacts("Another", "https://y.example", "GBP", "UTC")
            add_shop(connection, store.ring, "files", facts, {}, NOW)

    locked(store, shop_id, renew)


CHILD = """
import sys, time
from datetime import UTC, datetime
from store import settings
from store.opening import open_store
from store.writes.secrets import with_locked_credentials

store = open_store(settings.load())

def renew(opened):
    {body}
    return {{"token": str(int(opened["token"]) + 1)}}

for _ in range({times}):
    with_locked_credentials(
        store.engine, store.ring, {shop_id}, renew, datetime(2026, 11, 22, tzinfo=UTC)
    )
"""


def child(store: Store, shop_id: int, times: int, body: str = "pass") -> subprocess.Popen[str]:
    program = CHILD.format(times=times, shop_id=shop_id, body=body)
    return subprocess.Popen(
        [sys.executable, "-c", program], env=environment(store), stdout=subprocess.PIPE, text=True
    )


def test_processes_that_race_lose_no_renewal(store: Store, shop_id: int) -> None:
    racing = [child(store, shop_id, 10) for _ in range(2)]
    for process in racing:
        process.communicate(timeout=60)
    assert [process.returncode for process in racing] == [0, 0]
    assert saved(store, shop_id) == {"token": "20"}


def test_a_lock_dies_with_its_holder(store: Store, shop_id: int) -> None:
    holder = child(store, shop_id, 1, 'print("held", flush=True); time.sleep(60)')
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(StillLocked):
        locked(store, shop_id, lambda opened: None, wait_s=0.1)
    holder.kill()
    holder.communicate()
    assert locked(store, shop_id, lambda opened: {"token": "1"}, wait_s=30) == {"token": "1"}
