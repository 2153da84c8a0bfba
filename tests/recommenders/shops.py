"""Small made-up shops whose right answers are obvious."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from store.records import Catalogue, Interactions

DAY_S = 86_400
NOW_S = 1_700_000_000

# customer (None: a guest), days before now, products
Basket = tuple[int | None, float, Sequence[int]]


def orders(*baskets: Basket) -> Interactions:
    """Interactions from a hand-written list; customers and products by index."""
    ordered = sorted(enumerate(baskets), key=lambda b: (-b[1][1], b[0]))
    lines = [
        (number, product, -1 if who is None else who, NOW_S - round(days * DAY_S))
        for number, (_, (who, days, products)) in enumerate(ordered)
        for product in products
    ]
    table = np.array(lines, dtype=np.int64).reshape(-1, 4).T
    customers = max([who for who, _, _ in baskets if who is not None], default=-1) + 1
    return Interactions(
        order=table[0],
        product=table[1].astype(np.int32),
        customer=table[2].astype(np.int32),
        quantity=np.ones(table.shape[1], dtype=np.int32),
        at_s=table[3],
        orders=len(baskets),
        customer_keys=np.arange(customers, dtype=np.int64) + 500,
    )


def catalogue(
    titles: Sequence[str] | int,
    *,
    vendors: Sequence[str] | None = None,
    types: Sequence[str] | None = None,
    tags: Sequence[tuple[str, ...]] | None = None,
    categories: Sequence[tuple[str, ...]] | None = None,
    prices: Sequence[int] | None = None,
    hidden: Sequence[int] = (),
) -> Catalogue:
    """A catalogue of `titles` (or of so many products with telling names); keys are index + 100."""
    names = [f"product number{i}" for i in range(titles)] if isinstance(titles, int) else titles
    n = len(names)
    recommendable = np.ones(n, dtype=np.bool_)
    recommendable[list(hidden)] = False
    return Catalogue(
        keys=np.arange(n, dtype=np.int64) + 100,
        titles=list(names),
        vendors=list(vendors or [""] * n),
        types=list(types or [""] * n),
        tags=list(tags or [()] * n),
        categories=list(categories or [()] * n),
        price_minor=np.array(prices or [-1] * n, dtype=np.int64),
        recommendable=recommendable,
    )


def checkerboard(side: int = 10, customers: int = 40) -> Interactions:
    """Even customers buy even products, odd ones odd; each leaves out one of their colour.

    The right answer for any product or customer is their own colour, whatever the model.
    """
    baskets: list[Basket] = []
    for customer in range(customers):
        own = [p for p in range(side) if p % 2 == customer % 2]
        left_out = own[(customer // 2) % len(own)]
        held = [p for p in own if p != left_out]
        baskets.append((customer, 60 - customer % 30, held[: len(held) // 2 + 1]))
        baskets.append((customer, 30 - customer % 30, held[len(held) // 2 - 1 :]))
    return orders(*baskets)


def random_shop(seed: int, products: int = 60, orders_: int = 300) -> Interactions:
    """Orders without any pattern but popularity, guests among them."""
    random = np.random.default_rng(seed)
    weight = 1 / np.arange(1, products + 1)
    baskets: list[Basket] = []
    for _ in range(orders_):
        size = int(random.integers(1, 7))
        held = random.choice(products, size=size, replace=False, p=weight / weight.sum())
        who = int(random.integers(0, 50))
        baskets.append((None if who > 40 else who, float(random.uniform(0, 200)), held.tolist()))
    return orders(*baskets)


def themed_shop(seed: int = 0, orders_: int = 900, themes: int = 8, each: int = 8) -> Interactions:
    """Orders of three products of one theme: co-purchase is worth knowing, popularity little.

    Product p belongs to theme p // each; customers come back to their theme three times of four.
    """
    random = np.random.default_rng(seed)
    baskets: list[Basket] = []
    for _ in range(orders_):
        who = int(random.integers(0, 150))
        theme = who % themes if random.random() < 0.75 else int(random.integers(themes))
        held = theme * each + random.choice(each, size=3, replace=False)
        baskets.append((who, float(random.uniform(0, 120)), held.tolist()))
    return orders(*baskets)
