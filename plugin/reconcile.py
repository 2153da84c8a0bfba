"""Does what we hold of a shop's orders agree with what the shop says now, order by order?

Asks the shop for the orders of some days, compares them with ours (`store.reconciling`), and where
it is told to, mends ours. What came of it is kept, so that `flask doctor` and the merchant pages
give the same answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from connectors.shop import Shop as Connector
from store import reconciling
from store.engine import reading, writing
from store.opening import Store
from store.reads import reconcile, shops
from store.reads.shops import Shop
from store.reconciling import Reconciled
from store.records import Order, Refund
from store.writes import orders as writes
from store.writes import refunds as refund_writes
from store.writes import shops as shop_writes
from store.writes.secrets import renewed_under_lock

# The cursor under which the last answer is kept.
RECONCILED = "reconciled"
DAYS = 30
# What changed at the shop a moment ago is on its way to us.
SETTLED = timedelta(minutes=5)
_SHOWN = 20  # differences that are kept by name


@dataclass(frozen=True, slots=True)
class Answer:
    """The last comparison, as it is kept."""

    at: datetime
    since: datetime
    orders: int
    different: int
    first: tuple[str, ...]  # numbers of orders


def can_be_asked(shop: Shop) -> bool:
    return shop.platform != "files" and shop.uninstalled_at is None


def reconcile_with(
    store: Store,
    shop: Shop,
    days: int = DAYS,
    *,
    mend: bool = False,
    opened: Callable[[Store, Shop], Connector] | None = None,
) -> Reconciled:
    """Compare the last `days`; with `mend`, first save what the shop says where it differs.

    Raises ConnectorError where the shop cannot be asked.
    """
    until = (shop.now() - SETTLED).replace(microsecond=0)
    midnight = until.astimezone(shop.zone()).replace(hour=0, minute=0, second=0)
    since = midnight - timedelta(days=days)
    connector = (opened or by_kept_access)(store, shop)
    try:
        shown_from = connector.orders_since()
        if shown_from is not None:
            since = max(since, shown_from)
        theirs, back = _ask(connector, since, until)
        found = _compared(store, shop, since, until, theirs, back)
        gone = _gone(connector, found, theirs)
    finally:
        connector.close()
    if mend and found.differences:
        _mend(store, shop, found, theirs, back, gone)
        found = _compared(store, shop, since, until, theirs, back)
    with writing(store.engine) as connection:
        _keep(connection, shop, found, since)
    return found


def _ask(
    connector: Connector, since: datetime, until: datetime
) -> tuple[dict[str, Order], dict[str, list[Refund]]]:
    orders = {
        order.id: order for page in connector.orders_placed(since, until) for order in page.rows
    }
    refunds = [refund for page in connector.refunds_of(since, until) for refund in page.rows]
    once = {refund.id: refund for refund in refunds}
    return orders, dict(reconciling.by_order(once.values()))


def _compared(
    store: Store,
    shop: Shop,
    since: datetime,
    until: datetime,
    theirs: dict[str, Order],
    back: dict[str, list[Refund]],
) -> Reconciled:
    with reading(store.engine) as connection:
        ours = reconcile.accounts(connection, shop.id, since, until)
    told = [reconciling.account(order, back.get(id, ())) for id, order in theirs.items()]
    return reconciling.compare(ours, told, shop.zone())


def _gone(connector: Connector, found: Reconciled, theirs: dict[str, Order]) -> list[str]:
    """Of what the shop's list did not show, what it really has not: lists move while we read."""
    missing = [d.id for d in found.differences if d.kind == "missing there"]
    if not missing:
        return []
    for page in connector.orders_named(missing):
        theirs.update({order.id: order for order in page.rows})
        if page.rejected:
            return []
    return [id for id in missing if id not in theirs]


def _mend(
    store: Store,
    shop: Shop,
    found: Reconciled,
    theirs: dict[str, Order],
    back: dict[str, list[Refund]],
    gone: list[str],
) -> None:
    """What the shop says, saved as a sync saves it; refunds it no longer has are taken back."""
    ids = [d.id for d in found.differences if d.id in theirs]
    with writing(store.engine) as connection:
        pepper = shops.keys(connection, store.ring, shop.id, shop.now()).pepper
        writes.save_orders(connection, shop.id, pepper, [theirs[id] for id in ids])
        refunds = [refund for id in ids for refund in back.get(id, ())]
        refund_writes.save_refunds(connection, shop.id, refunds)
        held = reconcile.refunds_of(connection, shop.id, ids)
        refund_writes.withdraw_refunds(
            connection, shop.id, sorted(held - {refund.id for refund in refunds})
        )
        writes.cancel_orders(connection, shop.id, gone, "deleted")


def by_kept_access(store: Store, shop: Shop) -> Connector:
    """The shop, by the access that is kept of it."""
    from connectors.opening import open_shop  # loads what speaks to shops

    with reading(store.engine) as connection:
        credentials = shops.credentials(connection, store.ring, shop.id)
    locked = renewed_under_lock(store, shop)
    return open_shop(shop.platform, shop.url, credentials, store.settings, locked)


# --- what came of it ------------------------------------------------------------------------------


def _keep(connection: Connection, shop: Shop, found: Reconciled, since: datetime) -> None:
    answer = Answer(
        shop.now(),
        since,
        found.orders,
        len(found.differences),
        tuple(d.number for d in found.differences[:_SHOWN]),
    )
    text = json.dumps(asdict(answer), default=datetime.isoformat)
    shop_writes.save_cursor(connection, shop.id, RECONCILED, text, shop.now())


def last(connection: Connection, shop: Shop) -> Answer | None:
    """The last answer; None: nobody has compared yet."""
    kept = shops.cursor(connection, shop.id, RECONCILED)
    if kept is None:
        return None
    told: dict[str, Any] = json.loads(kept)
    return Answer(
        datetime.fromisoformat(told["at"]),
        datetime.fromisoformat(told["since"]),
        told["orders"],
        told["different"],
        tuple(told["first"]),
    )
