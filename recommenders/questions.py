"""What would shoppers have asked lately, and what was the right answer?

A backtest hides the most recent weeks of orders (`split`) and turns them into questions for each
placement: an `Ask` as the shelf would have sent it, and the products that were then bought.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recommenders.baskets import DAY_S, before, distinct, since
from recommenders.choose import Ask
from store.records import Catalogue, Interactions, Placement

WEEK_S = 7 * DAY_S


@dataclass(frozen=True)
class Question:
    """One shelf of the past: what it was asked, and what was then bought (the store's keys)."""

    ask: Ask
    right: frozenset[int]


@dataclass(frozen=True)
class Split:
    """The orders before `cut_s`, known to the models, and those since, which they must foresee."""

    train: Interactions
    test: Interactions
    cut_s: int


@dataclass(frozen=True)
class Window:
    """How many of the most recent weeks are hidden: as few as give enough orders to judge by.

    Recent weeks are like the weeks to come, so fewer are better; but an interval needs orders.
    """

    enough_orders: int = 1_000  # gives intervals of about +-0.01 NDCG on real shops
    most_weeks: int = 12
    most_share: float = 0.25  # of the whole time: the models need the rest to learn from

    def __post_init__(self) -> None:
        if self.enough_orders < 1 or self.most_weeks < 1 or not 0 < self.most_share < 1:
            raise ValueError("enough_orders and most_weeks must be 1 or more, most_share in 0..1")

    def split(self, interactions: Interactions, now_s: int) -> Split:
        """Hide the last 1 .. `most_weeks` whole weeks before `now_s`."""
        started_s = int(interactions.at_s[0]) if len(interactions.at_s) else now_s
        span_s = max(now_s - started_s, 0)
        cut_s = now_s
        for weeks in range(1, self.most_weeks + 1):
            if weeks > 1 and weeks * WEEK_S > self.most_share * span_s:
                break
            cut_s = now_s - weeks * WEEK_S
            hidden = distinct(interactions.order[interactions.at_s >= cut_s])
            if len(hidden) >= self.enough_orders:
                break
        return split_at(interactions, cut_s)


def split_at(interactions: Interactions, cut_s: int) -> Split:
    """The orders before and since an instant."""
    at = int(np.searchsorted(interactions.at_s, cut_s, side="left"))
    known = before(interactions, cut_s)
    return Split(known, since(interactions, at, len(interactions.at_s)), cut_s)


def as_of(catalogue: Catalogue, split: Split) -> Catalogue:
    """The catalogue with what could be bought at the cut: what can be today, or sold just before.

    What is in stock today says nothing of the past, and nobody recorded the stock of then.
    """
    recently = split.train.at_s >= split.cut_s - 4 * WEEK_S
    then = catalogue.recommendable.copy()
    then[split.train.product[recently]] = True
    return replace(catalogue, recommendable=then)


def questions(
    split: Split, catalogue: Catalogue, most: int, seed: int
) -> Mapping[Placement, list[Question]]:
    """For each placement that can be judged by orders, at most `most` questions.

    also_bought, bought_together: one product of an order is given, the rest of it is right.
    cart: half of an order is given, the rest is right.
    you_might_like: a known customer is given, all they then bought is right.
    """
    also = also_bought(split, catalogue, most, seed)
    random = np.random.default_rng(seed)
    orders = _held(split.test.order, split.test.product, random, most)
    return {
        "also_bought": also,
        "bought_together": [
            Question(Ask("bought_together", q.ask.product, limit=10), q.right) for q in also
        ],
        "cart": [_cart(catalogue, held, random) for held in orders if len(held) >= 3],
        "you_might_like": you_might_like(split, catalogue, most, seed),
    }


def also_bought(split: Split, catalogue: Catalogue, most: int, seed: int) -> list[Question]:
    """A question for each order (at most `most`) of two products or more."""
    random = np.random.default_rng(seed)
    orders = _held(split.test.order, split.test.product, random, most)
    return [_also_bought(catalogue, held, random) for held in orders]


def _held(
    order: NDArray[np.int64], product: NDArray[np.int32], random: np.random.Generator, most: int
) -> list[NDArray[np.int32]]:
    """The distinct products of each order with two or more, of a random `most` of them."""
    by_order = np.argsort(order, kind="stable")
    starts = np.flatnonzero(np.diff(order[by_order], prepend=-1))
    held = [distinct(p) for p in np.split(product[by_order], starts[1:])] if len(starts) else []
    several = [p for p in held if len(p) >= 2]
    if len(several) <= most:
        return several
    return [several[i] for i in np.sort(random.choice(len(several), most, replace=False))]


def _also_bought(
    catalogue: Catalogue, held: NDArray[np.int32], random: np.random.Generator
) -> Question:
    given = int(held[random.integers(len(held))])
    category = next(iter(catalogue.categories[given]), None)
    ask = Ask("also_bought", int(catalogue.keys[given]), category=category, limit=10)
    return Question(ask, frozenset(catalogue.keys[held[held != given]].tolist()))


def _cart(catalogue: Catalogue, held: NDArray[np.int32], random: np.random.Generator) -> Question:
    mixed = catalogue.keys[random.permutation(held)].tolist()
    half = len(mixed) // 2
    return Question(Ask("cart", cart=tuple(mixed[:half]), limit=10), frozenset(mixed[half:]))


def you_might_like(
    split: Split, catalogue: Catalogue, most: int, seed: int, novel: bool = False
) -> list[Question]:
    """A question for each customer (at most `most`) who bought before and since the cut."""
    known = _by_customer(split.train)
    later = _by_customer(split.test)
    returning = sorted(set(known) & set(later))
    if len(returning) > most:
        chosen = np.random.default_rng(seed).choice(len(returning), most, replace=False)
        returning = [returning[i] for i in np.sort(chosen)]
    found = []
    for customer in returning:
        newest_first = dict.fromkeys(catalogue.keys[known[customer][::-1]].tolist())
        owned = frozenset(newest_first)
        right = frozenset(catalogue.keys[later[customer]].tolist())
        ask = Ask(
            "you_might_like",
            customer=int(split.train.customer_keys[customer]),
            bought=tuple(newest_first)[:5],
            limit=10,
            novel=novel,
            owned=owned,
        )
        if right := right - owned if novel else right:
            found.append(Question(ask, right))
    return found


def _by_customer(interactions: Interactions) -> dict[int, NDArray[np.int32]]:
    """The products of each customer's order lines, oldest first."""
    lines = np.flatnonzero(interactions.customer >= 0)
    who = interactions.customer[lines]
    by_customer = np.argsort(who, kind="stable")
    starts = np.flatnonzero(np.diff(who[by_customer], prepend=-1))
    if not len(starts):
        return {}
    parts = np.split(interactions.product[lines][by_customer], starts[1:])
    return dict(zip(who[by_customer][starts].tolist(), parts, strict=True))
