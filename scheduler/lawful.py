"""Carry out what the law lets a shopper, or a shop that left, ask for; nothing here names them."""

from __future__ import annotations

from datetime import UTC, datetime

from store.engine import reading, writing
from store.opening import Store
from store.reads import privacy as reads
from store.reads.shops import Shop
from store.writes import jobs, people
from store.writes import privacy as writes
from store.writes import shops as shop_writes


def carry_out(store: Store, shop: Shop, number: int) -> tuple[str, ...]:
    """What came of it, in words. A request that is done already is left as it is."""
    with reading(store.engine) as connection:
        asked = reads.request(connection, shop.id, number)
    if asked is None or asked.done_at is not None:
        return ()
    return (_forget_shop if asked.kind == "shop_redact" else _forget)(store, shop, asked)


def _forget(store: Store, shop: Shop, asked: reads.Requested) -> tuple[str, ...]:
    now = datetime.now(UTC)
    with writing(store.engine) as connection:
        if asked.customer_id is not None:
            writes.erase_customer(connection, shop.id, asked.customer_id)
        orders = writes.erase_orders(connection, shop.id, asked.orders)
        held = asked.customer_id is not None or orders > 0
        outcome = "erased" if held else "nothing was held"
        writes.carried_out(connection, asked.number, outcome, now)
        people.note(connection, "erased a customer", f"asked by {asked.via}", now, shop_id=shop.id)
        if held:
            jobs.ask(connection, shop.id, "train", now)
    return (f"a request to erase: {outcome}",)


def _forget_shop(store: Store, shop: Shop, asked: reads.Requested) -> tuple[str, ...]:
    """A shop that came back meanwhile keeps what is its."""
    now = datetime.now(UTC)
    with writing(store.engine) as connection:
        if shop.uninstalled_at is None:
            writes.carried_out(connection, asked.number, "kept: it is connected", now)
            return ("asked to forget the shop, which is connected",)
        shop_writes.remove_shop(connection, shop.id)
        people.note(connection, "shop removed", f"{shop.name}, asked by {asked.via}", now)
    return ("the shop was forgotten",)
