"""The command `workbench app`: the notebooks as pages without code."""

from __future__ import annotations

import sys

import click


@click.command("app")
@click.argument("snapshot", default="")
@click.option("--port", type=int, help="Default: a free one.")
@click.option("--browser/--no-browser", default=True, help="Open a browser window.")
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True, help="The colours.")
@click.option("--language", default="", help="en, zh_CN or ja.  [default: the setting, else en]")
def command(snapshot: str, port: int | None, browser: bool, theme: str, language: str) -> None:
    """Serve the notebooks as pages without code, on this machine alone, behind a token.

    SNAPSHOT is the folder that the pages look at; without one they show the example company.

    \b
    Example:
        workbench app snapshots/2025-03
        workbench app snapshots/2025-03 --language ja
    """
    from workbench.app import open_app
    from workbench.language import language as in_force
    from workbench.language import speaking

    with speaking(language or in_force()):
        sys.exit(open_app(snapshot, port, browser, theme, lambda address: click.echo(f"{address}\nCtrl+C ends it.")))
