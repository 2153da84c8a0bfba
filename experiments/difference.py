"""How do two arms differ, looked at once? Tests and intervals for one look at a fixed sample.

In letters: A control, B treatment; n visitors, m mean, s2 variance with n - 1, v = s2 / n the
variance of the mean; d = mB - mA. Looking every day is the subject of `sequential`; what follows
from it all, of `verdict`.

Whatever cannot be said (no visitors, no spread, nothing sold) is None: libraries answer p = 0 for
two constants and an interval of [0, 0] for no data, and neither must ever reach a page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from scipy.special import chdtrc, stdtr, stdtrit
from scipy.stats import boschloo_exact, fisher_exact

from experiments.outcome import Difference, Interval, Metric
from experiments.sample import Sample, sample, samples
from experiments.tally import Arms, Tally

# Below this many buyers (or non-buyers) in an arm the normal approximation misses the stated
# error rate, and an exact test takes its place.
NORMAL_FROM = 25
# Boschloo's test finds more than Fisher's, but its cost grows with the square of the visitors:
# 1 s for 500 in all, 30 s for 2,000 (scipy 1.17). Beyond this, Fisher's.
BOSCHLOO_UP_TO = 500
# Spread of the lifts that are plausible before seeing data: two of three within 30 %.
PRIOR_LIFT_SD = 0.3


@dataclass(frozen=True, slots=True)
class Welch:
    """d with its standard error and degrees of freedom (Welch 1947); variances may differ."""

    difference: float
    se: float
    df: float

    @property
    def p(self) -> float:
        """Two-sided: how often no effect would give a difference as large as this."""
        return float(2 * stdtr(self.df, -abs(self.difference) / self.se))

    def multiplier(self, level: float) -> float:
        """How many standard errors to either side hold the truth at `level`."""
        return float(stdtrit(self.df, (1 + level) / 2))

    def interval(self, level: float) -> Interval:
        half = self.multiplier(level) * self.se
        return Interval(self.difference - half, self.difference + half)


def welch(a: Sample, b: Sample) -> Welch | None:
    """None where neither arm has any spread: nothing tells chance from effect then."""
    v_a, v_b = a.mean_variance, b.mean_variance
    if v_a + v_b <= 0:
        return None
    df = (v_a + v_b) ** 2 / (v_a**2 / (a.n - 1) + v_b**2 / (b.n - 1))
    return Welch(b.mean - a.mean, math.sqrt(v_a + v_b), df)


def fieller(a: Sample, b: Sample, u: float) -> Interval | None:
    """The lifts r - 1 that `u` standard errors cannot tell from the truth (Fieller 1954).

    (mB - r mA)2 = u2 (vB + r2 vA), solved for r. It leaves out 0 exactly when d is more than u
    standard errors from 0, so it never contradicts the test of the difference; with the
    multiplier of a confidence sequence for u it is always valid. None while control's mean may
    itself be 0, where every lift fits.
    """
    spread_a, spread_b = u**2 * a.mean_variance, u**2 * b.mean_variance
    lead = a.mean**2 - spread_a
    if a.mean <= 0 or lead <= 0 or spread_a + spread_b <= 0:
        return None
    middle = a.mean * b.mean
    root = math.sqrt(b.mean**2 * spread_a + a.mean**2 * spread_b - spread_a * spread_b)
    return Interval((middle - root) / lead - 1, (middle + root) / lead - 1)


def wilson(successes: int, n: int, level: float) -> tuple[float, float]:
    """Where a share lies, from `successes` of `n` (Wilson 1927)."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = successes / n
    centre = share + z**2 / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)


def newcombe(a: Tally, b: Tally, level: float) -> Interval | None:
    """The difference of two conversion rates (Newcombe 1998, method 10); finite and honest at 0
    conversions, where the textbook interval shrinks to nothing. None without visitors.
    """
    if not a.visitors or not b.visitors:
        return None
    rate_a, rate_b = a.converters / a.visitors, b.converters / b.visitors
    low_a, high_a = wilson(a.converters, a.visitors, level)
    low_b, high_b = wilson(b.converters, b.visitors, level)
    d = rate_b - rate_a
    return Interval(
        d - math.hypot(rate_b - low_b, high_a - rate_a),
        d + math.hypot(high_b - rate_b, rate_a - low_a),
    )


