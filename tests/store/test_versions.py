"""What changed between two versions of a model, counted on paper."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from store.engine import reading, writing
from store.opening import Store
from store.packing import pack
from store.reads import versions
from store.reads.shops import Shop
from store.records import Entry
from store.writes import models as writes
from tests.shops import NOW


def listed(*products: int) -> bytes:
    return pack(Entry(product, 1.0, 0, 0.0) for product in products)


def test_what_stayed_entered_and_left_is_counted_list_by_list(store: Store, shop: Shop) -> None:
    models = []
    for lists in (
        [("similar:1", listed(2, 3)), ("similar:2", listed(1, 3)), ("bestseller:", listed(1))],
        [("similar:1", listed(2, 4)), ("similar:2", listed(4, 1)), ("similar:9", listed(1))],
    ):
        with writing(store.engine) as connection:
            until = datetime(2026, 1, 1, tzinfo=UTC)
            model, _ = writes.begin_model(connection, shop.id, until, "hash", 1, NOW)
            writes.save_lists(connection, model, lists)
            models.append(model)
    with reading(store.engine) as connection:
        (change,) = versions.changes(connection, *models)  # bestsellers are not in both
    assert (change.strategy, change.compared, change.gone, change.new) == ("similar", 2, 0, 1)
    assert change.kept == pytest.approx(0.5)
    assert change.same_first == pytest.approx(0.5)
    assert [(m.product, m.lists) for m in change.entered] == [(4, 2)]
    assert [(m.product, m.lists) for m in change.left] == [(3, 2)]
    assert all(m.title for m in change.entered)
