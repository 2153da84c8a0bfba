"""Which lists and cards make one shelf answer, in as few statements as it takes?

This runs on every product page of a shop, so its statements are literal SQL with bound values.
Two statements answer a visitor (`named_lists`, `cards`); a signed customer asks one more
(`shopper.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from store.packing import columns, unpack, unreadable
from store.reads.literal import Reader, in_one, listed, rows, tabled
from store.records import Arm, Card, Columns, Entry, Rows


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
    marks, ids = listed(external_ids)
    found = rows(
        connection,
        "SELECT p.external_id, p.id, pc.category_id, c.name FROM products p "  # noqa: S608
        "LEFT JOIN product_categories pc ON pc.product_id = p.id AND pc.position = 0 "
        "LEFT JOIN categories c ON c.shop_id = p.shop_id AND c.external_id = pc.category_id "
        f"WHERE p.shop_id = ? AND p.external_id IN ({marks})",
        (shop_id, *ids),
    )
    return {row[0]: Known(row[1], row[2], row[3] or "") for row in found}


def product_keys(connection: Reader, shop_id: int, external_ids: Sequence[str]) -> dict[str, int]:
    """The shop's id -> the store's key, of the products that events name."""
    if not external_ids:
        return {}
    marks, ids = listed(external_ids)
    sql = f"SELECT external_id, id FROM products WHERE shop_id = ? AND external_id IN ({marks})"  # noqa: S608
    return dict(rows(connection, sql, (shop_id, *ids)))


class Packed(Rows):
    """A model's lists by name, each unpacked when it is looked at: most of a chain's never are.

    One that cannot be read is empty, so that a shelf goes on to the next, and is `unreadable`.
    """

    def __init__(self, packed: dict[str, bytes]) -> None:
        self._packed = packed
        self.unreadable: set[str] = set()

    def columns(self, names: Sequence[str]) -> Columns:
        packed = [self._packed.get(name, b"") for name in names]
        if any(map(unreadable, packed)):
            packed = [self._readable(name) for name in names]
        return columns(packed)

    def _readable(self, slot: str) -> bytes:
        packed = self._packed.get(slot, b"")
        if unreadable(packed):
            self.unreadable.add(slot)
            return b""
        return packed

    def __getitem__(self, slot: str) -> Sequence[Entry]:
        if slot not in self._packed:
            raise KeyError(slot)
        return unpack(self._readable(slot))

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
    visitor: bytes | None = None  # whose "not for me" holds
    customer: int | None = None  # ... and that of all browsers of this signed customer
    tests: tuple[int, ...] = ()  # the experiments of which the visitor's stored arm is wanted


class Found(NamedTuple):
    """What there is of what was named; unknown products and names without a list are not there."""

    known: Mapping[str, Known]
    lists: Packed
    unwanted: frozenset[int] = frozenset()  # products that the shopper does not want to be shown
    arms: Mapping[int, Arm] = {}  # experiment -> the arm of this person's earliest entry


def named_lists(connection: Reader, shop_id: int, model_id: int, named: Named) -> Found:
    """The products that a page names, the model's lists for them, and what the shopper does not
    want, in one statement."""
    values: list[Any] = []
    page = None
    # Products of which the same lists are wanted are looked up together.
    alike: dict[tuple[str, ...], list[str]] = {}
    if named.page is not None and named.of_category:
        page = (len(named.of_page), len(named.of_category))
        values += (model_id, *named.of_page, *named.of_category, shop_id, named.page)
    elif named.page is not None:
        alike[named.of_page] = [named.page]
    if named.anchors:
        alike.setdefault(named.of_anchors, []).extend(named.anchors)
    if named.others:
        alike.setdefault((), []).extend(named.others)
    groups = []
    for beginnings, products in alike.items():
        table, ids = tabled(products)
        groups.append((len(beginnings), table))
        values += (*ids, model_id, *beginnings, shop_id) if beginnings else (*ids, shop_id)
    whole, slots = listed(named.slots)
    if slots:
        values += (model_id, *slots)
    some, tests = listed(named.tests)
    if named.visitor is not None:
        values += (shop_id, named.visitor)
        if named.customer is not None:
            values += (shop_id, named.customer)
        if tests:
            values += (*tests, named.visitor, shop_id, named.visitor, *tests)
    if not values:
        return Found({}, Packed({}))
    browsers = 0 if named.visitor is None else 1 if named.customer is None else 2
    sqlite = connection.dialect.name == "sqlite"
    source = _named_lists(page, tuple(groups), whole, browsers, some, sqlite)
    known: dict[str, Known] = {}
    packed: dict[str, bytes] = {}
    unwanted: list[int] = []
    entered: dict[int, tuple[int, Arm]] = {}
    found: Sequence[Any]
    if named.page and len(groups) == 1 and not (named.anchors or named.others or slots or browsers):
        # The usual page of somebody unknown: one row, or one of each strategy that leads.
        found = rows(connection, _by_rows(source), values)
    else:
        found = in_one(connection, _NAMED, source, values, packed="entries")
    for external_id, key, category, name, slot, at, entries in found:
        if external_id is not None and external_id not in known:
            known[external_id] = Known(key, category, name or "")
        if slot is not None:
            packed[slot] = entries
        elif at is not None:
            entered[key] = min((at, category), entered.get(key, (at, category)))
        elif external_id is None:
            unwanted.append(key)
    arms = {test: arm for test, (_, arm) in entered.items()}
    return Found(known, Packed(packed), frozenset(unwanted), arms)


@cache
def _named_lists(
    page: tuple[int, int] | None,
    groups: tuple[tuple[int, str], ...],
    slots: str,
    browsers: int,
    tests: str,
    sqlite: bool,
) -> str:
    """What to select from, for so many beginnings and ids; there are few such shapes."""
    arms = [] if sqlite else [_TYPED]
    if page is not None:
        names = ["? || p.id"] * page[0] + ["? || pc.category_id"] * page[1]
        arms.append(
            _select("p.external_id", "p.id", "pc.category_id", "c.name", "l.slot", "l.entries")
            + "FROM products p "
            "LEFT JOIN product_categories pc ON pc.product_id = p.id AND pc.position = 0 "
            "LEFT JOIN categories c ON c.shop_id = p.shop_id AND c.external_id = pc.category_id "
            f"LEFT JOIN lists l ON l.model_id = ? AND l.slot {_among(names)} "
            "WHERE p.shop_id = ? AND p.external_id = ?"
        )
    for beginnings, table in groups:
        select, its_lists = _select("p.external_id", "p.id"), ""
        if beginnings:
            select = _select("p.external_id", "p.id", slot="l.slot", entries="l.entries")
            names = ["? || p.id"] * beginnings
            its_lists = f"LEFT JOIN lists l ON l.model_id = ? AND l.slot {_among(names)} "
        # By CROSS JOIN, SQLite begins with the values also where it has not counted its tables.
        arms.append(
            f"{select}FROM (VALUES {table}) named CROSS JOIN products p {its_lists}"
            "WHERE p.shop_id = ? AND p.external_id = named.column1"
        )
    if slots:
        select = _select(slot="slot", entries="entries")
        arms.append(f"{select}FROM lists WHERE model_id = ? AND slot IN ({slots})")
    if browsers:
        theirs = "= ?"
        if browsers > 1:
            theirs = (
                "IN (SELECT ? UNION ALL SELECT visitor FROM identities "
                "WHERE shop_id = ? AND customer_id = ?)"
            )
        select = _select(key="product_id")
        arms.append(f"{select}FROM unwanted WHERE shop_id = ? AND visitor {theirs}")
    if tests:
        # The visitor's own entry, and those of other devices of a customer they turned out to be.
        # Looked up as one (visitor IN what identities tell) they took SQLite four times as long.
        select = _select(key="experiment_id", category="arm", entered_at="entered_at")
        arms.append(f"{select}FROM exposures WHERE experiment_id IN ({tests}) AND visitor = ?")
        arms.append(
            f"{select}FROM identities mine CROSS JOIN identities other CROSS JOIN exposures "
            "WHERE mine.shop_id = ? AND mine.visitor = ? "
            "AND other.shop_id = mine.shop_id AND other.customer_id = mine.customer_id "
            f"AND experiment_id IN ({tests}) AND exposures.visitor = other.visitor"
        )
    return f"FROM ({' UNION ALL '.join(arms)}) found"


@cache
def _by_rows(source: str) -> str:
    return f"SELECT {_NAMED}, entries {source}"


_NAMED = "external_id, id, category, name, slot, entered_at"
# PostgreSQL wants to know of what type a column is that begins with nothing.
_TYPED = (
    "SELECT NULL AS external_id, CAST(NULL AS BIGINT) AS id, NULL AS category, NULL AS name, "
    "NULL AS slot, CAST(NULL AS BYTEA) AS entries, CAST(NULL AS BIGINT) AS entered_at WHERE 1 = 0"
)


def _select(
    external_id: str = "NULL",
    key: str = "NULL",
    category: str = "NULL",
    name: str = "NULL",
    slot: str = "NULL",
    entries: str = "NULL",
    entered_at: str = "NULL",
) -> str:
    return (
        f"SELECT {external_id} AS external_id, {key} AS id, {category} AS category, "
        f"{name} AS name, {slot} AS slot, {entries} AS entries, {entered_at} AS entered_at "
    )


def _among(names: Sequence[str]) -> str:
    """SQLite sorts what stands in IN anew for each product, also where it is one."""
    return f"= {names[0]}" if len(names) == 1 else f"IN ({', '.join(names)})"


def lists(connection: Reader, model_id: int, slots: Sequence[str]) -> Packed:
    """The model's lists under these names; a name without a list is simply not there."""
    if not slots:
        return Packed({})
    marks, names = listed(slots)
    source = f"FROM lists WHERE model_id = ? AND slot IN ({marks})"
    found = in_one(connection, "slot", source, (model_id, *names), packed="entries")
    return Packed(dict(found))


def cards(connection: Reader, products: Sequence[int], traits: bool = False) -> dict[int, Card]:
    """The ready cards of these products; with `traits` also their kind and since when they are
    published, of which most shelves ask nothing."""
    if not products:
        return {}
    table, values = tabled(products)
    columns, source = _cards(traits, table)
    found = in_one(connection, columns, source, values, json="c.body")
    if traits:
        return {
            key: Card(key, external_id, sellable, group, body, kind, published_us)
            for key, external_id, sellable, group, kind, published_us, body in found
        }
    return {row[0]: Card(*row) for row in found}


@cache
def _cards(traits: bool, table: str) -> tuple[str, str]:
    columns = "c.product_id, c.external_id, c.sellable, c.group_key"
    source = f"FROM (VALUES {table}) named CROSS JOIN cards c "
    which = "WHERE c.product_id = named.column1"
    if not traits:
        return columns, source + which
    kind = "COALESCE(pc.category_id, NULLIF(p.product_type, ''), p.vendor)"
    return (
        f"{columns}, {kind}, p.published_at",
        f"{source}JOIN products p ON p.id = c.product_id "
        f"LEFT JOIN product_categories pc ON pc.product_id = p.id AND pc.position = 0 {which}",
    )
