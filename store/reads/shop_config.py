"""What do all answers of a shop share? Read once, and kept for a second by the caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, select

from store import tables
from store.keys import Ring, ShopKeys
from store.reads import experiments, shops
from store.reads.rules import UNSTEERED, Steering, steering
from store.records import EVERY_SHELF, Experiment, ShelfLook


@dataclass(frozen=True, slots=True)
class ShopConfig:
    """What every answer of a shop shares; cached for a second by the caller."""

    shop: shops.Shop
    keys: ShopKeys
    live: Mapping[str, tuple[int, tuple[str, ...]]]  # placement -> (model, strategies)
    running: Mapping[str, Experiment]  # placement -> its one running experiment
    rivals: Mapping[int, int]  # experiment -> the model its control arm sees, where that differs
    rules: Steering = UNSTEERED
    holdout: Experiment | None = None  # the running test of all shelves together
    looks: Mapping[str, ShelfLook] = field(default_factory=dict)  # placement -> how it is shown


# Composed once, like all that is asked for every shop each second.
_LIVE = select(tables.Live.placement, tables.Live.model_id, tables.Live.strategies).where(
    tables.Live.shop_id == bindparam("shop")
)
_LOOKS = select(
    tables.PlacementRow.placement,
    tables.PlacementRow.shown,
    tables.PlacementRow.heading,
    tables.PlacementRow.count,
    tables.PlacementRow.layout,
    tables.PlacementRow.variety,
).where(tables.PlacementRow.shop_id == bindparam("shop"))


def shop_config(
    connection: Connection, ring: Ring, key: str, known: ShopConfig | None = None
) -> ShopConfig | None:
    """The configuration of the shop with this public key; None: there is no such shop.

    `known` is the one read before: what large rules match is taken over while it holds.
    """
    shop = shops.by_key(connection, key)
    if shop is None:
        return None
    now = shop.now()
    live = {
        placement: (model, tuple(strategies))
        for placement, model, strategies in connection.execute(_LIVE, {"shop": shop.id})
    }
    running = experiments.running(connection, shop.id, now)
    return ShopConfig(
        shop=shop,
        keys=shops.keys(connection, ring, shop.id, now),
        live=live,
        running={e.placement: e for e in running},
        holdout=next((e for e in running if e.placement == EVERY_SHELF), None),
        rivals=experiments.rival_models(connection, shop.id, running),
        rules=steering(connection, shop.id, now, known.rules if known else UNSTEERED),
        looks=looks(connection, shop.id),
    )


def looks(connection: Connection, shop_id: int) -> dict[str, ShelfLook]:
    """Placement -> how the merchant wants it shown, where that was said."""
    rows = connection.execute(_LOOKS, {"shop": shop_id})
    return {name: ShelfLook(shown, *of) for name, shown, *of in rows}  # type: ignore[arg-type] # we wrote it
