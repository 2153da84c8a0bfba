"""Everything one shelf answer needs, in as few statements as it takes.

This runs on every product page of a shop, so its statements are literal SQL with bound values;
everywhere else SQLAlchemy writes them. Two statements answer an anonymous visitor (`named_lists`,
`cards`); a running experiment asks one more, a signed customer one more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, select

from store import tables
from store.engine import Serving, percent_marks
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


_BUYER = """
SELECT d.customer_id, l.product_id FROM customer_digests d
LEFT JOIN orders o ON o.customer_id = d.customer_id AND o.status <> 'cancelled'
  AND NOT o.kept_out AND o.placed_at <= ?
LEFT JOIN order_lines l ON l.order_id = o.id AND l.product_id IS NOT NULL
WHERE d.shop_id = ? AND d.digest = ?
ORDER BY o.placed_at DESC, l.external_id LIMIT ?
"""


def buyer(
    connection: Reader, config: ShopConfig, customer_id: str, at: datetime, limit: int
) -> Buyer | None:
    """Who a signed customer id is, and their last `limit` purchases up to `at`."""
    known = digest(config.keys.pepper, "customer", customer_id)
    rows = _run(connection, _BUYER, (to_micros(at), config.shop.id, known, limit))
    if not rows:
        return None
    return Buyer(rows[0][0], tuple(dict.fromkeys(row[1] for row in rows if row[1] is not None)))


# The visitor's own entry, or that of another device of a customer they turned out to be.
_ARMS = """
SELECT experiment_id, arm FROM exposures WHERE experiment_id IN ({marks}) AND (visitor = ? OR
  visitor IN (
    SELECT other.visitor FROM identities mine JOIN identities other
    ON other.shop_id = mine.shop_id AND other.customer_id = mine.customer_id
    WHERE mine.shop_id = ? AND mine.visitor = ?))
ORDER BY entered_at DESC
"""


def stored_arms(
    connection: Reader, shop_id: int, experiments: Sequence[int], visitor: bytes
) -> dict[int, Arm]:
    """Experiment -> the arm of this person's earliest entry; it stays theirs. None: not in yet."""
    marks, ids = _list(experiments)
    sql = _ARMS.format(marks=marks)
    return dict(_run(connection, sql, (*ids, visitor, shop_id, visitor)))  # the earliest is last


# --- lists and cards ------------------------------------------------------------------------------


class Known(NamedTuple):
    """A product that a page named: the store's key, and its main category."""

    key: int
    category: str | None
    category_name: str


def known_products(
    connection: Reader, shop_id: int, external_ids: Sequence[str]
) -> dict[str, Known]:
    """What we know of the products a page names; unknown ones are simply not there."""
    if not external_ids:
        return {}
    marks, ids = _list(external_ids)
    rows = _run(
        connection,
        "SELECT p.external_id, p.id, pc.category_id, c.name FROM products p "  # noqa: S608
        "LEFT JOIN product_categories pc ON pc.product_id = p.id AND pc.position = 0 "
        "LEFT JOIN categories c ON c.shop_id = p.shop_id AND c.external_id = pc.category_id "
        f"WHERE p.shop_id = ? AND p.external_id IN ({marks})",
        (shop_id, *ids),
    )
    return {row[0]: Known(row[1], row[2], row[3] or "") for row in rows}


class Packed(Mapping[str, Sequence[Entry]]):
    """Lists by name, each unpacked when it is looked at: most of a chain's are never needed."""

    def __init__(self, packed: dict[str, bytes]) -> None:
        self._packed = packed

    def __getitem__(self, slot: str) -> Sequence[Entry]:
        return unpack(self._packed[slot])

    def __contains__(self, slot: object) -> bool:
        return slot in self._packed

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


class Named(NamedTuple):
    """Whose lists a shelf wants: products by the shop's own ids, and the beginnings of slots.

    A slot is a strategy and a key (`records.slot`); the key of a product is the store's to add.
    """

    slots: tuple[str, ...] = ()  # whole names, for what no product must be looked up
    page: str | None = None  # the page's product; its main category is looked up, too
    anchors: tuple[str, ...] = ()  # other products whose lists are wanted
    others: tuple[str, ...] = ()  # products of which only the key is wanted
    of_page: tuple[str, ...] = ()  # beginnings: "blend:" for the list of the page's product, ...
    of_anchors: tuple[str, ...] = ()
    of_category: tuple[str, ...] = ()  # of the main category of the page's product


Ranked = TypeVar("Ranked")


def shelf_inputs(
    connection: Reader,
    shop_id: int,
    model_id: int,
    named: Named,
    rank: Callable[[Mapping[str, Known], Packed], Ranked],
    card_keys: Callable[[Ranked], Sequence[int]],
) -> tuple[Ranked, dict[int, Card]]:
    """What `choose.choose` chooses from: two statements, with its own `rank` between them."""
    ranked = rank(*named_lists(connection, shop_id, model_id, named))
    return ranked, cards(connection, card_keys(ranked))


