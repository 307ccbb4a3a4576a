"""The command line: exit code 0 done, 1 a gate failed, 2 the call or the input is wrong."""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import click

from workbench import __version__
from workbench.app_command import command as app_command
from workbench.decisions.command import decide as decide_command
from workbench.decisions.command import decisions as decisions_command
from workbench.errors import GateError, WorkbenchError
from workbench.figures.command import command as figures_command
from workbench.matching.command import command as match_command
from workbench.options import AS_JSON, DAY, LANGUAGE, MEMORY, read_parameters
from workbench.pack.compare_command import command as compare_command
from workbench.pack.keys_command import keys as keys_command
from workbench.pack.review_command import command as review_command
from workbench.power.command import command as power_command
from workbench.progress import shown
from workbench.receivables.command import command as receivables_command
from workbench.sampling.command import command as sample_command
from workbench.screens.command import command as screens_command
from workbench.sources.map_command import command as map_command

if TYPE_CHECKING:
    from workbench.pack.rerun import Rerun
    from workbench.pack.verify_standalone import Verification

WIDE = 110
SEVERITIES = ("low", "medium", "high")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "WORKBENCH"})
@click.version_option(__version__, prog_name="workbench")
def workbench() -> None:
    """Find what was billed wrongly, prove it, and pack the evidence.

    \b
    Example:
        workbench demo
        workbench load exports/ --system canonical --out snapshots/2025-03
        workbench review snapshots/2025-03 --period 2025-03 --out packs
    """


@workbench.command()
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("reports/out"), show_default=True, help="For the packs."
)
def demo(out: Path) -> None:
    """Take a bundled example company through every stage to a finished pack.

    \b
    Example:
        workbench demo
    """
    from workbench.demo import demonstrate

    with shown("demo") as progress:
        for line in demonstrate(out, progress):
            click.echo(line)


@workbench.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to make.")
@click.option("--lines", default=20_000, show_default=True, help="About how many invoice lines.")
@click.option("--seed", default=1, show_default=True, help="Another seed, another company.")
@click.option("--clean", is_flag=True, help="Without planted errors.")
@click.option("--form", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True, help="File format.")
def example(out: Path, lines: int, seed: int, clean: bool, form: str) -> None:
    """Make the example company: every canonical table, and planted.csv with the errors in it.

    \b
    Example:
        workbench example --out /tmp/company --lines 1000000 --form parquet
    """
    from workbench.example import make_company
    from workbench.snapshot import whole_or_not_at_all

    with shown("example") as progress, whole_or_not_at_all(out, "company") as folder:
        make_company(folder, lines=lines, seed=seed, clean=clean, form=form, progress=progress)
    click.echo(f"{out}: next, workbench load {out} --system canonical --out SNAPSHOT")


@workbench.command()
@click.argument("source", nargs=-1, required=True)
@click.option("--system", default="canonical", show_default=True, help="What the exports come from: workbench sources.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The snapshot to make.")
@click.option("--delimiter", default="", help="What separates the columns, where it is no comma.")
@click.option("--encoding", default="", help="The text encoding, where it is not UTF-8, e.g. gb18030.")
@click.option("--decimal", default="", help="The decimal sign, . or , where the columns leave it open.")
@click.option("--dates", default="", help="The form of dates where the columns leave it open, e.g. DD/MM/YYYY.")
@AS_JSON
def load(source: tuple[str, ...], system: str, out: Path, as_json: bool, **written: str) -> None:
    """Read exports into a snapshot; what cannot be read goes to its rejects folder, with the reason.

    Several systems make one snapshot when each source says its own, as NAME=SOURCE; where two know the same key, the
    one named first wins and the difference is told.

    \b
    Example:
        workbench load exports/ --system canonical --out snapshots/2025-03
        workbench load oracle_ar=exports/ar bank=statements/ --out snapshots/2025-03
    """
    from workbench.load import by_system
    from workbench.load import load as read

    with shown("load") as progress:
        loaded = read(by_system(source, system), out=out, progress=progress, **written)
    click.echo(loaded.as_json() if as_json else loaded.as_text())


