"""The command `workbench compare`: what is new, gone and changed between two packs."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.errors import WorkbenchError
from workbench.options import LANGUAGE


@click.command("compare")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="FILE.html: the same as a page to hand on.")
@LANGUAGE
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a program to read.")
def command(before: Path, after: Path, out: Path | None, as_json: bool) -> None:
    """Compare two packs, folders or zips: findings new, gone and changed, figures, and what made them differ.

    \b
    Example:
        workbench compare packs/SG01-2025-02 packs/SG01-2025-03 --out changes.html
    """
    from workbench.pack.comparing import compare
    from workbench.pack.comparing.pages import page

    if out and out.suffix != ".html":
        raise WorkbenchError(f"'{out.name}' does not end in .html.", "name it changes.html")
    if out and out.exists():
        raise WorkbenchError(f"'{out}' exists already.", "choose another --out")
    comparison = compare(before, after)
    click.echo(comparison.as_json() if as_json else comparison.as_text())
    if out:
        try:
            out.write_text(page(comparison), encoding="utf-8")
        except OSError as error:
            raise WorkbenchError(f"'{out}' cannot be written: {error.strerror}.", "choose another --out") from error
        click.echo(f"\nThe page is {out}", err=as_json)
