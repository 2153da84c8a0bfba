"""Every published list, counted again in plain Python from the orders and products it came from.

`faults` knows nothing of the trainers' matrices: it walks through order lines with dictionaries
and sets, by the sentences of docs/recommenders.md. What a list keeps as evidence is what a reason
on the shelf may claim, so a single difference is a lie told to shoppers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from math import isclose, log2

from rapidfuzz import fuzz
from sqlalchemy import Connection

from recommenders.pace import PACES
from recommenders.wording import plain
from store.reads.models import StoredLists
from store.reads.training import TrainingData
from store.records import (
    SHARED_CATEGORY,
    SHARED_PRICE_BAND,
    SHARED_TAGS,
    SHARED_TITLE,
    SHARED_TYPE,
    SHARED_VENDOR,
    Entry,
)

DAY_S = 86_400
FEW_BUYERS = 3


class Ledger:
    """The orders and products of a shop, for looking things up one by one."""

    def __init__(self, data: TrainingData) -> None:
        lines, goods = data.interactions, data.catalogue
        keys, self.now_s = goods.keys.tolist(), int(lines.at_s[-1])
        self.orders = lines.orders
        self.at_s: dict[int, int] = {}
        self.buyer: dict[int, object] = {}
        self.with_product: dict[int, set[int]] = defaultdict(set)
        self.times: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
        for order, product, customer, at_s in zip(
            lines.order.tolist(),
            lines.product.tolist(),
            lines.customer.tolist(),
            lines.at_s.tolist(),
            strict=True,
        ):
            key = keys[product]
            self.at_s[order] = at_s
            who = None if customer < 0 else int(lines.customer_keys[customer])
            self.buyer[order] = f"guest {order}" if who is None else who
            self.with_product[key].add(order)
            if who is not None:
                self.times[who][key].add(order)
        rows = zip(
            [plain(t) for t in goods.titles],
            [plain(v) for v in goods.vendors],
            [plain(t) for t in goods.types],
            [frozenset(t) for t in goods.tags],
            [frozenset(c) for c in goods.categories],
            goods.price_minor.tolist(),
            strict=True,
        )
        self.goods = dict(zip(keys, rows, strict=True))
        self.bought_by: Counter[int] = Counter()
        self.again_by: Counter[int] = Counter()
        for own in self.times.values():
            self.bought_by.update(own.keys())
            self.again_by.update(p for p, orders in own.items() if len(orders) > 1)

    def told(self, orders: set[int]) -> int:
        """How many orders a reason may tell of: none while fewer than 3 buyers placed them."""
        return len(orders) if len({self.buyer[o] for o in orders}) >= FEW_BUYERS else 0

    def since(self, orders: set[int], days: int, before_days: int = 0) -> set[int]:
        start_s, end_s = self.now_s - days * DAY_S, self.now_s - before_days * DAY_S
        return {o for o in orders if start_s < self.at_s[o] <= end_s}

    def rebuy(self, product: int) -> float:
        overall = (self.again_by.total() + 1) / (self.bought_by.total() + 2)
        return (self.again_by[product] + 5 * overall) / (self.bought_by[product] + 5)

    def title(self, a: int, b: int) -> float:
        one, other = self.goods[a][0], self.goods[b][0]
        return (fuzz.token_sort_ratio(one, other) + fuzz.token_set_ratio(one, other)) / 200

    def shared(self, a: int, b: int) -> int:
        (_, vendor, kind, tags, categories, price), other = self.goods[a], self.goods[b]
        together = len(tags & other[3]) / len(tags | other[3]) if tags | other[3] else 0.0
        near = price > 0 and other[5] > 0 and abs(log2(price / other[5])) <= log2(1.25)
        return (
            SHARED_TITLE * (self.title(a, b) >= 0.6)
            + SHARED_VENDOR * (vendor == other[1] != "")
            + SHARED_TYPE * (kind == other[2] != "")
            + SHARED_TAGS * (together >= 0.5)
            + SHARED_CATEGORY * bool(categories & other[4])
            + SHARED_PRICE_BAND * near
        )


def faults(connection: Connection, data: TrainingData, model_id: int) -> Iterator[str]:
    """Each place of a model's lists whose evidence is not what the orders and products say."""
    ledger = Ledger(data)
    book = StoredLists(connection, model_id)
    for slot in book:
        strategy, _, of = slot.partition(":")
        for entry in map(Entry._make, book[slot]):
            if wrong := ", ".join(_CHECKS[strategy](ledger, of, entry)):
                yield f"{slot} lists {entry}, but {wrong}"


