"""A product that was scheduled is shown once it is out, though the shop does not stamp that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from scheduler import sync as syncing
from store import tables
from store.engine import reading, writing
from store.opening import Store
from store.reads import shops
from store.records import Page, Product
from store.writes import catalogue
from tests.shops import NOW, fill, product

SCHEDULED = product(7, withheld="future", updated_at=NOW)


class Quiet:
    """A shop in which nothing is stamped as changed."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.now = SCHEDULED

    def _nothing(self, cursor: str | None = None) -> Iterator[Page[Any]]:
        yield Page((), "end", 0)

    products = orders = refunds = _nothing

    def products_named(self, ids: Iterable[str]) -> Iterator[Page[Product]]:
        self.asked += list(ids)
        yield Page((self.now,) if self.now.id in self.asked else (), "")

    def notes(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None: ...


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> Quiet:
    made = Quiet()
    monkeypatch.setitem(syncing.CONNECTORS, "files", lambda shop, opened, store: made)  # type: ignore[arg-type,return-value]
    return made


def sellable(store: Store) -> bool | None:
    p, c = tables.Product, tables.Card
    with reading(store.engine) as connection:
        return connection.scalar(
            select(c.sellable).join(p, p.id == c.product_id).where(p.external_id == SCHEDULED.id)
        )


def test_it_is_asked_for_by_name_until_it_is_out(any_store: Store, quiet: Quiet) -> None:
    shop: shops.Shop = fill(any_store, trained=False)
    with writing(any_store.engine) as connection:
        catalogue.save_products(connection, shop.id, [SCHEDULED])
    syncing.sync(any_store, shop, lambda *_: None)
    assert (quiet.asked, sellable(any_store)) == (["p7"], False)
    quiet.now = replace(SCHEDULED, withheld="")  # out, with its old time of change
    syncing.sync(any_store, shop, lambda *_: None)
    assert sellable(any_store) is True
    syncing.sync(any_store, shop, lambda *_: None)
    assert quiet.asked == ["p7", "p7"]  # and then no more
