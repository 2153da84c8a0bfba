"""What did shoppers see, all in all? How the places of a test's shelves spread over the catalogue.

A place is one product in sight on one shelf. Sales alone do not tell whether a shelf shows the
whole shop or the same ten products to everybody, lets new products be found, or makes large
vendors larger: so each arm's places are counted by product and day, and these figures follow.
They describe; they decide nothing.

Counts add, day by day, and the scheduler stores them. Standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, TypeVar, get_args

from store.records import Arm, Offered

# As in the backtest's figures: a month is what shops call "new in".
NEW_FOR = timedelta(days=28)
# The largest sellers that together make half of the sales, the smallest that together make a
# fifth at most, and those between.
LARGE, SMALL = 0.5, 0.2
# Sales are of so many days before the start: what was large is not the test's own doing.
SOLD_DAYS = timedelta(days=90)

Size = Literal["large", "middle", "small"]
SIZES: tuple[Size, ...] = get_args(Size)
ARMS: tuple[Arm, ...] = ("control", "treatment")
Times = Mapping[int, int]  # product (the store's key) -> how often it was in sight
Member = TypeVar("Member", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Counts:
    """Shelves that were in sight, and the products on them."""

    views: int
    times: Times


class Day(NamedTuple):
    """What each arm saw on one of the shop's days."""

    begins_at: datetime
    arms: Mapping[Arm, Counts]

    def to_json(self) -> str:
        return json.dumps(
            {arm: [it.views, sorted(it.times.items())] for arm, it in sorted(self.arms.items())},
            separators=(",", ":"),
        )

    @staticmethod
    def from_json(begins_at: datetime, text: str) -> Day:
        said = json.loads(text)
        return Day(
            begins_at, {arm: Counts(views, dict(times)) for arm, (views, times) in said.items()}
        )

    @staticmethod
    def of(begins_at: datetime, views: Iterable[tuple[Arm, Sequence[int]]]) -> Day:
        """From the day's views: whose, and the products that were in sight."""
        shelves: dict[Arm, int] = {}
        times: dict[Arm, dict[int, int]] = {}
        for arm, products in views:
            shelves[arm] = shelves.get(arm, 0) + 1
            mine = times.setdefault(arm, {})
            for product in products:
                mine[product] = mine.get(product, 0) + 1
        return Day(begins_at, {arm: Counts(shelves[arm], times[arm]) for arm in shelves})


@dataclass(frozen=True, slots=True)
class ShownArm:
    """One arm's places. None: nothing was shown, or the shop does not tell."""

    arm: Arm
    views: int
    places: int
    products: int  # different ones
    coverage: float | None  # of the products that can be bought, those shown to anybody
    gini: float | None  # 0: all products equally often; towards 1: a few take all places
    top_tenth: float | None  # places of the tenth of products that was shown most
    new: float | None  # places of products in the shop for less than 28 days


@dataclass(frozen=True, slots=True)
class Group:
    """Vendors or products of one size by sales: their part of the sales, and of the places."""

    of: Literal["vendors", "products"]
    size: Size
    members: int
    sold: float
    control: float | None
    treatment: float | None


@dataclass(frozen=True, slots=True)
class Shown:
    sellable: int  # products that can be bought today
    control: ShownArm
    treatment: ShownArm
    groups: tuple[Group, ...]


def shown(days: Sequence[Day], offered: Mapping[int, Offered]) -> Shown | None:
    """The figures of all `days` together; None: nobody had a shelf in sight."""
    total = {arm: _total(day.arms.get(arm) for day in days) for arm in ARMS}
    if not any(counts.views for counts in total.values()):
        return None
    dated = any(it.published_at is not None for it in offered.values())
    arms = {
        arm: _arm(arm, total[arm], _new_places(arm, days, offered) if dated else None, offered)
        for arm in ARMS
    }
    times = {arm: total[arm].times for arm in ARMS}
    return Shown(
        sellable=sum(it.sellable for it in offered.values()),
        control=arms["control"],
        treatment=arms["treatment"],
        groups=(*_vendors(times, offered), *_products(times, offered)),
    )


