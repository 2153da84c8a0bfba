"""What do people look at in one visit, and what is bought by those who looked at a product?

Page views, where shoppers consented to them, as voices of the ensembles: two about a product
(`blend.py`), two about a customer (`for_you.py`). Whether they are believed is learned on the
shop's own past weeks like every other voice's weight (`learn.py`); where no views are known, there
are no such voices and everything is as without this file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommenders.baskets import DAY_S, decay, distinct, thinned
from recommenders.bought_together import BoughtTogether, damped, sheets
from recommenders.company import Score, company
from recommenders.evidence import common_orders
from recommenders.known import Known
from recommenders.packed import packed, summed
from recommenders.ranked import Sheet
from recommenders.voices import NOMINATED, Voice
from store.records import Interactions

VIEWED_TOGETHER, BOUGHT_AFTER = "viewed together", "bought after viewing"
OF_PRODUCTS = (VIEWED_TOGETHER, BOUGHT_AFTER)
OWN_VIEWS, ONWARD = "own views", "onward from views"
OF_CUSTOMERS = (OWN_VIEWS, ONWARD)


@dataclass(frozen=True)
class Visits:
    """together(a -> b) = n(a, b) / (n(a) + prior) / share(b) ** damping      over visits
    after(a -> b) = m(a, b) / (m(a) + prior) / sold(b) ** damping            over orders
    own(u, b) = sum over u's views of b of 0.5 ** (age / own_half_life)
    onward(u, b) = sum over a of own(u, a) * after(a -> b)

    A visit is a visitor's views with less than `pause_s` between them; n(a, b) adds up the weights
    of the visits with both pages, as `BoughtTogether` does those of orders. m(a, b) adds up the
    orders that hold b and whose buyer looked at a within `within_days` before, m(a) those whose
    buyer looked at a; share and sold are b's share of all visits and orders. Every weight halves
    each half-life.
    A pair counts only if 3 distinct people stand behind it (visitors; several browsers of one
    customer are one), and a pair of one visit only if more share it than by chance: what somebody
    looked at alone is nobody's to learn. Sensitive products take no part.
    Source: item-to-item from views as in Davidson et al., RecSys 2010 (co-visitation), with the
    damping of `bought_together.py`.
    Cost: the visits' squared sizes, the orders' sizes times the pages looked at before: both held
    by `most`. Fails for products that nobody opens, and where few browsers are known to be a
    customer's `after` hears little.
    """

    pause_s: int = 30 * 60  # the web's usual end of a session: lunch is another purpose
    within_days: int = 7  # as long as a click is credited with a purchase
    half_life_days: float = 60.0  # what is looked at follows the season's assortment
    own_half_life_days: float = 7.0  # what somebody looked at last month was bought or given up
    damping: float = 0.3  # as the `damped` voice of the blend
    prior: float = 3.0  # as of co-purchase: one visit is no rule
    # Pages of a visit, or before an order: longer ones are rare, and cost their square.
    most: int = 50

    def __post_init__(self) -> None:
        if min(self.pause_s, self.within_days, self.half_life_days, self.own_half_life_days) <= 0:
            raise ValueError("pause_s, within_days and half-lives must be above 0")
        if not 0 <= self.damping <= 1 or self.prior < 0 or self.most < 2:
            raise ValueError("damping must be in 0..1, prior 0 or more, most 2 or more")

    def together(self, known: Known) -> sparse.csr_array:
        """Products by products: how strongly each is looked at in the visits of another."""
        seen = Known(visits(known, self.pause_s), known.catalogue, known.now_s, known.looks)
        setting = BoughtTogether(
            damping=self.damping,
            half_life_days=self.half_life_days,
            size_discount=0.5,
            prior=self.prior,
            max_basket=self.most,
            width=2 * NOMINATED,  # some will fall for want of people
        )
        (sheet,) = sheets(seen, [setting])
        a, b = _pairs(sheet)
        count, many = common_orders(seen.baskets, seen.buyers, a, b)
        held = np.bincount(seen.baskets.indices, minlength=known.products)
        return _kept(sheet, many & (count * seen.baskets.shape[0] > held[a] * held[b]))

    def after(self, known: Known) -> sparse.csr_array:
        """Products by products: how strongly each is bought by those who looked at another."""
        viewed = self.before_orders(known)
        bought = thinned(known.baskets, 2 * self.most)
        weight = known.decayed(self.half_life_days)
        listable = damped(known.baskets, weight, self.damping) * known.catalogue.recommendable
        if known.page_views is not None:
            listable[known.page_views.sensitive] = 0
        norm = summed(viewed, weight) + self.prior
        score = Score(0, listable, norm)
        (sheet,) = company(viewed, packed(bought, weight[None, :]), [score], 2 * NOMINATED)
        a, b = _pairs(sheet)
        _, many = common_orders(known.baskets, known.buyers, a, b, given=viewed)
        return _kept(sheet, many)

    def before_orders(self, known: Known) -> sparse.csr_array:
        """Orders by products: 1 for what the buyer had looked at shortly before the order."""
        who, product, at_s = _of_customers(known)
        if not len(who):
            return sparse.csr_array(known.baskets.shape, dtype=np.float32)
        views = _in_order(who, at_s)
        orders = np.flatnonzero(known.buyers < len(known.interactions.customer_keys))
        buyer, placed_s = known.buyers[orders], known.instants[orders]
        end = np.searchsorted(views, _in_order(buyer, placed_s), side="right")
        start = np.searchsorted(views, _in_order(buyer, placed_s - self.within_days * DAY_S))
        count = np.minimum(end - start, self.most)  # the newest
        place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        pages = product[np.repeat(end - count, count) + place]
        return _ones(np.repeat(orders, count), pages, known.baskets.shape)

    def own(self, known: Known) -> sparse.csr_array:
        """Customers by products: what each looked at, the latest most."""
        who, product, at_s = _of_customers(known)
        weight = decay(at_s, known.now_s, self.own_half_life_days)
        shape = (len(known.interactions.customer_keys), known.products)
        return sparse.coo_array((weight, (who, product)), shape=shape).tocsr()


def visits(known: Known, pause_s: int) -> Interactions:
    """Visits as if they were orders of pages, oldest first; people as if they were customers."""
    views = known.page_views
    if views is None or not len(views):
        nothing = np.empty(0, dtype=np.int64)
        none = nothing.astype(np.int32)
        return Interactions(nothing, none, none, none, nothing, 0, nothing)
    begins = np.ones(len(views), dtype=np.bool_)
    begins[1:] = (np.diff(views.visitor) != 0) | (np.diff(views.at_s) >= pause_s)
    visit = np.cumsum(begins) - 1
    started_s = views.at_s[begins]
    by_time = np.argsort(started_s, kind="stable")
    number = np.empty(len(by_time), dtype=np.int64)
    number[by_time] = np.arange(len(by_time))
    lines = np.argsort(number[visit], kind="stable")
    # Negative numbers for those of whom nobody knows which customer they are.
    person = np.where(views.customer >= 0, views.customer, -1 - views.visitor)
    people, who = np.unique(person, return_inverse=True)
    return Interactions(
        order=number[visit][lines],
        product=views.product[lines],
        customer=who[lines].astype(np.int32),
        quantity=np.ones(len(views), dtype=np.int32),
        at_s=started_s[visit][lines],
        orders=len(started_s),
        customer_keys=people,
    )


def viewed_together(known: Known) -> sparse.csr_array:
    """`Visits.together`, made once."""
    return known.once(VIEWED_TOGETHER, lambda: Visits().together(known))


def _bought_after(known: Known) -> sparse.csr_array:
    return known.once(BOUGHT_AFTER, lambda: Visits().after(known))


def company_of_views(known: Known) -> dict[str, sparse.csr_array]:
    """What page views say of a product's company; nothing where none are known."""
    if known.page_views is None:
        return {}
    return {VIEWED_TOGETHER: viewed_together(known), BOUGHT_AFTER: _bought_after(known)}


