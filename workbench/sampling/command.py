"""The commands `workbench sample size`, `select`, `evaluate` and `redo`: a statistical sample as a work paper."""

from __future__ import annotations

import json
from pathlib import Path

import click

from workbench.options import LANGUAGE
from workbench.sampling.names import BOUNDS, DISTRIBUTIONS, ESTIMATORS, METHODS, PARTS

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for a program to read.")
CONFIDENCE = click.option("--confidence", default="95", show_default=True, help="In percent.")
TOLERABLE = click.option(
    "--tolerable", help="Percent (5) or share (0.05) for attribute, else an amount (mus: percent without --population)."
)
EXPECTED = click.option("--expected", default="0", show_default=True, help="As --tolerable.")
DISTRIBUTION = click.option("--distribution", default="", help=f"{', '.join(DISTRIBUTIONS)}.")
METHOD = click.option("--method", required=True, type=click.Choice(METHODS), help="The kind of sample.")


@click.group("sample")
def command() -> None:
    """Plan, draw and evaluate a statistical sample; the state is a file that a stranger can redo.

    \b
    Example:
        workbench sample size --method attribute --confidence 95 --tolerable 5 --expected 1
        workbench sample select snapshots/2025-06 --period 2025-06 --entity SG01 --currency SGD \\
            --findings findings.parquet --method mus --tolerable 50000 --seed 20250630 --out papers/june
        workbench sample evaluate papers/june
    """


@command.command("size")
@METHOD
@CONFIDENCE
@TOLERABLE
@EXPECTED
@click.option("--population", help="Number of items (attribute, hypergeometric) or book total (mus).")
@DISTRIBUTION
@click.option("--items", type=int, help="Number of items, for an estimate.")
@click.option("--deviation", help="Standard deviation, for an estimate.")
@AS_JSON
def size(
    method: str,
    confidence: str,
    tolerable: str | None,
    expected: str,
    population: str | None,
    distribution: str,
    items: int | None,
    deviation: str | None,
    as_json: bool,
) -> None:
    """Say how many items a sample needs, and why.

    \b
    Example:
        workbench sample size --method mus --tolerable 50000 --expected 5000 --population 2500000
    """
    from workbench.errors import WorkbenchError
    from workbench.sampling.size import sample_size

    if tolerable is None:
        raise WorkbenchError("No tolerable rate or amount was given.", "give --tolerable")
    found = sample_size(
        method,
        confidence=confidence,
        tolerable=tolerable,
        expected=expected,
        population=population,
        distribution=distribution,
        items=items,
        deviation=deviation,
    )
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
        return
    click.echo("\n".join((f"{found.size:,} items" if method != "mus" else f"{found.size:,} hits", *found.steps)))


