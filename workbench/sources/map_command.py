"""The command `workbench map`: propose which column of a workbook is which."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from workbench.progress import shown


@click.command("map")
@click.argument("file", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Default: mapping.yml beside the first file.")
@click.option("--delimiter", default="", help="What separates the columns of a CSV file, where it is no comma.")
@click.option("--encoding", default="", help="The encoding of a CSV file, where it is not UTF-8, e.g. shift_jis.")
def command(file: tuple[Path, ...], out: Path | None, delimiter: str, encoding: str) -> None:
    """Propose which column of a workbook is which, as a mapping.yml for you to correct.

    \b
    Example:
        workbench map ledgers/receivables.xlsx
        workbench load ledgers/ --system excel --out snapshots/2025-03
    """
    from workbench.sources.mapping_file import make_mapping

    with shown("map") as progress, tempfile.TemporaryDirectory() as scratch:
        made = make_mapping(file, out, Path(scratch), delimiter, encoding, progress)
    click.echo(made.as_text())
