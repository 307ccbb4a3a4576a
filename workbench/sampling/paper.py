"""A sampling paper: size, selection and evaluation in one JSON file that a stranger can redo."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

from workbench.errors import GateError, WorkbenchError
from workbench.findings import Findings
from workbench.sampling.amounts import plain
from workbench.sampling.chance import GENERATOR
from workbench.sampling.evaluation import (
    Asked,
    Evaluation,
    Tested,
    evaluate_attribute,
    evaluate_estimate,
    evaluate_mus,
)
from workbench.sampling.page import paper_body, paper_page
from workbench.sampling.plan import Planned, Request, make_plan, read_plan
from workbench.sampling.population import Population
from workbench.sampling.results import AUDITED, DEVIATION, Result, read_results, write_sample
from workbench.sampling.selecting import Drawn, Selection, Stratum
from workbench.sampling.sources import sample_population
from workbench.sampling.wording import CHANGE, CHANGED, SUBJECTS
from workbench.snapshot import Snapshot, canonical_json, digest, sha256, whole_or_not_at_all

PAPER, SAMPLE, PAGE = "paper.json", "sample.csv", "paper.html"
VERSION = 1


@dataclass(frozen=True)
class Paper:
    """A sample on paper.

    `fixed` is what was decided before any result was known (population, parameters, plan, selection, items) and never
    changes; its hash is `paper_id`. `results`, `evaluation` and `earlier` (evaluations that were replaced) follow.
    """

    fixed: Mapping[str, Any] = field(repr=False)
    results: Mapping[str, Any] = field(default_factory=dict, repr=False)
    evaluation: Mapping[str, Any] = field(default_factory=dict, repr=False)
    earlier: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)

    @property
    def paper_id(self) -> str:
        """SHA-256 of everything that was fixed before results, its first 16 digits."""
        return digest(self.fixed)[:16]

    @property
    def items(self) -> list[dict[str, Any]]:
        """The items drawn, in the order of sample.csv: line, item_id, book_value (text), stratum, hits."""
        items: list[dict[str, Any]] = self.fixed["items"]
        return items

    @property
    def books(self) -> dict[str, Decimal]:
        """The book value of each item drawn, by id."""
        return {item["item_id"]: Decimal(item["book_value"]) for item in self.items}

    @property
    def column(self) -> str:
        """The column of sample.csv that the auditor fills in."""
        return DEVIATION if self.fixed["parameters"]["method"] == "attribute" else AUDITED

    @property
    def conclusion(self) -> str:
        """The conclusion in words; empty before the evaluation."""
        return " ".join(self.evaluation.get("conclusion", ()))

    def as_json(self) -> dict[str, Any]:
        """The whole paper as plain JSON values."""
        return {
            "paper": "sampling paper",
            "format": VERSION,
            "paper_id": self.paper_id,
            "state": "evaluated" if self.evaluation else "selected",
            "fixed": dict(self.fixed),
            "results": dict(self.results),
            "evaluation": dict(self.evaluation),
            "earlier": [dict(entry) for entry in self.earlier],
        }

    def write(self, folder: Path) -> None:
        """Write paper.json and paper.html into a folder that is there, each whole or not at all."""
        for name, text in ((PAPER, canonical_json(self.as_json())), (PAGE, paper_page(self.as_json()))):
            partial = folder / f".{name}.partial-{os.getpid()}"
            try:
                partial.write_text(text, encoding="utf-8")
                partial.replace(folder / name)
            except OSError as error:
                partial.unlink(missing_ok=True)
                raise WorkbenchError(f"'{folder / name}' cannot be written: {error.strerror}.", "make room") from error

    def __repr__(self) -> str:
        return f"Paper({self.paper_id}, {len(self.items)} items, {'evaluated' if self.evaluation else 'selected'})"

    def _repr_html_(self) -> str:
        return paper_body(self.as_json())


def open_paper(folder: str | Path) -> Paper:
    """The paper in a folder; WorkbenchError where there is none, or what was fixed does not fit its id."""
    file = Path(folder) / PAPER if Path(folder).is_dir() else Path(folder)
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
        paper = Paper(read["fixed"], read["results"], read["evaluation"], tuple(read["earlier"]))
        number, stated = int(read["format"]), str(read["paper_id"])
    except FileNotFoundError as error:
        raise WorkbenchError(
            f"There is no sampling paper in '{folder}'.", "make one: workbench sample select"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkbenchError(f"'{file}' is no sampling paper: {error}.", "take the one that was written") from error
    if number > VERSION:
        raise WorkbenchError(
            f"'{file}' has format {number}, and this release reads up to {VERSION}.", "use the release that wrote it"
        )
    if paper.paper_id != stated:
        raise WorkbenchError(
            f"'{file}' was changed after it was written: its id is {stated}, what it holds gives {paper.paper_id}.",
            "take the one that was written, or select again",
        )
    return paper


def sample_select(population: Population, *, out: str | Path | None = None, **asked: Any) -> Paper:
    """Draw a sample and, with `out`, write paper.json, paper.html and sample.csv into a new folder.

    `asked` are the fields of plan.Request: method, seed, size, confidence, tolerable, expected, selection,
    distribution, bound, estimator, part, high_value, strata, limits, deviation. Raises WorkbenchError for what
    cannot be.

    Example:
        >>> sample_select(population, method="mus", tolerable="50000", seed=20250630, out="papers/june")
    """
    planned = make_plan(population, Request(**asked))
    selection = planned.draw()
    paper = Paper(_fixed(population, planned, selection))
    if out is not None:
        with whole_or_not_at_all(Path(out), "sampling paper") as folder:
            paper.write(folder)
            write_sample(selection.drawn, population.names, population.currency, paper.column, folder / SAMPLE)
    return paper


def _fixed(population: Population, planned: Planned, selection: Selection) -> dict[str, Any]:
    return {
        "population": population.as_json(),
        "part": {
            "name": planned.part,
            "sha256": planned.sampled.sha256,
            "items": len(planned.sampled.items),
            "book_value": plain(planned.sampled.book),
        },
        "parameters": planned.parameters,
        "plan": planned.size.as_json() if planned.size else {},
        "selection": {"generator": GENERATOR, "seed": planned.seed, **selection.how},
        "strata": [
            {
                "name": part.name,
                "items": part.items,
                "book_value": plain(part.book),
                "drawn": part.drawn,
                "whole": part.whole,
            }
            for part in selection.strata
        ],
        "items": [_item(line, entry) for line, entry in enumerate(selection.drawn, 1)],
        "versions": versions(),
    }


def _item(line: int, entry: Drawn) -> dict[str, Any]:
    return {
        "line": line,
        "item_id": entry.item.item_id,
        "book_value": plain(entry.item.book),
        "stratum": entry.stratum,
        "hits": entry.hits,
    }


def versions() -> dict[str, str]:
    """The programs whose version could move a figure."""
    own = {name: version(name) for name in ("billing-workbench", "scipy")}
    return {**own, "python": platform.python_version()}


def sample_evaluate(
    paper: str | Path | Paper,
    results: str | Path | None = None,
    *,
    missing: str = "refuse",
    bound: str = "",
    distribution: str = "",
    estimator: str = "",
) -> Paper:
    """What the results say of the population; a paper given as a folder is written again, with its page.

    `results` is sample.csv filled in (default: the one in the folder); `missing` "error" counts items without a result
    as wholly wrong. Another `bound`, `distribution` or `estimator` than was fixed is told in the paper. Raises
    WorkbenchError with a sentence for everything in the results that does not fit.
    """
    if missing not in {"refuse", "error"}:
        raise WorkbenchError(f"Missing results cannot be treated as '{missing}'.", "choose refuse or error")
    opened = paper if isinstance(paper, Paper) else open_paper(paper)
    file = Path(results) if results else Path(str(paper)) / SAMPLE
    if results is None and isinstance(paper, Paper):
        raise WorkbenchError("A paper in memory has no sample.csv beside it.", "give results=")
    found = read_results(file, opened.books, opened.column, missing)
    changes = {"bound": bound, "distribution": distribution, "estimator": estimator}
    made = _evaluate(opened, found, {name: value for name, value in changes.items() if value})
    done = _with(opened, found, sha256(file), made)
    if not isinstance(paper, Paper) and Path(paper).is_dir():
        done.write(Path(paper))
    return done


def _evaluate(paper: Paper, found: list[Result], changes: Mapping[str, str]) -> Evaluation:
    asked, strata = _asked(paper, changes), _strata(paper)
    tested = [
        Tested(item["item_id"], Decimal(item["book_value"]), item["stratum"], int(item["hits"]), result)
        for item, result in zip(paper.items, found, strict=True)
    ]
    if asked.method == "attribute":
        made = evaluate_attribute(tested, int(paper.fixed["part"]["items"]), asked)
    elif asked.method == "mus":
        made = evaluate_mus(tested, strata, asked)
    else:
        made = evaluate_estimate(tested, strata, asked)
    fixed = paper.fixed["parameters"]
    told = [CHANGE.format(name=name, fixed=fixed[name], other=value) for name, value in changes.items()
            if fixed.get(name) != value]  # fmt: skip
    if told:
        made = replace(made, conclusion=(*made.conclusion, CHANGED.format(changes="; ".join(told))))
    return made


def _asked(paper: Paper, changes: Mapping[str, str]) -> Asked:
    fixed = dict(paper.fixed["parameters"])
    unknown = [name for name in changes if name not in fixed]
    if unknown:
        raise WorkbenchError(f"A {fixed['method']} sample has no {unknown[0]}.", "leave it out")
    fixed |= changes
    tolerable, part = fixed["tolerable"], paper.fixed["part"]["name"]
    return Asked(
        confidence=Decimal(fixed["confidence"]),
        tolerable=None if tolerable is None else Decimal(tolerable),
        currency=paper.fixed["population"]["currency"],
        method=fixed["method"],
        distribution=fixed.get("distribution", "binomial"),
        bound=fixed.get("bound", "stringer"),
        estimator=fixed.get("estimator", "mean-per-unit"),
        sign=-1 if part == "negative" else 1,
        subject=SUBJECTS[part],
    )


def _strata(paper: Paper) -> list[Stratum]:
    return [
        Stratum(part["name"], part["items"], Decimal(part["book_value"]), part["drawn"], part["whole"])
        for part in paper.fixed["strata"]
    ]


def _with(paper: Paper, found: list[Result], fingerprint: str, made: Evaluation) -> Paper:
    """The paper with results; an evaluation that says something else is kept among the earlier ones."""
    results = {
        "sha256": fingerprint,
        "items": [
            {
                "item_id": entry.item_id,
                paper.column: None if entry.value is None else plain(entry.value),
                "remark": entry.remark,
            }
            for entry in found
        ],
    }
    evaluation = made.as_json() | {"versions": versions()}
    earlier = paper.earlier
    if paper.evaluation and (paper.evaluation != evaluation or paper.results != results):
        earlier = (*earlier, {"results": paper.results["sha256"], "conclusion": paper.evaluation["conclusion"]})
    return replace(paper, results=results, evaluation=evaluation, earlier=earlier)


def sample_redo(
    paper: str | Path | Paper, source: str | Path | Snapshot, findings: str | Path | Findings | None = None
) -> Paper:
    """Draw the sample of a paper again from its population and compare; the paper where all is the same.

    `source` is the file or the snapshot it was drawn from, `findings` the findings that were taken out. Raises
    GateError that names what differs.
    """
    opened = paper if isinstance(paper, Paper) else open_paper(paper)
    from_where = opened.fixed["population"]["source"]
    population = sample_population(
        source,
        table=from_where.get("table", "invoices"),
        period=from_where.get("period", ""),
        entity=from_where.get("entity", ""),
        currency=from_where["currency"],
        findings=findings,
        id_column=from_where.get("id_column", ""),
        amount_column=from_where["amount_column"],
    )
    if population.sha256 != opened.fixed["population"]["sha256"]:
        raise GateError(
            f"The population is not the paper's: {len(population.items):,} items, SHA-256 {population.sha256[:16]}, "
            f"against {opened.fixed['population']['items']:,} items, {opened.fixed['population']['sha256'][:16]}.",
            "give the source and the findings that it was drawn from",
        )
    planned = read_plan(population, opened.fixed["parameters"])
    again = _fixed(population, planned, planned.draw())
    for name in ("part", "plan", "selection", "strata", "items"):
        if again[name] != opened.fixed[name]:
            raise GateError(f"Drawn again, the {name} of the paper differ.", "look at the versions in the paper")
    return opened
