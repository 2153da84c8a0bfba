"""What would other methods say of the same buyers? For whoever wants to check the report's.

The verdict rests on one method for each figure (docs/decisions/0302); statisticians know others,
and a report that agrees with all of them is easier to trust than one that asks to be. They stand
in the report's appendix, at the locked end only: each is made for one look. None of them decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
from scipy.optimize import brentq
from scipy.special import betainc, betaln

from experiments.beside import Other
from experiments.outcome import Interval
from experiments.tally import Arms, Tally

_NORMAL = NormalDist()
# Beyond so many times control's rate a ratio is as good as unbounded.
_ENDLESS = 1e9


def others(arms: Arms, level: float) -> tuple[Other, ...]:
    """The conversion rate's lift and difference by each method that can say something."""
    a, b = arms.control, arms.treatment
    if min(a.visitors, b.visitors) < 2:
        return ()
    score = miettinen_nurminen(a, b, level)
    if not 0 < a.converters + b.converters < arms.visitors:  # nobody bought, or everybody
        return (Other("miettinen_nurminen", "difference", score.low, score.high),)
    found = [
        ("wald", "difference", wald(a, b, level)),
        ("miettinen_nurminen", "difference", score),
        ("katz", "lift", katz(a, b, level)),
        ("koopman", "lift", koopman(a, b, level)),
    ]
    return (
        *(
            Other(method, of, interval.low, interval.high)
            for method, of, interval in found
            if interval is not None
        ),
        Other("pooled_z", "p", pooled_p(a, b), None),
        Other("unpooled_z", "p", unpooled_p(a, b), None),
        Other("flat_prior", "chance", flat_chance(a, b), None),
    )


def _rates(a: Tally, b: Tally) -> tuple[float, float]:
    return a.converters / a.visitors, b.converters / b.visitors


def _z(level: float) -> float:
    return _NORMAL.inv_cdf((1 + level) / 2)


def wald(a: Tally, b: Tally, level: float) -> Interval | None:
    """pB - pA +- z se: the textbook's; None where it shrinks to nothing."""
    p_a, p_b = _rates(a, b)
    se = math.sqrt(p_a * (1 - p_a) / a.visitors + p_b * (1 - p_b) / b.visitors)
    d = p_b - p_a
    return Interval(d - _z(level) * se, d + _z(level) * se) if se else None


def pooled_p(a: Tally, b: Tally) -> float:
    """Two-sided z-test whose standard error supposes equal rates."""
    p_a, p_b = _rates(a, b)
    pooled = (a.converters + b.converters) / (a.visitors + b.visitors)
    se = math.sqrt(pooled * (1 - pooled) * (1 / a.visitors + 1 / b.visitors))
    return math.erfc(abs(p_b - p_a) / se / math.sqrt(2))


def unpooled_p(a: Tally, b: Tally) -> float | None:
    """Two-sided z-test with each arm's own spread; None where neither has any."""
    p_a, p_b = _rates(a, b)
    se = math.sqrt(p_a * (1 - p_a) / a.visitors + p_b * (1 - p_b) / b.visitors)
    return math.erfc(abs(p_b - p_a) / se / math.sqrt(2)) if se else None


def katz(a: Tally, b: Tally, level: float) -> Interval | None:
    """exp(ln(pB / pA) +- z se) - 1 (Katz et al. 1978); None where an arm sold nothing."""
    if not a.converters or not b.converters:
        return None
    p_a, p_b = _rates(a, b)
    se = math.sqrt((1 - p_a) / a.converters + (1 - p_b) / b.converters)
    middle = math.log(p_b / p_a)
    return Interval(
        math.expm1(middle - _z(level) * se),
        math.expm1(middle + _z(level) * se),
    )