def entries(connection: Connection, model_id: int) -> int:
    """How many places there are to check."""
    return sum(len(row) for row in StoredLists(connection, model_id).values())


def _same(what: str, told: float, counted: float) -> Iterator[str]:
    if not isclose(told, counted, rel_tol=1e-4, abs_tol=1e-4):
        yield f"{what} is {counted}"


def _together(ledger: Ledger, of: str, entry: Entry) -> Iterator[str]:
    a, b = ledger.with_product[int(of)], ledger.with_product[entry.product]
    both = a & b
    yield from _same("support", entry.support, ledger.told(both))
    lift = len(both) * ledger.orders / max(len(a) * len(b), 1)
    yield from _same("strength", entry.strength, lift)


def _blend(ledger: Ledger, of: str, entry: Entry) -> Iterator[str]:
    if entry.strength:
        yield from _together(ledger, of, entry)
        return
    if ledger.with_product[int(of)] & ledger.with_product[entry.product]:
        yield "they were bought together"
    if entry.support:
        yield from _same("support", entry.support, ledger.shared(int(of), entry.product))


def _similar(ledger: Ledger, of: str, entry: Entry) -> Iterator[str]:
    yield from _same("support", entry.support, ledger.shared(int(of), entry.product))
    yield from _same("strength", entry.strength, ledger.title(int(of), entry.product))


def _repurchase(ledger: Ledger, of: str, entry: Entry) -> Iterator[str]:
    yield from _same("support", entry.support, len(ledger.times[int(of)][entry.product]))
    yield from _same("strength", entry.strength, ledger.rebuy(entry.product))


def _due(ledger: Ledger, of: str, entry: Entry) -> Iterator[str]:
    yield from _same("support", entry.support, len(ledger.times[int(of)][entry.product]))
    if not 0 < entry.strength < 1 or entry.strength != entry.score:
        yield "that is no chance"


def _for_you(ledger: Ledger, of: str, entry: Entry) -> Iterator[str]:
    own = ledger.times[int(of.removeprefix("new:"))].get(entry.product, set())
    yield from _same("support", entry.support, len(own))
    if of.startswith("new:") and own:
        yield "it is not new to them"


def _personal(ledger: Ledger, of: str, entry: Entry) -> Iterator[str]:
    yield from _same("support", entry.support, len(ledger.times[int(of)]))
    if entry.product in ledger.times[int(of)]:
        yield "it is not new to them"


def _bestseller(ledger: Ledger, of: str, entry: Entry) -> Iterator[str]:
    orders = ledger.with_product[entry.product]
    yield from _same("support", entry.support, ledger.told(ledger.since(orders, 28)))
    ages = [(ledger.now_s - ledger.at_s[o]) / DAY_S for o in orders]
    decayed = (sum(0.5 ** (age / pace) for age in ages) for pace in PACES)
    if not any(isclose(entry.strength, it, rel_tol=1e-3) for it in decayed):
        yield "no half-life gives that strength"
    if of and of not in ledger.goods[entry.product][4]:
        yield "it is not of that category"


def _trending(ledger: Ledger, of: str, entry: Entry) -> Iterator[str]:
    every, orders = set(ledger.at_s), ledger.with_product[entry.product]
    now, usual = ledger.since(orders, 14), ledger.since(orders, 70, 14)
    busier = len(ledger.since(every, 14)) / max(len(ledger.since(every, 70, 14)), 1)
    yield from _same("support", entry.support, ledger.told(now))
    yield from _same("strength", entry.strength, len(now) / max(len(usual) * busier, 0.1))


_CHECKS = {
    "bought_together": _together,
    "blend": _blend,
    "similar": _similar,
    "repurchase": _repurchase,
    "due": _due,
    "for_you": _for_you,
    "personal": _personal,
    "bestseller": _bestseller,
    "trending": _trending,
}
