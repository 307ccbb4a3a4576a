"""python -m bench: every control five ways, at every size, as a table of seconds, peak memory and ratios.

ours: the whole framework on a snapshot. sql: the control's own SQL, once, on views that are ready. scan: reading the
columns it needs, the floor. pandas, polars: what a good analyst would write. Importing is not timed, its memory is
counted.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from bench.company import company, warm
from bench.measure import Measurement, Task, allowance, measure
from bench.report import Size, as_json, text
from bench.work import WAYS
from workbench.controls import Control, choose
from workbench.detect import newest_day, own_parameters
from workbench.engine.duck import DuckEngine
from workbench.errors import WorkbenchError
from workbench.progress import Report, shown
from workbench.snapshot import Snapshot, canonical_json

SIZES = (1_000_000, 10_000_000)
ONE_RUN_FROM = 5_000_000


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--lines", "sizes", type=int, multiple=True, default=SIZES, show_default=True, help="Invoice lines.")
@click.option("--control", "ids", multiple=True, help="Only this control, e.g. ACC-01; may be given again.")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures to this file.")
def main(sizes: tuple[int, ...], ids: tuple[str, ...], file: Path | None) -> None:
    """Measure every control five ways, each in a process of its own.

    \b
    Example:
        python -m bench --lines 1000000 --control ACC-01 --json bench.json
    """
    try:
        measured: list[Size] = []
        save(measured, file)
        for size in bench(sizes, choose(ids)):
            measured.append(size)
            click.echo("\n".join([*text(size), ""]))
            save(measured, file)
    except WorkbenchError as error:
        click.echo(str(error), err=True)
        sys.exit(2)


def save(measured: list[Size], file: Path | None) -> None:
    """Write what there is so far; before the first size too, so that a place that cannot be written shows at once."""
    try:
        if file:
            file.write_text(canonical_json(as_json(measured)), encoding="utf-8")
    except OSError as error:
        raise WorkbenchError(f"'{file}' cannot be written: {error.strerror}.", "choose another --json") from error


def bench(sizes: tuple[int, ...], chosen: list[Control]) -> Iterator[Size]:
    """Every size in turn, as soon as it is measured; progress goes to standard error."""
    whole = sum(lines * runs_of(lines) for lines in sizes) * len(chosen) * len(WAYS)
    done = 0
    with shown("bench") as progress:
        for lines in sizes:
            progress(f"{lines:,} lines: the company", done, whole)
            step = lines * runs_of(lines)
            yield measure_size(company(lines), chosen, runs_of(lines), _Steps(progress, done, step, whole))
            done += step * len(chosen) * len(WAYS)


def runs_of(lines: int) -> int:
    """How often each is measured: twice where it is quick."""
    return 1 if lines >= ONE_RUN_FROM else 2


class _Steps:
    """Progress in invoice lines worked through, which is what time goes with."""

    def __init__(self, progress: Report, start: int, step: int, whole: int) -> None:
        self.progress, self.done, self.step, self.whole = progress, start, step, whole

    def next(self, what: str) -> None:
        self.progress(what, self.done, self.whole)
        self.done += self.step


def measure_size(folder: Path, chosen: list[Control], runs: int, steps: _Steps) -> Size:
    """All ways of all chosen controls on one company, its files read once before."""
    engine = DuckEngine(folder)
    as_of = newest_day(engine).isoformat()
    engine.close()
    size, lines = warm(folder), Snapshot(folder).rows("invoice_lines")
    results: dict[str, dict[str, Measurement]] = {}
    for control in chosen:
        results[control.id] = {}
        for way in reversed(WAYS):
            steps.next(f"{lines:,} lines: {control.id} {way}")
            task = Task(way, control.id, str(folder), as_of, own_parameters(control, {}), allowance())
            results[control.id][way] = measure(task, runs)
    return Size(lines, size, as_of, runs, results)


if __name__ == "__main__":
    main()
