"""A product that came after the training has a `similar` shelf as soon as it was synced."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from scheduler.newcomers import introduce
from scheduler.train import train
from store import tables
from store.engine import reading, writing
from store.opening import Store
from store.reads import models, shelf
from store.reads.shops import Shop
from store.records import slot
from store.writes import catalogue
from tests.shops import fill, product


@pytest.fixture
def shop(store: Store) -> Shop:
    return fill(store)


def similar_to(store: Store, shop: Shop, name: str) -> list[int]:
    with reading(store.engine) as connection:
        live = models.live(connection, shop.id)["similar"]
        key = shelf.known_products(connection, shop.id, [name])[name].key
        its = slot("similar", key)
        found = shelf.lists(connection, live.model_id, [its])
        return [entry[0] for entry in found.get(its, ())]


def add(store: Store, shop: Shop, **facts: object) -> None:
    with writing(store.engine) as connection:
        catalogue.save_products(connection, shop.id, [product(2, **facts)])


def lists(store: Store) -> dict[tuple[int, str], bytes]:
    row = tables.ListRow
    with reading(store.engine) as connection:
        rows = connection.execute(select(row.model_id, row.slot, row.entries)).all()
    return {(r.model_id, r.slot): bytes(r.entries) for r in rows}


def test_a_new_product_gets_what_looks_like_it_without_a_training(store: Store, shop: Shop) -> None:
    add(store, shop, id="new", title="Vase of glass no 100")
    assert similar_to(store, shop, "new") == []
    before = lists(store)
    assert introduce(store, shop) == 1
    found = similar_to(store, shop, "new")
    with reading(store.engine) as connection:
        vases = {
            known.key
            for known in shelf.known_products(
                connection, shop.id, [f"p{n}" for n in range(40) if n % 4 >= 2]
            ).values()
        }
    assert found
    assert set(found[:8]) <= vases
    after = lists(store)
    assert before.items() <= after.items()  # what the model knew is as it was


def test_nobody_is_introduced_twice_and_nobody_who_is_not_for_sale(
    store: Store, shop: Shop
) -> None:
    add(store, shop, id="draft", withheld="draft")
    assert introduce(store, shop) == 0
    add(store, shop, id="odd", title="Zyxwv", categories=(), price_minor=None)
    assert introduce(store, shop) == 1
    assert similar_to(store, shop, "odd") == []  # it is like nothing; that is known now
    assert introduce(store, shop) == 0
    add(store, shop, id="new", title="Vase of glass no 100")
    train(store, shop, lambda step: None)
    assert similar_to(store, shop, "new")  # the training knows it, too
    with writing(store.engine) as connection:
        connection.execute(delete(tables.Live))
    add(store, shop, id="newer", title="Vase of clay no 101")
    assert introduce(store, shop) == 0  # nothing is served: there is nothing to add it to
