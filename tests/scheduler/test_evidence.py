"""What every published place claims is counted again from the store, one by one."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from scheduler.train import train
from store import tables
from store.engine import reading, writing
from store.opening import Store
from store.packing import pack, unpack
from store.reads import models
from store.reads.training import training_data
from store.records import Entry
from tests import recounting
from tests.shops import fill


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_every_published_place_recomputes_from_the_store(store: Store, seed: int) -> None:
    shop = fill(store, f"Shop {seed}", trained=False, orders_seed=seed)
    train(store, shop, lambda step: None)
    with reading(store.engine) as connection:
        data = training_data(connection, shop.id)
        (model,) = models.every(connection, shop.id)
        assert recounting.entries(connection, model.id) > 3_000
        assert not list(recounting.faults(connection, data, model.id))


def test_a_false_count_is_found(store: Store) -> None:
    shop = fill(store)
    row = tables.ListRow
    with writing(store.engine) as connection:
        (model,) = models.every(connection, shop.id)
        its = (row.model_id == model.id) & row.slot.like("bought\\_together:%", escape="\\")
        slot, packed = connection.execute(select(row.slot, row.entries).where(its)).first() or ()
        first, *rest = map(Entry._make, unpack(packed))
        false = pack([first._replace(support=first.support + 1), *rest])
        connection.execute(update(row).where(its, row.slot == slot).values(entries=false))
    with reading(store.engine) as connection:
        data = training_data(connection, shop.id)
        (fault,) = recounting.faults(connection, data, model.id)
    assert fault.startswith(f"{slot} lists")
    assert f"support is {first.support}" in fault
