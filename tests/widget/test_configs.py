"""How old may be what a worker knows of a shop?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from store.engine import writing
from store.opening import Store
from store.reads.shop_config import ShopConfig, shop_config
from store.reads.shops import Shop
from store.records import ShelfLook
from store.writes import rules
from widget import configs
from widget.configs import Configs


class Clock:
    now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(configs, "time", clock)
    return clock


def hide(store: Store, shop: Shop) -> None:
    with writing(store.engine) as connection:
        rules.save_look(connection, shop.id, "also_bought", ShelfLook(shown=False))


def hidden(config: ShopConfig | None) -> bool:
    assert config
    return "also_bought" in config.looks and not config.looks["also_bought"].shown


@contextmanager
def one_thread_reading(known: Configs, shop: Shop, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another thread has begun to read the shop anew, and does not come to an end meanwhile."""
    begun, go_on = Event(), Event()

    def slow(*asked: object) -> ShopConfig | None:
        begun.set()
        go_on.wait(timeout=30)
        return shop_config(*asked)  # type: ignore[arg-type]

    patch.setattr(configs, "shop_config", slow)
    reader = Thread(target=known.get, args=(shop.key,))
    reader.start()
    assert begun.wait(timeout=30)
    patch.setattr(configs, "shop_config", shop_config)
    yield
    go_on.set()
    reader.join(timeout=30)


def test_a_change_is_known_after_a_second_at_most(store: Store, shop: Shop, clock: Clock) -> None:
    known = Configs(store.engine, store.ring)
    assert not hidden(known.get(shop.key))
    hide(store, shop)
    clock.now += configs.FRESH_FOR_S / 2
    assert not hidden(known.get(shop.key))
    clock.now += configs.FRESH_FOR_S / 2
    assert hidden(known.get(shop.key))


def test_while_one_thread_reads_anew_the_others_go_on_with_what_was(
    store: Store, shop: Shop, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Configs(store.engine, store.ring)
    known.get(shop.key)
    hide(store, shop)
    clock.now += configs.FRESH_FOR_S
    with one_thread_reading(known, shop, monkeypatch):
        assert not hidden(known.get(shop.key))
        clock.now += configs.WHILE_READ_S
        assert hidden(known.get(shop.key))  # for a fifth of a second and no longer


def test_after_a_quiet_hour_no_thread_goes_on_with_what_was_an_hour_ago(
    store: Store, shop: Shop, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Configs(store.engine, store.ring)
    known.get(shop.key)
    hide(store, shop)
    clock.now += 3_600
    with one_thread_reading(known, shop, monkeypatch):
        assert hidden(known.get(shop.key))
    assert hidden(known.get(shop.key))


def test_a_slow_reader_does_not_make_what_it_began_with_count_as_new(
    store: Store, shop: Shop, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Configs(store.engine, store.ring)
    known.get(shop.key)
    clock.now += configs.FRESH_FOR_S
    with one_thread_reading(known, shop, monkeypatch):
        clock.now += 10
    hide(store, shop)
    assert hidden(known.get(shop.key))
