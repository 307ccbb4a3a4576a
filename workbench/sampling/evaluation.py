"""What a sample says of its population: projection, upper limits, and a conclusion in words beside the mathematics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from workbench.errors import WorkbenchError
from workbench.money import grouped
from workbench.sampling import wording
from workbench.sampling.amounts import in_money, over, percent, plain, total
from workbench.sampling.bounds import Bound, bound
from workbench.sampling.estimators import Estimate, Part, estimate
from workbench.sampling.factors import upper_number, upper_rate
from workbench.sampling.results import Result
from workbench.sampling.selecting import Stratum


@dataclass(frozen=True)
class Tested:
    """One item of the sample with what was found."""

    item_id: str
    book: Decimal
    stratum: str
    hits: int
    result: Result

    @property
    def audited(self) -> Decimal:
        """What it should be; an item that could not be tested counts as wholly wrong."""
        return Decimal(0) if self.result.value is None else self.result.value

    @property
    def misstatement(self) -> Decimal:
        """Book value less audited value: above zero is too much in the books."""
        return self.book - self.audited

    @property
    def taint(self) -> Decimal:
        """The misstatement as a share of the book value."""
        return over(self.misstatement, self.book)


@dataclass(frozen=True)
class Evaluation:
    """The answer of a sample.

    `supported` is True where the sample supports the conclusion that the tolerable is not passed, False where it does
    not, None where nothing can be concluded (or no tolerable was fixed). `figures` are names and values for reading,
    `steps` the mathematics, `table` a head and rows of texts, `values` the figures for a program (amounts as text in
    the minor unit, rates as shares).
    """

    supported: bool | None
    conclusion: tuple[str, ...]
    figures: tuple[tuple[str, str], ...]
    steps: tuple[str, ...]
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return {
            "supported": self.supported,
            "conclusion": list(self.conclusion),
            "figures": [list(pair) for pair in self.figures],
            "steps": list(self.steps),
            "head": list(self.head),
            "rows": [list(row) for row in self.rows],
            "values": dict(self.values),
        }


@dataclass(frozen=True)
class Asked:
    """What was fixed before the results: the confidence, the tolerable, and how to evaluate. Amounts in `currency`."""

    confidence: Decimal
    tolerable: Decimal | None
    currency: str
    method: str
    distribution: str = "binomial"
    bound: str = "stringer"
    estimator: str = "mean-per-unit"
    sign: int = 1
    subject: str = wording.SUBJECTS["all"]

    @property
    def level(self) -> str:
        """The confidence for reading, "95 %"."""
        return f"{plain(self.confidence * 100)} %"

    def money(self, amount: Decimal) -> str:
        """An amount for reading, with its currency."""
        return f"{grouped(in_money(amount, self.currency), self.currency)} {self.currency}".strip()

    def value(self, amount: Decimal) -> str:
        """An amount for a program."""
        return plain(in_money(amount, self.currency))


def evaluate_attribute(tested: Sequence[Tested], population: int, asked: Asked) -> Evaluation:
    """The rate of deviations: found, and at most with the confidence (binomial, Poisson or hypergeometric)."""
    size = len(tested)
    found = sum(1 for entry in tested if entry.result.value is None or entry.result.value)
    rate = over(Decimal(found), Decimal(size))
    if asked.distribution == "hypergeometric":
        most = upper_number(found, size, population, asked.confidence)
        limit = over(Decimal(most), Decimal(population))
        risk = plain(1 - asked.confidence)
        step = wording.LARGEST_M.format(items=f"{population:,}", found=found, risk=risk, most=f"{most:,}")
    elif asked.distribution == "poisson":
        limit = upper_rate(found, size, asked.confidence, "poisson")
        step = f"gamma.ppf({plain(asked.confidence)}, {found + 1}) / {size} = {plain(limit)}"
    else:
        limit = upper_rate(found, size, asked.confidence)
        step = f"beta.ppf({plain(asked.confidence)}, {found + 1}, {size - found}) = {plain(limit)}"
    conclusion = wording.DEVIATE.format(
        found=f"{found:,}", size=f"{size:,}", rate=percent(rate), level=asked.level, limit=percent(limit)
    )
    supported = None if asked.tolerable is None else limit <= asked.tolerable
    return Evaluation(
        supported=supported,
        conclusion=(conclusion, _verdict_rate(limit, asked)),
        figures=(
            (wording.ITEMS_TESTED, f"{size:,}"),
            (wording.DEVIATIONS, f"{found:,}"),
            (wording.RATE, percent(rate)),
            (wording.UPPER_LIMIT.format(level=asked.level), percent(limit)),
            (wording.SAMPLING_RISK, percent(limit - rate)),
            (wording.TOLERABLE_RATE, wording.NONE_FIXED if asked.tolerable is None else percent(asked.tolerable)),
        ),
        steps=(f"k / n = {found} / {size} = {plain(rate.quantize(Decimal('0.0000000001')))}", step),
        head=wording.HEADS_OF_DEVIATIONS,
        rows=tuple(
            (entry.item_id, entry.result.remark or (wording.NOT_TESTED if entry.result.value is None else ""))
            for entry in tested
            if entry.result.value is None or entry.result.value
        ),
        values={"deviations": found, "size": size, "projected_rate": plain(rate.quantize(Decimal("0.0000000001"))),
                "upper_rate": plain(limit.quantize(Decimal("0.0000000001")))},
    )  # fmt: skip


def _verdict_rate(limit: Decimal, asked: Asked) -> str:
    if asked.tolerable is None:
        return wording.NO_RATE
    message = wording.RATE_WITHIN if limit <= asked.tolerable else wording.RATE_PASSED
    return message.format(tolerable=percent(asked.tolerable))


def evaluate_mus(tested: Sequence[Tested], strata: Sequence[Stratum], asked: Asked) -> Evaluation:
    """Over- and understatement apart: known in what was taken whole, projected and limited in what was sampled."""
    sampled = next((part for part in strata if not part.whole), None)
    known = [entry.misstatement * asked.sign for entry in tested if entry.stratum == wording.HIGH]
    taints = [entry.taint for entry in tested if entry.stratum != wording.HIGH for _ in range(entry.hits)]
    found = {
        "over": _direction([t for t in taints if t > 0], [m for m in known if m > 0], sampled, asked),
        "under": _direction([-t for t in taints if t < 0], [-m for m in known if m < 0], sampled, asked),
    }
    upper, lower = found["over"], found["under"]
    largest = max(upper.limit, lower.limit)
    supported = None if asked.tolerable is None else largest <= asked.tolerable
    return Evaluation(
        supported=supported,
        conclusion=_mus_words(upper, lower, supported, asked),
        figures=(
            (wording.ITEMS_TESTED, f"{len(tested):,}"),
            (wording.HITS, f"{sampled.drawn:,}" if sampled else wording.NONE),
            (wording.KNOWN_OVER, asked.money(upper.known)),
            (wording.KNOWN_UNDER, asked.money(lower.known)),
            (wording.PROJECTED_OVER, asked.money(upper.projected)),
            (wording.PROJECTED_UNDER, asked.money(lower.projected)),
            (wording.PROJECTED_NET, asked.money(upper.projected - lower.projected)),
            (wording.BASIC_PRECISION, asked.money(upper.bound.basic if upper.bound else Decimal(0))),
            *_limits(upper.limit, lower.limit, asked),
        ),
        steps=_mus_steps(sampled, asked),
        head=wording.HEADS_OF_STAGES,
        rows=(
            *_stages(wording.OVER_BOOK, upper.bound, asked),
            *_stages(wording.UNDER_BOOK, lower.bound, asked),
        ),
        values={
            "projected_overstatement": asked.value(upper.projected),
            "projected_understatement": asked.value(lower.projected),
            "upper_limit_overstatement": asked.value(upper.limit),
            "upper_limit_understatement": asked.value(lower.limit),
            "known_overstatement": asked.value(upper.known),
            "known_understatement": asked.value(lower.known),
            "basic_precision": asked.value(upper.bound.basic if upper.bound else Decimal(0)),
        },
    )


def _limits(over: Decimal, under: Decimal, asked: Asked) -> tuple[tuple[str, str], ...]:
    tolerable = wording.NONE_FIXED if asked.tolerable is None else asked.money(asked.tolerable)
    return (
        (wording.MOST_OVER.format(level=asked.level), asked.money(over)),
        (wording.MOST_UNDER.format(level=asked.level), asked.money(under)),
        (wording.TOLERABLE, tolerable),
    )


@dataclass(frozen=True)
class _Side:
    known: Decimal
    projected: Decimal
    limit: Decimal
    bound: Bound | None


def _direction(taints: list[Decimal], known: list[Decimal], sampled: Stratum | None, asked: Asked) -> _Side:
    certain = total(known)
    if sampled is None:
        return _Side(certain, certain, certain, None)
    book = abs(sampled.book)
    own = bound(taints, sampled.drawn, book, asked.confidence, asked.bound, asked.distribution)
    return _Side(certain, certain + own.projected, certain + own.limit, own)


def _mus_words(upper: _Side, lower: _Side, supported: bool | None, asked: Asked) -> tuple[str, ...]:
    first = wording.PROJECTS.format(
        over=asked.money(upper.projected),
        under=asked.money(lower.projected),
        level=asked.level,
        most_over=asked.money(upper.limit),
        most_under=asked.money(lower.limit),
    )
    return (first, _verdict(max(upper.limit, lower.limit), supported, asked))


def _verdict(largest: Decimal, supported: bool | None, asked: Asked) -> str:
    if asked.tolerable is None:
        return wording.NO_AMOUNT
    return (wording.WITHIN if supported else wording.PASSED).format(
        largest=asked.money(largest), tolerable=asked.money(asked.tolerable), subject=asked.subject
    )


def _mus_steps(sampled: Stratum | None, asked: Asked) -> tuple[str, ...]:
    if sampled is None:
        return (wording.ALL_WHOLE,)
    book, hits = abs(sampled.book), sampled.drawn
    rate = (
        f"p(j) = gamma.ppf({plain(asked.confidence)}, j + 1) / n"
        if asked.distribution == "poisson"
        else f"p(j) = beta.ppf({plain(asked.confidence)}, j + 1, n - j)"
    )
    interval = asked.money(over(book, Decimal(hits)))
    return (
        wording.BOOK.format(book=asked.money(book), hits=f"{hits:,}", interval=interval),
        wording.TAINT,
        f"{rate} ({asked.distribution})",
        wording.STRINGER if asked.bound == "stringer" else wording.CELL,
        wording.WHOLE_ADDED,
    )


def _stages(direction: str, own: Bound | None, asked: Asked) -> list[tuple[str, ...]]:
    places = Decimal("0.0000001")
    return [
        (
            direction,
            str(stage.number),
            "" if not stage.number else percent(stage.taint),
            plain(stage.rate.quantize(places)),
            "" if not stage.number else asked.money(stage.projected),
            asked.money(stage.added),
            asked.money(stage.limit),
        )
        for stage in (own.stages if own else ())
    ]


def evaluate_estimate(tested: Sequence[Tested], strata: Sequence[Stratum], asked: Asked) -> Evaluation:
    """An estimate of the population's audited total by the estimator fixed in the paper."""
    parts = []
    for stratum in strata:
        own = [entry for entry in tested if entry.stratum == stratum.name]
        if len(own) != stratum.drawn:
            raise WorkbenchError(
                f"Stratum '{stratum.name}' has {len(own)} results for {stratum.drawn} items.", "draw the sample again"
            )
        parts.append(
            Part(stratum.name, stratum.items, stratum.book, tuple(e.book for e in own), tuple(e.audited for e in own))
        )
    made = estimate(parts, asked.estimator, asked.confidence)
    upper, lower = made.misstatement + made.allowance, -made.misstatement + made.allowance
    largest = max(upper, lower)
    supported = None if asked.tolerable is None or not made.reliable else largest <= asked.tolerable
    return Evaluation(
        supported=supported,
        conclusion=_estimate_words(made, upper, lower, supported, asked),
        figures=(
            (wording.ITEMS_TESTED, f"{len(tested):,}"),
            (wording.DIFFER, f"{made.differing:,}"),
            (wording.BOOK_VALUE, asked.money(total(part.book for part in parts))),
            (wording.ESTIMATED, asked.money(made.audited)),
            (wording.PROJECTED, asked.money(made.misstatement)),
            (wording.ERROR, asked.money(made.error)),
            (wording.RISK_ONE_SIDED.format(level=asked.level), asked.money(made.allowance)),
            *_limits(max(Decimal(0), upper), max(Decimal(0), lower), asked),
        ),
        steps=(*made.steps, wording.VARIANCE, _student(made, asked)),
        head=wording.HEADS_OF_STRATA,
        rows=tuple(
            (part.name, f"{part.items:,}", asked.money(part.book), f"{len(part.books):,}",
             asked.money(total(part.books)), asked.money(total(part.audited)))
            for part in parts
        ),
        values={
            "projected_misstatement": asked.value(made.misstatement),
            "estimated_audited_value": asked.value(made.audited),
            "standard_error": asked.value(made.error),
            "allowance": asked.value(made.allowance),
            "upper_limit_overstatement": asked.value(max(Decimal(0), upper)),
            "upper_limit_understatement": asked.value(max(Decimal(0), lower)),
        },
    )  # fmt: skip


def _student(made: Estimate, asked: Asked) -> str:
    factor, freedom = made.factor.quantize(Decimal("0.0001")), made.freedom.quantize(Decimal("0.01"))
    return wording.STUDENT.format(factor=plain(factor), level=asked.level, freedom=plain(freedom))


def _estimate_words(
    made: Estimate, upper: Decimal, lower: Decimal, supported: bool | None, asked: Asked
) -> tuple[str, ...]:
    first = (wording.OVERSTATED if made.misstatement >= 0 else wording.UNDERSTATED).format(
        estimator=asked.estimator,
        audited=asked.money(made.audited),
        amount=asked.money(abs(made.misstatement)),
        allowance=asked.money(made.allowance),
        level=asked.level,
        most_over=asked.money(max(Decimal(0), upper)),
        most_under=asked.money(max(Decimal(0), lower)),
    )
    words = [first]
    if not made.reliable:
        words = [wording.CANNOT.format(doubt=made.doubt)]
    elif made.doubt:
        words.append(made.doubt)
    if made.reliable:
        words.append(_verdict(max(upper, lower), supported, asked))
    return tuple(words)