def conversion_p(a: Tally, b: Tally) -> float | None:
    """Two-sided p of equal conversion rates: Welch's, or an exact one where counts are small.

    None where no test can speak: fewer than two visitors in an arm, nobody or everybody bought.
    """
    if min(a.visitors, b.visitors) < 2:
        return None
    missed_a, missed_b = a.visitors - a.converters, b.visitors - b.converters
    if a.converters + b.converters == 0 or missed_a + missed_b == 0:
        return None
    if min(a.converters, b.converters, missed_a, missed_b) >= NORMAL_FROM:
        sample_a, sample_b = sample(a, "cvr"), sample(b, "cvr")
        test = welch(sample_a, sample_b) if sample_a and sample_b else None
        return test.p if test else None
    table = [[a.converters, b.converters], [missed_a, missed_b]]
    if a.visitors + b.visitors <= BOSCHLOO_UP_TO:
        return float(boschloo_exact(table).pvalue)
    return float(fisher_exact(table).pvalue)


def chance_to_win(a: Sample, b: Sample) -> float | None:
    """How likely treatment is the better one, given that most lifts are small.

    Normal prior N(0, PRIOR_LIFT_SD2) on the lift, delta-method variance. To be shown at the
    locked end only: read daily with a flat prior it crowns a winner in 47 % of tests without one.
    """
    if a.mean <= 0:
        return None
    lift = b.mean / a.mean - 1
    spread = b.mean_variance / a.mean**2 + b.mean**2 * a.mean_variance / a.mean**4
    if spread <= 0:
        return None
    precision = 1 / PRIOR_LIFT_SD**2 + 1 / spread
    return NormalDist().cdf(lift / spread / math.sqrt(precision))


def holm(ps: Sequence[float]) -> list[float]:
    """p-values that stay honest though several were looked at (Holm 1979), in the given order."""
    adjusted = [0.0] * len(ps)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        largest = max(largest, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = largest
    return adjusted


def benjamini_hochberg(ps: Sequence[float]) -> list[float]:
    """p-values of which, among those called proven, few are false (Benjamini & Hochberg 1995)."""
    adjusted = [0.0] * len(ps)
    smallest = 1.0
    for rank, index in enumerate(sorted(range(len(ps)), key=lambda i: ps[i], reverse=True)):
        smallest = min(smallest, ps[index] * len(ps) / (len(ps) - rank))
        adjusted[index] = smallest
    return adjusted


def split_p(counts: Sequence[int], weights: Sequence[float]) -> float:
    """How often visitors dealt by `weights` arrive as unevenly as `counts` (chi-square).

    1 without visitors: no data, no alarm.
    """
    total = sum(counts)
    if total == 0:
        return 1.0
    pairs = zip(counts, weights, strict=True)
    chi2 = sum((seen - total * due) ** 2 / (total * due) for seen, due in pairs)
    return float(chdtrc(len(counts) - 1, chi2))


# --- one metric, looked at once ------------------------------------------------------------------


def at_the_end(metric: Metric, arms: Arms, level: float) -> Difference | None:
    """The difference in one metric by one look at the locked end; None without two visitors in
    each arm (or an order, for `aov`).
    """
    pair = samples(metric, arms)
    if pair is None:
        return None
    a, b = pair
    test = welch(a, b)
    if metric == "cvr":
        interval = newcombe(arms.control, arms.treatment, level)
        p = conversion_p(arms.control, arms.treatment)
    else:
        interval = test.interval(level) if test else None
        p = test.p if test and metric in ("rpv", "rpv_raw", "rpv_adjusted") else None
    return Difference(
        metric=metric,
        control=a.mean,
        treatment=b.mean,
        difference=b.mean - a.mean,
        difference_interval=interval,
        lift=b.mean / a.mean - 1 if a.mean > 0 else None,
        lift_interval=fieller(a, b, test.multiplier(level)) if test else None,
        p=p,
        level=level,
        always=False,
    )
