"""The command `workbench screens`: statistics that rank where to look."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.errors import GateError
from workbench.progress import shown


@click.command("screens")
@click.argument("snapshot", type=click.Path(path_type=Path))
@click.option("--period", default="", metavar="YYYY-MM", help="The month to look at; default: everything.")
@click.option("--entity", default="", help="Only this entity.")
@click.option("--screen", "ids", multiple=True, help="Only this screen, by id or name; may be given more than once.")
@click.option("--out", type=click.Path(path_type=Path), help="screens.csv: a line per ranked row.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a program to read.")
def command(snapshot: Path, period: str, entity: str, ids: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Rank where to look: digits, repeats, round and far amounts, entry times, month on month. None is a finding.

    \b
    Example:
        workbench screens snapshots/2025-03 --period 2025-03 --out screens.csv
    """
    from workbench.screens import export
    from workbench.screens.run import screens
    from workbench.screens.section import section_text
    from workbench.snapshot import open_snapshot

    if out:
        export.check_ending(out)
    with shown("screens") as progress:
        screening = screens(open_snapshot(snapshot), period=period, entity=entity, ids=ids, progress=progress)
    click.echo(export.as_json(screening) if as_json else section_text(screening))
    if out:
        lines = export.write_csv(screening, out)
        click.echo(f"\n{lines:,} rows are in {out}", err=as_json)
    stopped = [state.screen.id for state in screening.not_run if state.state == "failed"]
    if stopped:
        raise GateError(f"{', '.join(stopped)} could not be run to the end.", "see the lines that say failed")
