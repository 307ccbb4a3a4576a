"""python -m bench.explorer: what a click in the findings explorer costs, in the kernel and in a real browser.

CPU seconds stand beside the wall clock: other work on the same cores stretches the one and not the other.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import click

from bench.memory import peak
from tests import synthetic
from tests.browser.harness import PATIENCE, Lab, jupyterlab
from workbench.widgets.screen import screen
from workbench.widgets.store import Store
from workbench.widgets.view import View

ROOT = Path(__file__).parent.parent
CUSTOMERS = 5_000
CLICKS = 12
CELLS = (
    "from tests import synthetic\nfrom workbench.snapshot import open_snapshot\nfrom workbench.widgets import explore",
    "findings = synthetic.findings({rows}, customers={customers})\nbooks = open_snapshot({books!r})",
    "investigation = explore(findings, books)\ninvestigation",
)
# From the click until the browser has drawn what it led to.
CLICK = """async (selector) => {
    const shown = document.querySelector('.wbx-totals');
    const grid = document.querySelector('.wbx-grid');
    const began = performance.now();
    const changed = new Promise((done) => new MutationObserver((_changes, watcher) => {
        watcher.disconnect();
        done();
    }).observe(shown, {childList: true}));
    document.querySelector(selector).click();
    await changed;
    while (grid.getAttribute('aria-busy')) await new Promise(requestAnimationFrame);
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return performance.now() - began;
}"""
CLICKED = (
    "[data-facet=control] .wbx-value:nth-of-type(1)",
    "[data-facet=severity] .wbx-value:nth-of-type(2)",
    "[data-facet=direction] .wbx-value:nth-of-type(1)",
    "[data-facet=customer] .wbx-value:nth-of-type(3)",
    "[data-facet=month] .wbx-value:nth-of-type(2)",
    "[data-facet=amount] .wbx-value:nth-of-type(2)",
)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--findings", "rows", default=1_000_000, show_default=True, help="Candidates of the made-up run.")
@click.option("--browser/--no-browser", default=True, help="Measure in a real JupyterLab too.")
def main(rows: int, browser: bool) -> None:
    """Measure the explorer: what each step costs the kernel, and how long a click takes to be seen.

    \b
    Example:
        python -m bench.explorer --findings 1000000
    """
    for what, (wall, cpu) in in_kernel(rows).items():
        click.echo(f"kernel   {what:<34} {wall * 1000:8.0f} ms  {cpu * 1000:8.0f} ms CPU")
    click.echo(f"kernel   peak memory {peak() / 2**20:,.0f} MB")
    if browser:
        with TemporaryDirectory(prefix="bench-explorer-") as place, shown(rows, Path(place)) as lab:
            times = clicked(lab)
        click.echo(
            f"browser  facet click to repaint: median {median(times):.0f} ms, best {min(times):.0f} ms, "
            f"worst {max(times):.0f} ms of {len(times)}"
        )


def in_kernel(rows: int) -> dict[str, tuple[float, float]]:
    """Wall and CPU seconds of each step, over candidates that are all in memory."""
    findings = synthetic.findings(rows, customers=CUSTOMERS)
    found: dict[str, tuple[float, float]] = {}

    def timed(what: str, work: Callable[[], Any]) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        found[what] = (time.perf_counter() - wall, time.process_time() - cpu)
        return result

    store: Store = timed("make the store", lambda: Store(findings))
    steps: dict[str, dict[str, Any]] = {
        "first screen (loads what is compiled)": {},
        "one control": {"facets": {"control": ["ACC-03"]}},
        "two controls": {"facets": {"control": ["ACC-03", "OCC-01"]}},
        "one severity": {"facets": {"severity": ["high"]}},
        "one customer": {"facets": {"customer": ["C-7"]}},
        "severity and month": {"facets": {"severity": ["high"], "month": ["2025-03"]}},
        "sorted by impact": {"sort": [["impact", "desc"]]},
        "sorted by customer": {"sort": [["customer", "asc"]]},
        "search": {"search": "line 77"},
    }
    for what, plain in steps.items():
        timed(what, partial(screen, store, View.read(plain)))
    timed("a page far down", lambda: store.page(View(), rows * 7 // 10, 60))
    return found


@contextmanager
def shown(rows: int, scratch: Path) -> Iterator[Lab]:
    """A JupyterLab with the explorer on a made-up run of so many candidates."""
    notebooks = scratch / "notebooks"
    notebooks.mkdir(parents=True)
    books = synthetic.snapshot(scratch / "books", 600)
    cells = [cell.format(rows=rows, customers=CUSTOMERS, books=str(books.folder)) for cell in CELLS]
    (notebooks / "million.ipynb").write_text(json.dumps(notebook(cells)), encoding="utf-8")
    with jupyterlab(notebooks, scratch, PYTHONPATH=str(ROOT), WORKBENCH_WORKSPACE=str(scratch / "workspace")) as lab:
        lab.open("million.ipynb")
        lab.quiet()
        lab.run_all()
        lab.page.wait_for_selector(".wbx-row[data-finding]", timeout=PATIENCE)
        yield lab


def clicked(lab: Lab) -> list[float]:
    """Milliseconds from a click on a facet until the browser has drawn the answer, click by click."""
    return [lab.page.evaluate(CLICK, CLICKED[turn // 2 % len(CLICKED)]) for turn in range(CLICKS)]


def notebook(cells: list[str]) -> dict[str, Any]:
    """A notebook of code cells."""
    return {
        "cells": [
            {"cell_type": "code", "id": f"cell-{place}", "metadata": {}, "outputs": [], "execution_count": None,
             "source": source}
            for place, source in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }  # fmt: skip


if __name__ == "__main__":
    main()
