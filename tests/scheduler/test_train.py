"""Training publishes what beats bestsellers, refuses what does not, and can be undone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import delete, select, update

from recommenders.bestseller import Bestseller
from recommenders.known import Known
from recommenders.registry import RECOMMENDERS
from recommenders.trending import Trending
from scheduler.train import PASSED_MODEL_STAYS, SAFE, Trained, roll_back, train
from store import tables
from store.engine import reading, writing
from store.opening import Store
from store.packing import unpack
from store.reads import models, shops
from store.reads.models import UnknownModel
from store.reads.shops import Shop
from store.records import Lists, Strategy
from store.writes import shops as shop_writes
from store.writes.events import Told, save_events
from tests.shops import NOW, fill


def run(store: Store, shop: Shop, **options: object) -> Trained:
    return train(store, shop, lambda step: None, **options)  # type: ignore[arg-type]


@pytest.fixture
def shop(store: Store) -> Shop:
    """The small shop with its orders, and no model yet."""
    return fill(store, trained=False)


@dataclass(frozen=True)
class Shuffled:
    """A planted fault: a recommender's lists with their products drawn at random."""

    real: object

    @property
    def strategy(self) -> Strategy:
        return self.real.strategy  # type: ignore[attr-defined, no-any-return]

    def fit(self, known: Known) -> Lists:
        lists: Lists = self.real.fit(known)  # type: ignore[attr-defined]
        random = np.random.default_rng(5)
        drawn = random.integers(0, known.products, lists.product.shape).astype(np.int32)
        product = np.where(lists.product >= 0, drawn, -1).astype(np.int32)
        return replace(lists, product=product, support=0 * lists.support)  # no false evidence


def useless() -> list[object]:
    """Every strategy but bestsellers recommends at random."""
    return [r if r.strategy == "bestseller" else Shuffled(r) for r in RECOMMENDERS]


def all_lists(store: Store, version: int) -> dict[str, bytes]:
    row, model = tables.ListRow, tables.Model
    with reading(store.engine) as connection:
        rows = connection.execute(
            select(row.slot, row.entries)
            .join(model, model.id == row.model_id)
            .where(model.version == version)
        )
        return {slot: bytes(entries) for slot, entries in rows}


def test_a_model_that_beats_bestsellers_goes_live_and_says_why(store: Store, shop: Shop) -> None:
    trained = run(store, shop)
    outcome = next(o for o in trained.outcomes if o.placement == "also_bought")
    assert outcome.outcome == "promoted"
    assert "above bestsellers" in outcome.why
    with reading(store.engine) as connection:
        live = models.live(connection, shop.id)["also_bought"]
    assert live.version == 1
    assert "bought_together" in live.strategies


def test_a_useless_model_is_refused_with_the_reason_and_the_live_one_stays(
    store: Store, shop: Shop
) -> None:
    run(store, shop)
    trained = run(store, shop, recommenders=useless())
    outcome = next(o for o in trained.outcomes if o.placement == "also_bought")
    assert outcome.outcome == "refused"
    assert "below bestsellers (95 % interval" in outcome.why
    assert not outcome.published
    with reading(store.engine) as connection:
        live = models.live(connection, shop.id)
    assert live["also_bought"].version == 1


def test_a_useless_first_model_leaves_the_shop_with_bestsellers(store: Store, shop: Shop) -> None:
    run(store, shop, recommenders=useless())
    with reading(store.engine) as connection:
        live = models.live(connection, shop.id)["also_bought"]
    assert tuple(live.strategies) == SAFE
    assert live.outcome == "refused"


def test_a_model_that_passed_does_not_stay_for_ever(store: Store, shop: Shop) -> None:
    run(store, shop)
    with writing(store.engine) as connection:
        old = NOW - PASSED_MODEL_STAYS - timedelta(days=1)
        connection.execute(update(tables.Live).values(since_at=old))
    run(store, shop, recommenders=useless())
    with reading(store.engine) as connection:
        live = models.live(connection, shop.id)["also_bought"]
    assert (live.version, tuple(live.strategies)) == (2, SAFE)


def test_the_same_data_trains_the_same_bytes(store: Store, shop: Shop) -> None:
    run(store, shop)
    run(store, shop)
    first, second = all_lists(store, 1), all_lists(store, 2)
    assert first
    assert first == second
    with reading(store.engine) as connection:
        hashes = {m.data_hash for m in models.every(connection, shop.id)}
    assert len(hashes) == 1


def test_rolling_back_serves_the_earlier_lists_byte_for_byte(store: Store, shop: Shop) -> None:
    run(store, shop, until=NOW - timedelta(days=30))
    before = all_lists(store, 1)
    run(store, shop)
    assert all_lists(store, 2) != before
    assert roll_back(store, shop, None) == 1
    assert all_lists(store, 1) == before
    with reading(store.engine) as connection:
        assert {live.version for live in models.live(connection, shop.id).values()} == {1}
    with pytest.raises(UnknownModel, match="no earlier version"):
        roll_back(store, shop, None)
    with pytest.raises(UnknownModel, match="Versions with their lists: 2, 1"):
        roll_back(store, shop, 9)