def koopman(a: Tally, b: Tally, level: float) -> Interval:
    """The ratios that a score test does not rule out, minus 1 (Koopman 1984). Asymmetric, and
    defined where control sold nothing: then without an upper end.
    """
    x_a, n_a, x_b, n_b = a.converters, a.visitors, b.converters, b.visitors
    critical = _z(level) ** 2

    def excess(ratio: float) -> float:
        # The likeliest rate of control if treatment's is `ratio` times it: a quadratic's root.
        lead = ratio * (n_a + n_b)
        middle = -(n_a + x_b + ratio * (n_b + x_a))
        root = math.sqrt(max(middle**2 - 4 * lead * (x_a + x_b), 0.0))
        p = 2 * (x_a + x_b) / (-middle + root)
        return _score(x_a, n_a, p) + _score(x_b, n_b, ratio * p) - critical

    estimate = (x_b / n_b) / (x_a / n_a) if x_a else _ENDLESS
    low = _end(excess, estimate, 1 / 1.5) if x_b else 0.0
    high = _end(excess, estimate, 1.5) if x_a else None
    return Interval(low - 1, None if high is None else high - 1)


def _score(x: int, n: int, p: float) -> float:
    """(x - n p)2 / (n p (1 - p)), and its limits at the ends."""
    p = min(max(p, 1e-15), 1 - 1e-15)
    return (x - n * p) ** 2 / (n * p * (1 - p))


def _end(excess: Callable[[float], float], start: float, factor: float) -> float:
    """Where `excess` becomes 0, going from `start` by `factor` (a ratio is above 0)."""
    near, far = max(start, 1e-9), max(start, 1e-9) * factor
    while excess(far) < 0:
        near, far = far, far * factor
    return float(brentq(excess, min(near, far), max(near, far), xtol=1e-15, rtol=1e-13))


def miettinen_nurminen(a: Tally, b: Tally, level: float) -> Interval:
    """The differences that a score test does not rule out, with N / (N - 1) (1985)."""
    x_a, n_a, x_b, n_b = a.converters, a.visitors, b.converters, b.visitors
    n, x = n_a + n_b, x_a + x_b
    critical = _z(level) ** 2
    observed = x_b / n_b - x_a / n_a

    def excess(d: float) -> float:
        # The likeliest rate of control if treatment's is d higher: a cubic, solved by its angle.
        l3 = n
        l2 = (n_b + 2 * n_a) * d - n - x
        l1 = (n_a * d - n - 2 * x_a) * d + x
        l0 = x_a * d * (1 - d)
        q = l2**3 / (27 * l3**3) - l1 * l2 / (6 * l3**2) + l0 / (2 * l3)
        p = math.copysign(math.sqrt(max(l2**2 / (9 * l3**2) - l1 / (3 * l3), 0.0)), q)
        angle = (math.pi + math.acos(max(-1.0, min(1.0, q / p**3 if p else 1.0)))) / 3
        rate_a = min(max(2 * p * math.cos(angle) - l2 / (3 * l3), 0.0), 1.0)
        rate_b = min(max(rate_a + d, 0.0), 1.0)
        variance = (rate_a * (1 - rate_a) / n_a + rate_b * (1 - rate_b) / n_b) * n / (n - 1)
        return (observed - d) ** 2 / max(variance, 1e-300) - critical

    low = brentq(excess, -1 + 1e-12, observed, xtol=1e-14) if excess(-1 + 1e-12) > 0 else -1.0
    high = brentq(excess, observed, 1 - 1e-12, xtol=1e-14) if excess(1 - 1e-12) > 0 else 1.0
    return Interval(float(low), float(high))


def flat_chance(a: Tally, b: Tally) -> float:
    """How likely treatment's rate is the higher one if every rate were equally likely before
    (Beta(1, 1)). Read daily it crowns a winner in half of the tests without one.
    """
    a_1, b_1 = a.converters + 1, a.visitors - a.converters + 1
    a_2, b_2 = b.converters + 1, b.visitors - b.converters + 1
    # P(B > A) = integral of B's density times A's distribution, by Gauss-Legendre where B lives.
    mean = a_2 / (a_2 + b_2)
    spread = math.sqrt(mean * (1 - mean) / (a_2 + b_2 + 1))
    ends = max(0.0, mean - 12 * spread), min(1.0, mean + 12 * spread)
    nodes, weights = np.polynomial.legendre.leggauss(400)
    at = ends[0] + (ends[1] - ends[0]) * (nodes + 1) / 2
    density = np.exp((a_2 - 1) * np.log(at) + (b_2 - 1) * np.log1p(-at) - betaln(a_2, b_2))
    return float(np.sum(weights * density * betainc(a_1, b_1, at)) * (ends[1] - ends[0]) / 2)
