"""How often digits occur against how often they should: Benford's law, MAD, excess MAD, z.

Shares and deviations are plain floats: they are counts of documents, no money. The formulas are those of Nigrini,
Benford's Law (2012), and the expected MAD is the mean absolute deviation of a multinomial sample.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from workbench.language import mark

FEWEST = 300
WIDEST = 100
WORDS = (
    mark("close conformity"),
    mark("acceptable conformity"),
    mark("marginally acceptable conformity"),
    mark("nonconformity"),
)
ONE, FEW = (
    mark("not applicable: {count} value, fewer than {least}"),
    mark("not applicable: {count} values, fewer than {least}"),
)
NARROW = mark("not applicable: the values span less than two orders of magnitude")
REFUSALS = (ONE, FEW, NARROW)


@dataclass(frozen=True)
class Law:
    """The digits of one test, each with its expected share; `limits` are Nigrini's, empty where there are none.

    `fewest` values are needed, spread over at least `spread` times the lowest of them (0: no matter).
    """

    title: str
    shares: dict[str, float]
    limits: tuple[float, ...]
    fewest: int
    spread: int

    @property
    def constant(self) -> float:
        """C in: expected MAD of n values ~ 1 / sqrt(C n); C = pi K^2 / (2 (sum sqrt(p (1 - p)))^2)."""
        sums = sum(math.sqrt(share * (1 - share)) for share in self.shares.values())
        return math.pi * len(self.shares) ** 2 / (2 * sums**2)


def _leading(first_two: range) -> dict[int, float]:
    return {number: math.log10(1 + 1 / number) for number in first_two}


FIRST_TWO = _leading(range(10, 100))
LAWS = {
    "first": Law(
        mark("first digit"),
        {f"{n}": p for n, p in _leading(range(1, 10)).items()},
        (0.006, 0.012, 0.015),
        FEWEST,
        WIDEST,
    ),
    "second": Law(
        mark("second digit"),
        {f"{n}": sum(p for pair, p in FIRST_TWO.items() if pair % 10 == n) for n in range(10)},
        (0.008, 0.010, 0.012),
        FEWEST,
        WIDEST,
    ),
    "first_two": Law(
        mark("first two digits"), {f"{n}": p for n, p in FIRST_TWO.items()}, (0.0012, 0.0018, 0.0022), FEWEST, WIDEST
    ),
    # Fewer than 500 values would expect fewer than five of each pair, too few to judge by.
    "last_two": Law(mark("last two digits"), {f"{n:02}": 0.01 for n in range(100)}, (), 500, 0),
}


@dataclass(frozen=True)
class Digit:
    """One digit or pair: how many values have it, the share expected, and z with continuity correction."""

    digits: str
    found: int
    share: float
    expected_share: float
    z: float


@dataclass(frozen=True)
class DigitTest:
    """The values of one group against a law.

    `refusal` says why the law is not applicable; then `mad`, `expected_mad` and `verdict` are empty.
    """

    law: Law
    values: int
    digits: tuple[Digit, ...]
    mad: float | None
    expected_mad: float | None
    verdict: str
    refusal: str

    @property
    def excess_mad(self) -> float | None:
        """MAD less what chance alone would give so many values; about 0 or less for values that follow the law."""
        return None if self.mad is None or self.expected_mad is None else self.mad - self.expected_mad

    @property
    def above(self) -> list[Digit]:
        """Digits that occur more often than expected, by z from the largest."""
        more = (digit for digit in self.digits if digit.share > digit.expected_share)
        return sorted(more, key=lambda digit: (-digit.z, digit.digits))


def set_against(law: Law, found: Mapping[str, int], lowest: Decimal, highest: Decimal) -> DigitTest:
    """Counts by digit against a law; `lowest` and `highest` are the smallest and largest value, unsigned."""
    values = sum(found.values())
    digits = tuple(_digit(name, found.get(name, 0), values, share) for name, share in law.shares.items())
    refusal = refuse(law, values, lowest, highest)
    if refusal:
        return DigitTest(law, values, digits, None, None, "", refusal)
    mad = sum(abs(digit.share - digit.expected_share) for digit in digits) / len(digits)
    return DigitTest(law, values, digits, mad, 1 / math.sqrt(law.constant * values), verdict(law, mad), "")


def refuse(law: Law, values: int, lowest: Decimal, highest: Decimal) -> str:
    """Why a law is not applicable to so many values of such a range; empty where it is."""
    if values < law.fewest:
        return (ONE if values == 1 else FEW).format(count=f"{values:,}", least=law.fewest)
    if highest < law.spread * lowest:
        return NARROW
    return ""


def verdict(law: Law, mad: float) -> str:
    """Nigrini's word for a MAD; empty where the law has no limits."""
    return WORDS[sum(mad > limit for limit in law.limits)] if law.limits else ""


def _digit(name: str, found: int, values: int, expected: float) -> Digit:
    share = found / values if values else 0.0
    return Digit(name, found, share, expected, z_of(share, expected, values))


def z_of(share: float, expected: float, values: int) -> float:
    """Distance of a share in standard errors; the continuity correction 1/(2n) is left out where it is larger."""
    if not values:
        return 0.0
    distance, correction = abs(share - expected), 1 / (2 * values)
    if correction < distance:
        distance -= correction
    return distance / math.sqrt(expected * (1 - expected) / values)
