"""A simulated shop told to the real store, as browsers and the shop tell it, and counted there."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import select

from experiments.report import Report
from scheduler.tally import tally
from store import tables
from store.engine import reading, writing
from store.keys import digest
from store.opening import Store
from store.reads import experiments as reads
from store.reads import shops
from store.records import EventType, Experiment, Order, OrderLine, Product, Refund, ShopFacts
from store.writes import catalogue, events, orders, refunds
from store.writes import experiments as experiment_writes
from store.writes import shops as shop_writes
from tests.truth.world import START, Visitor, World, instant

SHOWN = 0.6  # of those who enter see the shelf


def told(store: Store, world: World, days: int, every_s: float = 0.001) -> Report:
    """Everything of `days` days, saved and counted; the report as the merchant then reads it.

    Events of `every_s` seconds are saved together, with the first one's instant.
    """
    until_at = START + timedelta(days=days)
    with writing(store.engine) as connection:
        facts = ShopFacts(f"Shop {world.truth.seed}", "https://shop.example", "GBP", "UTC")
        shop_id, _ = shop_writes.add_shop(
            connection, store.ring, "files", facts, {}, START, simulated=True
        )
        lamp = Product("p1", "Lamp", "GBP", START, price_minor=1_000)
        catalogue.save_products(connection, shop_id, [lamp])
        pepper = shops.keys(connection, store.ring, shop_id, START).pepper
        test = world.experiment
        experiment_writes.start_experiment(
            connection,
            shop_id,
            placement="also_bought",
            against=test.against,
            metric=test.metric,
            started_at=test.started_at,
            ends_at=test.ends_at,
            window_s=test.window_s,
            cap_minor=test.cap_minor,
            planned_visitors=test.planned_visitors,
            planned_conversions=test.planned_conversions,
        )
        experiment = reads.every(connection, shop_id)[0].experiment
        key = connection.scalar(select(tables.Product.id).where(tables.Product.shop_id == shop_id))
        assert key is not None
    with writing(store.engine) as connection:
        for _, several in groupby(
            _events(world, experiment, pepper, until_at, (key,)),
            lambda told: (told[0] - START).total_seconds() // every_s,
        ):
            batches = list(several)
            received = batches[0][0]
            by_the_browser = received + timedelta(seconds=world.truth.clock_ahead_s)
            batch = [event._replace(at=by_the_browser) for _, those in batches for event in those]
            events.save_events(connection, shop_id, batch, received)
        orders.save_orders(connection, shop_id, pepper, list(_orders(world, until_at)))
        refunds.save_refunds(connection, shop_id, list(_refunds(world, until_at)))
        shop_writes.set_clock(connection, shop_id, until_at)
    with reading(store.engine) as connection:
        shop = shops.by_id(connection, shop_id)
    (report,) = tally(store, shop)
    return report


def _events(
    world: World,
    experiment: Experiment,
    pepper: bytes,
    until_at: datetime,
    shown: tuple[int, ...] = (),
) -> Iterator[tuple[datetime, list[events.Told]]]:
    """What browsers tell, in the order of time: pages, exposures, views and clicks."""
    number = 0

    def one(kind: EventType, visitor: bytes, arm: str = "") -> events.Told:
        nonlocal number
        number += 1
        return events.Told(
            id=uuid.UUID(int=number).bytes,
            type=kind,
            visitor=visitor,
            placement="also_bought",
            experiment_id=None if kind == "product_view" else experiment.id,
            arm=None if kind == "product_view" else arm,  # type: ignore[arg-type]
            nonce=number.to_bytes(8, "big"),
            items=shown if kind == "view" else (),
        )

    def heard_s(visitor: Visitor) -> float:
        return visitor.at_s if visitor.told_s is None else visitor.told_s

    for i, visitor in enumerate(sorted(world.visitors, key=heard_s)):
        who = digest(pepper, "visitor", visitor.id)
        pages = 40 if visitor.robot else 1
        lost_only = visitor.told_s is None and world.truth.lost_in_treatment > 0
        if visitor.told_s is None and not (lost_only or visitor.emptied):
            continue  # a blocker keeps all of it from us
        at = START + timedelta(seconds=heard_s(visitor))
        if at >= until_at:
            continue
        batch = [one("product_view", who) for _ in range(pages)]
        if visitor.emptied:
            batch.append(one("empty", who, visitor.arm))
        elif visitor.told_s is not None:
            batch.append(one("exposure", who, visitor.arm))
        if not (visitor.robot or visitor.emptied) and i % 10 < 10 * SHOWN:
            batch.append(one("view", who, visitor.arm))
        yield at, batch


def _orders(world: World, until_at: datetime) -> Iterator[Order]:
    for order in world.purchases:
        if instant(order.told_s) >= until_at:
            continue
        gone = order.cancelled_s is not None and instant(order.cancelled_s) < until_at
        at = instant(order.at_s)
        yield Order(
            id=f"o{order.number}",
            placed_at=at,
            updated_at=instant(order.told_s),
            currency="GBP",
            status="cancelled" if gone else "paid",
            total_minor=order.net_minor,
            lines=(OrderLine(f"o{order.number}-1", "p1", 1, order.net_minor),),
            customer_id=None if order.customer is None else f"c{order.customer}",
            visitor=order.visitor,
        )


def _refunds(world: World, until_at: datetime) -> Iterator[Refund]:
    for order in world.purchases:
        if order.refund_s is not None and instant(order.refund_s) < until_at:
            at = instant(order.refund_s)
            yield Refund(f"r{order.number}", f"o{order.number}", at, at, order.refund_minor)
