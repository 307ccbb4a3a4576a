"""The command `workbench power`: what the controls can see in a snapshot's own data."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.progress import shown


@click.command("power")
@click.argument("snapshot", type=click.Path(path_type=Path))
@click.option("--control", "ids", multiple=True, help="Only this control; may be given more than once.")
@click.option("--family", "families", multiple=True, help="Only this family; may be given more than once.")
@click.option("--errors", default=20, show_default=True, type=click.IntRange(1, 10_000), help="Errors per control.")
@click.option("--seed", default=1, show_default=True, help="Another seed, other errors.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a program to read.")
def command(
    snapshot: Path, ids: tuple[str, ...], families: tuple[str, ...], errors: int, seed: int, as_json: bool
) -> None:
    """Plant errors in a copy of a snapshot and say which of them each control finds, and the smallest it can see.

    \b
    Example:
        workbench power snapshots/2025-03 --family accuracy
    """
    from workbench.power.measuring import measure
    from workbench.snapshot import open_snapshot

    with shown("power") as progress:
        power = measure(
            open_snapshot(snapshot), ids=ids, families=families, errors=errors, seed=seed, progress=progress
        )
    click.echo(power.as_json() if as_json else power.as_text())
