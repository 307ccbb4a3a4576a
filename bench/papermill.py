"""What running the review as a notebook costs over running its cells: python -m bench.papermill [--entities].

Each way makes one entity's month in a fresh process, turn by turn: the cells as one script, and the notebook through
papermill with the executed notebook and its page. With --entities it measures a review of every entity as well: one
after another, each by itself, and all in one review with a job per core. CPU seconds are those of the process and of
every process it started; on a machine with other work they say more than the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
PERIOD, ENTITY = "2025-06", "SG01"
MOST = 1.3


def main() -> None:
    """Print a line per way, and the ratios."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--snapshot", type=Path, help="default: the example company's")
    options.add_argument("--entities", action="store_true", help="every entity, one after another and together")
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--do", default="", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.do:
        WAYS[given.do](given.snapshot)
        return
    from workbench.workspace import example_snapshot

    snapshot = given.snapshot or example_snapshot()
    best = _measured(("script", "papermill"), snapshot, given.runs)
    ratio = [best["papermill"][place] / best["script"][place] for place in (0, 1)]
    print(f"papermill over script: {ratio[0]:.2f} of the clock, {ratio[1]:.2f} of the CPU (at most {MOST})")
    if given.entities:
        best = _measured(("alone", "together"), snapshot, 1)
        ratio = [best["together"][place] / best["alone"][place] for place in (0, 1)]
        cores = os.cpu_count() or 1
        print(f"together over one after another: {ratio[0]:.2f} of the clock, {ratio[1]:.2f} of the CPU; {cores} cores")


def _measured(ways: tuple[str, ...], snapshot: Path, runs: int) -> dict[str, tuple[float, float]]:
    """Seconds and CPU seconds of each way, the least of some runs; the ways take turns."""
    found: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for _ in range(runs):
        for way in ways:
            found[way].append(_apart(way, snapshot))
    best = {way: (min(wall for wall, _ in told), min(cpu for _, cpu in told)) for way, told in found.items()}
    for way, (wall, cpu) in best.items():
        print(f"{way:<12}{wall:>8.1f} s {cpu:>8.1f} CPU s")
    return best


def _apart(way: str, snapshot: Path) -> tuple[float, float]:
    """One way in a process of its own."""
    command = [sys.executable, "-m", "bench.papermill", "--do", way, "--snapshot", str(snapshot)]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _script(snapshot: Path) -> None:
    """The code cells, one after the other, in this process."""
    from workbench.pack.work import NOTEBOOK

    with TemporaryDirectory(prefix="bench-") as place:
        given = _begun(snapshot, Path(place))
        names: dict[str, object] = {}
        for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                exec("".join(cell["source"]), names)
                if "parameters" in cell["metadata"].get("tags", []):
                    names |= given


def _papermill(snapshot: Path) -> None:
    """The same through papermill, with the notebook as it ran and its page."""
    from workbench.pack.notebook import normalise, notebook_json, notebook_page, run_notebook
    from workbench.pack.work import NOTEBOOK

    with TemporaryDirectory(prefix="bench-") as place:
        folder = Path(place)
        given = _begun(snapshot, folder)
        executed = normalise(run_notebook(NOTEBOOK, given, ENTITY), given, {})
        (folder / "notebook.ipynb").write_text(notebook_json(executed), encoding="utf-8")
        (folder / "notebook.html").write_text(notebook_page(executed, ENTITY), encoding="utf-8")


def _begun(snapshot: Path, folder: Path) -> dict[str, object]:
    """A pack in the making, and the parameters of its notebook."""
    from workbench.pack.scope import read_period
    from workbench.pack.work import PARAMETERS, Audit
    from workbench.snapshot import open_snapshot

    audit = Audit(open_snapshot(snapshot), read_period(PERIOD), ENTITY)
    (folder / PARAMETERS).write_text(audit.text, encoding="utf-8")
    audit.given.write(folder)
    return {"snapshot": str(snapshot), "period": PERIOD, "entity": ENTITY, "own": {}, "folder": str(folder)}


def _alone(snapshot: Path) -> None:
    """A review of each entity by itself, one after another, as a script around the command would do it."""
    with TemporaryDirectory(prefix="bench-") as place:
        for entity in _entities(snapshot):
            _review(snapshot, Path(place), "--entity", entity)


def _together(snapshot: Path) -> None:
    """One review of every entity with a job per core."""
    with TemporaryDirectory(prefix="bench-") as place:
        _review(snapshot, Path(place), "--jobs", str(os.cpu_count() or 1))


def _review(snapshot: Path, out: Path, *options: str) -> None:
    program = "from workbench.cli import main; main()"
    command = [sys.executable, "-c", program, "review", str(snapshot), "--period", PERIOD, "--out", str(out), *options]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _entities(snapshot: Path) -> list[str]:
    from workbench.engine import open_engine
    from workbench.pack.scope import documents, read_period

    engine = open_engine("duckdb", snapshot)
    try:
        return [name for name in documents(engine, read_period(PERIOD)) if name]
    finally:
        engine.close()


WAYS: dict[str, Callable[[Path], None]] = {
    "script": _script,
    "papermill": _papermill,
    "alone": _alone,
    "together": _together,
}

if __name__ == "__main__":
    main()
