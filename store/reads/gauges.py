"""How do all shops fare right now? The numbers that a monitor watches, by the shop's row number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from store import tables


@dataclass(frozen=True, slots=True)
class ShopGauges:
    """None: that has never happened."""

    shop: int
    lists_trained_at: datetime | None  # of the oldest model that is live
    synced_at: datetime | None
    training_s: float | None  # how long the last one took that ended well
    training_bytes: int | None  # the most memory that it held
    webhooks_waiting: int


def gauges(connection: Connection) -> Sequence[ShopGauges]:
    s, live, m, r, w = (
        tables.Shop, tables.Live, tables.Model, tables.JobRun, tables.Notice,
    )  # fmt: skip
    trained: dict[int, datetime] = dict(
        connection.execute(
            select(live.shop_id, func.min(m.trained_at))
            .join(m, m.id == live.model_id)
            .group_by(live.shop_id)
        ).all()
    )
    ended = (
        select(func.max(r.id))
        .where(r.outcome == "ok", r.job.in_(("sync", "train")), r.shop_id.is_not(None))
        .group_by(r.shop_id, r.job)
    )
    runs = {
        (shop, job): (started, finished, kib)
        for shop, job, started, finished, kib in connection.execute(
            select(r.shop_id, r.job, r.started_at, r.finished_at, r.memory_kib).where(
                r.id.in_(ended)
            )
        )
    }
    waiting: dict[int, int] = dict(
        connection.execute(select(w.shop_id, func.count()).group_by(w.shop_id)).all()
    )
    found = []
    for shop in connection.scalars(select(s.id).order_by(s.id)):
        began, over, kib = runs.get((shop, "train"), (None, None, None))
        found.append(
            ShopGauges(
                shop=shop,
                lists_trained_at=trained.get(shop),
                synced_at=runs.get((shop, "sync"), (None, None, None))[1],
                training_s=(over - began).total_seconds() if began and over else None,
                training_bytes=None if kib is None else kib * 1024,
                webhooks_waiting=waiting.get(shop, 0),
            )
        )
    return found
