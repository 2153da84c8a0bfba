"""What changed in the lists between two versions of a shop's model?

For each strategy: how many lists there are in both, how much of their first ten stayed, and which
products entered or left the most of them. Figures alone do not tell a merchant what a new version
shows; this does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from store import tables
from store.packing import unpack

TOP = 10
# Of each strategy at most so many lists are compared: a page wants an answer in a second.
MOST_LISTS = 2_000
NAMED = 5  # products that entered or left are told by title, those of most lists first


@dataclass(frozen=True, slots=True)
class Moved:
    """A product that entered or left the first ten of so many lists."""

    product: int
    title: str
    lists: int


@dataclass(frozen=True, slots=True)
class Change:
    """One strategy's lists in two versions; `kept` is the mean share of the first ten that stayed.

    `compared` lists are in both; `gone` only in the older version, `new` only in the newer.
    """

    strategy: str
    compared: int
    kept: float
    same_first: float  # share of the compared lists whose first product stayed the first
    gone: int
    new: int
    entered: Sequence[Moved]
    left: Sequence[Moved]


def changes(
    connection: Connection, older_id: int, newer_id: int, most: int = MOST_LISTS
) -> list[Change]:
    """Strategy by strategy, in alphabetical order; those without lists in both are left out."""
    before, after = _counts(connection, older_id), _counts(connection, newer_id)
    found = []
    for strategy in sorted(set(before) & set(after)):
        found.append(_change(connection, strategy, older_id, newer_id, most))
    return found


def _change(
    connection: Connection, strategy: str, older_id: int, newer_id: int, most: int
) -> Change:
    older, newer = (_slots(connection, m, strategy) for m in (older_id, newer_id))
    both = sorted(older & newer)
    # Evenly spread over all lists: keys grow with time, and so do a shop's products.
    asked = both[:: -(-len(both) // most) or 1]
    kept = first = 0.0
    entered: Counter[int] = Counter()
    left: Counter[int] = Counter()
    for start in range(0, len(asked), 500):
        part = asked[start : start + 500]
        was, now = (_top(connection, m, part) for m in (older_id, newer_id))
        for slot in part:
            a, b = was[slot], now[slot]
            kept += len(set(a) & set(b)) / max(len(a), len(b))
            first += a[0] == b[0]
            entered.update(set(b) - set(a))
            left.update(set(a) - set(b))
    return Change(
        strategy=strategy,
        compared=len(asked),
        kept=kept / max(len(asked), 1),
        same_first=first / max(len(asked), 1),
        gone=len(older - newer),
        new=len(newer - older),
        entered=_named(connection, entered),
        left=_named(connection, left),
    )


def _counts(connection: Connection, model_id: int) -> dict[str, int]:
    """Lists of each strategy: what stands before the first colon of a slot."""
    row = tables.ListRow
    strategy = func.substr(row.slot, 1, _colon(connection, row.slot) - 1)
    counted = select(strategy, func.count()).where(row.model_id == model_id).group_by(strategy)
    return {row[0]: row[1] for row in connection.execute(counted)}


def _colon(connection: Connection, column: object):  # type: ignore[no-untyped-def]
    position = func.strpos if connection.dialect.name == "postgresql" else func.instr
    return position(column, ":")


def _slots(connection: Connection, model_id: int, strategy: str) -> set[str]:
    row = tables.ListRow
    named = select(row.slot).where(
        row.model_id == model_id, row.slot >= f"{strategy}:", row.slot < f"{strategy};"
    )
    return set(connection.scalars(named))


def _top(connection: Connection, model_id: int, slots: Sequence[str]) -> dict[str, list[int]]:
    row = tables.ListRow
    rows = connection.execute(
        select(row.slot, row.entries).where(row.model_id == model_id, row.slot.in_(slots))
    )
    return {slot: [entry[0] for entry in unpack(bytes(packed))[:TOP]] for slot, packed in rows}


def _named(connection: Connection, times: Counter[int]) -> list[Moved]:
    most = sorted(times.items(), key=lambda of: (-of[1], of[0]))[:NAMED]
    p = tables.Product
    titled = select(p.id, p.title).where(p.id.in_([product for product, _ in most]))
    titles = {row.id: row.title for row in connection.execute(titled)}
    return [Moved(product, titles.get(product, ""), n) for product, n in most]