def named_lists(
    connection: Reader, shop_id: int, model_id: int, named: Named
) -> tuple[dict[str, Known], Packed]:
    """The products that a page names, and the model's lists for them, in one statement.

    Unknown products and names without a list are simply not there.
    """
    values: list[Any] = []
    if named.page is not None:
        values += (model_id, *named.of_page, *named.of_category, shop_id, named.page)
    some, anchors = _list(named.anchors)
    if anchors:
        values += (model_id, *named.of_anchors, shop_id, *anchors)
    more, others = _list(named.others)
    if others:
        values += (shop_id, *others)
    whole, slots = _list(named.slots)
    if slots:
        values += (model_id, *slots)
    if not values:
        return {}, Packed({})
    page = None if named.page is None else (len(named.of_page), len(named.of_category))
    statement = _named_lists(page, some and (len(named.of_anchors), some), more, whole)
    known: dict[str, Known] = {}
    packed: dict[str, bytes] = {}
    for external_id, key, category, category_name, slot, entries in _run(
        connection, statement, values
    ):
        if external_id is not None and external_id not in known:
            known[external_id] = Known(key, category, category_name or "")
        if slot is not None:
            packed[slot] = entries
    return known, Packed(packed)


@cache
def _named_lists(
    page: tuple[int, int] | None, anchors: tuple[int, str] | str, others: str, slots: str
) -> str:
    """The statement for so many beginnings and ids; there are few such shapes."""
    arms = []
    if page is not None:
        names = ", ".join(["? || p.id"] * page[0] + ["? || pc.category_id"] * page[1]) or "NULL"
        arms.append(
            "SELECT p.external_id, p.id, pc.category_id, c.name, l.slot, l.entries "  # noqa: S608
            "FROM products p "
            "LEFT JOIN product_categories pc ON pc.product_id = p.id AND pc.position = 0 "
            "LEFT JOIN categories c ON c.shop_id = p.shop_id AND c.external_id = pc.category_id "
            f"LEFT JOIN lists l ON l.model_id = ? AND l.slot IN ({names}) "
            "WHERE p.shop_id = ? AND p.external_id = ?"
        )
    if anchors:
        names = ", ".join(["? || p.id"] * anchors[0])  # type: ignore[operator]
        arms.append(
            "SELECT p.external_id, p.id, NULL, NULL, l.slot, l.entries FROM products p "  # noqa: S608
            f"LEFT JOIN lists l ON l.model_id = ? AND l.slot IN ({names}) "
            f"WHERE p.shop_id = ? AND p.external_id IN ({anchors[1]})"
        )
    if others:
        arms.append(
            "SELECT p.external_id, p.id, NULL, NULL, NULL, NULL FROM products p "  # noqa: S608
            f"WHERE p.shop_id = ? AND p.external_id IN ({others})"
        )
    if slots:
        arms.append(
            "SELECT NULL, NULL, NULL, NULL, slot, entries FROM lists "  # noqa: S608
            f"WHERE model_id = ? AND slot IN ({slots})"
        )
    return " UNION ALL ".join(arms)


def lists(connection: Reader, model_id: int, slots: Sequence[str]) -> Packed:
    """The model's lists under these names; a name without a list is simply not there."""
    if not slots:
        return Packed({})
    marks, names = _list(slots)
    sql = f"SELECT slot, entries FROM lists WHERE model_id = ? AND slot IN ({marks})"  # noqa: S608
    return Packed(dict(_run(connection, sql, (model_id, *names))))


def cards(connection: Reader, products: Sequence[int]) -> dict[int, Card]:
    """The ready cards of these products."""
    if not products:
        return {}
    marks, keys = _list(products)
    rows = _run(
        connection,
        "SELECT product_id, external_id, sellable, group_key, body "  # noqa: S608
        f"FROM cards WHERE product_id IN ({marks})",
        keys,
    )
    return {row[0]: Card(*row) for row in rows}


# --- asking ---------------------------------------------------------------------------------------

_Value = TypeVar("_Value")
# A request's own connection, or any other that is open: commands and pages ask the same questions.
Reader = Serving | Connection

# How many values the lists of statements hold. Few lengths make few statements, which the driver
# keeps prepared; what is left over is filled with the last value, which changes no answer.
_LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
_MARKS = {length: ", ".join("?" * length) for length in _LENGTHS}


def _list(values: Sequence[_Value]) -> tuple[str, Sequence[_Value]]:
    """The marks of an IN list and the values for them."""
    given = len(values)
    if not given:
        return "", ()
    for length in _LENGTHS:
        if length >= given:
            return _MARKS[length], (*values, *[values[-1]] * (length - given))
    return ", ".join("?" * given), tuple(values)


def _run(connection: Reader, sql: str, values: Sequence[Any]) -> Sequence[Any]:
    """Rows of a literal statement written with `?`."""
    if isinstance(connection, Serving):
        return connection.rows(sql, values)
    if connection.dialect.paramstyle != "qmark":
        sql = percent_marks(sql)
    return connection.exec_driver_sql(sql, tuple(values)).fetchall()