@workbench.command()
@AS_JSON
def sources(as_json: bool) -> None:
    """List the systems that can be read, and what each needs.

    \b
    Example:
        workbench sources
    """
    from workbench.load import systems

    known = systems()
    if as_json:
        rows = [{"name": entry.name, "reads": entry.reads, "needs": entry.needs} for entry in known]
        click.echo(json.dumps(rows, indent=2))
        return
    for entry in known:
        for text in (entry.reads, f"needs {entry.needs}"):
            name = entry.name if text == entry.reads else ""
            click.echo(fill(text, WIDE, initial_indent=f"{name:<15} ", subsequent_indent=" " * 18))


@workbench.command()
@click.argument("snapshot", type=click.Path(path_type=Path))
@AS_JSON
def check(snapshot: Path, as_json: bool) -> None:
    """Say what a snapshot can answer, and whether it is whole.

    \b
    Example:
        workbench check snapshots/2025-03
    """
    from workbench.check import check as examine
    from workbench.snapshot import open_snapshot

    result = examine(open_snapshot(snapshot))
    click.echo(result.as_json() if as_json else result.as_text())
    if not result.holds:
        raise GateError("An identity does not hold.", "see the lines that say FAILS, and load again")


@workbench.command()
@click.argument("control_id", required=False)
@click.option("--family", help="Only this family, e.g. accuracy.")
@AS_JSON
def controls(control_id: str | None, family: str | None, as_json: bool) -> None:
    """List the controls, or show one whole.

    \b
    Example:
        workbench controls --family accuracy
        workbench controls ACC-03
    """
    from workbench.controls import choose, control

    if control_id:
        click.echo(control(control_id).text)
        return
    chosen = choose(families=(family,) if family else ())
    if as_json:
        names = ("id", "title", "family", "severity", "grain", "why", "next_step", "suppressions", "fingerprint")
        click.echo(json.dumps([{name: getattr(entry, name) for name in names} for entry in chosen], indent=2))
        return
    for entry in chosen:
        click.echo(f"{entry.id}  {entry.severity:<6}  {entry.title}")


