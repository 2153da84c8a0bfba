"""Everything one shelf answer needs, in as few statements as it takes.

This runs on every product page of a shop, so its statements are literal SQL with bound values
(`exec_driver_sql`); everywhere else SQLAlchemy writes them. Three statements answer an anonymous
visitor (names, lists, cards), one more a running experiment's, two more a signed customer's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, select

from store import tables
from store.keys import Ring, ShopKeys, digest
from store.packing import unpack
from store.reads import experiments, shops
from store.reads.rules import UNSTEERED, Steering, steering
from store.records import EVERY_SHELF, Arm, Card, Entry, Experiment, ShelfLook
from store.tables import to_micros


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
    row = tables.Live
    live = {
        placement: (model, tuple(strategies))
        for placement, model, strategies in connection.execute(
            select(row.placement, row.model_id, row.strategies).where(row.shop_id == shop.id)
        )
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
    row = tables.PlacementRow
    rows = connection.execute(
        select(row.placement, row.shown, row.heading, row.count, row.layout).where(
            row.shop_id == shop_id
        )
    )
    return {name: ShelfLook(shown, *of) for name, shown, *of in rows}  # type: ignore[arg-type] # we wrote it


# --- what a shopper is known to have done ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Buyer:
    """A signed customer: the store's key, and the product keys bought, the newest first."""

    customer: int
    bought: tuple[int, ...]


_CUSTOMER = "SELECT customer_id FROM customer_digests WHERE shop_id = ? AND digest = ?"
_BOUGHT = """
SELECT l.product_id FROM orders o JOIN order_lines l ON l.order_id = o.id
WHERE o.customer_id = ? AND o.status <> 'cancelled' AND NOT o.kept_out AND o.placed_at <= ?
  AND l.product_id IS NOT NULL
ORDER BY o.placed_at DESC, l.external_id LIMIT ?
"""


def buyer(
    connection: Connection, config: ShopConfig, customer_id: str, at: datetime, limit: int
) -> Buyer | None:
    """Who a signed customer id is, and their last `limit` purchases up to `at`."""
    found = _run(
        connection,
        _CUSTOMER,
        (config.shop.id, digest(config.keys.pepper, "customer", customer_id)),
    )
    if not found:
        return None
    customer = found[0][0]
    rows = _run(connection, _BOUGHT, (customer, to_micros(at), limit))
    return Buyer(customer, tuple(dict.fromkeys(row[0] for row in rows)))


# The visitor's own entry, or that of another device of a customer they turned out to be.
_ARM = """
SELECT arm FROM exposures WHERE experiment_id = ? AND (visitor = ? OR visitor IN (
  SELECT other.visitor FROM identities mine JOIN identities other
  ON other.shop_id = mine.shop_id AND other.customer_id = mine.customer_id
  WHERE mine.shop_id = ? AND mine.visitor = ?))
ORDER BY entered_at LIMIT 1
"""


def stored_arm(
    connection: Connection, shop_id: int, experiment_id: int, visitor: bytes
) -> Arm | None:
    """The arm of the earliest entry of this person; it stays theirs. None: not in yet."""
    rows = _run(connection, _ARM, (experiment_id, visitor, shop_id, visitor))
    return rows[0][0] if rows else None


# --- lists and cards ------------------------------------------------------------------------------


class Known(NamedTuple):
    """A product that a page named: the store's key, and its main category."""

    key: int
    category: str | None
    category_name: str


def known_products(
    connection: Connection, shop_id: int, external_ids: Sequence[str]
) -> dict[str, Known]:
    """What we know of the products a page names; unknown ones are simply not there."""
    if not external_ids:
        return {}
    marks = ", ".join("?" * len(external_ids))
    rows = _run(
        connection,
        "SELECT p.external_id, p.id, pc.category_id, c.name FROM products p "  # noqa: S608
        "LEFT JOIN product_categories pc ON pc.product_id = p.id AND pc.position = 0 "
        "LEFT JOIN categories c ON c.shop_id = p.shop_id AND c.external_id = pc.category_id "
        f"WHERE p.shop_id = ? AND p.external_id IN ({marks})",
        (shop_id, *external_ids),
    )
    return {row[0]: Known(row[1], row[2], row[3] or "") for row in rows}


Candidates = TypeVar("Candidates")


def shelf_inputs(
    connection: Connection,
    model_id: int,
    slots: Sequence[str],
    rank: Callable[[Mapping[str, Sequence[Entry]]], Candidates],
    card_keys: Callable[[Candidates], Sequence[int]],
) -> tuple[Candidates, dict[int, Card]]:
    """What `choose.choose` chooses from: two statements, with its own `rank` between them."""
    candidates = rank(lists(connection, model_id, slots))
    return candidates, cards(connection, card_keys(candidates))


def lists(connection: Connection, model_id: int, slots: Sequence[str]) -> dict[str, list[Entry]]:
    """The model's lists under these names; a name without a list is simply not there."""
    if not slots:
        return {}
    marks = ", ".join("?" * len(slots))
    rows = _run(
        connection,
        f"SELECT slot, entries FROM lists WHERE model_id = ? AND slot IN ({marks})",  # noqa: S608
        (model_id, *slots),
    )
    return {slot: unpack(bytes(entries)) for slot, entries in rows}


def cards(connection: Connection, products: Sequence[int]) -> dict[int, Card]:
    """The ready cards of these products."""
    if not products:
        return {}
    marks = ", ".join("?" * len(products))
    rows = _run(
        connection,
        "SELECT product_id, external_id, sellable, group_key, body "  # noqa: S608
        f"FROM cards WHERE product_id IN ({marks})",
        tuple(products),
    )
    return {row[0]: Card(row[0], row[1], bool(row[2]), row[3], row[4]) for row in rows}


def _run(connection: Connection, sql: str, values: tuple[Any, ...]) -> Sequence[Any]:
    """Rows of a literal statement written with `?`; PostgreSQL's driver wants `%s`."""
    if connection.dialect.paramstyle != "qmark":
        sql = sql.replace("?", "%s")
    return connection.exec_driver_sql(sql, values).fetchall()
