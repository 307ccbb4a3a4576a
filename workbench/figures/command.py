"""The command `workbench figures`: DSO, CEI, aged debt, leakage and the others as of any date."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from workbench.errors import GateError, WorkbenchError
from workbench.progress import shown


@click.command("figures")
@click.argument("snapshot", type=click.Path(path_type=Path))
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day to look from; default: the newest, or the period's last.",
)
@click.option(
    "--period",
    default="",
    metavar="YYYY-MM",
    help="Whose flows: 2025-03, 2025-Q1 or 2025; default: the month up to the day.",
)
@click.option("--by", type=click.Choice(["entity", "customer", "segment", "owner"]), help="A value for each of these.")
@click.option("--figure", "ids", multiple=True, help="Only this figure, by id or name; may be given more than once.")
@click.option("--currency", metavar="CUR", help="All amounts in this currency, at the rates of the day.")
@click.option(
    "--clock",
    type=click.Choice(["known", "dated"]),
    default="known",
    show_default=True,
    help="By posting or by business date.",
)
@click.option("--trend", is_flag=True, help="Twelve months up to the day, in --out and --json.")
@click.option(
    "--rows", is_flag=True, help="The source rows behind one --figure instead of its values, in --out and --json."
)
@click.option("--out", type=click.Path(path_type=Path), help="figures.csv: a line per value.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a program to read.")
def command(
    snapshot: Path,
    as_of: datetime | None,
    period: str,
    by: str | None,
    ids: tuple[str, ...],
    currency: str | None,
    clock: str,
    trend: bool,
    rows: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Work out the month's figures, each with numerator and denominator, or the reason why there is none.

    \b
    Example:
        workbench figures snapshots/2025-03 --period 2025-03 --by segment --out figures.csv
        workbench figures snapshots/2025-03 --figure dso --rows --out behind.csv
    """
    from workbench.figures import export
    from workbench.figures.run import figures
    from workbench.snapshot import open_snapshot

    if out:
        export.check_ending(out)
    if rows and (len(ids) != 1 or trend):
        raise WorkbenchError("Rows are those behind one figure.", "give one --figure, and no --trend")
    with shown("figures") as progress:
        found = figures(
            open_snapshot(snapshot),
            as_of=as_of.date() if as_of else None,
            period=period,
            by=by,
            currency=currency,
            ids=ids,
            clock=clock,
            progress=progress,
        )
        values = found.trends() if trend else found.every_row(ids[0]) if rows else found.values
    click.echo(export.as_json(found, values) if as_json else found.as_text())
    if out:
        lines = export.write_csv(values, out)
        click.echo(f"\n{lines:,} {'rows' if rows else 'values'} are in {out}", err=as_json)
    stopped = [state.figure.id for state in found.not_run if state.state == "failed"]
    if stopped:
        raise GateError(f"{', '.join(stopped)} could not be worked out.", "see the lines that say failed")
