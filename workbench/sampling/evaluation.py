"""What a sample says of its population: projection, upper limits, and a conclusion in words beside the mathematics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from workbench.errors import WorkbenchError
from workbench.money import grouped
from workbench.sampling.amounts import in_money, over, percent, plain, total
from workbench.sampling.bounds import Bound, bound
from workbench.sampling.estimators import Estimate, Part, estimate
from workbench.sampling.factors import upper_number, upper_rate
from workbench.sampling.results import Result
from workbench.sampling.selecting import HIGH, Stratum


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
    subject: str = "the population is"

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
        step = (
            f"largest M of {population:,} items with P(X <= {found} | M) > {plain(1 - asked.confidence)}: M = {most:,}"
        )
    elif asked.distribution == "poisson":
        limit = upper_rate(found, size, asked.confidence, "poisson")
        step = f"gamma.ppf({plain(asked.confidence)}, {found + 1}) / {size} = {plain(limit)}"
    else:
        limit = upper_rate(found, size, asked.confidence)
        step = f"beta.ppf({plain(asked.confidence)}, {found + 1}, {size - found}) = {plain(limit)}"
    words = f"{found:,} of {size:,} items deviate, {percent(rate)}"
    conclusion = f"{words}. With {asked.level} confidence no more than {percent(limit)} of the population deviates."
    supported = None if asked.tolerable is None else limit <= asked.tolerable
    return Evaluation(
        supported=supported,
        conclusion=(conclusion, _verdict_rate(limit, asked)),
        figures=(
            ("Items tested", f"{size:,}"),
            ("Deviations", f"{found:,}"),
            ("Rate in the sample (projection)", percent(rate)),
            (f"Upper limit, {asked.level}", percent(limit)),
            ("Allowance for sampling risk", percent(limit - rate)),
            ("Tolerable rate", percent(asked.tolerable) if asked.tolerable is not None else "none fixed"),
        ),
        steps=(f"k / n = {found} / {size} = {plain(rate.quantize(Decimal('0.0000000001')))}", step),
        head=("Deviating item", "Remark"),
        rows=tuple(
            (entry.item_id, entry.result.remark or ("not tested" if entry.result.value is None else ""))
            for entry in tested
            if entry.result.value is None or entry.result.value
        ),
        values={"deviations": found, "size": size, "projected_rate": plain(rate.quantize(Decimal("0.0000000001"))),
                "upper_rate": plain(limit.quantize(Decimal("0.0000000001")))},
    )  # fmt: skip


def _verdict_rate(limit: Decimal, asked: Asked) -> str:
    if asked.tolerable is None:
        return "No tolerable rate was fixed, so the paper concludes no further."
    if limit <= asked.tolerable:
        return f"That is within the tolerable {percent(asked.tolerable)}: the sample supports reliance."
    return (
        f"That passes the tolerable {percent(asked.tolerable)}: the sample does not support reliance. Look at "
        "the cause of the deviations, test more items, or rely on something else."
    )


def evaluate_mus(tested: Sequence[Tested], strata: Sequence[Stratum], asked: Asked) -> Evaluation:
    """Over- and understatement apart: known in what was taken whole, projected and limited in what was sampled."""
    sampled = next((part for part in strata if not part.whole), None)
    known = [entry.misstatement * asked.sign for entry in tested if entry.stratum == HIGH]
    taints = [entry.taint for entry in tested if entry.stratum != HIGH for _ in range(entry.hits)]
    found = {
        "over": _direction([t for t in taints if t > 0], [m for m in known if m > 0], sampled, asked),
        "under": _direction([-t for t in taints if t < 0], [-m for m in known if m < 0], sampled, asked),
    }
    upper, lower = found["over"], found["under"]
    largest = max(upper.limit, lower.limit)
    supported = None if asked.tolerable is None else largest <= asked.tolerable
    head = ("Direction", "Stage", "Taint", "Upper rate", "Projected", "Added to the limit", "Limit so far")
    return Evaluation(
        supported=supported,
        conclusion=_mus_words(upper, lower, supported, asked),
        figures=(
            ("Items tested", f"{len(tested):,}"),
            ("Hits in the sampled part", f"{sampled.drawn:,}" if sampled else "none"),
            ("Known overstatement, items taken whole", asked.money(upper.known)),
            ("Known understatement, items taken whole", asked.money(lower.known)),
            ("Projected overstatement", asked.money(upper.projected)),
            ("Projected understatement", asked.money(lower.projected)),
            ("Projected net misstatement", asked.money(upper.projected - lower.projected)),
            ("Basic precision", asked.money(upper.bound.basic if upper.bound else Decimal(0))),
            (f"Upper limit of overstatement, {asked.level}", asked.money(upper.limit)),
            (f"Upper limit of understatement, {asked.level}", asked.money(lower.limit)),
            ("Tolerable misstatement", "none fixed" if asked.tolerable is None else asked.money(asked.tolerable)),
        ),
        steps=_mus_steps(sampled, asked),
        head=head,
        rows=(*_stages("over", upper.bound, asked), *_stages("under", lower.bound, asked)),
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
    first = (
        f"The sample projects an overstatement of {asked.money(upper.projected)} and an understatement of "
        f"{asked.money(lower.projected)}. With {asked.level} confidence the overstatement is no more than "
        f"{asked.money(upper.limit)}, and, looked at on its own, the understatement no more than "
        f"{asked.money(lower.limit)}."
    )
    return (first, _verdict(max(upper.limit, lower.limit), supported, asked))


def _verdict(largest: Decimal, supported: bool | None, asked: Asked) -> str:
    if asked.tolerable is None:
        return "No tolerable misstatement was fixed, so the paper concludes no further."
    if supported:
        return (
            f"Both are within the tolerable {asked.money(asked.tolerable)}: the sample supports the conclusion that "
            f"{asked.subject} not materially misstated."
        )
    return (
        f"The larger, {asked.money(largest)}, passes the tolerable {asked.money(asked.tolerable)}: the sample does not "
        f"support the conclusion that {asked.subject} not materially misstated. Look at the causes, have what was "
        "found corrected, or test more."
    )


def _mus_steps(sampled: Stratum | None, asked: Asked) -> tuple[str, ...]:
    if sampled is None:
        return ("Every item was taken whole, so nothing is projected and nothing is uncertain.",)
    book, hits = abs(sampled.book), sampled.drawn
    rate = (
        f"p(j) = gamma.ppf({plain(asked.confidence)}, j + 1) / n"
        if asked.distribution == "poisson"
        else f"p(j) = beta.ppf({plain(asked.confidence)}, j + 1, n - j)"
    )
    limit = (
        "limit = B x (p(0) + sum of (p(j) - p(j-1)) x taint j), taints from large to small (Stringer)"
        if asked.bound == "stringer"
        else "limit(j) = larger of limit(j-1) + taint j x B / n and p(j) x B x mean of the taints so far (cell)"
    )
    return (
        f"B = {asked.money(book)} sampled, n = {hits:,} hits, B / n = {asked.money(over(book, Decimal(hits)))}",
        "taint = (book value - audited value) / book value; projection = sum of taint x B / n",
        f"{rate} ({asked.distribution})",
        limit,
        "what was found in items taken whole is added to both, without allowance",
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
            ("Items tested", f"{len(tested):,}"),
            ("Items that differ", f"{made.differing:,}"),
            ("Book value", asked.money(total(part.book for part in parts))),
            ("Estimated audited value", asked.money(made.audited)),
            ("Projected misstatement (book less audited)", asked.money(made.misstatement)),
            ("Standard error", asked.money(made.error)),
            (f"Allowance for sampling risk, {asked.level} one-sided", asked.money(made.allowance)),
            (f"Upper limit of overstatement, {asked.level}", asked.money(max(Decimal(0), upper))),
            (f"Upper limit of understatement, {asked.level}", asked.money(max(Decimal(0), lower))),
            ("Tolerable misstatement", "none fixed" if asked.tolerable is None else asked.money(asked.tolerable)),
        ),
        steps=(
            *made.steps,
            "variance = sum of N x (N - n) / n x s^2 of the residuals, whole strata without",
            _student(made, asked),
        ),
        head=("Stratum", "Items", "Book value", "Drawn", "Book value drawn", "Audited value drawn"),
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
    return f"t = {plain(factor)} at {asked.level} one-sided, {plain(freedom)} degrees of freedom; allowance = t x error"


def _estimate_words(
    made: Estimate, upper: Decimal, lower: Decimal, supported: bool | None, asked: Asked
) -> tuple[str, ...]:
    way = "over" if made.misstatement >= 0 else "under"
    first = (
        f"By {asked.estimator} estimation the population should come to {asked.money(made.audited)}: it is "
        f"{way}stated by {asked.money(abs(made.misstatement))}, give or take {asked.money(made.allowance)}. With "
        f"{asked.level} confidence for each, the overstatement is no more than {asked.money(max(Decimal(0), upper))} "
        f"and the understatement no more than {asked.money(max(Decimal(0), lower))}."
    )
    words = [first]
    if not made.reliable:
        words = [f"{made.doubt} The paper cannot conclude; take mean-per-unit estimation, or a monetary unit sample."]
    elif made.doubt:
        words.append(made.doubt)
    if made.reliable:
        words.append(_verdict(max(upper, lower), supported, asked))
    return tuple(words)
