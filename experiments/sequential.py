"""How do two arms differ, however often one looks? Tests and intervals that survive peeking.

A p-value made for one look, read daily until it pleases, finds a winner in more than a quarter of
tests without one. The figures here keep their promise at every look together: the chance that any
of them, ever, is wrong is at most alpha. The price is wider intervals.

Letters as in `difference`; N = nA + nB visitors, N* those planned, c the weight of the prior.
Nothing is kept here from look to look: `verdict` holds the running minimum and intersection.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from experiments.difference import fieller
from experiments.outcome import Difference, Interval, Metric
from experiments.sample import Sample, samples
from experiments.tally import Arms

# Newton's method doubles its digits each round: a step this small was the last one needed.
_LAST_STEP = 1e-9
_ROUNDS = 100  # six are usual; more than this means a fault
# Logarithm of a lift that is as good as none at all: 10**100 times as many buyers.
_ENDLESS = 230.0


def tightest_at(planned: float, alpha: float) -> float:
    """rho2, which makes the interval tightest once `planned` observations are in.

    (-2 ln alpha + ln(-2 ln alpha + 1)) / N*: eq. 161 of arXiv:2103.06476 (Waudby-Smith, Arbour,
    Sinha, Kennedy, Ramdas: Time-uniform central limit theory). Any value is valid; a good plan
    only makes it sharper.
    """
    return (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / planned


def multiplier(n: int, rho2: float, alpha: float) -> float:
    """How many standard errors an always-valid interval reaches (eq. 9 and 155, ibid.)."""
    t = n * rho2
    return math.sqrt((t + 1) / t * math.log((t + 1) / alpha**2))


def asymptotic_p(z: float, n: int, rho2: float) -> float:
    """The alpha at which the always-valid interval of this look would just touch 0."""
    t = n * rho2
    # In logs: z in the hundreds would underflow before the root is taken.
    return math.exp(min(0.0, math.log1p(t) / 2 - t * z * z / (2 * (t + 1))))


# --- conversions: an exact test ------------------------------------------------------------------


def conversion_evidence(x_a: int, x_b: int, weight: float, share: float = 0.5) -> float:
    """ln E: how much likelier the buyers' arms are under some lift than under none.

    If the shelf does nothing, each buyer is in treatment with probability `share`, whatever the
    conversion rate. E compares that with a Beta(c share, c (1 - share)) mixture of other
    probabilities; it is a non-negative martingale without effect, so E >= 1/alpha, ever, has
    probability at most alpha. Exact: no approximation, no least count.
    Lindon & Malek: Anytime-valid inference for multinomial count data, NeurIPS 2022.
    """
    a, b = weight * share, weight * (1 - share)
    null = x_b * math.log(share) + x_a * math.log1p(-share)
    return _log_beta(a + x_b, b + x_a) - _log_beta(a, b) - null


def conversion_lift(
    x_a: int, x_b: int, weight: float, alpha: float, share: float = 0.5
) -> Interval:
    """The lifts that the buyers' arms do not rule out; open above while control may be at zero.

    A lift L puts each buyer in treatment with probability theta = share (1 + L) /
    (share (1 + L) + 1 - share). Kept are the theta with
    xB ln theta + xA ln(1 - theta) >= ln B(a + xB, b + xA) - ln B(a, b) + ln alpha.
    """
    a, b = weight * share, weight * (1 - share)
    bar = _log_beta(a + x_b, b + x_a) - _log_beta(a, b) + math.log(alpha)
    odds_even = math.log(share) - math.log1p(-share)
    low = _log_odds(x_a, x_b, bar, below=True)
    high = _log_odds(x_a, x_b, bar, below=False)
    return Interval(
        -1.0 if low is None else math.expm1(low - odds_even),
        None if high is None or high - odds_even > _ENDLESS else math.expm1(high - odds_even),
    )


def _log_odds(x_a: int, x_b: int, bar: float, *, below: bool) -> float | None:
    """The end of { f : xB f - k ln(1 + e^f) >= bar } below or above its peak; None: no end.

    In log-odds f the left side is concave, so that Newton's method cannot miss: a step from
    anywhere but the peak lands outside the root, and from outside each step comes closer.
    """
    if (x_b if below else x_a) == 0:
        return None
    k = x_a + x_b
    if (x_a if below else x_b) == 0:  # all buyers in one arm: k ln(1 + e^-|f|) = -bar
        end = math.log(math.expm1(-bar / k))
        return -end if below else end
    peak = math.log(x_b / x_a)
    height = x_b * math.log(x_b / k) + x_a * math.log(x_a / k)
    step = math.sqrt(2 * (height - bar) * k / (x_a * x_b))  # exact if it were a parabola
    f = peak - step if below else peak + step
    for _ in range(_ROUNDS):
        gap = x_b * f - k * _log1p_exp(f) - bar
        move = gap / (x_b - k * _logistic(f))
        f -= move
        if abs(move) < _LAST_STEP * max(1.0, abs(f)):
            return f
    raise ArithmeticError(f"no end found for {x_a} and {x_b} conversions at {bar}")


# --- the split itself ----------------------------------------------------------------------------


def split_evidence(counts: Sequence[int], weights: Sequence[float], concentration: float) -> float:
    """ln E: how much likelier these visitors' arms are under some other split than the planned.

    Dirichlet-multinomial against multinomial, of the counts so far; the mixture is centred on the
    plan and as wide as `concentration` visitors would leave it. In logs: for a large shop E itself
    overflows. Lindon & Malek 2022.
    """
    evidence = math.lgamma(concentration) - math.lgamma(concentration + sum(counts))
    for count, weight in zip(counts, weights, strict=True):
        prior = concentration * weight
        evidence += math.lgamma(prior + count) - math.lgamma(prior) - count * math.log(weight)
    return evidence


# --- one metric, looked at daily -----------------------------------------------------------------


def at_any_time(
    metric: Metric, arms: Arms, *, planned: int, alpha: float, share: float = 0.5
) -> Difference | None:
    """The difference in one metric, valid at every look together.

    `planned` is visitors, or conversions for `cvr`. A conversion rate has an exact interval for
    its lift; its difference in points would need another method, which could contradict it, so
    that waits for the locked end. None without two visitors in each arm (or an order for `aov`).
    """
    pair = samples(metric, arms)
    if pair is None:
        return None
    a, b = pair
    if metric == "cvr":
        weight = 1 / tightest_at(planned, alpha)
        x_a, x_b = arms.control.converters, arms.treatment.converters
        difference_interval = None
        lift_interval: Interval | None = conversion_lift(x_a, x_b, weight, alpha, share)
        p: float | None = math.exp(min(0.0, -conversion_evidence(x_a, x_b, weight, share)))
    else:
        difference_interval, lift_interval, p = _asymptotic(a, b, planned, alpha)
    return Difference(
        metric=metric,
        control=a.mean,
        treatment=b.mean,
        difference=b.mean - a.mean,
        difference_interval=difference_interval,
        lift=b.mean / a.mean - 1 if a.mean > 0 else None,
        lift_interval=lift_interval,
        p=None if metric == "aov" else p,
        level=1 - alpha,
        always=True,
    )


def _asymptotic(
    a: Sample, b: Sample, planned: int, alpha: float
) -> tuple[Interval | None, Interval | None, float | None]:
    """Intervals of the difference and the lift, and p; all None where there is no spread."""
    se = math.sqrt(a.mean_variance + b.mean_variance)
    if se <= 0:
        return None, None, None
    n, d = a.n + b.n, b.mean - a.mean
    rho2 = tightest_at(planned, alpha)
    u = multiplier(n, rho2, alpha)
    return Interval(d - u * se, d + u * se), fieller(a, b, u), asymptotic_p(d / se, n, rho2)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _logistic(f: float) -> float:
    """1 / (1 + e^-f) without overflow."""
    return 1 / (1 + math.exp(-f)) if f > 0 else 1 - 1 / (1 + math.exp(f))


def _log1p_exp(f: float) -> float:
    """ln(1 + e^f) without overflow."""
    return max(f, 0.0) + math.log1p(math.exp(-abs(f)))
