"""What stays of a product when a shop tells of it again, in whatever order its copies come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Engine, select

from store import tables
from store.engine import reading, writing
from store.records import Variant
from store.writes.catalogue import save_products
from tests.shops import NOW, add_empty, open_store, product

HOUR = timedelta(hours=1)


def test_an_older_copy_alone_changes_nothing_and_is_no_fault(engine: Engine) -> None:
    """As after a kill: what was read ahead comes once more, and the newer copy is there already."""
    store = open_store(engine)
    newer = replace(product(1), title="New", updated_at=NOW)
    older = replace(
        product(1), title="Old", updated_at=NOW - HOUR, variants=(Variant("1-a", "Red", 100, True),)
    )
    shop_id = add_empty(store, "Lamps")
    with writing(store.engine) as connection:
        assert save_products(connection, shop_id, [newer]) == 1
        assert save_products(connection, shop_id, [older]) == 0
        assert save_products(connection, shop_id, [older, product(2)]) == 1
        assert save_products(connection, shop_id, []) == 0
    p, v = tables.Product, tables.Variant
    with reading(store.engine) as connection:
        kept = connection.execute(select(p.external_id, p.title).order_by(p.external_id)).all()
        variants = connection.execute(select(v.product_id).join(p, p.id == v.product_id)).all()
    assert kept[0].title == "New"
    assert len(kept) == 2
    assert len(variants) == len(product(1).variants) + len(product(2).variants)
