"""The command `workbench match`: money that finds its invoice, and what else has two sides."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from workbench.progress import shown

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("match")
@click.argument("snapshot", type=click.Path(path_type=Path))
@click.option(
    "--what",
    type=click.Choice(["receipts", "bank", "settlements", "ledger"]),
    default="receipts",
    show_default=True,
    help="What is matched.",
)
@click.option("--as-of", type=DAY, metavar="YYYY-MM-DD", help="The day; default: the newest business date.")
@click.option("--pass", "passes", multiple=True, help="Only this pass, e.g. reference; may be given more than once.")
@click.option("--out", type=click.Path(path_type=Path), help="A .csv or .parquet file: a row per pair.")
@click.option("--applications", type=click.Path(path_type=Path), help="The automatic ones as a file for the ERP.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a program to read.")
def command(
    snapshot: Path, what: str, as_of: datetime | None, passes: tuple[str, ...], out: Path | None,
    applications: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Match receipts to invoices, bank lines to receipts, settlements to orders or the ledger to the sub-ledger.

    What fits in one way alone is automatic; ties and near misses are proposals, and nothing of them is applied.

    \b
    Example:
        workbench match snapshots/2025-03 --what receipts --out matches.csv --applications applications.csv
    """
    from workbench.findings import check_ending
    from workbench.matching.outcome import write_applications
    from workbench.matching.snapshots import match
    from workbench.snapshot import open_snapshot

    for file in (out, applications):
        if file:
            check_ending(file)
    with shown("match") as progress:
        day = as_of.date() if as_of else None
        matching = match(open_snapshot(snapshot), what, as_of=day, passes=passes, progress=progress)
    # The file for the ERP may be refused, and then nothing is printed as done.
    applied = write_applications(matching, applications) if applications else 0
    click.echo(matching.as_json() if as_json else matching.as_text())
    if out:
        click.echo(f"\n{matching.write(out):,} rows are in {out}", err=as_json)
    if applications:
        click.echo(f"{applied:,} applications are in {applications}", err=as_json)
