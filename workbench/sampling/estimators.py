"""Estimates of what a population should come to: mean-per-unit, difference, ratio, regression, stratified or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.sampling.amounts import over, root, times, total
from workbench.sampling.factors import student_factor
from workbench.sampling.names import ESTIMATORS
from workbench.sampling.size import deviation_of
from workbench.sampling.wording import (
    DIFFERENCE,
    FEW_DIFFER,
    MEAN_PER_UNIT,
    NO_SPREAD,
    RATIO_IS,
    RATIO_TOTAL,
    REGRESSION,
)

FEW = 20


@dataclass(frozen=True)
class Part:
    """One stratum: how many items it has, their book value, and book and audited values of those drawn."""

    name: str
    items: int
    book: Decimal
    books: tuple[Decimal, ...]
    audited: tuple[Decimal, ...]

    @property
    def weight(self) -> Decimal:
        """N / n: what one item of the sample stands for."""
        return over(Decimal(self.items), Decimal(len(self.books)))


@dataclass(frozen=True)
class Estimate:
    """Misstatement (book less audited, > 0 overstated) of the population, its standard error and its limits.

    Each limit holds on its own with the confidence asked for. `freedom` are the degrees of freedom of the factor t,
    `differing` the items whose audited value differs, `reliable` whether the estimator can be relied on.
    """

    misstatement: Decimal
    audited: Decimal
    error: Decimal
    freedom: Decimal
    factor: Decimal
    differing: int
    reliable: bool
    doubt: str
    steps: tuple[str, ...]

    @property
    def allowance(self) -> Decimal:
        """The allowance for sampling risk, t x standard error."""
        return times(self.factor, self.error)


def estimate(parts: Sequence[Part], name: str, confidence: Decimal) -> Estimate:
    """The estimate of that name from one stratum or several (ratio: combined).

    Cochran, Sampling Techniques, 1977: sections 2.9, 5.3, 6.4 and 6.11, 7.3. Raises WorkbenchError for a stratum
    with fewer than two items drawn (unless it was taken whole), and for regression over more than one stratum.
    """
    if name not in ESTIMATORS:
        raise UnknownNameError("estimator", name, ESTIMATORS)
    for part in parts:
        if len(part.books) < 2 and len(part.books) < part.items:
            raise WorkbenchError(f"Stratum '{part.name}' has fewer than two items drawn.", "draw a larger sample")
    book = total(part.book for part in parts)
    residuals, audited, lost, steps = _residuals(parts, name, book)
    variance, freedom = _variance(parts, residuals, lost)
    factor = student_factor(confidence, freedom)
    differing = sum(x != y for part in parts for x, y in zip(part.books, part.audited, strict=True))
    spread = any(deviation_of(own) for own in residuals)
    complete = all(len(part.books) == part.items for part in parts)
    doubt = ""
    if name != "mean-per-unit" and not complete and not spread:
        doubt = NO_SPREAD.format(estimator=name)
    elif name != "mean-per-unit" and not complete and differing < FEW:
        doubt = FEW_DIFFER.format(differing=differing, few=FEW, estimator=name)
    return Estimate(
        misstatement=book - audited,
        audited=audited,
        error=root(variance),
        freedom=freedom,
        factor=factor,
        differing=differing,
        reliable=complete or spread or name == "mean-per-unit",
        doubt=doubt,
        steps=steps,
    )


Residuals = list[list[Decimal]]


def _residuals(parts: Sequence[Part], name: str, book: Decimal) -> tuple[Residuals, Decimal, int, tuple[str, ...]]:
    """Residuals whose spread is the estimator's, the estimated audited total, parameters fitted, and the formula."""
    every = total(times(part.weight, total(part.audited)) for part in parts)
    sampled = total(times(part.weight, total(part.books)) for part in parts)
    if name == "mean-per-unit":
        return [list(part.audited) for part in parts], every, 1, (MEAN_PER_UNIT,)
    if name == "difference":
        own = [[y - x for x, y in zip(part.books, part.audited, strict=True)] for part in parts]
        return own, book + every - sampled, 1, (DIFFERENCE,)
    if name == "ratio":
        if not sampled:
            raise WorkbenchError("The book values drawn come to nothing, so there is no ratio.", "use difference")
        ratio = over(every, sampled)
        own = [[y - times(ratio, x) for x, y in zip(part.books, part.audited, strict=True)] for part in parts]
        return own, times(ratio, book), 1, (RATIO_IS.format(ratio=f"{ratio:.10f}"), RATIO_TOTAL)
    return _regression(parts, book)


def _regression(parts: Sequence[Part], book: Decimal) -> tuple[Residuals, Decimal, int, tuple[str, ...]]:
    if len(parts) > 1:
        raise WorkbenchError(
            "Regression estimation is offered for one stratum only.", "use mean-per-unit, difference or ratio"
        )
    (part,) = parts
    number = Decimal(len(part.books))
    if number < 3:
        raise WorkbenchError("Regression estimation needs at least three items.", "draw a larger sample")
    mean_x, mean_y = over(total(part.books), number), over(total(part.audited), number)
    squares = total((x - mean_x) ** 2 for x in part.books)
    if not squares:
        raise WorkbenchError("All book values drawn are equal, so no line can be fitted.", "use difference")
    products = (times(x - mean_x, y - mean_y) for x, y in zip(part.books, part.audited, strict=True))
    slope = over(total(products), squares)
    own = [[y - mean_y - times(slope, x - mean_x) for x, y in zip(part.books, part.audited, strict=True)]]
    audited = times(Decimal(part.items), mean_y + times(slope, over(book, Decimal(part.items)) - mean_x))
    steps = (f"b = {slope:.10f}", REGRESSION)
    return own, audited, 2, steps


def _variance(parts: Sequence[Part], residuals: Residuals, lost: int) -> tuple[Decimal, Decimal]:
    """Variance with the finite population correction, and degrees of freedom (Satterthwaite over strata)."""
    terms: list[tuple[Decimal, Decimal]] = []
    for part, own in zip(parts, residuals, strict=True):
        number = len(own)
        if number == part.items or number <= lost:
            continue
        mean = over(total(own), Decimal(number))
        squared = over(total((value - mean) ** 2 for value in own), Decimal(number - lost))
        terms.append((times(times(part.weight, Decimal(part.items - number)), squared), Decimal(number - lost)))
    variance = total(term for term, _ in terms)
    squares = total(over(term**2, free) for term, free in terms)
    if squares:
        return variance, over(variance**2, squares)
    return variance, max((free for _, free in terms), default=Decimal(1))
