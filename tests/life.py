"""The life of a shop with a running test, told to the store as connector and pages tell it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from scheduler.tally import tally
from store import tables
from store.engine import reading, writing
from store.keys import digest
from store.opening import Store
from store.reads import experiments as reads
from store.reads import shops
from store.records import Order, OrderLine, Refund, ShopFacts
from store.writes import catalogue, events, orders, refunds
from store.writes import experiments as writes
from store.writes import shops as shop_writes
from tests.shops import NOW, product

START = NOW - timedelta(days=40)
DAY = timedelta(days=1)
COUNTED = (tables.UnitRow, tables.TallyRow, tables.SegmentTally, tables.ObservedDay)


class Life:
    """A shop with a running test, and what happens in it."""

    def __init__(self, store: Store, name: str = "Lamps") -> None:
        self.store = store
        with writing(store.engine) as connection:
            shop_id, _ = shop_writes.add_shop(
                connection,
                store.ring,
                "files",
                ShopFacts(name, "https://shop.example", "GBP", "Europe/London"),
                {},
                NOW,
                simulated=True,
            )
            catalogue.save_products(connection, shop_id, [product(n) for n in range(6)])
            writes.start_experiment(
                connection,
                shop_id,
                placement="also_bought",
                against="bestsellers",
                metric="rpv",
                started_at=START,
                ends_at=START + 28 * DAY,
                window_s=7 * 86_400,
                cap_minor=5_000,
                planned_visitors=1_000,
                planned_conversions=30,
            )
        with reading(store.engine) as connection:
            self.shop = shops.by_id(connection, shop_id)
            self.experiment = reads.every(connection, self.shop.id)[0].experiment
            self.pepper = shops.keys(connection, store.ring, self.shop.id, NOW).pepper
            self.products = connection.scalars(select(tables.Product.id)).all()
        self.told = 0

    def visitor(self, name: str) -> bytes:
        return digest(self.pepper, "visitor", name)

    def tell(
        self, kind: str, name: str | None, at: datetime, arm: str = "treatment", first: int = 0
    ) -> None:
        self.told += 1
        event: Any = events.Told(
            id=self.told.to_bytes(16, "big"),
            type=kind,  # type: ignore[arg-type]
            visitor=self.visitor(name) if name else None,
            product_id=self.products[0] if kind in ("product_view", "click") else None,
            placement="also_bought",
            experiment_id=None if kind == "product_view" else self.experiment.id,
            arm=None if kind == "product_view" else arm,  # type: ignore[arg-type]
            nonce=self.told.to_bytes(8, "big"),
            items=tuple(self.products[first : first + 3]) if kind == "view" else (),
            led_by="blend" if first % 2 else "similar",
        )
        with writing(self.store.engine) as connection:
            events.save_events(connection, self.shop.id, [event], at)

    def buy(self, number: int, at: datetime, **facts: Any) -> None:
        minor = facts.pop("minor", 1_000)
        order = Order(
            id=f"x{number}",
            placed_at=at,
            updated_at=facts.pop("updated_at", at),
            currency="GBP",
            status=facts.pop("status", "paid"),
            total_minor=minor,
            lines=(OrderLine(f"x{number}-1", "p0", 1, minor),),
            **facts,
        )
        with writing(self.store.engine) as connection:
            orders.save_orders(connection, self.shop.id, self.pepper, [order])

    def refund(self, number: int, at: datetime, minor: int) -> None:
        with writing(self.store.engine) as connection:
            refund = Refund(f"r{number}", f"x{number}", at, at, minor)
            refunds.save_refunds(connection, self.shop.id, [refund])

    def count(self, at: datetime) -> Any:
        with writing(self.store.engine) as connection:
            shop_writes.set_clock(connection, self.shop.id, at)
        with reading(self.store.engine) as connection:
            self.shop = shops.by_id(connection, self.shop.id)
        return tally(self.store, self.shop)[0]

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that counting leaves behind."""
        with reading(self.store.engine) as connection:
            return {
                t.__tablename__: sorted(
                    (tuple(row) for row in connection.execute(select(t))), key=repr
                )
                for t in COUNTED
            }

    def forget_counts(self) -> None:
        with writing(self.store.engine) as connection:
            for table in COUNTED:
                connection.execute(delete(table))
            connection.execute(update(tables.Exposure).values(counted=False))
