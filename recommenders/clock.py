"""When is a product due again, for a customer who bought it?

A learned clock for each product: how the chance of buying it once more rises and falls with the
days since the last time. Products with few repeats go by the clock of their kind, kinds by the
shop's; and each customer's own pace speeds the clock up or slows it down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommenders.baskets import DAY_S
from recommenders.kinds import kind
from recommenders.known import Known

# Days since the last purchase, in steps that grow: a day matters after a week, not after a year.
STEPS = (0, 2, 5, 9, 16, 23, 30, 37, 44, 58, 79, 107, 142, 184, 240, 300, 365, 500)


@dataclass(frozen=True)
class Clock:
    """due(u, b) = 1 - exp(-pace(u, b) * integral of rate_b from the days since until `horizon` on)

    rate_b(step) = (again + prior) / (days + prior / rate_c(step)), with `again` the purchases of b
    that came so long after the one before by the same customer, `days` how long customers waited
    in that step, bought again or not, and rate_c the same of b's kind, drawn in turn towards the
    whole shop's, and that towards the shop's in the step before. pace(u, b) = (own + calm) /
    (expected + calm): the customer's own repeats of b, over those that the clock made expect.
    Source: a piecewise constant hazard with gamma frailty (Clayton, Biometrika 65(1), 1978), each
    level the prior of the one below. Cost: 20 passes over the order lines of known customers.
    """

    horizon_days: float = 28.0  # about how long a shelf's promise is good for; a month
    prior: float = 5.0  # repeats from which a product's own clock is heard as loud as its kind's
    calm: float = 2.0  # imaginary repeats at the usual pace: one early return is not yet a habit

    def __post_init__(self) -> None:
        if min(self.horizon_days, self.prior, self.calm) <= 0:
            raise ValueError("horizon_days, prior and calm must be above 0")

    def due(self, known: Known) -> sparse.csr_array:
        """Customers by products they bought: the chance of another order within the horizon."""
        spells = _spells(known)
        products = known.products
        if not len(spells.product):
            return sparse.csr_array((len(known.interactions.customer_keys), products))
        rates = self._rates(known, spells)  # steps x products, per day
        times = known.habits()
        cells = np.searchsorted(_keys(times), spells.customer * products + spells.product)
        again = np.bincount(cells, weights=spells.again, minlength=times.nnz)
        expected = np.zeros(times.nnz)
        ahead = np.zeros(times.nnz)
        last = np.flatnonzero(~spells.again)  # one for each cell
        since = spells.days[last]
        for step, (start, end) in enumerate(_steps()):
            rate = rates[step]
            waited = np.clip(spells.days - start, 0, end - start)
            expected += np.bincount(cells, waited * rate[spells.product], minlength=times.nnz)
            later = np.clip(since + self.horizon_days - start, 0, end - start)
            coming = (later - np.clip(since - start, 0, end - start)) * rate[spells.product[last]]
            ahead[cells[last]] += coming
        pace = (again + self.calm) / (expected + self.calm)
        due = times.copy()
        due.data = -np.expm1(-pace * ahead)
        return due

    def _rates(self, known: Known, spells: _Spells) -> NDArray[np.float64]:
        """Repeats a day at each step, product by product."""
        kinds = kind(known)
        of = kinds[spells.product]
        rates = np.zeros((len(STEPS), known.products))
        # Where nobody has waited so long yet, nothing is known but what was so just before.
        usual = (spells.again.sum() + 0.5) / (spells.days.sum() + 1.0)
        for step, (start, end) in enumerate(_steps()):
            days = np.clip(spells.days - start, 0, end - start)
            came = (spells.again & (spells.days >= start) & (spells.days < end)).astype(np.float64)
            usual = (came.sum() + self.prior) / (days.sum() + self.prior / usual)
            of_kind = _drawn(of, came, days, usual, self.prior, int(kinds.max()) + 1)
            rates[step] = _drawn(
                spells.product, came, days, of_kind[kinds], self.prior, known.products
            )
        return rates


def _drawn(
    group: NDArray[np.int64],
    came: NDArray[np.float64],
    days: NDArray[np.float64],
    towards: NDArray[np.float64] | float,
    prior: float,
    groups: int,
) -> NDArray[np.float64]:
    """Each group's repeats a day, drawn towards a rate by so many imaginary repeats."""
    counted = np.bincount(group, came, minlength=groups)
    waited = np.bincount(group, days, minlength=groups)
    return np.asarray((counted + prior) / (waited + prior / towards), dtype=np.float64)


def _steps() -> list[tuple[float, float]]:
    return list(zip(STEPS, (*STEPS[1:], np.inf), strict=True))


@dataclass(frozen=True)
class _Spells:
    """Each wait after a purchase: until the same customer's next order with it, or until now."""

    customer: NDArray[np.int64]
    product: NDArray[np.int64]
    days: NDArray[np.float64]
    again: NDArray[np.bool_]


def _spells(known: Known) -> _Spells:
    interactions, products = known.interactions, max(known.products, 1)
    lines = np.flatnonzero(interactions.customer >= 0)
    pair = interactions.customer[lines].astype(np.int64) * products + interactions.product[lines]
    order = interactions.order[lines]
    by_pair = np.lexsort((order, pair))
    pair, order = pair[by_pair], order[by_pair]
    first = np.ones(len(pair), dtype=np.bool_)  # a product counts once in an order
    first[1:] = (pair[1:] != pair[:-1]) | (order[1:] != order[:-1])
    pair, at_s = pair[first], known.instants[order[first]]
    again = np.zeros(len(pair), dtype=np.bool_)
    again[:-1] = pair[1:] == pair[:-1]
    until = np.full(len(pair), known.now_s, dtype=np.int64)
    until[:-1][again[:-1]] = at_s[1:][again[:-1]]
    customer, product = np.divmod(pair, products)
    return _Spells(customer, product, np.maximum(until - at_s, 0) / DAY_S, again)


def _keys(cells: sparse.csr_array) -> NDArray[np.int64]:
    """The cells of a matrix as numbers in ascending order."""
    rows = np.repeat(np.arange(cells.shape[0]), np.diff(cells.indptr))
    return np.asarray(rows * cells.shape[1] + cells.indices, dtype=np.int64)