def wishes_of_views(known: Known) -> dict[str, Voice]:
    """What a customer's own page views say of their wishes; nothing where none are known."""
    if known.page_views is None:
        return {}
    own, after = Visits().own(known), _bought_after(known)
    return {
        OWN_VIEWS: lambda rows: own[rows],
        ONWARD: lambda rows: (own[rows] @ after).tocsr(),
    }


def _of_customers(
    known: Known,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    """(customer, product, instant) of each view by a customer with orders, in order of both."""
    views, keys = known.page_views, known.interactions.customer_keys
    if views is None or not len(keys):
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing.astype(np.int32), nothing
    place = np.minimum(np.searchsorted(keys, views.customer), len(keys) - 1)
    theirs = np.flatnonzero(keys[place] == views.customer)
    theirs = theirs[np.lexsort((views.product[theirs], views.at_s[theirs], place[theirs]))]
    return place[theirs], views.product[theirs], views.at_s[theirs]


def _in_order(who: NDArray[np.int64], at_s: NDArray[np.int64]) -> NDArray[np.int64]:
    """One number that grows with the person and then the instant, which needs 34 bits."""
    return (who.astype(np.int64) << 34) + at_s


def _ones(
    row: NDArray[np.int64], column: NDArray[np.int32], shape: tuple[int, int]
) -> sparse.csr_array:
    cells = distinct(row.astype(np.int64) * shape[1] + column)
    ones = np.ones(len(cells), dtype=np.float32)
    return sparse.coo_array((ones, np.divmod(cells, max(shape[1], 1))), shape=shape).tocsr()


def _pairs(sheet: Sheet) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    row, place = np.nonzero(sheet.product >= 0)
    return row.astype(np.int64), sheet.product[row, place].astype(np.int64)


def _kept(sheet: Sheet, enough: NDArray[np.bool_]) -> sparse.csr_array:
    """The scores of the pairs that have enough behind them."""
    row, place = (at[enough] for at in np.nonzero(sheet.product >= 0))
    cells = (sheet.score[row, place], (row, sheet.product[row, place]))
    return sparse.coo_array(cells, shape=(len(sheet.product),) * 2).tocsr()
