"""Who is one person, and what did they do in their window? From raw facts to units.

A person is every visitor id and customer that are known to belong together; the analysis is by
intention to treat: the arm of a person's earliest exposure is theirs, whatever they saw later.
All of a person's orders count, net of refunds and without cancelled ones, from their entry until
their window closes. Of their past only what was known of them when they entered: a later order may
tell whose the browser is, and then earlier orders with it, but who orders at all is an effect of
the shelf, and a past that only buyers have would make the arms look unequal.

Pure: `store.reads.outcomes` reads the facts, of everybody or of a few people whose figures changed,
and both give the same units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from store.records import Entered, Experiment, NetOrder, Unit

# Revenue before entry, for CUPED and for checking that the arms started equal.
BEFORE_S = 90 * 86_400

Node = bytes | int  # a visitor's digest, or a customer's key


def units(
    experiment: Experiment,
    entries: Iterable[Entered],
    links: Iterable[tuple[bytes, int]],
    orders: Iterable[NetOrder],
    clicks: Mapping[bytes, int] = MappingProxyType({}),
    attributed_minor: Mapping[bytes, int] = MappingProxyType({}),
    robots: Set[bytes] = frozenset(),
) -> list[Unit]:
    """The units of these entries.

    `links` are visitors with the customers they turned out to be; clicks, attributed revenue and
    robots are by visitor.
    """
    root_of = roots(links)
    people: dict[Node, list[Entered]] = {}
    for entry in sorted(entries, key=lambda it: (it.at, it.visitor)):
        people.setdefault(root_of.get(entry.visitor, entry.visitor), []).append(entry)
    bought: dict[Node, list[NetOrder]] = {}
    for order in orders:
        # By the customer first: a browser may be lent, an account says who it was.
        for node in (order.customer, order.visitor):
            person = None if node is None else root_of.get(node, node)
            if person in people:
                bought.setdefault(person, []).append(order)
                break
    found = []
    for person, theirs in people.items():
        did = _Outcome(
            clicks=sum(clicks.get(entry.visitor, 0) for entry in theirs),
            attributed_minor=sum(attributed_minor.get(entry.visitor, 0) for entry in theirs),
            robot=any(entry.visitor in robots for entry in theirs),
        )
        found.append(_unit(experiment, theirs, bought.get(person, ()), did))
    return found


class _Outcome(NamedTuple):
    """What all of a person's devices did with the tested shelf."""

    clicks: int
    attributed_minor: int
    robot: bool


def _unit(
    experiment: Experiment, entries: Sequence[Entered], orders: Sequence[NetOrder], did: _Outcome
) -> Unit:
    first = entries[0]
    # Shops tell an order's instant in whole seconds, cut off: so is the entry for comparing.
    since = first.at.replace(microsecond=0)
    known = _customers_known(first.visitor, orders, since)
    inside: list[NetOrder] = []
    earlier: list[NetOrder] = []
    later: list[datetime] = []
    for order in orders:
        after_s = (order.placed_at - since).total_seconds()
        if 0 <= after_s < experiment.window_s:
            inside.append(order)
        elif -BEFORE_S <= after_s < 0 and (
            order.visitor == first.visitor or order.customer in known
        ):
            earlier.append(order)
        if after_s >= 0:
            later.append(order.placed_at)
    later.sort()
    return Unit(
        arm=first.arm,
        entered_at=first.at,
        orders=len(inside),
        revenue_minor=sum(order.net_minor for order in inside),
        before_minor=sum(order.net_minor for order in earlier),
        clicks=did.clicks,
        crossed=any(entry.arm != first.arm for entry in entries),
        attributed_minor=did.attributed_minor,
        bought_before=bool(earlier),
        device=first.device,
        led_by=first.led_by,
        first_order_at=later[0] if inside else None,
        second_order_at=later[1] if inside and len(later) > 1 else None,
        robot=did.robot,
        visitor=first.visitor,
    )


def _customers_known(visitor: bytes, orders: Iterable[NetOrder], since: datetime) -> set[int]:
    """The customers that this browser had ordered as before it entered."""
    return {
        order.customer
        for order in orders
        if order.visitor == visitor and order.customer is not None and order.placed_at < since
    }


def roots(links: Iterable[tuple[bytes, int]]) -> dict[Node, Node]:
    """Visitors and customers -> one name for all that are the same person (union-find)."""
    parent: dict[Node, Node] = {}

    def root(node: Node) -> Node:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for visitor, customer in links:
        parent[root(visitor)] = root(customer)
    return {node: root(node) for node in list(parent)}
