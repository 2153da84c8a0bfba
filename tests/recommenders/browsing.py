"""A made shop with page views, in which they foretell purchases, or in which they are noise.

What shoppers want just now comes from one theme, a new one each time, and orders are too few to
tell a theme's products by: only who watches what is looked at knows. Of course a shop can be made
in which page views help: it shows that they are heard where they help, and nothing about real ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recommenders.blend import Blend
from recommenders.known import Known
from recommenders.learn import Lesson, Mind
from recommenders.questions import as_of, split_at
from recommenders.study import study
from store.records import NEVER_S, Impressions, Interactions, PageViews
from tests.recommenders.shops import DAY_S, NOW_S, Basket, catalogue, orders

THEMES, EACH = 40, 10  # product p belongs to theme p // EACH
PRODUCTS = THEMES * EACH
GOODS = catalogue([f"thing{i}" for i in range(PRODUCTS)])
DAYS = 160
Seen = tuple[int, int, float]  # visitor, product, days before now


def browsed_shop(foretelling: bool, customers: int = 300, each: int = 5, seed: int = 3) -> Known:
    """Every order of two products of a theme follows a visit to five pages, up to two weeks before
    it; of as many visits nothing comes. Where nothing is foretold, the pages are any."""
    random = np.random.default_rng(seed)
    baskets: list[Basket] = []
    seen: list[Seen] = []
    for customer in range(customers):
        for _ in range(each):
            theme, ordered = int(random.integers(THEMES)), float(random.uniform(0, DAYS))
            bought = theme * EACH + random.choice(EACH, 2, replace=False)
            baskets.append((customer, ordered, bought.tolist()))
            others = theme * EACH + random.choice(EACH, 3, replace=False)
            looked = ordered + float(random.uniform(0, 14))
            seen += [(customer, int(p), looked) for p in (*bought, *others)]
            idle = int(random.integers(THEMES)) * EACH + random.choice(EACH, 5, replace=False)
            idled = float(random.uniform(0, DAYS))
            seen += [(customer, int(p), idled) for p in idle]
    data = orders(*baskets)
    if not foretelling:
        seen = [(who, int(random.integers(PRODUCTS)), days) for who, _, days in seen]
    return Known(data, GOODS, NOW_S, page_views=page_views(data, seen, PRODUCTS))


def page_views(
    data: Interactions, seen: Sequence[Seen], products: int, sensitive: Sequence[int] = ()
) -> PageViews:
    """Views by browsers, each known from its first order on to be that customer's; of browsers
    beyond the customers nobody knows whose they are."""
    table = np.array(seen, dtype=np.float64).reshape(-1, 3).T
    who, product = table[0].astype(np.int64), table[1].astype(np.int32)
    at_s = NOW_S - np.round(table[2] * DAY_S).astype(np.int64)
    order = np.lexsort((product, at_s, who))
    who = who[order]
    customers = len(data.customer_keys)
    first_s = np.full(max(int(who.max(initial=0)), customers) + 1, NOW_S, dtype=np.int64)
    theirs = data.customer >= 0
    np.minimum.at(first_s, data.customer[theirs], data.at_s[theirs])
    keys = np.append(data.customer_keys, -1)
    closed = np.zeros(products, dtype=np.bool_)
    closed[list(sensitive)] = True
    return PageViews(
        visitor=who,
        product=product[order],
        at_s=at_s[order],
        customer=keys[np.minimum(who, customers)],
        linked_s=first_s[who],
        sensitive=closed,
    )


def blind(known: Known) -> Known:
    """The same shop, if nobody had told of page views or clicks."""
    return Known(known.interactions, known.catalogue, known.now_s, known.looks)


def clicks_instead(known: Known, foretelling: bool, each: int = 12, seed: int = 5) -> Known:
    """The same orders, and instead of page views the clicks on shelves of five: on a product's page
    two of its theme and three of any, each place looked at less than the one before. Where clicks
    foretell, what is of the theme is clicked five times as often as what is not."""
    random = np.random.default_rng(seed)
    count = PRODUCTS * each
    page = np.repeat(np.arange(PRODUCTS), each)
    at_s = NOW_S - random.integers(0, DAYS * DAY_S, count)
    own = page[:, None] // EACH * EACH + random.integers(EACH, size=(count, 2))
    product = np.hstack([own, random.integers(PRODUCTS, size=(count, 3))])
    product = random.permuted(product, axis=1)
    theirs = product // EACH == page[:, None] // EACH
    chance = np.where(theirs & foretelling, 0.5, 0.1) * np.linspace(1, 0.4, 5)
    clicked = random.random(product.shape) < chance
    place = np.broadcast_to(np.arange(5), product.shape)
    shown_s = np.repeat(at_s, 5)
    kept = product.ravel() != np.repeat(page, 5)
    told = Impressions(
        visitor=np.repeat(random.integers(500, size=count), 5)[kept],
        page=np.repeat(page, 5)[kept].astype(np.int32),
        product=product.ravel()[kept].astype(np.int32),
        place=place.ravel()[kept].astype(np.int32),
        shown_s=shown_s[kept],
        clicked_s=np.where(clicked.ravel(), shown_s + 30, NEVER_S)[kept],
        carted_s=np.full(int(kept.sum()), NEVER_S, dtype=np.int64),
    )
    return Known(known.interactions, known.catalogue, known.now_s, impressions=told)


def learned(whole: Known) -> tuple[Mind, Lesson]:
    """What a blend makes of the weeks before the last two, and those two to judge it by."""
    split = split_at(whole.interactions, NOW_S - 14 * DAY_S)
    then = whole.at(split.cut_s, as_of(whole.catalogue, split))
    blend = Blend(new_questions=1)
    mind = blend.taught(study([blend], then))["blend"]
    return mind, blend.lesson(then, "blend", blend.questions(split, then.catalogue)["blend"])
