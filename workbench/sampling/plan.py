"""The plan of a sample: parameters checked and completed before anything is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.sampling.amounts import plain, read_number
from workbench.sampling.names import BOUNDS, DISTRIBUTIONS, ESTIMATORS, METHODS, PARTS
from workbench.sampling.population import Population
from workbench.sampling.selecting import (
    MUS_SELECTIONS,
    Selection,
    select_mus,
    select_random,
    select_systematic,
)
from workbench.sampling.size import (
    SampleSize,
    deviation_of,
    read_confidence,
    read_rates,
    sample_size,
    stratified_size,
)
from workbench.sampling.strata import MOST, Layer, boundaries, layers, select_stratified
from workbench.sampling.wording import HIGH, SHARED, STRATA

SELECTIONS = {"attribute": ("random", "systematic"), "mus": MUS_SELECTIONS}


@dataclass(frozen=True)
class Planned:
    """What will be drawn: `sampled` is the part of the population, `number` items or hits, `parameters` go on paper."""

    sampled: Population
    part: str
    seed: int
    number: int
    size: SampleSize | None
    parameters: dict[str, Any]
    parts: tuple[Layer, ...] = ()

    def draw(self) -> Selection:
        """The sample."""
        method, selection = self.parameters["method"], self.parameters.get("selection", "")
        if method == "mus":
            high = self.parameters["high_value"]
            limit = high if high == HIGH else None if high == "none" else Decimal(high)
            return select_mus(self.sampled, self.number, self.seed, selection, limit)
        if method == "stratified":
            return select_stratified(self.sampled, self.number, self.seed, self.parts)
        if method == "systematic" or selection == "systematic":
            return select_systematic(self.sampled, self.number, self.seed)
        return select_random(self.sampled, self.number, self.seed)


@dataclass(frozen=True)
class Request:
    """What is asked of a sample.

    `size` items or hits, or `tolerable` and `expected` to plan them: percent for attribute, amounts for the others.
    mus samples the items above zero unless `part` says negative (taken as absolute values), the others sample all.
    `high_value`, `bound` and `selection` belong to mus, `strata` and `limits` to stratified, `estimator` to estimates.
    """

    method: str
    seed: int
    size: int | None = None
    confidence: object = 95
    tolerable: object = None
    expected: object = 0
    selection: str = ""
    distribution: str = ""
    bound: str = "stringer"
    estimator: str = "mean-per-unit"
    part: str = ""
    high_value: str = HIGH
    strata: int = 5
    limits: Sequence[object] = ()
    deviation: object = None


def read_plan(population: Population, parameters: Mapping[str, Any]) -> Planned:
    """The plan again from the parameters of a paper."""
    given = {name: value for name, value in parameters.items() if name not in {"size", "size_given"}}
    given["confidence"] = Decimal(given["confidence"]) * 100
    if given["method"] == "attribute":
        for name in ("tolerable", "expected"):
            given[name] = None if given[name] is None else Decimal(given[name]) * 100
    return make_plan(population, Request(size=parameters["size_given"], **given))


def make_plan(population: Population, request: Request) -> Planned:
    """Parameters checked and the size worked out where none is given; WorkbenchError for what cannot be."""
    method, part = request.method, request.part or ("positive" if request.method == "mus" else "all")
    _among("sampling method", method, METHODS)
    if request.size is not None and request.size < 1:
        raise WorkbenchError(f"A sample of {request.size} items is none.", "give --size 1 or more")
    if request.size is None and request.tolerable is None:
        raise WorkbenchError("Neither a size nor a tolerable amount was given.", "give --tolerable or --size")
    own = population.part(_among("part", part, PARTS if method != "mus" else ("positive", "negative")))
    if not own.items:
        raise WorkbenchError(f"The population has no {part} items.", "choose another --part")
    level = read_confidence(request.confidence)
    asked: dict[str, Any] = {
        "method": method,
        "part": part,
        "seed": request.seed,
        "confidence": plain(level),
        "size_given": request.size,
        **_amounts(method, request.tolerable, request.expected),
    }
    if method == "attribute":
        return _attribute(own, asked, request)
    if method == "mus":
        return _mus(own, asked, request)
    asked["estimator"] = _among("estimator", request.estimator, ESTIMATORS)
    return (_stratified if method == "stratified" else _estimate)(own, asked, request)


def _among(kind: str, name: str, known: Sequence[str]) -> str:
    if name not in known:
        raise UnknownNameError(kind, name, known)
    return name


def _amounts(method: str, tolerable: object, expected: object) -> dict[str, str | None]:
    if tolerable is None:
        return {"tolerable": None, "expected": None}
    if method == "attribute":
        rate, likely = read_rates(tolerable, expected)
        return {"tolerable": plain(rate), "expected": plain(likely)}
    limit, wanted = read_number(tolerable, "tolerable amount"), read_number(expected or 0, "expected amount")
    if limit <= 0 or wanted < 0:
        raise WorkbenchError("The tolerable amount must be above 0 and the expected not below.", "correct them")
    return {"tolerable": plain(limit), "expected": plain(wanted)}


def _attribute(own: Population, asked: dict[str, Any], request: Request) -> Planned:
    asked["selection"] = _among("selection of items", request.selection or "random", SELECTIONS["attribute"])
    asked["distribution"] = _among("distribution", request.distribution or "binomial", DISTRIBUTIONS)
    made = None
    if asked["size_given"] is None:
        made = sample_size(
            "attribute",
            confidence=asked["confidence"],
            tolerable=f"{plain(Decimal(asked['tolerable']) * 100)} %",
            expected=Decimal(asked["expected"]) * 100,
            population=len(own.items) if asked["distribution"] == "hypergeometric" else None,
            distribution=asked["distribution"],
        )
    return _planned(own, asked, made)


def _planned(own: Population, asked: dict[str, Any], made: SampleSize | None, parts: tuple[Layer, ...] = ()) -> Planned:
    number = asked["size_given"] or (made.size if made else 1)
    asked["size"] = number if asked["method"] == "mus" else min(number, len(own.items))
    return Planned(own, asked["part"], asked["seed"], asked["size"], made, asked, parts)


def _mus(own: Population, asked: dict[str, Any], request: Request) -> Planned:
    asked["selection"] = _among("selection of monetary units", request.selection or "interval", MUS_SELECTIONS)
    asked["distribution"] = _among("distribution", request.distribution or "binomial", DISTRIBUTIONS[:2])
    asked["bound"] = _among("bound", request.bound, BOUNDS)
    high = request.high_value
    if high not in {HIGH, "none"} and read_number(high, "high value") <= 0:
        raise WorkbenchError(f"A high value of {high} is not above 0.", "give an amount, or none")
    asked["high_value"] = high
    made = None
    if asked["size_given"] is None:
        # The tables plan with Poisson, which asks for a little more than the binomial bound needs.
        made = sample_size(
            "mus",
            confidence=asked["confidence"],
            tolerable=asked["tolerable"],
            expected=asked["expected"],
            population=abs(own.book),
        )
    return _planned(own, asked, made)


def _estimate(own: Population, asked: dict[str, Any], request: Request) -> Planned:
    made = None
    if asked["size_given"] is None:
        given = request.deviation
        spread = deviation_of([item.book for item in own.items]) if given is None else given
        asked["deviation"] = None if given is None else plain(read_number(given, "standard deviation"))
        made = sample_size(
            asked["method"],
            confidence=asked["confidence"],
            tolerable=asked["tolerable"],
            expected=asked["expected"],
            items=len(own.items),
            deviation=spread,
        )
    return _planned(own, asked, made)


def _stratified(own: Population, asked: dict[str, Any], request: Request) -> Planned:
    if not 1 <= request.strata <= MOST:
        raise WorkbenchError(f"{request.strata} strata are not from 1 to {MOST}.", "give --strata 5")
    given = [read_number(limit, "limit of a stratum") for limit in request.limits]
    edges = given or boundaries([item.book for item in own.items], request.strata)
    parts = layers(own, edges)
    asked |= {"strata": request.strata, "limits": [plain(limit) for limit in given]}
    made = None
    if asked["size_given"] is None:
        allowance = Decimal(asked["tolerable"]) - Decimal(asked["expected"])
        if allowance <= 0:
            raise WorkbenchError("The expected misstatement is not below the tolerable.", "test every item")
        counts, spreads = [len(part.items) for part in parts], [part.deviation for part in parts]
        number = stratified_size(Decimal(asked["confidence"]), allowance, counts, spreads)
        steps = (STRATA.format(count=len(parts), allowance=plain(allowance)), SHARED.format(size=number))
        made = SampleSize("stratified", number, Decimal(asked["expected"]), {}, steps)
    return _planned(own, asked, made, parts)