def _total(counted: Iterable[Counts | None]) -> Counts:
    views, times = 0, dict[int, int]()
    for counts in counted:
        if counts is not None:
            views += counts.views
            for product, often in counts.times.items():
                times[product] = times.get(product, 0) + often
    return Counts(views, times)


def _new_places(arm: Arm, days: Sequence[Day], offered: Mapping[int, Offered]) -> int:
    """Places of products that were new on the day itself."""
    found = 0
    for day in days:
        counts = day.arms.get(arm)
        for product, often in counts.times.items() if counts else ():
            since = offered[product].published_at if product in offered else None
            if since is not None and day.begins_at - since < NEW_FOR:
                found += often
    return found


def _arm(arm: Arm, counts: Counts, new: int | None, offered: Mapping[int, Offered]) -> ShownArm:
    places = sum(counts.times.values())
    of_sellable = sorted(counts.times.get(key, 0) for key, it in offered.items() if it.sellable)
    most = sum(of_sellable[len(of_sellable) - (len(of_sellable) + 9) // 10 :])
    return ShownArm(
        arm=arm,
        views=counts.views,
        places=places,
        products=len(counts.times),
        coverage=sum(often > 0 for often in of_sellable) / len(of_sellable)
        if of_sellable and places
        else None,
        gini=gini(of_sellable),
        top_tenth=most / total if (total := sum(of_sellable)) else None,
        new=new / places if new is not None and places else None,
    )


def gini(ascending: Sequence[int]) -> float | None:
    """Gini's coefficient: how far the places are from being equally shared. None without any."""
    n, total = len(ascending), sum(ascending)
    if not total:
        return None
    return sum((2 * i - n + 1) * often for i, often in enumerate(ascending)) / (n * total)


def sizes(sold: Mapping[Member, int]) -> dict[Member, Size]:
    """Who is large, who small, by what each sold; nobody where nothing was sold."""
    total = sum(sold.values())
    if not total:
        return {}
    found: dict[Member, Size] = dict.fromkeys(sold, "middle")
    ordered = sorted(sold, key=lambda member: (-sold[member], str(member)))
    before = 0
    for member in ordered:
        if before >= LARGE * total:
            break
        found[member] = "large"
        before += sold[member]
    after = 0
    for member in reversed(ordered):
        after += sold[member]
        if after > SMALL * total or found[member] == "large":
            break
        found[member] = "small"
    return found


def _vendors(times: Mapping[Arm, Times], offered: Mapping[int, Offered]) -> list[Group]:
    """By vendor; nothing where the shop names fewer than two."""
    sold: dict[str, int] = {}
    for it in offered.values():
        if it.vendor:
            sold[it.vendor] = sold.get(it.vendor, 0) + it.sold
    if len(sold) < 2:
        return []
    size = sizes(sold)
    return _groups(
        "vendors", size, sold, times, {key: it.vendor for key, it in offered.items() if it.vendor}
    )


def _products(times: Mapping[Arm, Times], offered: Mapping[int, Offered]) -> list[Group]:
    sold = {key: it.sold for key, it in offered.items() if it.sellable or it.sold}
    return _groups("products", sizes(sold), sold, times, {key: key for key in sold})


def _groups(
    of: Literal["vendors", "products"],
    size: Mapping[Member, Size],
    sold: Mapping[Member, int],
    times: Mapping[Arm, Times],
    member_of: Mapping[int, Member],
) -> list[Group]:
    all_sold = sum(sold.values())
    places: dict[Arm, dict[Size, int]] = {arm: dict.fromkeys(SIZES, 0) for arm in times}
    for arm, counts in times.items():
        for product, often in counts.items():
            member = member_of.get(product)
            if member is not None and member in size:
                places[arm][size[member]] += often
    found = []
    for name in SIZES if size else ():
        mine = [member for member, its in size.items() if its == name]
        share: dict[Arm, float | None] = {
            arm: by_size[name] / total if (total := sum(by_size.values())) else None
            for arm, by_size in places.items()
        }
        found.append(
            Group(
                of, name, len(mine), sum(sold[member] for member in mine) / all_sold,
                share["control"], share["treatment"],
            )
        )  # fmt: skip
    return found
