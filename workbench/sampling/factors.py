"""Statistical factors: the one place where floats are, each turned into a decimal of ten digits after the point."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

from scipy import stats  # type: ignore[import-untyped]

DIGITS = 10
STEPS = 1_000


def factor(value: float) -> Decimal:
    """A statistical factor as a decimal, rounded half-even to DIGITS places after the point."""
    return Decimal(float(value)).quantize(Decimal(1).scaleb(-DIGITS))


def upper_rate(found: Decimal | int, size: int, confidence: Decimal, distribution: str = "binomial") -> Decimal:
    """The upper limit of a rate after `found` (it may be a fraction) of `size`: Clopper-Pearson, or gamma for Poisson.

    Binomial: beta.ppf(confidence, 1 + k, n - k). Poisson: gamma.ppf(confidence, 1 + k) / n. At most 1.
    """
    if found >= size:
        return Decimal(1)
    if distribution == "poisson":
        return min(Decimal(1), factor(stats.gamma.ppf(float(confidence), 1 + float(found)) / size))
    return factor(stats.beta.ppf(float(confidence), 1 + float(found), size - float(found)))


def upper_number(found: int, size: int, population: int, confidence: Decimal) -> int:
    """The most deviations a population of that many items can hold when `size` of them showed `found`.

    Hypergeometric: the largest number M with P(X <= found | M) above the risk 1 - confidence.
    """
    risk = 1 - float(confidence)
    low, high = found, population - (size - found)
    while low < high:
        middle = (low + high + 1) // 2
        if float(stats.hypergeom.cdf(found, population, middle, size)) > risk:
            low = middle
        else:
            high = middle - 1
    return low


def chance_of_at_most(found: int, size: int, rate: Fraction, distribution: str, population: int = 0) -> float:
    """P(X <= found) in a sample of that size when the population holds that rate of deviations.

    A finite population holds ceil(rate x population) of them.
    """
    if distribution == "poisson":
        return float(stats.poisson.cdf(found, size * float(rate)))
    if distribution == "hypergeometric":
        return float(stats.hypergeom.cdf(found, population, math.ceil(rate * population), size))
    return float(stats.binom.cdf(found, size, float(rate)))


def confidence_factor(ratio: Decimal, confidence: Decimal) -> Decimal:
    """The factor CF of monetary unit sampling: the fixed point of gamma.ppf(confidence, 1 + ratio x CF).

    `ratio` is expected over tolerable misstatement, at least 0 and below 1. AICPA Audit Sampling, appendix C.
    """
    value, share, level = 0.0, float(ratio), float(confidence)
    low, high = 0.0, 1.0
    while float(stats.gamma.ppf(level, 1 + share * high)) > high:
        low, high = high, high * 2
    for _ in range(STEPS):
        value = (low + high) / 2
        if float(stats.gamma.ppf(level, 1 + share * value)) > value:
            low = value
        else:
            high = value
        if high - low <= high * 1e-15:
            break
    return factor((low + high) / 2)


def normal_factor(confidence: Decimal) -> Decimal:
    """The one-sided quantile of the normal distribution."""
    return factor(stats.norm.ppf(float(confidence)))


def student_factor(confidence: Decimal, freedom: Decimal) -> Decimal:
    """The one-sided quantile of Student's t with that many degrees of freedom."""
    return factor(stats.t.ppf(float(confidence), float(freedom)))