@command.command("select")
@click.argument("population", type=click.Path(path_type=Path))
@METHOD
@click.option("--seed", type=click.IntRange(0), required=True, help="Any whole number; it goes on the paper.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to make.")
@click.option("--size", type=click.IntRange(1), help="How many, instead of planning it.")
@CONFIDENCE
@TOLERABLE
@EXPECTED
@click.option("--selection", default="", help="mus: interval, cell, random. attribute: random, systematic.")
@DISTRIBUTION
@click.option("--bound", default="stringer", show_default=True, type=click.Choice(BOUNDS), help="How mus is evaluated.")
@click.option(
    "--estimator", default="mean-per-unit", show_default=True, type=click.Choice(ESTIMATORS), help="For estimates."
)
@click.option("--part", default="", help=f"{', '.join(PARTS)}; default positive for mus, else all.")
@click.option("--high-value", default="high-value", help="mus: an amount from which items are taken whole, or none.")
@click.option("--strata", default=5, show_default=True, help="How many strata.")
@click.option(
    "--limit", "limits", multiple=True, help="A book value where two strata meet; may be given more than once."
)
@click.option("--deviation", help="Standard deviation of what is estimated; default that of the book values.")
@click.option(
    "--table", default="invoices", show_default=True, help="Of a snapshot: invoices, invoice_lines, receipts."
)
@click.option("--period", default="", metavar="YYYY-MM", help="Of a snapshot: the month.")
@click.option("--entity", default="", help="Of a snapshot: the entity.")
@click.option("--currency", default="", help="The one currency to sample.")
@click.option("--findings", type=click.Path(path_type=Path), help="Findings whose subjects are taken out.")
@click.option("--id", "id_column", default="", help="Of a file: the column of ids.")
@click.option("--amount", "amount_column", default="", help="The column of book values.")
@LANGUAGE
@AS_JSON
def select(population: Path, out: Path, as_json: bool, **given: object) -> None:
    """Draw a sample from a .csv, a .parquet or a snapshot, and write paper.json, paper.html and sample.csv.

    \b
    Example:
        workbench sample select invoices.csv --method mus --tolerable 50000 --seed 7 --out papers/june
    """
    from workbench.sampling.paper import sample_select
    from workbench.sampling.sources import sample_population

    names = ("table", "period", "entity", "currency", "findings", "id_column", "amount_column")
    where = {name: given.pop(name) for name in names}
    found = sample_population(population, **where)  # type: ignore[arg-type]
    paper = sample_select(found, out=out, **given)
    if as_json:
        click.echo(json.dumps(paper.as_json(), indent=2, ensure_ascii=False))
        return
    own = paper.fixed["population"]
    click.echo(
        f"{own['items']:,} items of {own['book_value']} {own['currency']} in the population, {len(paper.items):,} drawn"
    )
    click.echo(f"Fill in {out / 'sample.csv'}, then: workbench sample evaluate {out}")


@command.command("evaluate")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--results", type=click.Path(path_type=Path), help="sample.csv filled in; default the one in the folder.")
@click.option(
    "--missing",
    default="refuse",
    show_default=True,
    type=click.Choice(["refuse", "error"]),
    help="Items without a result: refuse, or count as wholly wrong.",
)
@click.option("--bound", default="", help="Another bound than was fixed; the paper says so.")
@DISTRIBUTION
@click.option("--estimator", default="", help="Another estimator than was fixed; the paper says so.")
@LANGUAGE
@AS_JSON
def evaluate(
    folder: Path, results: Path | None, missing: str, bound: str, distribution: str, estimator: str, as_json: bool
) -> None:
    """Say what the results mean for the population, in words and figures, and write it into the paper.

    \b
    Example:
        workbench sample evaluate papers/june --results papers/june/sample.csv
    """
    from workbench.sampling.paper import sample_evaluate

    paper = sample_evaluate(
        folder, results, missing=missing, bound=bound, distribution=distribution, estimator=estimator
    )
    if as_json:
        click.echo(json.dumps(dict(paper.evaluation) | {"paper_id": paper.paper_id}, indent=2, ensure_ascii=False))
        return
    width = max(len(name) for name, _ in paper.evaluation["figures"])
    click.echo("\n".join(f"{name:<{width}}  {value}" for name, value in paper.evaluation["figures"]))
    click.echo("\n" + "\n".join(paper.evaluation["conclusion"]))
    click.echo(f"\nThe paper is {folder / 'paper.html'}")


@command.command("redo")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("population", type=click.Path(path_type=Path))
@click.option("--findings", type=click.Path(path_type=Path), help="The findings that were taken out.")
def redo(folder: Path, population: Path, findings: Path | None) -> None:
    """Draw a paper's sample again from its population and compare; ends with 1 where anything differs.

    \b
    Example:
        workbench sample redo papers/june snapshots/2025-06 --findings findings.parquet
    """
    from workbench.sampling.paper import sample_redo

    paper = sample_redo(folder, population, findings)
    click.echo(f"Drawn again: the same {len(paper.items):,} items, paper {paper.paper_id}")
