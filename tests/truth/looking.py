"""Look at a simulated shop every day, as its merchant would, through the product's own code.

`persons.units` makes units of what is known on that day, whole days are kept as sums and changed
by what is new (as `scheduler.count` does in the store), and `judge` says the verdict. Beside it
stands the ordinary test, read daily, which must fail: a harness that cannot fail proves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from experiments import assess, persons
from experiments.outcome import Judgement, Lift, Lopsided, NotProven
from experiments.tally import Arms, DayTally
from experiments.verdict import FRESH
from store.records import Entered, NetOrder, Unit
from tests.truth.world import DAY_S, DAYS, START, World, instant

DAY = timedelta(days=1)
# A week after the locked end: by then the last refunds of the mature ones are coming in.
LAST_LOOK = DAYS + 7


@dataclass(frozen=True)
class Look:
    day: int
    tally: DayTally
    judgement: Judgement


def looks(world: World) -> Iterator[Look]:
    """The judgement after each day."""
    known = _Known(world)
    running = FRESH
    for day in range(1, LAST_LOOK + 1):
        tally = known.until(day)
        judgement = assess.judge_day(world.experiment, tally, running)
        running = judgement.running
        yield Look(day, tally, judgement)


@dataclass(frozen=True)
class Read:
    """What a merchant learns who looks daily and stops at the first verdict."""

    said: str  # helping, hurting, not_proven, too_early, lopsided
    day: int
    covers: bool | None  # does the interval they read hold the truth? None: they were shown none
    covers_at_end: bool | None  # and that of a merchant who waits
    naive: bool  # would an ordinary test, read daily, have announced a winner?


def read(world: World) -> Read:
    first: Look | None = None
    end: Look | None = None
    naive = False
    for look in looks(world):
        naive = naive or _significant(look.tally)
        if isinstance(look.judgement.verdict, Lift) and first is None:
            first = look
        if look.day <= DAYS or end is None:
            end = look
    if end is None:
        raise ValueError("a world has at least one day")
    chosen = first or end
    truth = world.truth.uplift
    return Read(
        said=_word(chosen.judgement),
        day=chosen.day,
        covers=_covers(chosen.judgement, truth),
        covers_at_end=_covers(end.judgement, truth),
        naive=naive,
    )


def _word(judgement: Judgement) -> str:
    verdict = judgement.verdict
    return verdict.direction if isinstance(verdict, Lift) else verdict.kind


def _covers(judgement: Judgement, truth: float) -> bool | None:
    verdict = judgement.verdict
    if isinstance(verdict, Lopsided) or not isinstance(verdict, Lift | NotProven):
        return None
    interval = verdict.effect.lift_interval
    return None if interval is None else interval.holds(truth)


def _significant(tally: DayTally) -> bool:
    """A plain z-test of two conversion rates at .05, on everybody seen so far."""
    a, b = tally.entered.control, tally.entered.treatment
    if min(a.converters, b.converters) < 5:
        return False
    pooled = (a.converters + b.converters) / (a.visitors + b.visitors)
    se = math.sqrt(pooled * (1 - pooled) * (1 / a.visitors + 1 / b.visitors))
    return abs(b.converters / b.visitors - a.converters / a.visitors) > 1.959964 * se


class _Known:
    """What has been told by the end of a day; people of whom something new was told are counted
    again, all others stay as they are."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.by_person: dict[int, list[int]] = {}  # person -> their places in world.visitors
        person_of = {visitor.id: visitor.person for visitor in world.visitors}
        self.digest_of = {visitor.id: visitor.digest for visitor in world.visitors}
        self.person_of = {visitor.digest: visitor.person for visitor in world.visitors}
        self.orders: dict[int, list[int]] = {}
        for i, visitor in enumerate(world.visitors):
            self.by_person.setdefault(visitor.person, []).append(i)
        news: dict[int, set[int]] = {}  # day -> people of whom something is told on it
        for visitor in world.visitors:
            if visitor.told_s is not None:
                news.setdefault(int(visitor.told_s // DAY_S) + 1, set()).add(visitor.person)
        for i, order in enumerate(world.purchases):
            person = order.customer if order.visitor is None else person_of[order.visitor]
            if person is None:
                continue  # names nobody: part of no one's outcome
            self.orders.setdefault(person, []).append(i)
            for told_s in (order.told_s, order.cancelled_s, order.refund_s):
                if told_s is not None:
                    news.setdefault(max(1, int(told_s // DAY_S) + 1), set()).add(person)
        self.news = news
        self.units: dict[int, list[Unit]] = {}
        self.sums = [Arms() for _ in range(DAYS + 1)]

    def until(self, day: int) -> DayTally:
        """The tally at the end of this day; days must be asked for in order."""
        people = sorted(self.news.get(day, ()))
        before = [unit for person in people for unit in self.units.pop(person, ())]
        for unit in self._count(people, day * DAY_S):
            self.units.setdefault(self.person_of[unit.visitor], []).append(unit)
        after = [unit for person in people for unit in self.units.get(person, ())]
        for number, (gone, come) in enumerate(zip(_by_day(before), _by_day(after), strict=True)):
            if gone or come:
                cap = self.world.experiment.cap_minor
                self.sums[number] = self.sums[number] - Arms.of(gone, cap) + Arms.of(come, cap)
        until_at = START + day * DAY
        entered = mature = Arms()
        for number, arms in enumerate(self.sums[:day]):
            entered += arms
            if number < day - 7:
                mature += arms
        return DayTally(until_at, mature, entered)

    def _count(self, people: list[int], now_s: float) -> list[Unit]:
        visitors = [
            self.world.visitors[i] for person in people for i in self.by_person.get(person, ())
        ]
        told = [v for v in visitors if v.told_s is not None and v.told_s < now_s]
        orders, links = [], []
        for i in (i for person in people for i in self.orders.get(person, ())):
            order = self.world.purchases[i]
            if order.told_s >= now_s:
                continue
            visitor = self.digest_of[order.visitor] if order.visitor else None
            if visitor is not None and order.customer is not None:
                links.append((visitor, order.customer))
            if order.cancelled_s is not None and order.cancelled_s < now_s:
                continue
            back = order.refund_s is not None and order.refund_s < now_s
            net = order.net_minor - (order.refund_minor if back else 0)
            orders.append(NetOrder(i, order.customer, visitor, instant(order.at_s), net))
        entries = [
            Entered(self.digest_of[v.id], v.arm, START + timedelta(seconds=v.told_s or 0.0))
            for v in told
        ]
        return persons.units(
            self.world.experiment,
            entries,
            links,
            orders,
            robots={self.digest_of[v.id] for v in told if v.robot},
        )


def _by_day(units: list[Unit]) -> list[list[Unit]]:
    found: list[list[Unit]] = [[] for _ in range(DAYS + 1)]
    for unit in units:
        found[(unit.entered_at - START) // DAY].append(unit)
    return found