@workbench.command()
@click.argument("snapshot", type=click.Path(path_type=Path))
@click.option("--control", "ids", multiple=True, help="Only this control; may be given more than once.")
@click.option("--family", "families", multiple=True, help="Only this family; may be given more than once.")
@click.option("--from", "from_date", type=DAY, help="First day of the period.")
@click.option("--to", "to_date", type=DAY, help="First day after the period.")
@click.option("--as-of", "as_of", type=DAY, help="The day to look from; default --to, else the newest document.")
@click.option("--param", "given", multiple=True, metavar="ID.NAME=VALUE", help="A control's own parameter.")
@click.option("--engine", default="duckdb", show_default=True, help="Where the SQL runs.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="findings.parquet or findings.csv.")
@click.option("--fail-on", type=click.Choice(SEVERITIES), help="End with 1 where there is a finding this severe.")
@MEMORY
@AS_JSON
def run(
    snapshot: Path,
    ids: tuple[str, ...],
    families: tuple[str, ...],
    from_date: date | None,
    to_date: date | None,
    as_of: date | None,
    given: tuple[str, ...],
    engine: str,
    out: Path,
    fail_on: str | None,
    as_json: bool,
) -> None:
    """Run controls and write every candidate: findings, and what was suppressed and why.

    \b
    Example:
        workbench run snapshots/2025-03 --family accuracy --from 2025-03-01 --to 2025-04-01 --out findings.csv
    """
    from workbench.causes import causes
    from workbench.detect import run as detect
    from workbench.findings import check_ending, write
    from workbench.snapshot import open_snapshot
    from workbench.wording import funnel_json, funnel_text

    check_ending(out)
    own = read_parameters(given)
    with shown("run") as progress:
        findings = detect(
            open_snapshot(snapshot),
            ids=ids,
            families=families,
            from_date=from_date,
            to_date=to_date,
            as_of=as_of,
            own=own,
            engine=engine,
            progress=progress,
        )
    write(findings.table, out)
    click.echo(funnel_json(findings) if as_json else funnel_text(findings, out))
    shared = () if as_json else causes(findings, open_snapshot(snapshot)).causes
    click.echo("\n".join(f"one cause, {cause.words}" for cause in shared[:10]), nl=bool(shared))
    stopped = [state.control.id for state in findings.not_run if state.state == "failed"]
    if stopped:
        raise GateError(f"{', '.join(stopped)} could not be run to the end.", "see the lines that say failed")
    if fail_on:
        severe = SEVERITIES[SEVERITIES.index(fail_on) :]
        worst = sum(line.findings for line in findings.funnel if line.control.severity in severe)
        if worst:
            raise GateError(f"{worst:,} findings of severity {fail_on} or above.", f"see {out}")


@workbench.command()
@click.argument("pack", type=click.Path(path_type=Path))
@click.option("--signed", is_flag=True, help="Hold only where a key of the ring signed it: workbench keys list.")
@click.option("--rerun", "again", is_flag=True, help="Run every control again and compare every finding.")
@click.option("--snapshot", type=click.Path(path_type=Path), help="With --rerun: where the pack's snapshot is now.")
@AS_JSON
@MEMORY
def verify(pack: Path, signed: bool, again: bool, snapshot: Path | None, as_json: bool) -> None:
    """Prove that a pack is as it was made: every changed, missing or added file is named.

    \b
    Example:
        workbench verify packs/SG01-2025-03
        workbench verify packs/SG01-2025-03 --rerun --snapshot snapshots/2025-03
    """
    from workbench.pack import verify as prove

    result = prove(pack, signed=signed)
    if again and result.holds:
        from workbench.pack.rerun import rerun

        with shown("rerun") as progress:
            found = rerun(pack, snapshot, progress)
        click.echo(_both(result, found) if as_json else f"{result.as_text()}\n{found.as_text()}")
        if not found.holds:
            raise GateError(f"'{pack}' does not come out again.", "look at the differences above")
        return
    click.echo(result.as_json() if as_json else result.as_text())
    if not result.holds:
        raise GateError(
            f"'{pack}' does not verify.",
            "ask for the pack again where it was made, or look at the key that signed it",
        )


def _both(result: Verification, found: Rerun) -> str:
    """Two verdicts as one JSON document."""
    return json.dumps({"verify": json.loads(result.as_json()), "rerun": json.loads(found.as_json())}, indent=2)


@workbench.command()
@click.option("--snapshot", default="", help="The snapshot that the notebooks open; default: the example company.")
@click.option("--port", type=int, help="Default: a free one.")
@click.option("--browser/--no-browser", default=True, help="Open a browser window.")
@LANGUAGE
def lab(snapshot: str, port: int | None, browser: bool) -> None:
    """Open JupyterLab on the notebooks.

    \b
    Example:
        workbench lab --snapshot snapshots/2025-03
        workbench lab --language ja
    """
    from workbench.lab import open_lab

    sys.exit(open_lab(snapshot, port, browser))


workbench.add_command(screens_command)
workbench.add_command(power_command)
workbench.add_command(map_command)
workbench.add_command(sample_command)
workbench.add_command(receivables_command)
workbench.add_command(figures_command)
workbench.add_command(match_command)
workbench.add_command(decide_command)
workbench.add_command(decisions_command)
workbench.add_command(review_command)
workbench.add_command(compare_command)
workbench.add_command(keys_command)
workbench.add_command(app_command)


def main() -> None:
    """Run the command line; every expected failure is one sentence and an exit code."""
    try:
        workbench.main(standalone_mode=False)
    except GateError as gate:
        click.echo(f"{gate}", err=True)
        sys.exit(1)
    except WorkbenchError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped; nothing half-made was left.", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        click.echo(f"Error: {error.filename or 'The system'}: {error.strerror or error}.", err=True)
        sys.exit(2)
    except Exception as error:
        # The one place where an error that nobody foresaw meets a person.
        if os.environ.get("WORKBENCH_DEBUG"):
            raise
        words = f"{type(error).__name__}: {error}".splitlines()[0]
        click.echo(
            f"Error: The workbench itself failed ({words}).\n  Fix: report it; WORKBENCH_DEBUG=1 shows more", err=True
        )
        sys.exit(2)
