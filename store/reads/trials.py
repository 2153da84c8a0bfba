"""What came of the new products that shelves tried?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, distinct, func, select

from store import tables


@dataclass(frozen=True, slots=True)
class Trials:
    """Since some instant: how many products were tried, and on how many shelves in sight."""

    products: int
    seen: int
    clicked: int  # clicks on the very product that was tried


def trials(connection: Connection, shop_id: int, since: datetime) -> Trials:
    e = tables.Event
    seen, clicked = e.type == "view", (e.type == "click") & (e.product_id == e.tried)
    row = connection.execute(
        select(
            func.count(distinct(case((seen, e.tried)))),
            func.count(case((seen, 1))),
            func.count(case((clicked, 1))),
        ).where(e.shop_id == shop_id, e.received_at >= since, e.tried.is_not(None))
    ).one()
    return Trials(*row)