def test_rolling_back_to_a_refused_version_serves_what_had_stayed_live_then(
    store: Store, shop: Shop
) -> None:
    run(store, shop)
    run(store, shop, recommenders=useless())
    run(store, shop)
    assert roll_back(store, shop, 2) == 2
    with reading(store.engine) as connection:
        live = models.live(connection, shop.id)
    assert live["also_bought"].version == 1
    assert "bought_together" in live["also_bought"].strategies
    assert live["similar"].version == 2


def test_the_owner_may_serve_what_is_unproven_but_never_what_is_refused(
    store: Store, shop: Shop
) -> None:
    with writing(store.engine) as connection:
        shop_writes.save_settings(connection, shop.id, {"unproven": "serve"})
        # Too few orders left to prove anything by.
        few = select(tables.Order.id).order_by(tables.Order.placed_at).limit(560)
        connection.execute(delete(tables.OrderLine).where(tables.OrderLine.order_id.in_(few)))
        connection.execute(delete(tables.Order).where(tables.Order.id.in_(few)))
    with reading(store.engine) as connection:
        chosen = shops.by_id(connection, shop.id)
    for owner, expected in ((shop, SAFE), (chosen, None)):
        outcomes = {o.placement: o for o in run(store, owner).outcomes}
        assert outcomes["also_bought"].outcome == "unproven"
        assert (outcomes["also_bought"].strategies == expected) == (expected is not None)


def test_until_forgets_what_came_later(store: Store, shop: Shop) -> None:
    some, everything = run(store, shop, until=NOW - timedelta(days=60)), run(store, shop)
    assert 0 < some.orders < everything.orders == 600


def test_a_training_that_died_half_way_is_never_served(store: Store, shop: Shop) -> None:
    run(store, shop)

    @dataclass(frozen=True)
    class Dies:
        strategy: Strategy = "similar"
        fitted = 0

        def fit(self, known: Known) -> Lists:
            raise MemoryError

    with pytest.raises(MemoryError):
        run(store, shop, recommenders=[*RECOMMENDERS, Dies()])
    with reading(store.engine) as connection:
        assert [m.version for m in models.every(connection, shop.id)] == [1]


def test_a_list_lives_in_the_store_as_it_was_learned(store: Store, shop: Shop) -> None:
    run(store, shop)
    with reading(store.engine) as connection:
        key = connection.scalar(select(tables.Product.id).where(tables.Product.external_id == "p4"))
        partner = connection.scalar(
            select(tables.Product.id).where(tables.Product.external_id == "p5")
        )
    product, score, support, strength = unpack(all_lists(store, 1)[f"bought_together:{key}"])[0]
    assert product == partner
    assert score > 0
    assert support > 20
    assert strength > 1


def test_a_shop_without_orders_still_gets_similar_products(store: Store, shop: Shop) -> None:
    with writing(store.engine) as connection:
        connection.execute(delete(tables.OrderLine))
        connection.execute(delete(tables.Order))
    trained = run(store, shop)
    assert trained.trials == []
    outcomes = {o.placement: o for o in trained.outcomes}
    assert outcomes["also_bought"].outcome == "unproven"
    assert any(slot.startswith("similar:") for slot in all_lists(store, 1))


def test_page_views_are_known_to_what_learns_and_past_ones_to_what_is_measured(
    store: Store, shop: Shop
) -> None:
    with writing(store.engine) as connection:
        key = connection.scalar(select(tables.Product.id).where(tables.Product.external_id == "p4"))
        for days in (3, 60):
            told = Told(days.to_bytes(16), "product_view", b"somebody's bytes", key)
            save_events(connection, shop.id, [told], NOW - timedelta(days=days))
    seen: list[int] = []

    @dataclass(frozen=True)
    class Looks:
        strategy: Strategy = "trending"

        def fit(self, known: Known) -> Lists:
            seen.append(0 if known.page_views is None else len(known.page_views))
            return Trending().fit(known)

    run(store, shop, recommenders=[Bestseller(), Looks()])
    assert seen == [1, 2]


def test_where_memory_is_short_the_newest_orders_teach_and_that_is_said(
    store: Store, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduler.room.LEAST_LINES", 900)
    settings = store.settings.model_copy(update={"train_memory_mib": 1})
    said: list[str] = []
    trained = train(
        replace(store, settings=settings), shop, said.append, recommenders=[Bestseller()]
    )
    assert 0 < trained.orders < 600
    assert any(step.startswith("only the newest ") for step in said)
