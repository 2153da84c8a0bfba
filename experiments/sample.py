"""What is a metric's mean and spread in one arm? From a tally's exact sums to two numbers.

Comparing two arms is left to `difference` (one look) and `sequential` (any look).
"""

from __future__ import annotations

from dataclasses import dataclass

from experiments.outcome import Metric
from experiments.tally import Arms, Tally

# What rounding leaves of a variance that is zero in truth, relative to what was subtracted.
RESIDUE = 1e-9


@dataclass(frozen=True, slots=True)
class Sample:
    """A metric in one arm: n visitors, the mean, and the variance with n - 1."""

    n: int
    mean: float
    variance: float

    @property
    def mean_variance(self) -> float:
        return self.variance / self.n


def sample(tally: Tally, metric: Metric) -> Sample | None:
    """The metric's mean and variance; None below two visitors, or without an order for `aov`.

    s2 = (n Q - S S) / (n (n - 1)), whose terms cancel almost wholly for large amounts, is taken
    in integers: exact, and exactly 0 for a constant.
    """
    if metric == "aov":
        return _order_value(tally)
    total, squares = {
        "cvr": (tally.converters, tally.converters),
        "rpv": (tally.capped_minor, tally.capped_sq),
        "rpv_raw": (tally.revenue_minor, tally.revenue_sq),
    }[metric]
    n = tally.visitors
    if n < 2:
        return None
    return Sample(n, total / n, (n * squares - total**2) / (n * (n - 1)))


def _order_value(tally: Tally) -> Sample | None:
    """Revenue per order, R = sum y / sum d, with the visitor as unit (delta method).

    s2_R = (s2_y - 2 R s_yd + R2 s2_d) / mean(d)2: orders of one visitor resemble each other, so
    treating each order as a draw of its own would understate the spread.
    Deng, Knoblich, Lu: Applying the delta method in metric analytics, KDD 2018.
    """
    n, y, d = tally.visitors, tally.revenue_minor, tally.orders
    if n < 2 or d == 0:
        return None
    s_yy = n * tally.revenue_sq - y**2
    s_dd = n * tally.orders_sq - d**2
    s_yd = n * tally.revenue_orders - y * d
    # All of it times d2, so that integers stay integers: R = y / d.
    spread = s_yy * d**2 - 2 * y * d * s_yd + y**2 * s_dd
    return Sample(n, y / d, spread * n**2 / (n * (n - 1) * d**4))


def cuped(control: Tally, treatment: Tally) -> tuple[Sample, Sample] | None:
    """Capped revenue less what the visitor's earlier spending foretold; None where any arm has
    fewer than two visitors.

    y - theta (x - mean x), theta = cov(x, y) / var(x) over both arms; x is revenue before entry,
    so no treatment can have touched it. Without any, theta is 0 and this is the plain sample.
    Deng, Xu, Kohavi, Walker: WSDM 2013. New visitors have x = 0, so a shop gains little.
    """
    plain_a, plain_b = sample(control, "rpv"), sample(treatment, "rpv")
    if plain_a is None or plain_b is None:
        return None
    both = control + treatment
    s_xx = both.visitors * both.before_sq - both.before_minor**2
    s_xy = both.visitors * both.before_capped - both.before_minor * both.capped_minor
    if s_xx == 0:
        return plain_a, plain_b
    theta = s_xy / s_xx
    centre = both.before_minor / both.visitors
    return (
        _adjusted(control, plain_a, theta, centre),
        _adjusted(treatment, plain_b, theta, centre),
    )


def _adjusted(tally: Tally, plain: Sample, theta: float, centre: float) -> Sample:
    n = plain.n
    var_x = (n * tally.before_sq - tally.before_minor**2) / (n * (n - 1))
    cov = (n * tally.before_capped - tally.before_minor * tally.capped_minor) / (n * (n - 1))
    variance = plain.variance + theta**2 * var_x - 2 * theta * cov
    if variance < RESIDUE * (plain.variance + theta**2 * var_x):
        variance = 0.0
    return Sample(n, plain.mean - theta * (tally.before_minor / n - centre), variance)


def samples(metric: Metric, arms: Arms) -> tuple[Sample, Sample] | None:
    """Both arms' sample of a metric, or None where either has none."""
    if metric == "rpv_adjusted":
        return cuped(arms.control, arms.treatment)
    a, b = sample(arms.control, metric), sample(arms.treatment, metric)
    return None if a is None or b is None else (a, b)
