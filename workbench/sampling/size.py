"""How many items: the smallest sample that can carry the conclusion, by the tables' own definitions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from typing import Any

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.sampling.amounts import over, plain, read_number, root, times, total
from workbench.sampling.factors import (
    chance_of_at_most,
    confidence_factor,
    normal_factor,
    student_factor,
    upper_rate,
)
from workbench.sampling.names import DISTRIBUTIONS, METHODS
from workbench.sampling.page import size_html
from workbench.sampling.wording import ALLOWANCE, COUNTED, FACTOR, N0, RATIO, WANTED

LARGEST = 100_000


@dataclass(frozen=True)
class SampleSize:
    """A planned sample: `size` items (hits for mus), what was asked, and the steps of the mathematics.

    `acceptable` is how many deviations (attribute) or whole taints (mus) the sample may show and still conclude.
    `rounded` says what ceil did. Rates are shares of 1, amounts are in the population's currency.
    """

    method: str
    size: int
    acceptable: Decimal
    parameters: dict[str, str]
    steps: tuple[str, ...] = ()
    factor: Decimal | None = None
    shares: tuple[int, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """The same as plain JSON values, numbers as text."""
        return {
            "method": self.method,
            "size": self.size,
            "acceptable": plain(self.acceptable),
            "factor": None if self.factor is None else plain(self.factor),
            "shares": list(self.shares),
            "parameters": self.parameters,
            "steps": list(self.steps),
        }

    def _repr_html_(self) -> str:
        return size_html(self.as_json())


def read_confidence(value: object) -> Decimal:
    """A confidence between 50 and 99.9 percent, given as 95, "95 %" or 0.95."""
    level = read_number(str(value).replace("%", ""), "confidence")
    level = level if level < 1 else level / 100
    if not Decimal("0.5") <= level <= Decimal("0.999"):
        raise WorkbenchError(f"A confidence of '{value}' is not between 50 and 99.9 percent.", "give 90 or 95")
    return level


def read_rate(value: object, what: str) -> Decimal:
    """A rate from percent: 5 or "5 %" is 0.05."""
    rate = read_number(str(value).replace("%", ""), what) / 100
    if not 0 <= rate < 1:
        raise WorkbenchError(f"The {what} is {value} percent, which is not from 0 to under 100.", "give 5 for 5 %")
    return rate


def read_rates(tolerable: object, expected: object) -> tuple[Decimal, Decimal]:
    """A tolerable and an expected rate, both in percent (5 and 1, or "0.5 %") or both as shares (0.05 and 0.01).

    A tolerable rate below 1 without a % is a share: nobody tolerates less than one in a hundred by sampling.
    """
    first, second = str(tolerable), str(expected or 0)
    if "%" not in first + second and read_number(first, "tolerable rate") < 1:
        first, second = (f"{plain(read_number(text, 'rate') * 100)} %" for text in (first, second))
    return read_rate(first, "tolerable rate"), read_rate(second, "expected rate")


def attribute_size(
    confidence: Decimal, tolerable: Decimal, expected: Decimal, distribution: str = "binomial", population: int = 0
) -> tuple[int, int]:
    """The smallest n with P(X <= k | tolerable) <= 1 - confidence, and its k = ceil(expected x n), counted exactly.

    AICPA Audit Sampling, tables A-1 and A-2 (binomial). Raises WorkbenchError where no sample can do it.
    """
    rate, wanted, risk = Fraction(tolerable), Fraction(expected), float(1 - confidence)
    most = population if distribution == "hypergeometric" else LARGEST
    found = 0 if not wanted else 1
    while True:
        # The sizes whose ceil(expected x n) is this number of deviations.
        first = math.floor((found - 1) / wanted) + 1 if found else 1
        last = min(most, math.floor(found / wanted)) if found else most
        if first > most:
            break
        if chance_of_at_most(found, last, rate, distribution, population) <= risk:
            while first < last:
                middle = (first + last) // 2
                if chance_of_at_most(found, middle, rate, distribution, population) <= risk:
                    last = middle
                else:
                    first = middle + 1
            return first, found
        if not wanted:
            break
        found += 1
    raise WorkbenchError(
        f"No sample can show that {plain(tolerable * 100)} % is not passed when {plain(expected * 100)} % is expected.",
        "raise the tolerable rate, lower the expected one, or test every item",
    )


def mus_size(
    confidence: Decimal, tolerable: Decimal, expected: Decimal, book: Decimal, distribution: str = "poisson"
) -> tuple[int, Decimal]:
    """Hits of a monetary unit sample, and the confidence factor; amounts in one currency.

    Poisson: n = ceil(CF x book / tolerable), CF of the ratio expected / tolerable (AICPA, table C-1). Binomial: the
    smallest n whose upper limit with the expected share of taints is no more than tolerable / book.
    """
    ratio = over(expected, tolerable)
    if distribution == "poisson":
        found = confidence_factor(ratio, confidence)
        return int(over(times(found, book), tolerable).to_integral_value(ROUND_CEILING)), found
    rate, share = over(tolerable, book), over(expected, book)
    low, high = 1, 2
    while upper_rate(share * high, high, confidence) > rate:
        low, high = high, high * 2
        if high > LARGEST * 64:
            raise WorkbenchError("No sample can be large enough for these amounts.", "raise the tolerable amount")
    while low < high:
        middle = (low + high) // 2
        if upper_rate(share * middle, middle, confidence) <= rate:
            high = middle
        else:
            low = middle + 1
    return low, over(times(Decimal(low), tolerable), book)


def estimation_size(confidence: Decimal, allowance: Decimal, deviation: Decimal, population: int) -> int:
    """Items for an estimate whose allowance for sampling risk is no more than `allowance` (an amount).

    n0 = (t x N x S / A)^2, n = n0 / (1 + n0 / N): Cochran, Sampling Techniques, 1977, section 4.7. At least 2.
    """
    return stratified_size(confidence, allowance, [population], [deviation])


def stratified_size(
    confidence: Decimal, allowance: Decimal, counts: Sequence[int], deviations: Sequence[Decimal]
) -> int:
    """Items of a stratified sample under Neyman allocation: (sum N S)^2 / (V + sum N S^2), V = (A / t)^2.

    Cochran, Sampling Techniques, 1977, equation 5.25, begun with the normal factor and repeated with Student's t of
    the size found until that is enough. At least 2 of each stratum.
    """
    spread = total(times(Decimal(number), own) for number, own in zip(counts, deviations, strict=True))
    squares = total(times(Decimal(number), own**2) for number, own in zip(counts, deviations, strict=True))
    every, size = sum(counts), sum(min(2, number) for number in counts)
    factor = normal_factor(confidence)
    while True:
        variance = over(allowance, factor) ** 2
        wanted = int(over(spread**2, variance + squares).to_integral_value(ROUND_CEILING))
        if wanted <= size or size >= every:
            return min(size, every)
        size = wanted
        factor = student_factor(confidence, Decimal(max(1, size - len(counts))))


def neyman(size: int, counts: Sequence[int], deviations: Sequence[Decimal]) -> tuple[int, ...]:
    """How many of `size` fall to each stratum: in proportion to N x S, at least 2, never more than it holds.

    What rounding leaves goes to the largest remainders; a stratum taken whole gives its surplus to the others. The
    least of 2 can make the sum a little more than `size`.
    """
    whole: set[int] = set()
    while True:
        ideal = _ideal(size, counts, deviations, whole)
        full = {place for place, share in ideal.items() if share >= counts[place]}
        if not full:
            break
        whole |= full
    shares = [
        number if place in whole else max(min(2, number), int(ideal[place])) for place, number in enumerate(counts)
    ]
    by_remainder = sorted(ideal, key=lambda place: (int(ideal[place]) - ideal[place], place))
    for place in by_remainder:
        if sum(shares) < size and shares[place] < counts[place]:
            shares[place] += 1
    return tuple(shares)


def _ideal(size: int, counts: Sequence[int], deviations: Sequence[Decimal], whole: set[int]) -> dict[int, Decimal]:
    """What each stratum that is not taken whole would get, before rounding."""
    free = [place for place in range(len(counts)) if place not in whole]
    left = Decimal(max(0, size - sum(counts[place] for place in whole)))
    weights = {place: times(Decimal(counts[place]), deviations[place]) for place in free}
    if not any(weights.values()):
        weights = {place: Decimal(counts[place]) for place in free}
    every = total(weights.values())
    return {place: over(times(left, weights[place]), every) for place in free}


def deviation_of(amounts: Sequence[Decimal]) -> Decimal:
    """The standard deviation of amounts, with n - 1; 0 for fewer than two."""
    if len(amounts) < 2:
        return Decimal(0)
    mean = over(total(amounts), Decimal(len(amounts)))
    return root(over(total((amount - mean) ** 2 for amount in amounts), Decimal(len(amounts) - 1)))


def sample_size(
    method: str,
    *,
    confidence: object = 95,
    tolerable: object,
    expected: object = 0,
    population: object = None,
    distribution: str = "",
    deviation: object = None,
    items: int | None = None,
) -> SampleSize:
    """How many items a sample needs.

    attribute: `tolerable` and `expected` are percent (5) or shares (0.05), `population` a number of items (for
    hypergeometric). mus: they are amounts and `population` is the book total; a rate of it where no population is
    given. random, systematic: an estimate whose allowance is tolerable - expected; `items` is the number of items and
    `deviation` the standard deviation of what is estimated. Raises WorkbenchError for what cannot be.

    Example:
        >>> sample_size("attribute", confidence=95, tolerable=5, expected=1).size
        93
    """
    level = read_confidence(confidence)
    if method == "attribute":
        return _attribute(level, tolerable, expected, population, distribution or "binomial")
    if method == "mus":
        return _mus(level, tolerable, expected, population, distribution or "poisson")
    if method in {"random", "systematic"}:
        return _estimate(method, level, tolerable, expected, items, deviation)
    if method == "stratified":
        raise WorkbenchError(
            "A stratified sample is sized on its strata, which need the population.",
            "give --tolerable and --expected to workbench sample select --method stratified",
        )
    raise UnknownNameError("sampling method", method, METHODS)


def _known(distribution: str, allowed: Sequence[str]) -> None:
    if distribution not in allowed:
        raise UnknownNameError("distribution", distribution, allowed)


def _attribute(
    level: Decimal, tolerable: object, expected: object, population: object, distribution: str
) -> SampleSize:
    _known(distribution, DISTRIBUTIONS)
    rate, wanted = read_rates(tolerable, expected)
    if wanted >= rate:
        raise WorkbenchError(
            f"The expected rate of {expected} % is not below the tolerable {tolerable} %.", "test every item"
        )
    number = int(read_number(population, "population")) if population else 0
    if distribution == "hypergeometric" and number < 1:
        raise WorkbenchError("The hypergeometric distribution needs the number of items.", "give --population")
    size, found = attribute_size(level, rate, wanted, distribution, number)
    chance = chance_of_at_most(found, size, Fraction(rate), distribution, number)
    return SampleSize(
        method="attribute",
        size=size,
        acceptable=Decimal(found),
        parameters={
            "confidence": plain(level),
            "tolerable": plain(rate),
            "expected": plain(wanted),
            "distribution": distribution,
            **({"population": str(number)} if number else {}),
        },
        steps=(
            WANTED.format(rate=plain(rate * 100), risk=plain(1 - level), distribution=distribution),
            COUNTED.format(expected=plain(wanted), size=size, found=found),
            f"P(X <= {found} | n = {size}) = {chance:.6f} <= {plain(1 - level)}.",
        ),
    )


def _mus(level: Decimal, tolerable: object, expected: object, population: object, distribution: str) -> SampleSize:
    _known(distribution, DISTRIBUTIONS[:2])
    if population is None:
        book = Decimal(100)
        limit, wanted = (rate * 100 for rate in read_rates(tolerable, expected))
    else:
        book = read_number(population, "population total")
        limit, wanted = read_number(tolerable, "tolerable amount"), read_number(expected, "expected amount")
    if book <= 0 or limit <= 0 or wanted < 0:
        raise WorkbenchError("The population and the tolerable amount must be above 0.", "give positive amounts")
    if wanted >= limit:
        raise WorkbenchError(
            f"The expected misstatement of {wanted} is not below the tolerable {limit}.", "test every item"
        )
    size, found = mus_size(level, min(limit, book), min(wanted, book), book, distribution)
    ratio = over(wanted, limit)
    return SampleSize(
        method="mus",
        size=max(1, size),
        acceptable=times(ratio, found).quantize(Decimal("0.0001")),
        factor=found.quantize(Decimal("0.0001")),
        parameters={
            "confidence": plain(level),
            "tolerable": plain(limit),
            "expected": plain(wanted),
            "population": plain(book),
            "distribution": distribution,
        },
        steps=(
            RATIO.format(
                expected=plain(wanted), tolerable=plain(limit), ratio=plain(ratio.quantize(Decimal("0.0001")))
            ),
            FACTOR.format(
                factor=found.quantize(Decimal("0.0001")), distribution=distribution, level=plain(level * 100)
            ),
            f"n = ceil(CF x {plain(book)} / {plain(limit)}) = {max(1, size)}",
        ),
    )


def _estimate(
    method: str, level: Decimal, tolerable: object, expected: object, items: int | None, deviation: object
) -> SampleSize:
    if not items or deviation is None:
        raise WorkbenchError(
            "An estimate is sized on the number of items and their standard deviation.", "give --items and --deviation"
        )
    limit, wanted = read_number(tolerable, "tolerable amount"), read_number(expected, "expected amount")
    spread = read_number(deviation, "standard deviation")
    if wanted >= limit:
        raise WorkbenchError(
            f"The expected misstatement of {wanted} is not below the tolerable {limit}.", "test every item"
        )
    size = estimation_size(level, limit - wanted, spread, items)
    t = student_factor(level, Decimal(max(1, size - 1))).quantize(Decimal("0.0001"))
    return SampleSize(
        method=method,
        size=size,
        acceptable=wanted,
        factor=t,
        parameters={
            "confidence": plain(level),
            "tolerable": plain(limit),
            "expected": plain(wanted),
            "deviation": plain(spread),
            "items": str(items),
        },
        steps=(
            ALLOWANCE.format(allowance=plain(limit - wanted), t=t),
            N0.format(items=f"{items:,}", spread=plain(spread.quantize(Decimal("0.0001")))),
            f"n = n0 / (1 + n0 / N) = {size}",
        ),
    )
