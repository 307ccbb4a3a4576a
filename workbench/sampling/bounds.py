"""Upper limits from taints: Stringer's bound (binomial and Poisson) and the cell bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from workbench.errors import UnknownNameError
from workbench.sampling.amounts import over, times, total
from workbench.sampling.factors import upper_rate
from workbench.sampling.names import BOUNDS, DISTRIBUTIONS


@dataclass(frozen=True)
class Stage:
    """One line of a bound: the taint, the upper rate for so many errors, what it projects and what it adds."""

    number: int
    taint: Decimal
    rate: Decimal
    projected: Decimal
    added: Decimal
    limit: Decimal


@dataclass(frozen=True)
class Bound:
    """Amounts of one direction: what the sample projects, and the limit that holds with the confidence asked for."""

    projected: Decimal
    basic: Decimal
    limit: Decimal
    stages: tuple[Stage, ...]


def bound(
    taints: Sequence[Decimal], size: int, book: Decimal, confidence: Decimal, name: str, distribution: str = "binomial"
) -> Bound:
    """The upper limit of a misstatement in a population of book value `book` after `size` hits.

    `taints` are shares of the book value (0.25 = a quarter), all above 0, in any order: they are taken from large to
    small. Raises UnknownNameError for a bound or a distribution that is none.
    """
    if distribution not in DISTRIBUTIONS[:2]:
        raise UnknownNameError("distribution of a bound", distribution, DISTRIBUTIONS[:2])
    if name not in BOUNDS:
        raise UnknownNameError("bound", name, BOUNDS)
    ordered = sorted(taints, reverse=True)
    rates = [upper_rate(number, size, confidence, distribution) for number in range(len(ordered) + 1)]
    return (_stringer if name == "stringer" else _cell)(ordered, rates, size, book)


def _start(ordered: list[Decimal], rates: list[Decimal], book: Decimal) -> Stage:
    """What is left unknown without any error; taints above 100 % in the sample make every unknown one as large."""
    largest = max((Decimal(1), *ordered[:1]))
    basic = times(times(rates[0], book), largest)
    return Stage(0, largest, rates[0], Decimal(0), basic, basic)


def _stringer(ordered: list[Decimal], rates: list[Decimal], size: int, book: Decimal) -> Bound:
    """B x (p0 + sum of (p_j - p_(j-1)) x t_j), taints descending. Stringer, 1963; AICPA Audit Sampling, chapter 6."""
    stages = [_start(ordered, rates, book)]
    interval = over(book, Decimal(size))
    for number, taint in enumerate(ordered, 1):
        added = times(times(rates[number] - rates[number - 1], book), taint)
        limit = stages[-1].limit + added
        stages.append(Stage(number, taint, rates[number], times(taint, interval), added, limit))
    return _bound(stages)


def _cell(ordered: list[Decimal], rates: list[Decimal], size: int, book: Decimal) -> Bound:
    """Stage by stage the larger of load and spread: limit + t x interval, or p_j x B x mean of the taints so far.

    Leslie, Teitlebaum and Anderson, Dollar-Unit Sampling, 1979.
    """
    stages = [_start(ordered, rates, book)]
    interval = over(book, Decimal(size))
    for number, taint in enumerate(ordered, 1):
        load = stages[-1].limit + times(taint, interval)
        mean = over(total(ordered[:number]), Decimal(number))
        spread = times(times(rates[number], book), mean)
        limit = max(load, spread)
        added = limit - stages[-1].limit
        stages.append(Stage(number, taint, rates[number], times(taint, interval), added, limit))
    return _bound(stages)


def _bound(stages: list[Stage]) -> Bound:
    return Bound(total(stage.projected for stage in stages), stages[0].added, stages[-1].limit, tuple(stages))
